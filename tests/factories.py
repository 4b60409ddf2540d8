"""Plain functions that make what a test needs, through the services that the shop uses."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.hubs.models import Hub, Site
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.models import Lot, LotKind, TaxClass
from almakane.inventory.services import add_product, set_up_places
from almakane.sales.models import Register, RegisterKind
from almakane.sales.services import Recorded, record_sale
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket, What

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)

_numbers = count(1)


def mad(dirhams: float | str) -> int:
    """Dirhams as centimes."""
    return round(float(dirhams) * 100)


def new_uid() -> str:
    """A uid in the form of UUIDv7, another each time."""
    return f"019a0000-0000-7000-8000-{next(_numbers):012x}"


def make_hub(
    session: Session,
    *,
    code: str = "casa",
    vat_liable: bool = True,
    sites: tuple[str, ...] = ("medina",),
    **rules: int,
) -> Hub:
    """A hub with its sites and their places, and the tills T1 and T2 at the first."""
    hub = open_hub(
        session,
        code,
        "Almakane",
        sites=dict(zip(sites, sites, strict=True)),
        vat_liable=vat_liable,
        rules=rules,
    )
    for name in sites:
        set_up_places(session, the_site(session, hub, name).id)
    site = the_site(session, hub)
    for register, kind in (("T1", "till"), ("T2", "till"), ("WEB", "server"), ("DESK", "server")):
        session.add(
            Register(hub_id=hub.id, site_id=site.id, code=register, kind=RegisterKind(kind))
        )
    session.flush()
    return hub


def the_site(session: Session, hub: Hub, code: str = "") -> Site:
    """A site of the hub: its first one, unless said."""
    sites = session.query(Site).filter_by(hub_id=hub.id).order_by(Site.id)
    return (sites.filter_by(code=code) if code else sites.limit(1)).one()


def make_maker(
    session: Session, hub: Hub, terms: Terms | None = None, *, artisans: int = 0, **changed: Any
) -> Maker:
    """A maker with an agreement (regime B at 25 % unless said) and so many artisans."""
    n = next(_numbers)
    maker = take_in_maker(session, hub.id, f"M{n}", f"Coopérative {n}", craft="pottery")
    agree(session, maker, terms or Terms(Regime.MANDATE, 2_500, **changed))
    for i in range(artisans):
        add_artisan(session, maker, f"Artisane {n}.{i + 1}", f"صانعة {n}.{i + 1}")
    session.refresh(maker)
    return maker


def a_deed(session: Session, hub: Hub, *, day: date = TODAY, uid: str | None = None) -> Deed:
    """Something that staff did just now."""
    site = the_site(session, hub)
    return Deed(hub.id, site.id, uid or new_uid(), NOW, day, NOW, "hind")


def make_lot(
    session: Session,
    hub: Hub,
    maker: Maker,
    price: int,
    *,
    quantity: int = 1,
    floor: int = 0,
    unit_cost: int = 0,
    weights: dict[Artisan, int] | None = None,
    tax_class: TaxClass = TaxClass.STANDARD,
    category: str = "pottery",
) -> Lot:
    """A lot of a product of its own, delivered to the shelf today."""
    n = next(_numbers)
    product = add_product(
        session, maker, f"P{n}", category=category, price=price, tax_class=tax_class
    )
    consignment = receive_consignment(
        session,
        a_deed(session, hub),
        maker,
        [
            Delivered(
                product.id,
                quantity,
                LotKind.PIECE if quantity == 1 else LotKind.BATCH,
                floor,
                unit_cost,
                f"Pièce {n}",
                {artisan.id: weight for artisan, weight in (weights or {}).items()},
            )
        ],
    )
    return session.query(Lot).filter_by(consignment_id=consignment.id).one()


class Sold(NamedTuple):
    """What a line of a test's ticket sells."""

    lot: Lot
    list: int
    unit: int
    qty: int = 1


def a_line(n: int, sold: Sold, **changed: Any) -> Line:
    """A line of a ticket, without tax unless said."""
    total = sold.unit * sold.qty
    values: dict[str, Any] = {
        "n": n,
        "code": sold.lot.code,
        "title": sold.lot.title,
        "qty": sold.qty,
        "list": sold.list,
        "unit": sold.unit,
        "total": total,
    }
    return Line(**(values | changed))


def cash(amount: int) -> Tender:
    """Cash, as given."""
    return Tender(TenderKind.CASH, amount)


def a_ticket(*lines: Line, returns: tuple[Return, ...] = (), **changed: Any) -> Ticket:
    """A ticket of T1, paid in cash to the centime unless said."""
    values: dict[str, Any] = {
        "uid": new_uid(),
        "register": "T1",
        "at": NOW,
        "day": TODAY,
        "cashier": "amina",
        "lines": lines,
        "returns": returns,
    }
    ticket = Ticket(**(values | changed))
    if "tenders" not in changed and ticket.due:
        ticket = Ticket(**(values | changed | {"tenders": (cash(ticket.due),)}))
    return ticket


def a_return(n: int, of: Ticket, line: int, total: int, qty: int = 1, **changed: Any) -> Return:
    """A return of a line of an earlier ticket."""
    values: dict[str, Any] = {
        "n": n,
        "of_uid": of.uid,
        "of_number": of.number,
        "of_line": line,
        "code": of.lines[line - 1].code,
        "qty": qty,
        "total": total,
    }
    return Return(**(values | changed))


def card(amount: int) -> Tender:
    """What the bank's terminal took, or gave back."""
    return Tender(TenderKind.TERMINAL, amount)


def gift_card(code: str, amount: int, *, auth: str | None = "taken") -> Tender:
    """A gift card spent; without `auth` nobody asked the server whether it is good."""
    return Tender(TenderKind.GIFT_CARD, amount, code, auth)


def store_credit(code: str, amount: int, *, auth: str | None = "taken") -> Tender:
    """A store credit spent, or given when the amount is negative."""
    return Tender(TenderKind.CREDIT, amount, code, auth)


def gift_card_line(n: int, code: str, amount: int) -> Line:
    """A gift card sold."""
    return Line(n, code, "Carte cadeau", 1, amount, amount, amount, what=What.GIFT_CARD)


def service_line(n: int, code: str, amount: int, tax: int) -> Line:
    """Something done for the buyer: a delivery, a gift wrapping."""
    return Line(n, code, code, 1, amount, amount, amount, tax=tax, what=What.SERVICE)


class Done(NamedTuple):
    """A ticket, and what became of it."""

    ticket: Ticket
    recorded: Recorded

    @property
    def flags(self) -> list[str]:
        """The names of its flags, sorted."""
        return sorted(flag.value for flag, _line in self.recorded.flags)


def sell(session: Session, hub: Hub, *lines: Line, **changed: Any) -> Done:
    """Record a sale of T1; what is changed is of the ticket."""
    return tell(session, hub, a_ticket(*lines, **changed))


def refund(session: Session, hub: Hub, *returns: Return, **changed: Any) -> Done:
    """Record a refund at T1, in cash unless said."""
    return tell(session, hub, a_ticket(returns=returns, **changed))


def tell(session: Session, hub: Hub, ticket: Ticket, **told: Any) -> Done:
    """Record a ticket as it is; `told` is what the door knows besides."""
    return Done(ticket, record_sale(session, hub.id, ticket, **({"now": NOW} | told)))
