"""Registers whose trade is booked as it happens: each ticket through `record_sale`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from almakane.db import retried, rows, transaction
from almakane.errors import Refusal
from almakane.pos.services import close_shift, closing_of, expected_cash, open_shift
from almakane.replay.registers import Day, Rung, refused
from almakane.replay.rules import FLOAT, cashier_at, count_of
from almakane.replay.shop import Shop
from almakane.sales.services import ShiftState, record_sale


class Booking:
    """Registers without a journal; tickets that are told at once share a commit."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def open(self, day: Day) -> None:
        """Open the shifts that are not open yet."""

        def open_them() -> None:
            with transaction() as session:
                for register, uid in day.shifts.items():
                    open_shift(
                        *(session, self._shop.hub_id, register, uid, day.date, FLOAT),
                        at=day.opens_at,
                        by=cashier_at(register, day.date),
                    )

        retried(open_them)

    def ring_up(self, tickets: Sequence[Rung]) -> None:
        """Record tickets, all or none of them."""

        def record_them() -> None:
            with transaction() as session:
                for rung in tickets:
                    self._record(session, rung)

        retried(record_them)

    def _record(self, session: Session, rung: Rung) -> None:
        try:
            record_sale(
                *(session, self._shop.hub_id, rung.ticket),
                now=rung.ticket.at,
                shift=ShiftState.OPEN,
                tell=(),
            )
        except Refusal as refusal:
            raise refused(rung.invoice, refusal, refusal) from refusal

    def close(self, day: Day, at: datetime) -> None:
        """Close the shifts that are still open."""

        def close_them() -> None:
            with transaction() as session:
                for register, uid in day.shifts.items():
                    _close(session, register, uid, day, at)

        retried(close_them)


def _close(session: Session, register: str, uid: str, day: Day, at: datetime) -> None:
    [(shift_id,)] = rows(session, "SELECT id FROM shift WHERE uid = ?", (uid,))
    if closing_of(session, shift_id):
        return
    count = count_of(register, day.date, expected_cash(session, shift_id))
    close_shift(
        *(session, shift_id, count.counted, count.left),
        at=at,
        by=cashier_at(register, day.date),
        why=count.why,
    )
