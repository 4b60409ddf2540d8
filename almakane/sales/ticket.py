"""
A ticket: what a door says happened, frozen; the books take it as it is.

Names and shapes are those of a `sale` or `refund` body of the till protocol, section 5. Money is
integer centimes, rates are basis points, moments are UTC.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum

from almakane.errors import Refusal
from almakane.money import LARGEST


class What(StrEnum):
    """What a line sells."""

    LOT = "lot"
    GIFT_CARD = "gift_card"
    SERVICE = "service"


class TenderKind(StrEnum):
    """What money came in, or went out, as."""

    CASH = "cash"
    TERMINAL = "terminal"
    GIFT_CARD = "gift_card"
    CREDIT = "credit"
    CHEQUE = "cheque"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Line:
    """One line sold: total = unit x qty - discount."""

    n: int
    code: str
    title: str
    qty: int
    list: int
    unit: int
    total: int
    discount: int = 0
    tax_bp: int = 0
    tax: int = 0
    tax_code: str = ""
    what: What = What.LOT


@dataclass(frozen=True, slots=True)
class Return:
    """
    One line taken back, of an earlier ticket's line.

    `qty` 0 gives money back and leaves the goods with the buyer. `claim` is the server's own
    reservation of the line, where there was a network.
    """

    n: int
    of_uid: str
    of_number: str
    of_line: int
    code: str
    qty: int
    total: int
    tax: int = 0
    restock: bool = True
    why: str = ""
    claim: str | None = None


@dataclass(frozen=True, slots=True)
class Tender:
    """Money in (positive) or out (negative), as given; `auth` secures a gift card or a credit."""

    kind: TenderKind
    amount: int
    ref: str = ""
    auth: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A sale, a refund (no lines) or an exchange (both), with what was paid for it."""

    uid: str
    register: str  # code of the register, `T1`
    at: datetime
    day: date  # the trading day, of its shift or else the hub's
    cashier: str
    lines: tuple[Line, ...] = ()
    returns: tuple[Return, ...] = ()
    tenders: tuple[Tender, ...] = ()
    rounding: int = 0
    change: int = 0
    number: str = ""  # "": the register's series gives it
    shift: str | None = None
    customer: str | None = None
    lang: str = "fr"
    note: str = ""
    approvals: tuple[str, ...] = field(default=())  # rights that a manager gave on the spot

    @property
    def goods(self) -> int:
        """What the lines come to."""
        return sum(line.total for line in self.lines)

    @property
    def returned(self) -> int:
        """What the returns come to."""
        return sum(line.total for line in self.returns)

    @property
    def total(self) -> int:
        """Goods less returns; negative when money goes out."""
        return self.goods - self.returned

    @property
    def due(self) -> int:
        """What is to be paid, cash rounding included."""
        return self.total + self.rounding

    @property
    def tax(self) -> int:
        """The tax within the lines, less that within the returns."""
        return sum(line.tax for line in self.lines) - sum(line.tax for line in self.returns)

    @property
    def kind(self) -> str:
        """`sale`, `refund` or `exchange`."""
        return ("exchange" if self.returns else "sale") if self.lines else "refund"


def body_hash(ticket: Ticket) -> str:
    """SHA-256 of the ticket in canonical JSON: the same fact told twice has the same hash."""
    text = json.dumps(asdict(ticket), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def check_adds_up(ticket: Ticket) -> None:
    """
    Refuse a ticket that contradicts itself; what merely differs from the rules is flagged later.

    Raises Refusal with the field at fault and the protocol's reason `does_not_add_up` or
    `bad_value`.
    """
    if not ticket.lines and not ticket.returns:
        raise Refusal("The ticket has no lines.", field="lines", reason="does_not_add_up")
    for line in ticket.lines:
        at = f"lines[{line.n}]"
        if not 1 <= line.qty <= 9_999:
            raise Refusal("The quantity of a line is 1 to 9999.", field=at, reason="bad_value")
        if min(line.list, line.unit, line.total, line.tax) < 0 or line.total > LARGEST:
            raise Refusal("An amount is out of range.", field=at, reason="bad_value")
        if line.total != line.unit * line.qty - line.discount or line.tax > line.total:
            raise Refusal("The line does not add up.", field=at, reason="does_not_add_up")
    for back in ticket.returns:
        at = f"returns[{back.n}]"
        if not 0 <= back.qty <= 9_999 or (back.qty == 0 and back.total == 0):
            raise Refusal("The quantity of a line is 1 to 9999.", field=at, reason="bad_value")
        if not 0 <= back.tax <= back.total <= LARGEST:
            raise Refusal("An amount is out of range.", field=at, reason="bad_value")
    for lines in (ticket.lines, ticket.returns):
        if len({line.n for line in lines}) != len(lines) or any(line.n < 1 for line in lines):
            raise Refusal("The lines are not numbered.", field="lines", reason="bad_value")
    _check_tenders(ticket)


def _check_tenders(ticket: Ticket) -> None:
    cash = sum(t.amount for t in ticket.tenders if t.kind is TenderKind.CASH)
    if any(t.amount == 0 or abs(t.amount) > LARGEST for t in ticket.tenders):
        raise Refusal("An amount is out of range.", field="tenders", reason="bad_value")
    if ticket.change < 0 or ticket.change > max(cash, 0):
        raise Refusal("Only cash gives change.", field="change", reason="does_not_add_up")
    if sum(t.amount for t in ticket.tenders) - ticket.change != ticket.due:
        raise Refusal(
            "What was paid is not what was due.", field="tenders", reason="does_not_add_up"
        )
