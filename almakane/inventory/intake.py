"""
A delivery before it is one: announced, begun, and written down line by line.

Nothing here is a book, so lines come, change and go until `taking_in.receive` makes a consignment
of them. A line carries a key of whoever tells it: told twice it is there once.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from almakane.cooperatives.models import Artisan, Maker
from almakane.db import insert_rows
from almakane.errors import Refusal
from almakane.gateways.media import Picture
from almakane.hubs.models import Site
from almakane.inventory.deliveries import MOST, MOST_WEIGHT
from almakane.inventory.intake_queries import artisans_of, made_before
from almakane.inventory.models import (
    Intake,
    IntakeLine,
    IntakeLineArtisan,
    IntakeState,
    Product,
    TaxClass,
)
from almakane.money import LARGEST
from almakane.texts import can_be_kept

MOST_LINES = 2_000  # of one delivery: as many labels as a file has

_OPEN = (IntakeState.ANNOUNCED, IntakeState.ARRIVING)
_LENGTHS = {"title": 120, "title_ar": 120, "category": 24, "technique": 120, "reference": 40}


@dataclass(frozen=True, slots=True)
class Brought:
    """
    A line as somebody tells it; amounts per unit, in centimes.

    It names a product of the maker, or what a new one needs: some of it may still be missing.
    """

    key: str
    quantity: int = 1
    product_id: int | None = None
    title: str = ""
    title_ar: str = ""
    category: str = ""
    technique: str = ""
    tax_class: TaxClass | None = None
    price: int | None = None
    floor: int = 0
    unit_cost: int = 0
    weights: Mapping[int, int] = field(default_factory=dict)  # artisan id to weight
    reference: str = ""
    note: str = ""
    photo: Picture | None = None


def announce_delivery(
    session: Session,
    maker: Maker,
    lines: Sequence[Brought],
    by: str,
    *,
    uid: str,
    now: datetime,
    site_id: int | None = None,
    expected_on: date | None = None,
    note: str = "",
    by_maker: bool = False,
) -> Intake:
    """
    Say that a delivery will come, to the hub's first site unless another is named.

    A line that does not say who made it is by those who made the product before, or by the maker's
    only artisan; whoever takes it in can say otherwise. The same uid again gives the same intake,
    its lines as they are by then.
    """
    if not lines:
        raise Refusal("The delivery has no lines.", field="lines")
    there = _told_before(session, maker, uid)
    if there:
        return there
    intake = _open_intake(session, maker, uid, site_id, by, now, IntakeState.ANNOUNCED)
    if not can_be_kept(note, 500):
        raise Refusal("This text is too long: at most %(longest)s characters.", longest=500)
    intake.note, intake.expected_on, intake.by_maker = note, expected_on, by_maker
    add_lines(session, intake, _with_makers(session, maker, lines))
    return intake


def _with_makers(session: Session, maker: Maker, lines: Sequence[Brought]) -> list[Brought]:
    before = made_before(session, {line.product_id for line in lines if line.product_id})
    artisans = artisans_of(session, maker.id)
    alone = {artisans[0].id: 1} if len(artisans) == 1 else {}
    return [
        replace(line, weights=line.weights or before.get(line.product_id or 0) or alone)
        for line in lines
    ]


def start_intake(
    session: Session,
    maker: Maker,
    by: str,
    *,
    uid: str,
    now: datetime,
    site_id: int | None = None,
) -> Intake:
    """Begin to write down a delivery that nobody announced; the same uid gives the same one."""
    there = _told_before(session, maker, uid)
    if there:
        return there
    return _open_intake(session, maker, uid, site_id, by, now, IntakeState.ARRIVING)


def _told_before(session: Session, maker: Maker, uid: str) -> Intake | None:
    if not uid or not can_be_kept(uid, 36):
        raise Refusal("A text is missing or too long.", field="uid")
    there = session.scalar(select(Intake).where(Intake.uid == uid))
    if there and there.maker_id != maker.id:
        raise Refusal("This number was already used for something else; nothing was booked.")
    return there


def _open_intake(
    session: Session,
    maker: Maker,
    uid: str,
    site_id: int | None,
    by: str,
    now: datetime,
    state: IntakeState,
) -> Intake:
    sites = select(Site.id).where(Site.hub_id == maker.hub_id).order_by(Site.id)
    known = session.scalars(sites).all()
    if not known or (site_id is not None and site_id not in known):
        raise Refusal("There is no such place of the house.", field="site")
    intake = Intake(
        hub_id=maker.hub_id,
        site_id=known[0] if site_id is None else site_id,
        maker_id=maker.id,
        uid=uid,
        state=state,
        note="",
        by_maker=False,
        begun_by=by,
        begun_at=now,
        arrived_at=now if state is IntakeState.ARRIVING else None,
        ended_by="",
        why="",
    )
    session.add(intake)
    session.flush()
    return intake


def open_still(session: Session, intake: Intake, *states: IntakeState) -> None:
    """Lock an intake until the commit; refuses one that has ended."""
    session.flush()
    session.refresh(intake, with_for_update=True)
    if intake.state is IntakeState.RECEIVED:
        raise Refusal("This delivery is taken in already: nothing of it changes any more.")
    if intake.state not in (states or _OPEN):
        raise Refusal("This delivery was called off: begin another one.")


def begin_receiving(session: Session, intake: Intake, now: datetime) -> None:
    """What was announced has come, and is counted from now on."""
    open_still(session, intake)
    if intake.state is IntakeState.ANNOUNCED:
        intake.state, intake.arrived_at = IntakeState.ARRIVING, now
        session.flush()


def drop_intake(session: Session, intake: Intake, why: str, *, by: str, now: datetime) -> None:
    """It will not come, or was begun by mistake. Dropped again, it stays as it was."""
    session.flush()
    session.refresh(intake, with_for_update=True)
    if intake.state is IntakeState.DROPPED:
        return
    open_still(session, intake)
    if not can_be_kept(why, 200):
        raise Refusal(
            "This text is too long: at most %(longest)s characters.", field="why", longest=200
        )
    intake.state, intake.why, intake.ended_by, intake.ended_at = IntakeState.DROPPED, why, by, now
    session.flush()


# Lines


def add_line(session: Session, intake: Intake, line: Brought) -> IntakeLine:
    """Add a line; one with that key is there already, and stays as it is."""
    add_lines(session, intake, [line])
    named = {"intake_id": intake.id, "key": line.key}
    return session.query(IntakeLine).filter_by(**named).one()


def add_lines(session: Session, intake: Intake, lines: Sequence[Brought]) -> int:
    """Add lines, those whose key is there left out; gives how many are new."""
    open_still(session, intake)
    there = set(session.scalars(select(IntakeLine.key).where(IntakeLine.intake_id == intake.id)))
    fresh = list({line.key: line for line in lines if line.key not in there}.values())
    if not fresh:
        return 0
    active = session.scalar(
        select(func.count())
        .select_from(IntakeLine)
        .where(IntakeLine.intake_id == intake.id, IntakeLine.dropped_at.is_(None))
    )
    if (active or 0) + len(fresh) > MOST_LINES:
        raise Refusal(
            "A delivery has at most %(most)s lines: divide it.", field="lines", most=MOST_LINES
        )
    check_lines(session, intake, fresh)
    is_arriving = intake.state is IntakeState.ARRIVING
    written = insert_rows(
        session,
        "intake_line",
        _COLUMNS,
        [
            (
                *(intake.id, line.key, line.product_id, line.title, line.title_ar, line.category),
                *(line.technique, line.tax_class and line.tax_class.value),
                *((None, line.quantity) if is_arriving else (line.quantity, None)),
                *(line.price, line.floor, line.unit_cost, line.reference, line.note, ""),
                *(line.photo or (None, None, None)),
            )
            for line in fresh
        ],
        returning="key, id",
    )
    ids = dict(written)
    insert_rows(
        session,
        "intake_line_artisan",
        ("line_id", "artisan_id", "weight"),
        [
            (ids[line.key], artisan_id, weight)
            for line in fresh
            for artisan_id, weight in line.weights.items()
        ],
    )
    return len(fresh)


_COLUMNS = (
    *("intake_id", "key", "product_id", "title", "title_ar", "category", "technique", "tax_class"),
    *("announced", "counted", "price", "floor", "unit_cost", "reference", "note", "before"),
    *("photo_key", "photo_width", "photo_height"),
)


def check_lines(session: Session, intake: Intake, lines: Iterable[Brought]) -> None:
    """Refuse lines that could not be kept, or that name what is not the maker's."""
    of_maker = (Product.id, Artisan.id)
    products, artisans = (
        set(session.scalars(select(ids).where(ids.class_.maker_id == intake.maker_id)))
        for ids in of_maker
    )
    for line in lines:
        if not line.key or not can_be_kept(line.key, 64):
            raise Refusal("A text is missing or too long.", field="key")
        for name, longest in (*_LENGTHS.items(), ("note", 200)):
            if not can_be_kept(getattr(line, name), longest):
                raise Refusal(
                    "This text is too long: at most %(longest)s characters.",
                    field=name,
                    longest=longest,
                )
        if not 1 <= line.quantity <= MOST:
            raise Refusal("The quantity is 1 to 1 000 000.", field="quantity")
        for name in ("price", "floor", "unit_cost"):
            if not 0 <= (getattr(line, name) or 0) <= LARGEST:
                raise Refusal("An amount is out of range.", field=name)
        if line.product_id is not None and line.product_id not in products:
            raise Refusal("This maker has no such product.", field="product_id")
        weights = line.weights.values()
        if any(not 1 <= weight <= MOST_WEIGHT for weight in weights) or not artisans >= set(
            line.weights
        ):
            raise Refusal("The artisans are the maker’s own, each with a weight.", field="weights")


def line_of(session: Session, intake: Intake, line_id: int) -> IntakeLine | None:
    """A line of an intake, a dropped one too."""
    return session.scalar(
        select(IntakeLine)
        .where(IntakeLine.id == line_id, IntakeLine.intake_id == intake.id)
        .options(selectinload(IntakeLine.artisans))
    )


def lines_of(session: Session, intake: Intake) -> list[IntakeLine]:
    """The lines of an intake in the order in which they were told, without the dropped ones."""
    return list(
        session.scalars(
            select(IntakeLine)
            .where(IntakeLine.intake_id == intake.id, IntakeLine.dropped_at.is_(None))
            .order_by(IntakeLine.id)
            .options(selectinload(IntakeLine.artisans))
        )
    )


def as_told(line: IntakeLine) -> Brought:
    """A line as it could be told again."""
    quantity = line.announced if line.counted is None else line.counted
    return Brought(
        key=line.key,
        quantity=quantity if quantity is not None else 1,
        product_id=line.product_id,
        title=line.title,
        title_ar=line.title_ar,
        category=line.category,
        technique=line.technique,
        tax_class=line.tax_class,
        price=line.price,
        floor=line.floor,
        unit_cost=line.unit_cost,
        weights={made.artisan_id: made.weight for made in line.artisans},
        reference=line.reference,
        note=line.note,
        photo=photo_of(line),
    )


def photo_of(line: IntakeLine) -> Picture | None:
    """The photograph of a line, if somebody took one."""
    if line.photo_key is None:
        return None
    return Picture(line.photo_key, line.photo_width or 0, line.photo_height or 0)


def change_line(session: Session, intake: Intake, line: IntakeLine, told: Brought) -> None:
    """Write a line anew, keeping its key; what it was can be brought back once."""
    open_still(session, intake)
    told = replace(told, key=line.key)
    check_lines(session, intake, [told])
    before = _written(line)
    _write(line, told)
    if intake.state is IntakeState.ARRIVING:
        line.counted = told.quantity
    else:
        line.announced = told.quantity
    if _written(line) != before:
        line.before = before
    session.flush()


def count_line(session: Session, intake: Intake, line: IntakeLine, counted: int) -> None:
    """Say how many of a line are here; none at all is an answer too."""
    open_still(session, intake, IntakeState.ARRIVING)
    if not 0 <= counted <= MOST:
        raise Refusal("The quantity is 1 to 1 000 000.", field="quantity")
    before = _written(line)
    line.counted = counted
    if _written(line) != before:
        line.before = before
    session.flush()


def count_the_rest(session: Session, intake: Intake) -> int:
    """All that nobody has counted yet is here as announced; gives how many lines that were."""
    open_still(session, intake, IntakeState.ARRIVING)
    lines = [line for line in lines_of(session, intake) if line.counted is None]
    for line in lines:
        line.counted = line.announced
    session.flush()
    return len(lines)


def drop_line(session: Session, intake: Intake, line: IntakeLine, now: datetime) -> None:
    """Take a line out; `restore_line` puts it back."""
    open_still(session, intake)
    line.dropped_at = line.dropped_at or now
    session.flush()


def restore_line(session: Session, intake: Intake, line: IntakeLine) -> None:
    """Put a dropped line back, or else bring back what a line was before its last change."""
    open_still(session, intake)
    if line.dropped_at:
        line.dropped_at = None
    elif line.before:
        then, line.before = json.loads(line.before), _written(line)
        line.announced, line.counted = then.pop("announced"), then.pop("counted")
        told = Brought(
            **then
            | {
                "tax_class": then["tax_class"] and TaxClass(then["tax_class"]),
                "weights": {int(key): weight for key, weight in then["weights"].items()},
                "photo": Picture(*then["photo"]) if then.get("photo") else None,
            }
        )
        check_lines(session, intake, [told])
        _write(line, told)
    session.flush()


def _written(line: IntakeLine) -> str:
    told = asdict(replace(as_told(line), quantity=1))
    return json.dumps(told | {"announced": line.announced, "counted": line.counted})


def _write(line: IntakeLine, told: Brought) -> None:
    for name in (*_LENGTHS, "product_id", "tax_class", "price", "floor", "unit_cost", "note"):
        setattr(line, name, getattr(told, name))
    line.photo_key, line.photo_width, line.photo_height = told.photo or (None, None, None)
    there = {made.artisan_id: made for made in line.artisans}
    line.artisans = [
        there.get(artisan_id) or IntakeLineArtisan(artisan_id=artisan_id, weight=weight)
        for artisan_id, weight in sorted(told.weights.items())
    ]
    for made in line.artisans:
        made.weight = told.weights[made.artisan_id]
