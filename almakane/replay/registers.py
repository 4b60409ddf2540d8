"""What happens at the registers of a day, in whichever way they tell it to the books."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from almakane.errors import Refusal
from almakane.replay.file import Invoice
from almakane.sales.ticket import Ticket


class Day(NamedTuple):
    """A trading day: when its shifts open, and each register's shift."""

    date: date
    opens_at: datetime
    shifts: Mapping[str, str]


class Rung(NamedTuple):
    """A ticket, and the invoice of the file that it was made of."""

    invoice: Invoice
    ticket: Ticket


class Registers(Protocol):
    """
    The registers, as the trade knows them.

    Each call may be made again after a run was cut short: what the books hold is not told twice.
    What `ring_up` is given holds nothing that the books have already, and is told when it ends.
    """

    def open(self, day: Day) -> None:
        """Open every register's shift."""

    def ring_up(self, tickets: Sequence[Rung]) -> None:
        """Sell and refund."""

    def close(self, day: Day, at: datetime) -> None:
        """Count every drawer and close its shift."""


def refused(invoice: Invoice, why: object, refusal: Refusal | None = None) -> Refusal:
    """A refusal that names the line of the file that the books do not take."""
    return Refusal(
        "Line %(line)s, invoice %(invoice)s: %(why)s",
        field=refusal.field if refusal else None,
        reason=refusal.reason if refusal else None,
        line=invoice.line,
        invoice=invoice.number,
        why=why,
    )
