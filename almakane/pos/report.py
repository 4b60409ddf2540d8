"""
X and Z: a shift in figures on paper, while it runs and at its end.

The Z is a shift's document: it carries the register's perpetual totals, the head of its chain and
the last seal, so that a database that was rewritten later contradicts the paper in the drawer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from almakane.gateways.paper import Align, Cut, Feed, Part, Row, Rule, Size, Strip, Text
from almakane.pos.house import House, head
from almakane.pos.receipt import copy_mark, training_mark
from almakane.pos.wording import Say, language_of, ltr, tender_words
from almakane.sales.ticket import TenderKind
from almakane.web import formats


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Money put into the drawer (positive) or taken out of it (negative)."""

    at: datetime
    amount: int
    why: str


@dataclass(frozen=True, slots=True)
class Approved:
    """What a manager allowed on the spot; offline it is the till's word alone."""

    at: datetime
    right: str  # in words, as the cashier saw it
    by: str
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """One confirmed count of the drawer; of several the last one holds."""

    at: datetime
    by: str
    total: int


@dataclass(frozen=True, slots=True)
class Closing:
    """How a shift ended."""

    at: datetime
    by: str
    expected: int
    counts: tuple[Counted, ...]
    left: int
    why: str = ""

    @property
    def counted(self) -> int:
        """What the last count found."""
        return self.counts[-1].total if self.counts else 0


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A ticket that is in the chain and could not be booked: in none of the sums."""

    number: str
    total: int


@dataclass(frozen=True, slots=True)
class ShiftFigures:
    """
    A shift as its papers tell it; amounts in centimes, `by_tender` less the change given.

    The figure that the drawer should hold is in `closing` alone: counting is blind, so an X that
    knew it would spoil the count.
    """

    register: str
    shift: str
    day: date
    at: datetime  # of the paper
    by: str  # who asked for it
    opened_at: datetime
    opened_by: str
    float_amount: int
    float_expected: int
    tickets: int = 0
    first: str = ""
    last: str = ""
    goods: int = 0
    discounts: int = 0
    returned: int = 0
    refunds: int = 0  # tickets that took something back
    tax: int = 0
    rounding: int = 0
    by_tender: tuple[tuple[TenderKind, int], ...] = ()
    cash_moved: tuple[CashMoved, ...] = ()
    drawer_openings: int = 0
    reprints: int = 0
    voids: int = 0
    approvals: tuple[Approved, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    perpetual_sales: int = 0
    perpetual_refunds: int = 0
    chain: str = ""  # register, epoch and seq of the head
    head: str = ""  # its hash
    seal_day: date | None = None
    seal: str = ""
    unsent: int = 0
    training: bool = False
    closing: Closing | None = None


@dataclass(frozen=True, slots=True)
class _Paper:
    """A report being written."""

    of: ShiftFigures
    house: House
    say: Say
    language: str

    def figure(self, centimes: int) -> str:
        return formats.figure(centimes, self.language)

    def count(self, number: int) -> str:
        return formats.number(number, self.language)

    def moment(self, at: datetime) -> str:
        return formats.moment(at, self.language, "numeric", self.house.zone)

    def hour(self, at: datetime) -> str:
        return formats.hour(at, self.language, self.house.zone)

    def list(self, *words: str) -> str:
        return ("\u060c " if self.language == "ar" else ", ").join(filter(None, words))

    def row(self, label: str, centimes: int, *, bold: bool = False, indent: int = 0) -> Row:
        return Row(label, (self.figure(centimes),), bold=bold, indent=indent)


def report(
    figures: ShiftFigures, house: House, say: Say, language: str = "fr", *, copy: int = 0
) -> Strip:
    """A Z where the shift is closed, else an X; in the language that `say` speaks."""
    language = language_of(language)
    paper = _Paper(figures, house, say, language)
    parts: list[Part] = [*training_mark(say, figures.training), *copy_mark(say, language, copy)]
    parts += [*head(house, language, say), Rule(heavy=True), *_opening(paper)]
    parts += [Rule(), *_trade(paper), Rule(), *_tenders(paper), Rule(), *_drawer(paper)]
    for section in (_acts, _approvals, _quarantine):
        lines = list(section(paper))
        if lines:
            parts += [Rule(), *lines]
    parts += [Rule(heavy=True), *_proof(paper), *training_mark(say, figures.training)]
    if figures.closing:
        parts += [Feed(), Text(say("Signature")), Feed(3), Rule()]
    return Strip(language, (*parts, Cut()))


def _opening(paper: _Paper) -> Iterator[Part]:
    of, say = paper.of, paper.say
    name = say("Z, end of shift") if of.closing else say("X, shift so far")
    yield Text(name, Align.CENTRE, bold=True, size=Size.LARGE)
    day = formats.day(of.day, paper.language, "numeric")
    till = ltr(of.register, paper.language)
    yield Text(say("Till %(till)s, trading day %(day)s", till=till, day=day), bold=True)
    if paper.house.site:
        yield Text(paper.house.site)
    at, by = paper.moment(of.opened_at), of.opened_by
    yield Text(say("Opened %(moment)s by %(name)s", moment=at, name=by))
    if of.closing:
        at, by = paper.moment(of.closing.at), of.closing.by
        yield Text(say("Closed %(moment)s by %(name)s", moment=at, name=by))
    at = paper.moment(of.at)
    yield Text(say("Printed %(moment)s by %(name)s", moment=at, name=of.by), size=Size.SMALL)
    yield Text(ltr(of.shift, paper.language), size=Size.SMALL)


def _trade(paper: _Paper) -> Iterator[Part]:
    of, say = paper.of, paper.say
    yield Row(say("Tickets"), (paper.count(of.tickets),), bold=True)
    if of.tickets:
        yield Row(say("First"), (ltr(of.first, paper.language),), indent=1)
        yield Row(say("Last"), (ltr(of.last, paper.language),), indent=1)
    yield paper.row(say("Goods"), of.goods)
    if of.discounts:
        yield paper.row(say("Discounts, already taken off"), of.discounts, indent=1)
    label = say("Returned, on %(count)s tickets", count=paper.count(of.refunds))
    yield paper.row(label, -of.returned)
    unit = formats.unit(paper.house.currency, paper.language)
    total = paper.figure(of.goods - of.returned)
    yield Row(say("Total, %(unit)s", unit=unit), (total,), bold=True, size=Size.TALL)
    yield paper.row(say("VAT in it"), of.tax)
    yield paper.row(say("Cash rounding"), of.rounding)


def _tenders(paper: _Paper) -> Iterator[Part]:
    words = tender_words(paper.say)
    yield Text(paper.say("Taken in, by tender"), bold=True)
    for kind, amount in paper.of.by_tender:
        yield paper.row(words[kind], amount, indent=1)
    taken = sum(amount for _, amount in paper.of.by_tender)
    yield paper.row(paper.say("Taken in"), taken, bold=True)


def _drawer(paper: _Paper) -> Iterator[Part]:
    of, say = paper.of, paper.say
    yield Text(say("Drawer"), bold=True)
    yield paper.row(say("Float"), of.float_amount, indent=1)
    if of.float_expected != of.float_amount:
        yield paper.row(say("Float expected"), of.float_expected, indent=1)
    for moved in of.cash_moved:
        label = say("Put in") if moved.amount >= 0 else say("Taken out")
        told = f"{paper.hour(moved.at)} {paper.list(label, moved.why)}"
        yield paper.row(told, moved.amount, indent=1)
    if of.closing is None:
        yield Text(say("The drawer is counted before anybody knows what it should hold."))
        return
    closing = of.closing
    yield paper.row(say("Expected"), closing.expected)
    for counted in closing.counts[:-1]:
        at = paper.hour(counted.at)
        label = say("First counted at %(hour)s by %(name)s", hour=at, name=counted.by)
        yield paper.row(label, counted.total, indent=1)
    yield paper.row(say("Counted"), closing.counted)
    difference = closing.counted - closing.expected
    if difference > 0:
        label = say("Over")
    elif difference < 0:
        label = say("Short")
    else:
        label = say("Difference")
    yield Row(label, (paper.figure(difference),), bold=True, size=Size.TALL)
    if closing.why:
        yield Text(closing.why, indent=1)
    yield paper.row(say("Left for the next float"), closing.left)
    yield paper.row(say("To the safe"), closing.counted - closing.left)


def _acts(paper: _Paper) -> Iterator[Part]:
    of, say = paper.of, paper.say
    acts = (
        (say("Drawer opened without a sale"), of.drawer_openings),
        (say("Baskets dropped after their total was shown"), of.voids),
        (say("Reprints"), of.reprints),
    )
    for label, number in acts:
        if number:
            yield Row(label, (paper.count(number),))


def _approvals(paper: _Paper) -> Iterator[Part]:
    of, say = paper.of, paper.say
    if of.approvals:
        yield Row(say("Approvals"), (paper.count(len(of.approvals)),), bold=True)
    for approved in of.approvals:
        told = [approved.right, approved.by, *([say("offline")] if approved.offline else [])]
        yield Text(f"{paper.hour(approved.at)} {paper.list(*told)}", size=Size.SMALL, indent=1)


def _quarantine(paper: _Paper) -> Iterator[Part]:
    of, say = paper.of, paper.say
    if of.quarantined:
        yield Text(say("In quarantine, in none of these sums"), bold=True)
    for ticket in of.quarantined:
        yield paper.row(ltr(ticket.number, paper.language), ticket.total, indent=1)


def _proof(paper: _Paper) -> Iterator[Part]:
    of, say = paper.of, paper.say
    yield Text(say("Since the till was enrolled"), bold=True)
    yield paper.row(say("Sold"), of.perpetual_sales, indent=1)
    yield paper.row(say("Taken back"), of.perpetual_refunds, indent=1)
    if of.head:
        chain = ltr(of.chain, paper.language)
        yield Text(say("Head of the chain %(chain)s", chain=chain), size=Size.SMALL)
        yield Text(ltr(of.head, paper.language), size=Size.SMALL, indent=1)
    if of.seal:
        day = formats.day(of.seal_day, paper.language, "numeric") if of.seal_day else ""
        yield Text(say("Last seal of the books %(day)s", day=day).strip(), size=Size.SMALL)
        yield Text(ltr(of.seal, paper.language), size=Size.SMALL, indent=1)
    if of.unsent:
        number = paper.count(of.unsent)
        told = say("Events that the server does not hold yet: %(count)s", count=number)
        yield Text(told, bold=True, inverse=True)
