"""
An invoice: a frozen ticket on a sheet, with what art. 145-III of the CGI asks for.

It names the seller with its numbers and the buyer, bears the ticket's own number, which is of a
series without gaps, the day and the place, each line with its nature, quantity and price, the tax
by rate or the law's words for there being none, how it was paid, and in the end the sum in words,
in French and in Arabic. What gives back more than it sells is a credit note.
"""

from collections.abc import Iterator, Mapping

from almakane.gateways.sheet import Data, Letterhead, Party, Say, own, party, sheet
from almakane.pos.receipt import Seller
from almakane.pos.wording import tax_words, tender_ref, tender_words
from almakane.sales.ticket import Line, Return, Ticket
from almakane.web import formats
from almakane.web.spelling import spell


def invoice(
    ticket: Ticket,
    head: Letterhead,
    language: str,
    voices: Mapping[str, Say],
    *,
    site: str = "",
    zone: str = formats.ZONE,
    currency: str = "MAD",
    buyer: Party | None = None,
    sellers: Mapping[int, Seller] | None = None,
    returned: Mapping[int, str] | None = None,
) -> Data:
    """
    The invoice of a ticket, in a language of `voices`, which must hold French and Arabic too.

    Without a buyer there is room to write one in by hand. `sellers` is line to the maker in whose
    name it is sold, `returned` is return to the title of what came back.
    """
    paper = _Paper(ticket, language, voices[language], sellers or {}, returned or {})
    say = paper.say
    is_credit = ticket.total < 0
    kind = say("Credit note") if is_credit else say("Invoice")
    return sheet(
        head,
        language,
        kind=kind,
        number=ticket.number,
        day=ticket.day,
        about=party(buyer, say("Buyer"), language) if buyer else None,
        blank=[say("Buyer"), say("Name"), say("Address"), "ICE"],
        told=[
            formats.moment(ticket.at, language, "year", zone),
            own(site, language),
            say("Served by %(cashier)s", cashier=own(ticket.cashier, language)),
        ],
        heads=[
            say("What it is"),
            say("Quantity"),
            say("Price, MAD"),
            say("Discount"),
            say("VAT"),
            say("Incl. VAT, MAD"),
        ],
        rows=[*map(paper.line, ticket.lines), *map(paper.given_back, ticket.returns)],
        sums=list(paper.sums()),
        due=[
            say("Total, %(unit)s", unit=formats.unit(currency, language)),
            paper.figure(ticket.total),
        ],
        taxes=list(paper.taxes()),
        tax_heads=["", say("Excl. VAT"), say("VAT"), say("Incl. VAT")],
        paid_head=say("How it was paid"),
        paid=list(paper.paid()),
        words=[
            {
                "lang": spoken,
                "text": _closing(voices[spoken], is_credit, spell(abs(ticket.total), spoken)),
            }
            for spoken in ("fr", "ar")
        ],
    )


def _closing(say: Say, is_credit: bool, words: str) -> str:
    if is_credit:
        return say("This credit note is closed at the sum of %(words)s.", words=words)
    return say("This invoice is closed at the sum of %(words)s.", words=words)


class _Paper:
    """An invoice being written."""

    def __init__(
        self,
        ticket: Ticket,
        language: str,
        say: Say,
        sellers: Mapping[int, Seller],
        returned: Mapping[int, str],
    ) -> None:
        self.ticket, self.language, self.say = ticket, language, say
        self._sellers, self._returned = sellers, returned

    def figure(self, centimes: int) -> str:
        return formats.figure(centimes, self.language)

    def line(self, line: Line) -> Data:
        say, seller = self.say, self._sellers.get(line.n)
        notes = []
        if seller:
            name = own(seller.name, self.language)
            name = f"{name} (ICE\u00a0{seller.ice})" if seller.ice else name
            notes.append(say("Sold on behalf of %(maker)s", maker=name))
        if line.unit < line.list:
            notes.append(say("Instead of %(price)s", price=self.figure(line.list)))
        return {
            "title": own(line.title or line.code, self.language),
            "code": line.code if line.title else "",
            "notes": notes,
            "cells": [
                formats.number(line.qty, self.language),
                self.figure(line.unit),
                self.figure(-line.discount) if line.discount else "",
                formats.percent(line.tax_bp, self.language) if line.tax_bp else "\u2014",
                self.figure(line.total),
            ],
        }

    def given_back(self, back: Return) -> Data:
        title = self._returned.get(back.n, "")
        number = own(back.of_number or back.of_uid, self.language)
        what = self.say("Returned") if back.qty else self.say("Price reduced afterwards")
        of = self.say("Of ticket %(number)s", number=number)
        return {
            "title": own(title or back.code, self.language),
            "code": back.code if title else "",
            "notes": [f"{what} \u00b7 {of}"],
            "cells": [
                formats.number(-back.qty, self.language) if back.qty else "",
                "",
                "",
                "",
                self.figure(-back.total),
            ],
        }

    def sums(self) -> Iterator[list[str]]:
        """What stands between the lines and the total, and after it."""
        ticket, say = self.ticket, self.say
        if ticket.lines and ticket.returns:
            yield [say("Goods"), self.figure(ticket.goods)]
            yield [say("Returned"), self.figure(-ticket.returned)]

    def taxes(self) -> Iterator[Data]:
        """Each rate with its base, or the law's wording of an exemption with what it covers."""
        by_tax: dict[tuple[int, str], tuple[int, int]] = {}
        for line in self.ticket.lines:
            total, tax = by_tax.get((line.tax_bp, line.tax_code), (0, 0))
            by_tax[line.tax_bp, line.tax_code] = (total + line.total, tax + line.tax)
        for (rate_bp, code), (total, tax) in sorted(by_tax.items(), reverse=True):
            amounts = (total - tax, tax, total) if rate_bp else (None, None, total)
            yield {
                "words": tax_words(rate_bp, code, self.language, self.say),
                "cells": ["" if part is None else self.figure(part) for part in amounts],
            }
        back = sum(line.tax for line in self.ticket.returns)
        if back:
            words = self.say("VAT of what came back")
            yield {"words": words, "cells": ["", self.figure(-back), ""]}

    def paid(self) -> Iterator[list[str]]:
        ticket, words = self.ticket, tender_words(self.say)
        if ticket.rounding:
            yield [self.say("Cash rounding"), self.figure(ticket.rounding)]
            yield [self.say("Due"), self.figure(ticket.due)]
        for tender in ticket.tenders:
            label = f"{words[tender.kind]} {tender_ref(tender, self.language)}".strip()
            if tender.amount < 0:
                label = self.say("Given back: %(tender)s", tender=label)
            yield [label, self.figure(tender.amount)]
        if ticket.change:
            yield [self.say("Change"), self.figure(-ticket.change)]
