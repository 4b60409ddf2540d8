"""Shifts: a float comes from the safe, a count says what was in the drawer, takings go back."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import local_day
from almakane.inventory.deed import deed_hash
from almakane.ledger import chart
from almakane.ledger.book import Posting, pair
from almakane.ledger.queries import balance
from almakane.ledger.sealing import booking_day
from almakane.ledger.services import Fact, post
from almakane.money import LARGEST
from almakane.pos.models import Shift, ShiftClosing
from almakane.sales.models import Register
from almakane.sales.services import ShiftState


def open_shift(
    session: Session,
    hub_id: int,
    register_code: str,
    uid: str,
    day: date,
    float_amount: int,
    *,
    at: datetime,
    by: str,
    now: datetime | None = None,
) -> Shift:
    """
    Open a shift with a float, in centimes; the same uid again gives the same shift.

    `now` is when we learnt of it, where that is later.

    What the drawer held before is the start of it, and the safe gives or takes the rest. Refuses a
    register that has an open shift.
    """
    register = session.scalar(
        select(Register)
        .where(Register.hub_id == hub_id, Register.code == register_code)
        .with_for_update()
    )
    if register is None:
        raise Refusal("There is no register %(code)s.", field="register", code=register_code)
    there = session.scalar(select(Shift).where(Shift.uid == uid))
    if there:
        if (there.register_id, there.day, there.float_amount) != (register.id, day, float_amount):
            raise Refusal("This number was already used for something else; nothing was booked.")
        return there
    if not 0 <= float_amount <= LARGEST:
        raise Refusal("An amount is out of range.", field="float")
    if open_shift_of(session, register.id):
        raise Refusal("This register has an open shift: close it first.", field="register")
    shift = Shift(
        hub_id=hub_id,
        register_id=register.id,
        uid=uid,
        day=day,
        opened_at=at,
        opened_by=by,
        float_amount=float_amount,
    )
    session.add(shift)
    session.flush()
    drawer = chart.cash_of(register_code)
    missing = float_amount - balance(session, hub_id, drawer)
    told = Told(f"float/{shift.uid}", "float", at, now or at, by)
    _post(session, register, shift.day, told, pair(drawer, chart.SAFE, missing))
    return shift


def open_shift_of(session: Session, register_id: int) -> Shift | None:
    """The shift that is open at a register, if any."""
    return session.scalar(
        select(Shift)
        .outerjoin(ShiftClosing)
        .where(Shift.register_id == register_id, ShiftClosing.shift_id.is_(None))
    )


def shift_state(session: Session, uid: str | None) -> ShiftState:
    """How a ticket's shift stands, for `record_sale`."""
    if uid is None:
        return ShiftState.NONE
    shift_id = session.scalar(select(Shift.id).where(Shift.uid == uid))
    if shift_id is None:
        return ShiftState.MISSING
    return ShiftState.CLOSED if closing_of(session, shift_id) else ShiftState.OPEN


def closing_of(session: Session, shift_id: int) -> ShiftClosing | None:
    """How a shift was closed, if it was."""
    return session.query(ShiftClosing).filter_by(shift_id=shift_id).one_or_none()


def expected_cash(session: Session, shift_id: int) -> int:
    """What the drawer should hold now, in centimes, by the books."""
    shift = session.get_one(Shift, shift_id)
    register = session.get_one(Register, shift.register_id)
    return balance(session, shift.hub_id, chart.cash_of(register.code))


def close_shift(
    session: Session,
    shift_id: int,
    counted: int,
    left: int,
    *,
    at: datetime,
    by: str,
    why: str = "",
    now: datetime | None = None,
) -> ShiftClosing:
    """
    Close a shift by its blind count: the difference is booked, the takings go to the safe.

    `left` stays in the drawer for the next float. Closing again with the same figures gives the
    same closing; with others it is refused.
    """
    there = closing_of(session, shift_id)
    if there:
        if (there.counted, there.left_amount) != (counted, left):
            raise Refusal("This shift is closed already, with another count.", field="counted")
        return there
    shift = session.get_one(Shift, shift_id, with_for_update=True)
    register = session.get_one(Register, shift.register_id, with_for_update=True)
    if not 0 <= left <= counted <= LARGEST:
        raise Refusal("What is left is a part of what was counted.", field="left")
    expected = expected_cash(session, shift_id)
    drawer = chart.cash_of(register.code)
    closing = ShiftClosing(
        shift_id=shift_id,
        closed_at=at,
        closed_by=by,
        expected=expected,
        counted=counted,
        left_amount=left,
        why=why,
    )
    session.add(closing)
    session.flush()
    postings = pair(chart.OVER_SHORT, drawer, expected - counted)
    postings += pair(chart.SAFE, drawer, counted - left)
    told = Told(f"shift_closed/{shift.uid}", "shift_closed", at, now or at, by)
    _post(session, register, shift.day, told, postings)
    return closing


def move_cash(
    session: Session,
    hub_id: int,
    register_code: str,
    uid: str,
    day: date,
    amount: int,
    *,
    was_counted: bool,
    at: datetime,
    by: str,
    now: datetime | None = None,
) -> None:
    """
    Move cash between a drawer and the safe, in centimes: into the drawer above zero, out below.

    Of a shift that was counted already the count knew of it, so `over` is taken back with it.
    """
    register = session.scalars(
        select(Register).where(Register.hub_id == hub_id, Register.code == register_code)
    ).one()
    drawer = chart.cash_of(register_code)
    postings = pair(drawer, chart.SAFE, amount)
    if was_counted:
        postings += pair(chart.OVER_SHORT, drawer, amount)
    told = Told(f"cash_moved/{uid}", "cash_moved", at, now or at, by)
    _post(session, register, day, told, postings)


class Told(NamedTuple):
    """What happened at a register: key and kind, when, when we learnt of it, and by whom."""

    key: str
    kind: str
    at: datetime
    now: datetime
    by: str


def _post(
    session: Session, register: Register, day: date, told: Told, postings: list[Posting]
) -> None:
    if not postings:
        return
    document = f"{register.code} {day.isoformat()}"
    arrived = local_day(told.now, session.get_one(Hub, register.hub_id).zone)
    booked = booking_day(session, register.hub_id, day, arrived)
    uid = told.key.removeprefix(f"{told.kind}/")
    fact = Fact(
        *(register.hub_id, register.site_id, told.kind, document, told.at, booked, told.now),
        *(told.by, told.key, deed_hash(uid, told.kind, postings)),
    )
    post(session, fact, postings)
