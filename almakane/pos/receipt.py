"""
A receipt: what a Moroccan ticket must carry, as a pure function of the frozen ticket.

It names the seller with its numbers, the moment and the place, each line with its quantity, price
and discount, the maker in whose name a line is sold, the tax by rate or the law's words for there
being none, what comes back and of which ticket, and how it was paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from almakane.gateways.paper import (
    Align,
    Barcode,
    Cut,
    Feed,
    Part,
    Qr,
    Row,
    Rule,
    Size,
    Strip,
    Text,
)
from almakane.pos.house import House, head
from almakane.pos.wording import (
    Say,
    language_of,
    ltr,
    sold_code,
    tax_words,
    tender_ref,
    tender_words,
)
from almakane.sales.ticket import Line, Return, Tender, Ticket
from almakane.web import formats


@dataclass(frozen=True, slots=True)
class Seller:
    """The maker in whose name a line is sold."""

    name: str
    ice: str = ""


@dataclass(frozen=True, slots=True)
class _Paper:
    """A receipt being written."""

    ticket: Ticket
    house: House
    say: Say
    language: str
    sellers: Mapping[int, Seller]
    returned: Mapping[int, str]

    def figure(self, centimes: int) -> str:
        return formats.figure(centimes, self.language)


def receipt(
    ticket: Ticket,
    house: House,
    say: Say,
    *,
    sellers: Mapping[int, Seller] | None = None,
    returned: Mapping[int, str] | None = None,
    url: str = "",
    deliver_by: date | None = None,
    copy: int = 0,
    training: bool = False,
) -> Strip:
    """
    The ticket on paper, in its own language, which `say` must speak.

    `sellers` is line to maker, for mandate lines; `returned` is return to the title of what came
    back, since a return has only its code. `url` is the ticket's page with the token that allows a
    refund without a network. `copy` is 0 for the original. What travels later has its last day on
    the paper: `deliver_by`.
    """
    language = language_of(ticket.lang)
    paper = _Paper(ticket, house, say, language, sellers or {}, returned or {})
    parts: list[Part] = [*_marks(say, language, copy, training), *head(house, language, say)]
    parts += [Rule(), *_document(paper), Rule()]
    for line in ticket.lines:
        parts += _line(paper, line)
    if ticket.returns:
        parts.append(Text(say("Returned"), bold=True))
    for back in ticket.returns:
        parts += _return(paper, back)
    parts += [Rule(heavy=True), *_totals(paper)]
    taxes = list(_taxes(paper))
    parts += [Rule(), *taxes] if taxes else []
    parts += [*_farewell(paper, url, deliver_by), *training_mark(say, training), Cut()]
    return Strip(language, tuple(parts))


def training_mark(say: Say, training: bool) -> Iterator[Part]:
    """What keeps a paper of the training mode from passing for a real one."""
    if training:
        yield Text(say("TRAINING"), Align.CENTRE, bold=True, size=Size.LARGE, inverse=True)
        yield Text(say("Nothing was sold. This paper is worth nothing."), Align.CENTRE, bold=True)


def copy_mark(say: Say, language: str, copy: int) -> Iterator[Part]:
    """What tells a reprint from the original."""
    if copy:
        number = formats.number(copy, language)
        words = say("DUPLICATE %(copy)s", copy=number)
        yield Text(words, Align.CENTRE, bold=True, size=Size.LARGE, inverse=True)


def _marks(say: Say, language: str, copy: int, training: bool) -> Iterator[Part]:
    marks = [*training_mark(say, training), *copy_mark(say, language, copy)]
    yield from marks
    if marks:
        yield Feed()


def _document(paper: _Paper) -> Iterator[Part]:
    ticket, say = paper.ticket, paper.say
    number = ltr(ticket.number, paper.language)
    title = {
        "sale": say("Ticket %(number)s", number=number),
        "refund": say("Refund %(number)s", number=number),
        "exchange": say("Exchange %(number)s", number=number),
    }[ticket.kind]
    yield Text(title.strip(), bold=True)
    moment = formats.moment(ticket.at, paper.language, "numeric", paper.house.zone)
    yield Text(_joined(moment, paper.house.site))
    till = ltr(ticket.register, paper.language)
    yield Text(say("Till %(till)s, served by %(cashier)s", till=till, cashier=ticket.cashier))


def _line(paper: _Paper, line: Line) -> Iterator[Part]:
    say, figure = paper.say, paper.figure
    yield Text(line.title or line.code)
    price = f"{formats.number(line.qty, paper.language)} \u00d7 {figure(line.unit)}"
    yield Row(price, (figure(line.unit * line.qty),), indent=1)
    if line.discount:
        yield Row(say("Discount"), (figure(-line.discount),), indent=1)
    code = sold_code(line.code, paper.language) if line.title else ""
    listed = say("list price %(price)s", price=figure(line.list)) if line.unit < line.list else ""
    for told in (_joined(code, listed), _on_behalf(paper, line)):
        if told:
            yield Text(told, size=Size.SMALL, indent=1)


def _on_behalf(paper: _Paper, line: Line) -> str:
    seller = paper.sellers.get(line.n)
    if seller is None:
        return ""
    name = f"{seller.name} (ICE\u00a0{seller.ice})" if seller.ice else seller.name
    return paper.say("Sold on behalf of %(maker)s", maker=name)


def _joined(*texts: str) -> str:
    return " \u00b7 ".join(filter(None, texts))


def _return(paper: _Paper, back: Return) -> Iterator[Part]:
    say = paper.say
    title = paper.returned.get(back.n, "")
    yield Text(title or back.code)
    count = formats.number(back.qty, paper.language)
    what = say("Quantity %(count)s", count=count) if back.qty else say("Price reduced afterwards")
    yield Row(what, (paper.figure(-back.total),), indent=1)
    number = ltr(back.of_number or back.of_uid, paper.language)
    of = say("Of ticket %(number)s", number=number)
    code = sold_code(back.code, paper.language) if title else ""
    yield Text(_joined(of, code), size=Size.SMALL, indent=1)


def _totals(paper: _Paper) -> Iterator[Part]:
    ticket, say, figure = paper.ticket, paper.say, paper.figure
    unit = formats.unit(paper.house.currency, paper.language)
    if ticket.lines and ticket.returns:
        yield Row(say("Goods"), (figure(ticket.goods),))
        yield Row(say("Returned"), (figure(-ticket.returned),))
    total = say("Total, %(unit)s", unit=unit)
    yield Row(total, (figure(ticket.total),), bold=True, size=Size.LARGE)
    yield Rule()
    if ticket.rounding:
        yield Row(say("Cash rounding"), (figure(ticket.rounding),))
        yield Row(say("Due"), (figure(ticket.due),), bold=True)
    words = tender_words(say)
    for tender in ticket.tenders:
        yield _tender(paper, tender, words[tender.kind])
    if ticket.change:
        yield Row(say("Change"), (figure(-ticket.change),))


def _tender(paper: _Paper, tender: Tender, word: str) -> Row:
    label = f"{word} {tender_ref(tender, paper.language)}".strip()
    if tender.amount < 0:
        label = paper.say("Given back: %(tender)s", tender=label)
    return Row(label, (paper.figure(tender.amount),))


def _taxes(paper: _Paper) -> Iterator[Part]:
    """Each rate with its base, or the wording of an exemption with what it covers."""
    ticket, say, figure = paper.ticket, paper.say, paper.figure
    by_tax: dict[tuple[int, str], tuple[int, int]] = {}
    for line in ticket.lines:
        total, tax = by_tax.get((line.tax_bp, line.tax_code), (0, 0))
        by_tax[line.tax_bp, line.tax_code] = (total + line.total, tax + line.tax)
    if any(rate_bp for rate_bp, _ in by_tax):
        columns = (say("Excl. VAT"), say("VAT"), say("Incl. VAT"))
        yield Row("", columns, size=Size.SMALL)
    for (rate_bp, code), (total, tax) in sorted(by_tax.items(), reverse=True):
        words = tax_words(rate_bp, code, paper.language, say)
        amounts = (total - tax, tax, total) if rate_bp else (total,)
        yield Row(words, tuple(map(figure, amounts)), size=Size.SMALL)
    tax_back = sum(back.tax for back in ticket.returns)
    if tax_back:
        yield Row(say("VAT of what came back"), (figure(-tax_back),), size=Size.SMALL)


def _farewell(paper: _Paper, url: str, deliver_by: date | None) -> Iterator[Part]:
    house, say, language = paper.house, paper.say, paper.language
    if deliver_by:
        day = formats.day(deliver_by, language, "numeric")
        yield Text(say("To be delivered by %(day)s at the latest", day=day), bold=True)
    yield Feed()
    yield Text(say("Thank you for your visit"), Align.CENTRE, bold=True)
    small = []
    if house.exchange_days:
        days = formats.number(house.exchange_days, language)
        small.append(say("Exchange or refund within %(days)s days, with this ticket", days=days))
    if house.withdrawal_days:
        days = formats.number(house.withdrawal_days, language)
        small.append(say("You may withdraw within %(days)s days (law 31-08)", days=days))
    if url:
        small.append(say("Scan to find this ticket again"))
    for text in small:
        yield Text(text, Align.CENTRE, size=Size.SMALL)
    yield Feed()
    if url:
        yield Qr(url)
    number = paper.ticket.number
    if number and number.isascii() and number.isprintable():
        yield Barcode(number)
