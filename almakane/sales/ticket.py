"""
A ticket: what a door says happened, frozen; the books take it as it is.

Names and shapes are those of a `sale` or `refund` body of the till protocol, section 5. Money is
integer centimes, rates are basis points, moments are UTC.
"""

import hashlib
import json
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter

from almakane.errors import Refusal
from almakane.money import BASIS, LARGEST
from almakane.texts import can_be_kept


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
    DEPOSIT = "deposit"  # paid for a web order before it was a sale; `ref` is the order
    COD = "cod"  # a courier took it at the door and has yet to bring it; `ref` is the courier


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


_PARTS = ("lines", "returns", "tenders")
_head_of = attrgetter(*(part.name for part in fields(Ticket) if part.name not in _PARTS))
_line_of, _return_of, _tender_of = (
    attrgetter(*(part.name for part in fields(kind))) for kind in (Line, Return, Tender)
)
_write_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


def body_hash(ticket: Ticket) -> str:
    """
    SHA-256 of the ticket in canonical JSON: the same fact told twice has the same hash.

    The JSON is a list of the fields in their order, then lists of the lines, returns and tenders.
    """
    body = (
        _head_of(ticket),
        [_line_of(line) for line in ticket.lines],
        [_return_of(back) for back in ticket.returns],
        [_tender_of(tender) for tender in ticket.tenders],
    )
    return hashlib.sha256(_write_json(body).encode()).hexdigest()


# How long a text may be: what its column takes, and for `number` less, since `/2` may be added.
LONGEST = {
    "ticket": {"uid": 36, "register": 8, "number": 26, "cashier": 80, "lang": 2, "note": 500},
    "shift": {"shift": 36, "customer": 36},
    "line": {"code": 64, "title": 200, "tax_code": 16},
    "return": {"of_uid": 36, "of_number": 30, "code": 64, "why": 500},
}
_MOST_LINES = 9_999
_MOST_APPROVALS, _LONGEST_APPROVAL = 40, 200
_LONGEST_REF, _LONGEST_NAME = 120, 64
_YEARS = range(2000, 2200)
# Their `ref` is the name of an account.
_NAMED = (TenderKind.GIFT_CARD, TenderKind.CREDIT, TenderKind.DEPOSIT, TenderKind.COD)


def check_adds_up(ticket: Ticket) -> None:
    """
    Refuse a ticket that contradicts itself or that could not be kept.

    What merely differs from the rules is flagged later. Raises Refusal with the field at fault and
    the protocol's reason `does_not_add_up` or `bad_value`.
    """
    if not ticket.lines and not ticket.returns:
        raise Refusal("The ticket has no lines.", field="lines", reason="does_not_add_up")
    _check_head(ticket)
    for line in ticket.lines:
        _check_line(line)
    for back in ticket.returns:
        _check_return(back, ticket.uid)
    for lines in (ticket.lines, ticket.returns):
        if len({line.n for line in lines}) != len(lines):
            raise Refusal("The lines are not numbered.", field="lines", reason="bad_value")
    _check_tenders(ticket)


def _check_head(ticket: Ticket) -> None:
    _check_texts(ticket, "ticket", "")
    _check_texts(ticket, "shift", "")
    for name in ("uid", "cashier"):
        if not getattr(ticket, name):
            raise Refusal("A text is missing or too long.", field=name, reason="bad_value")
    if len(ticket.approvals) > _MOST_APPROVALS or not all(
        can_be_kept(approval, _LONGEST_APPROVAL) for approval in ticket.approvals
    ):
        raise Refusal("A text is missing or too long.", field="approvals", reason="bad_value")
    if ticket.at.tzinfo is None or ticket.at.year not in _YEARS or ticket.day.year not in _YEARS:
        raise Refusal("The moment is out of range.", field="at", reason="bad_value")
    if max(ticket.goods, ticket.returned, abs(ticket.rounding)) > LARGEST:
        raise Refusal("An amount is out of range.", field="totals", reason="bad_value")


def _check_texts(of: Ticket | Line | Return, names: str, at: str) -> None:
    for name, most in LONGEST[names].items():
        if not can_be_kept(getattr(of, name) or "", most):
            raise Refusal("A text is missing or too long.", field=at or name, reason="bad_value")


def _check_line(line: Line) -> None:
    at = f"lines[{line.n}]"
    _check_texts(line, "line", at)
    if not line.code:
        raise Refusal("A text is missing or too long.", field=at, reason="bad_value")
    if not 1 <= line.n <= _MOST_LINES:
        raise Refusal("The lines are not numbered.", field=at, reason="bad_value")
    if not 1 <= line.qty <= 9_999:
        raise Refusal("The quantity of a line is 1 to 9999.", field=at, reason="bad_value")
    amounts = (line.list, line.unit, line.discount, line.total, line.tax)
    most = LARGEST * line.qty  # a discount is of all units, and leaves a total of at most LARGEST
    if min(amounts) < 0 or max(line.list, line.unit, line.total) > LARGEST or line.discount > most:
        raise Refusal("An amount is out of range.", field=at, reason="bad_value")
    if not 0 <= line.tax_bp <= BASIS:
        raise Refusal("A rate lies between 0 and 100 %%.", field=at, reason="bad_value")
    if line.total != line.unit * line.qty - line.discount or line.tax > line.total:
        raise Refusal("The line does not add up.", field=at, reason="does_not_add_up")


def _check_return(back: Return, uid: str) -> None:
    at = f"returns[{back.n}]"
    _check_texts(back, "return", at)
    if not back.of_uid or back.of_uid == uid:
        raise Refusal("A return names the sale that it is of.", field=at, reason="bad_value")
    if not 1 <= back.n <= _MOST_LINES:
        raise Refusal("The lines are not numbered.", field=at, reason="bad_value")
    if not 0 <= back.qty <= 9_999 or (back.qty == 0 and back.total == 0):
        raise Refusal("The quantity of a line is 1 to 9999.", field=at, reason="bad_value")
    if not 0 <= back.tax <= back.total <= LARGEST:
        raise Refusal("An amount is out of range.", field=at, reason="bad_value")


def _check_tenders(ticket: Ticket) -> None:
    cash = sum(t.amount for t in ticket.tenders if t.kind is TenderKind.CASH)
    for tender in ticket.tenders:
        if tender.amount == 0 or abs(tender.amount) > LARGEST:
            raise Refusal("An amount is out of range.", field="tenders", reason="bad_value")
        is_named = tender.kind in _NAMED
        if (is_named and not tender.ref) or not can_be_kept(
            tender.ref, _LONGEST_NAME if is_named else _LONGEST_REF
        ):
            raise Refusal("A text is missing or too long.", field="tenders", reason="bad_value")
    if ticket.change < 0 or ticket.change > max(cash, 0):
        raise Refusal("Only cash gives change.", field="change", reason="does_not_add_up")
    if sum(t.amount for t in ticket.tenders) - ticket.change != ticket.due:
        raise Refusal(
            "What was paid is not what was due.", field="tenders", reason="does_not_add_up"
        )
