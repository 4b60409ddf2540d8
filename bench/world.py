"""A hub that sells: makers, lots without end, and the ticket that all figures are about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.hubs.models import Site
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.models import Lot, LotKind, TaxClass
from almakane.inventory.services import add_product, set_up_places
from almakane.sales.models import Register, RegisterKind
from almakane.sales.ticket import Line, Tender, TenderKind, Ticket

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PLENTY = 1_000_000


class Shelf(NamedTuple):
    """Three lots of two makers that are sold together."""

    codes: tuple[str, str, str]


class World(NamedTuple):
    """A hub, its registers `T1`, `T2` ... and its shelves."""

    hub_id: int
    site_id: int
    shelves: list[Shelf]


PRICES = (450_00, 180_00, 95_00)


def make_world(session: Session, *, registers: int, shelves: int, pairs: int = 20) -> World:
    """Open a hub; a pair of makers is a cooperative that pays its members, and one of her own."""
    hub = open_hub(session, "casa", "Almakane", sites={"medina": "Médina"})
    site = session.query(Site).filter_by(hub_id=hub.id).one()
    set_up_places(session, site.id)
    session.add_all(
        Register(hub_id=hub.id, site_id=site.id, code=f"T{n}", kind=RegisterKind.TILL)
        for n in range(1, registers + 1)
    )
    session.flush()
    filled: list[Shelf] = []
    pairs = min(pairs, shelves)
    for n in range(pairs):
        count = len(range(n, shelves, pairs))
        weavers = take_in_maker(session, hub.id, f"W{n}", f"Tisseuses {n}", craft="weaving")
        agree(session, weavers, Terms(Regime.MANDATE, 2_500, paid_to=PaidTo.MEMBERS))
        artisans = [add_artisan(session, weavers, f"Artisane {n}.{i}") for i in range(3)]
        potters = take_in_maker(session, hub.id, f"P{n}", f"Potiers {n}", craft="pottery")
        agree(session, potters, Terms(Regime.MANDATE, 3_000))
        woven = _deliver(session, weavers, site, PRICES[:1] * count, artisans)
        thrown = _deliver(session, potters, site, PRICES[1:] * count, [])
        filled += [
            Shelf((first, second, third))
            for first, second, third in zip(woven, thrown[::2], thrown[1::2], strict=True)
        ]
    return World(hub.id, site.id, filled)


def _deliver(
    session: Session, maker: Maker, site: Site, prices: Sequence[int], artisans: list[Artisan]
) -> list[str]:
    """One delivery of a lot at each of those prices; gives their codes."""
    weights = {artisan.id: weight for weight, artisan in enumerate(artisans, 2)}
    lines = []
    for n, price in enumerate(prices):
        product = add_product(
            session,
            maker,
            f"{maker.code}-{n}",
            category=maker.craft,
            price=price,
            tax_class=TaxClass.STANDARD,
        )
        title = f"Pièce {maker.code}-{n}"
        lines.append(Delivered(product.id, PLENTY, LotKind.BATCH, 0, 0, title, weights))
    deed = Deed(maker.hub_id, site.id, f"delivery-{maker.code}", NOW, TODAY, NOW, "bench")
    consignment = receive_consignment(session, deed, maker, lines)
    lots = session.query(Lot).filter_by(consignment_id=consignment.id).order_by(Lot.n)
    return [lot.code for lot in lots]


def a_ticket(shelf: Shelf, register: str, n: int) -> Ticket:
    """A ticket of three lines, one piece each, paid in cash; its number is the register's next."""
    return Ticket(
        uid=f"019a0000-0000-7000-{register.zfill(4)}-{n:012x}",
        register=register,
        at=NOW,
        day=TODAY,
        cashier="amina",
        lines=tuple(
            Line(i, code, f"Pièce {i} de la maison", 1, price, price, price)
            for i, (code, price) in enumerate(zip(shelf.codes, PRICES, strict=True), 1)
        ),
        tenders=(Tender(TenderKind.CASH, sum(PRICES)),),
        shift="019a0000-0000-7000-8000-00000000000f",
    )
