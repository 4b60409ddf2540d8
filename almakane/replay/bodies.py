"""What a register writes of shifts and tickets: bodies of events (till protocol, section 5)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any, NamedTuple

from almakane.journal.event import moment_text
from almakane.replay.rules import FLOAT, Count
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket

Body = dict[str, Any]

_LINE = tuple(part.name for part in fields(Line))
_TENDER = tuple(part.name for part in fields(Tender))
_line_of, _tender_of = attrgetter(*_LINE), attrgetter(*_TENDER)


@dataclass(slots=True)
class ShiftSoFar:
    """What a register remembers of its shift."""

    uid: str
    is_closed: bool = False
    by_tender: Counter[str] = field(default_factory=Counter)
    count: int = 0
    first: str | None = None  # number of the first ticket
    last: str | None = None

    @property
    def expected(self) -> int:
        """What the drawer should hold."""
        return FLOAT + self.by_tender[TenderKind.CASH]

    def add(self, ticket: Ticket, number: str) -> None:
        """Remember a ticket."""
        for tender in ticket.tenders:
            self.by_tender[tender.kind.value] += tender.amount
        self.by_tender[TenderKind.CASH] -= ticket.change
        self.count += 1
        self.first, self.last = self.first or number, number


class Sums(NamedTuple):
    """The perpetual sums of a register."""

    sales: int
    refunds: int


def opening_body(shift: str, day: date, catalogue: int) -> Body:
    """A shift that opens with the replay's float."""
    return {
        "shift": shift,
        "day": day.isoformat(),
        "catalogue": catalogue,
        "float": {"total": FLOAT, "pieces": []},
        "float_expected": FLOAT,
        "note": "",
    }


def ticket_body(
    ticket: Ticket,
    number: str,
    key: str,
    catalogue: int,
    approvals: Sequence[Mapping[str, Any]],
    sums: Sums,
) -> Body:
    """A sale or a refund; `sums` with this ticket in them."""
    return {
        "shift": ticket.shift,
        "number": number,
        "key": key,
        "lang": ticket.lang,
        "customer": ticket.customer,
        "catalogue": catalogue,
        "lines": [dict(zip(_LINE, _line_of(line), strict=True)) for line in ticket.lines],
        "returns": [_return(back) for back in ticket.returns],
        "totals": {
            "goods": ticket.goods,
            "returned": ticket.returned,
            "tax": ticket.tax,
            "total": ticket.total,
            "rounding": ticket.rounding,
            "due": ticket.due,
        },
        "tenders": [dict(zip(_TENDER, _tender_of(one), strict=True)) for one in ticket.tenders],
        "change": ticket.change,
        "approvals": list(approvals),
        "note": ticket.note,
        "perpetual": sums._asdict(),
    }


def _return(back: Return) -> Body:
    return {
        "n": back.n,
        "of": {"uid": back.of_uid, "number": back.of_number, "line": back.of_line},
        "code": back.code,
        "qty": back.qty,
        "total": back.total,
        "tax": back.tax,
        "restock": back.restock,
        "why": back.why,
        "claim": back.claim,
    }


def closing_body(shift: ShiftSoFar, count: Count, by: str, at: datetime, sums: Sums) -> Body:
    """A shift that closes by the count of its drawer."""
    return {
        "shift": shift.uid,
        "counts": [{"at": moment_text(at), "by": by, "total": count.counted, "pieces": []}],
        "expected": shift.expected,
        "difference": count.counted - shift.expected,
        "left": count.left,
        "by_tender": [
            {"kind": kind, "amount": amount}
            for kind, amount in sorted(shift.by_tender.items())
            if amount
        ],
        "tickets": {"count": shift.count, "first": shift.first, "last": shift.last},
        "why": count.why,
        "note": "",
        "perpetual": sums._asdict(),
        "approvals": [],
    }
