"""What a manager does when a device is gone: its shift is closed here, by a count."""

from datetime import datetime

from sqlalchemy.orm import Session

from almakane.errors import Refusal
from almakane.journal.delivery import have_effect
from almakane.journal.event import moment_text
from almakane.journal.server import REPAIR, new_uid, write_event
from almakane.pos.models import Shift, ShiftClosing
from almakane.pos.queries import boards, taken_in
from almakane.pos.services import close_shift, closing_of


def close_by_force(
    session: Session,
    hub_id: int,
    code: str,
    counted: int,
    left: int,
    *,
    why: str,
    by: str,
    now: datetime,
) -> ShiftClosing:
    """
    Close the open shift of a register whose device cannot, as an event of REPAIR.

    Blind as at the till: the count is said before anybody here sees what was expected.
    """
    board = next(iter(boards(session, hub_id, now, code)), None)
    if board is None or board.shift is None:
        raise Refusal("No shift is open at this register.", field="counted")
    if not board.shift.is_orphan:
        raise Refusal("The device that opened this shift is enrolled: close it there.")
    if not why.strip():
        raise Refusal("Say why: whoever looks at the books later will ask.", field="why")
    shift = session.get_one(Shift, board.shift.shift.id, with_for_update=True)
    if closing_of(session, shift.id):
        raise Refusal("No shift is open at this register.", field="counted")
    closing = close_shift(session, shift.id, counted, left, at=now, by=by, why=why.strip(), now=now)
    taken, uid = taken_in(session, shift), new_uid(now)
    perpetual = {"sales": 0, "refunds": 0}
    if board.device and board.device.live_head:
        head = board.device.live_head
        perpetual = {"sales": head.sales, "refunds": head.refunds}
    body = {
        "shift": shift.uid,
        "counts": [{"at": moment_text(now), "by": by, "total": counted, "pieces": []}],
        "expected": closing.expected,
        "difference": counted - closing.expected,
        "left": left,
        "by_tender": [
            {"kind": kind.value, "amount": amount} for kind, amount in taken.by_tender.items()
        ],
        "tickets": {"count": taken.tickets, "first": taken.first, "last": taken.last},
        "why": why.strip(),
        "note": "",
        "perpetual": perpetual,
        "approvals": [],
    }
    event_id = write_event(
        session, hub_id, REPAIR, "shift_closed", body, uid=uid, cashier=by, at=now, now=now
    )
    have_effect(session, uid, event_id)
    return closing
