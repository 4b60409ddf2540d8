"""What the demo's people did in the stockroom this morning, so that its pages have something."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.hubs.models import Hub, Site
from almakane.inventory.counting import Decided, cancel_count, close_count, open_count, scan
from almakane.inventory.counts import review
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import return_to_maker
from almakane.inventory.intake import Brought, add_line, announce_delivery, start_intake
from almakane.inventory.losses import record_loss
from almakane.inventory.models import (
    LossKind,
    Lot,
    Place,
    PlaceKind,
    Product,
    StockCount,
    StockLevel,
)
from almakane.inventory.returning import sign_return
from almakane.inventory.services import transfer
from almakane.inventory.slots import slots


class _Morning:
    """Salma, at the shop's only site, a little while ago."""

    def __init__(self, session: Session, hub: Hub, today: date) -> None:
        self.session, self.hub, self.today = session, hub, today
        self.site = session.scalars(select(Site).where(Site.hub_id == hub.id)).one()
        opening = datetime.combine(today, time(8, 40), UTC)
        self.now = min(opening, datetime.now(UTC) - timedelta(minutes=20))

    def deed(self, what: str) -> Deed:
        """One thing that she did."""
        uid = f"demo/{what}"
        return Deed(self.hub.id, self.site.id, uid, self.now, self.today, self.now, actor="salma")

    def on_shelf(self, maker_id: int, least: int = 1) -> list[tuple[Lot, int]]:
        """A maker's lots of which so many stand there, the oldest first."""
        found = self.session.execute(
            select(Lot, func.sum(StockLevel.quantity))
            .join(StockLevel, StockLevel.lot_id == Lot.id)
            .join(Place, Place.id == StockLevel.place_id)
            .where(
                Lot.maker_id == maker_id,
                Place.kind == PlaceKind.SHELF,
                StockLevel.quantity >= least,
            )
            .group_by(Lot.id)
            .order_by(Lot.id)
        )
        return [(lot, int(there)) for lot, there in found]


def work_in_stockroom(session: Session, hub: Hub, makers: Mapping[str, int], today: date) -> None:
    """Deliveries to come, something carried, broken, lost and given back, and counts."""
    morning = _Morning(session, hub, today)
    _announce(morning, makers)
    _carry(morning, makers["BAB"])
    _lose(morning, makers["SAF"], makers["ZEL"])
    _give_back(morning, makers["TAZ"])
    _count(morning, makers["LAN"], makers["BIJ"], makers["BRO"])


def _announce(at: _Morning, makers: Mapping[str, int]) -> None:
    """One that its maker announced, one that is late, and one that is being taken in."""
    for code, by, days, note in (
        ("TAZ", "fadma", 3, "Le car de Taznakht arrive vers midi."),
        ("SAF", "salma", -1, ""),
    ):
        maker = at.session.get_one(Maker, makers[code])
        announce_delivery(
            at.session,
            maker,
            _brought(at, maker.id, 4),
            by,
            uid=f"demo/announced/{code}",
            now=at.now - timedelta(days=4),
            expected_on=at.today + timedelta(days=days),
            note=note,
            by_maker=by != "salma",
        )
    maker = at.session.get_one(Maker, makers["ARG"])
    intake = start_intake(at.session, maker, "salma", uid="demo/arriving", now=at.now)
    for line in _brought(at, maker.id, 3):
        add_line(at.session, intake, line)
    add_line(at.session, intake, Brought("new", 6, title="Savon à l'huile d'argan"))


def _brought(at: _Morning, maker_id: int, most: int) -> list[Brought]:
    found = at.session.scalars(
        select(Product).where(Product.maker_id == maker_id).order_by(Product.id.desc()).limit(most)
    )
    return [
        Brought(product.code, 2 + n, product_id=product.id, price=product.price)
        for n, product in enumerate(found)
    ]


def _carry(at: _Morning, maker_id: int) -> None:
    number = None
    for n, (lot, there) in enumerate(at.on_shelf(maker_id, 2)[:3]):
        number = transfer(
            at.session,
            at.deed(f"carry/{n}"),
            lot.id,
            there // 2,
            PlaceKind.SHELF,
            PlaceKind.RESERVE,
            number=number,
        )


def _lose(at: _Morning, broken: int, lost: int) -> None:
    for maker, kind, cause in (
        (broken, LossKind.DAMAGED, "Tombé du comptoir, le bord est ébréché."),
        (lost, LossKind.LOST, "Introuvable depuis samedi, la réserve a été fouillée."),
    ):
        [*_, (lot, _there)] = at.on_shelf(maker, 2)
        record_loss(at.session, at.deed(f"loss/{kind}"), lot.id, 1, kind, cause)


def _give_back(at: _Morning, maker_id: int) -> None:
    maker = at.session.get_one(Maker, maker_id)
    going = at.on_shelf(maker_id)[:2]
    slip = return_to_maker(
        at.session, at.deed("return"), maker, [(lot.id, 1) for lot, _there in going]
    )
    sign_return(at.session, slip, maker.name, "", "salma", at.now)


def _count(at: _Morning, closed: int, cancelled: int, running: int) -> None:
    """One that found a piece missing, one that was a mistake, and one that goes on."""
    first = _scanned(at, closed, missing=1)
    found = review(at.session, first, slots().short, at.now)
    decided = Decided(found.token, f"Manque au comptage {first.number}")
    close_count(at.session, at.deed("count/closing"), first.id, slots().short, decided)
    second = _open(at, cancelled)
    cancel_count(at.session, second.id, "Ouvert par erreur", actor="hind", now=at.now)
    _scanned(at, running, missing=2)


def _open(at: _Morning, maker_id: int) -> StockCount:
    deed = at.deed(f"count/{maker_id}")
    return open_count(at.session, deed, place=PlaceKind.SHELF, maker_id=maker_id)


def _scanned(at: _Morning, maker_id: int, missing: int) -> StockCount:
    """A count of all that a maker has on the shelf, but for so many pieces of her first lot."""
    count = _open(at, maker_id)
    for n, (lot, there) in enumerate(at.on_shelf(maker_id)):
        seen = there if n else there - missing
        if seen > 0:
            uid = f"demo/scan/{count.id}/{n}"
            scan(at.session, count.id, uid, lot.code, seen, None, actor="salma", now=at.now)
    return count
