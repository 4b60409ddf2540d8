"""What the papers about pieces are made of, read from the stock book."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime
from almakane.cooperatives.models import Agreement, Maker
from almakane.cooperatives.queries import maker_names
from almakane.db import rows
from almakane.gateways.sheet import Party
from almakane.hubs.models import Hub, HubRules, Site
from almakane.hubs.queries import rules_on
from almakane.inventory.labels import Label
from almakane.inventory.models import (
    ON_HAND,
    Consignment,
    ConsignmentSignature,
    Lot,
    Place,
    ReturnSlip,
    ReturnSlipLine,
    StockLevel,
)
from almakane.inventory.paper import (
    Back,
    Count,
    Delivery,
    GivenBack,
    Left,
    OnHand,
    SignedBy,
    Terms,
)


def find_consignment(session: Session, hub_id: int, number: str) -> Consignment | None:
    """A hub's delivery by its number."""
    wanted = select(Consignment).filter_by(hub_id=hub_id, number=number)
    return session.scalar(wanted)


def find_return(session: Session, hub_id: int, number: str) -> ReturnSlip | None:
    """A hub's return slip by its number."""
    return session.scalar(select(ReturnSlip).filter_by(hub_id=hub_id, number=number))


_MADE_BY = """
SELECT made.lot_id, artisan.name, artisan.name_ar FROM lot
JOIN lot_artisan made ON made.lot_id = lot.id JOIN artisan ON artisan.id = made.artisan_id
WHERE lot.consignment_id = ? ORDER BY made.lot_id, artisan.id
"""


def delivery_of(session: Session, consignment: Consignment, language: str) -> Delivery:
    """A delivery with its lines and the terms it came under; names in a language."""
    lots = session.scalars(
        select(Lot).where(Lot.consignment_id == consignment.id).order_by(Lot.n)
    ).all()
    makers: dict[int, list[str]] = {}
    for lot_id, name, name_ar in rows(session, _MADE_BY, (consignment.id,)):
        makers.setdefault(lot_id, []).append((name_ar or name) if language == "ar" else name)
    agreement = session.get_one(Agreement, consignment.agreement_id)
    hub = session.get_one(Hub, consignment.hub_id)
    signature = session.scalar(
        select(ConsignmentSignature).where(ConsignmentSignature.consignment_id == consignment.id)
    )
    return Delivery(
        number=consignment.number,
        day=consignment.day,
        site=session.get_one(Site, consignment.site_id).name,
        received_by=consignment.actor,
        maker=_party(session, consignment.hub_id, consignment.maker_id, language),
        terms=terms_of(agreement, rules_on(session, hub.id, consignment.day)),
        lines=[
            Left(
                lot.code,
                lot.title,
                lot.quantity,
                lot.floor,
                lot.unit_cost,
                lot.commission_bp,
                lot.due_back_on,
                tuple(makers.get(lot.id, ())),
            )
            for lot in lots
        ],
        is_own=bool(lots) and lots[0].regime is Regime.FIRM,
        currency=hub.currency,
        signed=SignedBy(
            signature.signer, signature.mark, signature.signed_at, hub.zone, signature.actor
        )
        if signature
        else None,
    )


def terms_of(agreement: Agreement, rules: HubRules) -> Terms:
    """An agreement version as papers tell it; no money waits less long than a piece may return."""
    return Terms(
        version=agreement.version,
        since=agreement.valid_from,
        regime=agreement.regime,
        commission_bp=agreement.commission_bp,
        discounts=agreement.discounts,
        bearer=agreement.loss_bearer,
        paid_to=agreement.paid_to,
        shop_days=max(rules.till_wait_days, agreement.return_days),
        web_days=max(rules.web_wait_days, agreement.return_days),
        unsold_days=agreement.unsold_days,
    )


def given_back(session: Session, slip: ReturnSlip, language: str) -> GivenBack:
    """A return slip with its lines."""
    found = session.execute(
        select(Lot.code, Lot.title, ReturnSlipLine.quantity, Consignment.number, Consignment.day)
        .join(Lot, Lot.id == ReturnSlipLine.lot_id)
        .join(Consignment, Consignment.id == Lot.consignment_id)
        .where(ReturnSlipLine.slip_id == slip.id)
        .order_by(ReturnSlipLine.n)
    )
    return GivenBack(
        number=slip.number,
        day=slip.day,
        site=session.get_one(Site, slip.site_id).name,
        given_by=slip.actor,
        maker=_party(session, slip.hub_id, slip.maker_id, language),
        lines=[Back(*row) for row in found],
    )


def to_count(session: Session, maker: Maker, language: str, at: datetime) -> Count:
    """What the house has of a maker's, but for what it has bought of her."""
    hub = session.get_one(Hub, maker.hub_id)
    sites = session.scalars(select(Site.name).where(Site.hub_id == hub.id).order_by(Site.id))
    found = session.execute(
        select(Place.kind, Lot.code, Lot.title, StockLevel.quantity, Consignment.day)
        .join(StockLevel, StockLevel.place_id == Place.id)
        .join(Lot, Lot.id == StockLevel.lot_id)
        .join(Consignment, Consignment.id == Lot.consignment_id)
        .where(
            Lot.maker_id == maker.id,
            Lot.regime != Regime.FIRM,
            StockLevel.quantity > 0,
            Place.kind.in_(ON_HAND),
        )
    )
    return Count(
        maker=_party(session, maker.hub_id, maker.id, language),
        code=maker.code,
        site=", ".join(sites),
        at=at,
        zone=hub.zone,
        lines=[
            OnHand(kind.value, code, title, count, day) for kind, code, title, count, day in found
        ],
    )


def _party(session: Session, hub_id: int, maker_id: int, language: str) -> Party:
    maker = session.get_one(Maker, maker_id)
    called = maker_names(session, hub_id, language)[maker_id]
    return Party(called.name, (called.place, maker.phone, maker.code))


_LABELS = """
SELECT lot.code, lot.title, text.title, product.price, maker.id, maker.code, lot.quantity
FROM lot JOIN product ON product.id = lot.product_id JOIN maker ON maker.id = lot.maker_id
LEFT JOIN product_text text ON text.product_id = product.id AND text.language = 'ar'
WHERE lot.hub_id = ? AND {which} ORDER BY lot.id
"""


def labels_of(
    session: Session, hub: Hub, codes: Sequence[str], page_of: Callable[[str], str]
) -> dict[str, Label]:
    """Code to label, for those lots of the hub that there are; `page_of` is a maker's address."""
    found = rows(session, _LABELS.format(which="lot.code IN (??)"), (hub.id, sorted(set(codes))))
    return {label.code: label for label, _count in _labels(session, hub, found, page_of)}


def labels_of_delivery(
    session: Session, hub: Hub, consignment: Consignment, page_of: Callable[[str], str]
) -> list[tuple[Label, int]]:
    """A label for every piece of a delivery."""
    of = (hub.id, consignment.id)
    found = rows(session, _LABELS.format(which="lot.consignment_id = ?"), of)
    return _labels(session, hub, found, page_of)


def _labels(
    session: Session, hub: Hub, found: Sequence[Any], page_of: Callable[[str], str]
) -> list[tuple[Label, int]]:
    names, arabic = (maker_names(session, hub.id, language) for language in ("fr", "ar"))
    labels = []
    for code, title, title_ar, price, maker_id, maker_code, quantity in found:
        name, name_ar = names[maker_id].name, arabic[maker_id].name
        label = Label(
            code=code,
            title=title,
            title_ar=title_ar or "",
            price=price,
            maker=name,
            maker_ar=name_ar if name_ar != name else "",
            url=page_of(maker_code),
            currency=hub.currency,
        )
        labels.append((label, int(quantity)))
    return labels
