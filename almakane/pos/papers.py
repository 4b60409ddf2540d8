"""What is in the books, made ready for paper: a ticket as it was, and who sold its lines."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from almakane.cooperatives.agreement import Regime
from almakane.cooperatives.models import Maker, MakerText
from almakane.gateways.paper import Strip
from almakane.hubs.models import Hub, Site
from almakane.hubs.queries import identity_on
from almakane.inventory.models import Lot
from almakane.pos.house import House
from almakane.pos.receipt import Seller, receipt
from almakane.sales.models import RefundLine, Register, Sale, SaleLine, SaleTender
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket
from almakane.users.models import User
from almakane.web.voices import voice


class Told(NamedTuple):
    """A ticket, with what its paper says beyond it."""

    ticket: Ticket
    sellers: Mapping[int, Seller]
    returned: Mapping[int, str]


def house_of(session: Session, hub_id: int, site_id: int, day: date) -> House:
    """The seller and the place as they were on a day."""
    hub, site = session.get_one(Hub, hub_id), session.get_one(Site, site_id)
    own = identity_on(session, hub_id, day)
    if own is None:
        return House(hub.name, site.name, currency=hub.currency, zone=hub.zone)
    return House(
        *(hub.name, site.name, own.legal_name, own.address, own.city, own.phone, own.ice),
        *(own.tax_id, own.patente, own.rc, own.cnss, hub.currency, hub.zone),
        own.exchange_days,
        own.withdrawal_days,
    )


def receipt_of(session: Session, sale_id: int, *, url: str = "", copy: int = 0) -> Strip:
    """The receipt of a recorded ticket, in the ticket's language."""
    sale = session.get_one(Sale, sale_id)
    told = tell_ticket(session, sale)
    return receipt(
        told.ticket,
        house_of(session, sale.hub_id, sale.site_id, sale.told_day),
        voice(told.ticket.lang),
        sellers=told.sellers,
        returned=told.returned,
        url=url,
        copy=copy,
    )


def tell_ticket(session: Session, sale: Sale) -> Told:
    """
    A ticket read back from the books.

    These keep a cash tender less its change, so the change is added again: to the first that took
    money in.
    """
    register = session.get_one(Register, sale.register_id)
    cashier = session.scalar(
        select(User.name).where(User.hub_id == sale.hub_id, User.login == sale.cashier)
    )
    lines = session.scalars(select(SaleLine).where(SaleLine.sale_id == sale.id))
    returns, returned = _returns(session, sale.id)
    ticket = Ticket(
        uid=sale.uid,
        register=register.code,
        at=sale.happened_at,
        day=sale.told_day,
        cashier=cashier or sale.cashier,
        lines=tuple(_line(line) for line in sorted(lines, key=lambda line: line.n)),
        returns=tuple(returns),
        tenders=tuple(_tenders(session, sale)),
        rounding=sale.rounding,
        change=sale.change,
        number=sale.number,
        shift=sale.shift,
        lang=sale.lang,
    )
    return Told(ticket, _sellers(session, sale.id, sale.lang), returned)


def _line(line: SaleLine) -> Line:
    return Line(
        n=line.n,
        code=line.code,
        title=line.title,
        qty=line.quantity,
        list=line.list_price,
        unit=line.unit,
        total=line.total,
        discount=line.discount,
        tax_bp=line.tax_bp,
        tax=line.tax,
        tax_code=line.tax_code,
        what=line.what,
    )


_of, _of_line = aliased(Sale), aliased(SaleLine)
_BACK = (  # built once: aliases are slow to make, and a receipt is waited for
    select(RefundLine, _of.uid, _of.number, _of_line.title)
    .outerjoin(_of, _of.id == RefundLine.of_sale_id)
    .outerjoin(
        _of_line,
        (_of_line.sale_id == RefundLine.of_sale_id) & (_of_line.n == RefundLine.of_n),
    )
    .where(RefundLine.sale_id == bindparam("sale_id"))
    .order_by(RefundLine.n)
)


def _returns(session: Session, sale_id: int) -> tuple[list[Return], dict[int, str]]:
    found = session.execute(_BACK, {"sale_id": sale_id})
    returns, titles = list[Return](), dict[int, str]()
    for back, uid, number, title in found:
        returns.append(
            Return(
                n=back.n,
                of_uid=uid or "",
                of_number=number or "",
                of_line=back.of_n or 0,
                code=back.code,
                qty=back.quantity,
                total=back.total,
                tax=back.tax,
                restock=back.restock,
                why=back.why,
            )
        )
        if title:
            titles[back.n] = title
    return returns, titles


def _tenders(session: Session, sale: Sale) -> list[Tender]:
    change, tenders = sale.change, []
    kept = session.scalars(select(SaleTender).where(SaleTender.sale_id == sale.id))
    for tender in sorted(kept, key=lambda tender: tender.n):
        amount = tender.amount
        if tender.kind is TenderKind.CASH and amount > 0:
            amount, change = amount + change, 0
        tenders.append(Tender(tender.kind, amount, tender.ref))
    if change:  # all the cash went back
        tenders.append(Tender(TenderKind.CASH, change))
    return tenders


def _sellers(session: Session, sale_id: int, language: str) -> dict[int, Seller]:
    """The makers in whose name lines were sold: those of regime B."""
    found = session.execute(
        select(SaleLine.n, Maker.name, MakerText.name, Maker.ice)
        .join(Lot, Lot.id == SaleLine.lot_id)
        .join(Maker, Maker.id == Lot.maker_id)
        .outerjoin(MakerText, (MakerText.maker_id == Maker.id) & (MakerText.language == language))
        .where(SaleLine.sale_id == sale_id, Lot.regime == Regime.MANDATE)
    )
    return {n: Seller(text or name, ice) for n, name, text, ice in found}
