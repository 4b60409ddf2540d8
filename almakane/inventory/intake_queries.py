"""What the pages about deliveries show: lists, counts, and whose piece a scanned code is."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.queries import maker_names
from almakane.db import rows
from almakane.inventory.models import (
    Consignment,
    ConsignmentSignature,
    Intake,
    IntakeLine,
    IntakeState,
    Lot,
    LotArtisan,
    Product,
    ProductText,
    TaxClass,
)
from almakane.web.texts import plain, sort_key


def find_intake(session: Session, hub_id: int, intake_id: int) -> Intake | None:
    """A hub's intake."""
    return session.scalar(select(Intake).where(Intake.id == intake_id, Intake.hub_id == hub_id))


class Waiting(NamedTuple):
    """An intake in a list."""

    id: int
    maker_id: int
    state: IntakeState
    expected_on: date | None
    begun_by: str
    begun_at: datetime
    by_maker: bool
    why: str
    lines: int
    pieces: int


def intakes_in(
    session: Session, hub_id: int, states: Sequence[IntakeState], most: int
) -> list[Waiting]:
    """The intakes of a hub in those states, the one that is expected first in front."""
    found = session.execute(
        select(
            *(Intake.id, Intake.maker_id, Intake.state, Intake.expected_on, Intake.begun_by),
            *(Intake.begun_at, Intake.by_maker, Intake.why),
            func.count(IntakeLine.id),
            func.coalesce(func.sum(func.coalesce(IntakeLine.counted, IntakeLine.announced)), 0),
        )
        .outerjoin(
            IntakeLine, (IntakeLine.intake_id == Intake.id) & IntakeLine.dropped_at.is_(None)
        )
        .where(Intake.hub_id == hub_id, Intake.state.in_(states))
        .group_by(Intake.id)
        .order_by(
            func.coalesce(Intake.expected_on, date(9999, 1, 1)),
            Intake.id.desc(),
        )
        .limit(most)
    )
    return [Waiting(*row[:9], int(row[9])) for row in found]


class Received(NamedTuple):
    """A delivery that was taken in, in a list."""

    number: str
    maker_id: int
    day: date
    actor: str
    is_signed: bool
    lots: int
    pieces: int


def received(session: Session, hub_id: int, limit: int, offset: int) -> list[Received]:
    """The deliveries of a hub, newest first."""
    some = (
        select(Consignment.id)
        .where(Consignment.hub_id == hub_id)
        .order_by(Consignment.id.desc())
        .limit(limit)
        .offset(offset)
    )
    found = session.execute(
        select(
            *(Consignment.number, Consignment.maker_id, Consignment.day, Consignment.actor),
            func.max(ConsignmentSignature.id).is_not(None),
            func.count(Lot.id),
            func.coalesce(func.sum(Lot.quantity), 0),
        )
        .join(Lot, Lot.consignment_id == Consignment.id)
        .outerjoin(ConsignmentSignature, ConsignmentSignature.consignment_id == Consignment.id)
        .where(Consignment.id.in_(some))
        .group_by(Consignment.id)
        .order_by(Consignment.id.desc())
    )
    return [Received(*row[:4], bool(row[4]), row[5], int(row[6])) for row in found]


def count_received(session: Session, hub_id: int) -> int:
    """How many deliveries a hub has taken in."""
    wanted = select(func.count()).select_from(Consignment).where(Consignment.hub_id == hub_id)
    return session.scalar(wanted) or 0


class Choice(NamedTuple):
    """A maker to choose from."""

    code: str
    name: str
    place: str


def makers_like(session: Session, hub_id: int, typed: str, language: str) -> list[Choice]:
    """The makers whose name, place or code has all the words that were typed."""
    names = maker_names(session, hub_id, language)
    words = plain(typed).split()
    found = []
    for maker in session.scalars(select(Maker).where(Maker.hub_id == hub_id)):
        called = names[maker.id]
        told = plain(f"{called.name} {called.place} {maker.name} {maker.code}")
        if all(word in told for word in words):
            found.append(Choice(maker.code, called.name, called.place))
    return sorted(found, key=lambda choice: sort_key(choice.name))


def artisans_of(session: Session, maker_id: int) -> list[Artisan]:
    """Who makes under a maker's name."""
    wanted = select(Artisan).where(Artisan.maker_id == maker_id).order_by(Artisan.id)
    return list(session.scalars(wanted))


def product_coded(session: Session, hub_id: int, code: str) -> Product | None:
    """The product of a code, its own or that of one of its lots."""
    lot = select(Lot.product_id).where(Lot.hub_id == hub_id, Lot.code == code)
    return session.scalar(
        select(Product)
        .where(Product.hub_id == hub_id, (Product.id.in_(lot)) | (Product.code == code.upper()))
        .limit(1)
    )


def product_titles(session: Session, product_ids: Iterable[int], language: str) -> dict[int, str]:
    """Product to its title in a language, or else in French."""
    found = session.execute(
        select(ProductText.product_id, ProductText.language, ProductText.title).where(
            ProductText.product_id.in_(sorted(set(product_ids))),
            ProductText.language.in_((language, "fr")),
        )
    )
    titles: dict[int, str] = {}
    for product_id, said_in, title in found:
        if said_in == language or product_id not in titles:
            titles[product_id] = title
    return titles


class Usual(NamedTuple):
    """What a maker brought last: what a new line begins with."""

    category: str
    tax_class: TaxClass | None
    technique: str


def usual_of(session: Session, maker_id: int) -> dict[str, Usual]:
    """Category to what was last said of a product of it; "" is the last product of all."""
    found = rows(session, _LAST, (maker_id,))
    usual: dict[str, Usual] = {}
    for category, tax_class, technique in found:
        told = Usual(category, TaxClass(tax_class) if tax_class else None, technique)
        usual.setdefault("", told)
        usual.setdefault(category, told)
    return usual


_LAST = """
SELECT category, tax_class, technique FROM product WHERE maker_id = ? ORDER BY id DESC LIMIT 200
"""


class LastLot(NamedTuple):
    """How a product came in the last time: per unit, in centimes."""

    floor: int
    unit_cost: int
    weights: dict[int, int]


def last_lot_of(session: Session, product_id: int) -> LastLot | None:
    """The latest lot of a product; what the house bought of it itself is one too."""
    lot = session.scalar(
        select(Lot).where(Lot.product_id == product_id).order_by(Lot.id.desc()).limit(1)
    )
    if lot is None:
        return None
    made = select(LotArtisan).where(LotArtisan.lot_id == lot.id)
    return LastLot(
        lot.floor, lot.unit_cost, {one.artisan_id: one.weight for one in session.scalars(made)}
    )


def made_before(session: Session, product_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """Product to who made its latest lot, artisan to weight; a lot of nobody's says nothing."""
    latest = (
        select(func.max(Lot.id)).where(Lot.product_id.in_(product_ids)).group_by(Lot.product_id)
    )
    made: dict[int, dict[int, int]] = {}
    for product_id, artisan_id, weight in session.execute(
        select(Lot.product_id, LotArtisan.artisan_id, LotArtisan.weight)
        .join(LotArtisan, LotArtisan.lot_id == Lot.id)
        .where(Lot.id.in_(latest))
    ):
        made.setdefault(product_id, {})[artisan_id] = weight
    return made


class Difference(NamedTuple):
    """A line of which another number came than was announced."""

    title: str
    announced: int
    counted: int


def differences(session: Session, intake: Intake) -> list[Difference]:
    """Where what was counted is not what was announced."""
    found = session.execute(
        select(IntakeLine.title, Product.code, IntakeLine.announced, IntakeLine.counted)
        .outerjoin(Product, Product.id == IntakeLine.product_id)
        .where(
            IntakeLine.intake_id == intake.id,
            IntakeLine.dropped_at.is_(None),
            IntakeLine.announced != IntakeLine.counted,
        )
        .order_by(IntakeLine.id)
    )
    return [
        Difference(title or code or "", announced or 0, counted or 0)
        for title, code, announced, counted in found
    ]
