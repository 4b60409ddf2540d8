"""
A statement on paper: the same figures as on the page and in the file, row by row.

All of it was frozen when the statement was drawn, so that it can be set again years later and come
out the same, to the figure; only names follow what people and pieces are called today.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from almakane.gateways.sheet import Data, Letterhead, Party, Say, own, party, sheet
from almakane.payouts.statement import Column, Row, Totals, columns_of
from almakane.payouts.wording import KINDS, OTHER, column_words
from almakane.web import formats

LONGEST = 10_000  # rows of a paper, some hundred sheets; a longer statement is a file

_HASH_BLOCK = 8
_WIDE = 4  # columns beyond which the sheet is turned


class Waiting(NamedTuple):
    """What waits until a day; `on` is None while nobody knows when."""

    on: date | None
    amount: int


class Member(NamedTuple):
    """A member's part in what was sold, and the number of her own statement."""

    name: str
    number: str
    amount: int


class Sealed(NamedTuple):
    """The seal that the books had when the statement was drawn."""

    number: int
    day: date
    hash: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement as it was drawn, with the names it is about; amounts in centimes."""

    number: str
    day: date
    holder: Party  # the maker, or the member whose account it is
    opening: int
    closing: int
    waiting: int
    available: int
    totals: Totals
    currency: str = "MAD"
    before: tuple[date, str] | None = None  # the statement whose closing is this one's opening
    is_members: bool = False
    sells_as_own: bool = False
    waits: Sequence[Waiting] = ()
    members: Sequence[Member] = ()
    seal: Sealed | None = None


def statement_paper(
    drawn: Drawn, rows: Iterable[Row], head: Letterhead, language: str, say: Say
) -> Data:
    """The statement as data for its template, in a language that `say` must speak."""
    paper = _Paper(drawn, language, say)
    return sheet(
        head,
        language,
        kind=say("Statement"),
        number=drawn.number,
        day=drawn.day,
        about=party(drawn.holder, say("For"), language),
        period=paper.period(),
        result=paper.result(),
        wide=len(paper.columns) > _WIDE,
        heads=paper.heads(),
        opening=paper.opening(),
        rows=[paper.row(row) for row in rows],
        closing=paper.closing(),
        waits=[[paper.wait_words(wait), paper.money(-wait.amount)] for wait in drawn.waits],
        due=[paper.due_word(), paper.money(drawn.available)],
        members=paper.members(),
        received=say("Received on, signature"),
        seal=paper.seal(),
    )


class _Paper:
    """A statement being written."""

    def __init__(self, drawn: Drawn, language: str, say: Say) -> None:
        self.drawn, self.language, self.say = drawn, language, say
        self.columns: list[Column] = columns_of(drawn.totals)
        self._kinds = {kind: say(message) for kind, message in KINDS.items()}
        self._other = say(OTHER)

    def figure(self, centimes: int) -> str:
        return formats.figure(centimes, self.language)

    def money(self, centimes: int) -> str:
        return formats.money(centimes, self.language, self.drawn.currency)

    def day(self, day: date) -> str:
        return formats.day(day, self.language, "year")

    def period(self) -> str:
        drawn, say = self.drawn, self.say
        if drawn.before is None:
            return say("From the beginning up to %(last)s.", last=self.day(drawn.day))
        first = min(drawn.before[0] + timedelta(days=1), drawn.day)
        return say("From %(first)s to %(last)s.", first=self.day(first), last=self.day(drawn.day))

    def due_word(self) -> str:
        return (
            self.say("Owed to the house") if self.drawn.available < 0 else self.say("May be paid")
        )

    def result(self) -> Data:
        drawn, say = self.drawn, self.say
        if drawn.available < 0:
            why = say("More was given back than the account held. The next sales make up for it.")
        elif drawn.waiting:
            why = say(
                "The balance is %(balance)s; %(waiting)s of it waits, for what was sold may still"
                " be given back.",
                balance=self.money(drawn.closing),
                waiting=self.money(drawn.waiting),
            )
        else:
            why = say(
                "That is the whole balance of %(day)s: nothing waits.", day=self.day(drawn.day)
            )
        if drawn.totals.onward:
            why += " " + say(
                "Of what was sold, %(amount)s is owed to the members, to each on an account of"
                " their own.",
                amount=self.money(drawn.totals.onward),
            )
        return {
            "label": self.due_word(),
            "amount": self.figure(abs(drawn.available)),
            "unit": formats.unit(drawn.currency, self.language),
            "why": why,
        }

    def heads(self) -> list[str]:
        say = self.say
        words = column_words(say, self.drawn.sells_as_own)
        return [
            *(say("Day"), say("Piece"), say("Document")),
            *(words[column.name] for column in self.columns),
            say("For you, MAD"),
        ]

    def opening(self) -> Data:
        before, say = self.drawn.before, self.say
        return {
            "day": formats.day(before[0], self.language, "numeric") if before else "",
            "title": say("Balance of the statement before")
            if before
            else say("The account begins"),
            "document": before[1] if before else "",
            "amount": self.figure(self.drawn.opening),
        }

    def row(self, row: Row) -> Data:
        kind = self._kinds.get(row.kind, self._other)
        title, count = own(row.title, self.language) or kind, abs(row.quantity)
        return {
            "day": formats.day(row.day, self.language, "numeric"),
            "title": title,
            "times": formats.number(count, self.language) if row.title and count > 1 else "",
            "note": kind if row.title and row.kind != "sale" else "",
            "document": row.document,
            "cells": [self._cell(column.amount(row)) for column in self.columns],
            "amount": self.figure(row.amount),
        }

    def _cell(self, centimes: int) -> str:
        return self.figure(centimes) if centimes else ""

    def closing(self) -> Data:
        drawn = self.drawn
        return {
            "title": self.say("Balance on %(day)s", day=self.day(drawn.day)),
            "cells": [self.figure(column.amount(drawn.totals)) for column in self.columns],
            "amount": self.figure(drawn.closing),
        }

    def wait_words(self, wait: Waiting) -> str:
        if wait.on is None:
            return self.say("Waits, nobody knows until when")
        return self.say("Waits until %(day)s", day=self.day(wait.on))

    def members(self) -> Data | None:
        if not self.drawn.members:
            return None
        return {
            "label": self.say("Part of each in what was sold"),
            "rows": [
                [own(member.name, self.language), member.number, self.figure(member.amount)]
                for member in self.drawn.members
            ],
        }

    def seal(self) -> Data:
        seal, say = self.drawn.seal, self.say
        if seal is None:
            words = say("No day of the books was sealed yet when this was drawn.")
            return {"words": words, "hash": []}
        return {
            "words": say(
                "The books are sealed up to %(day)s. Seal no. %(number)s:",
                day=self.day(seal.day),
                number=seal.number,
            ),
            "hash": [
                seal.hash[at : at + _HASH_BLOCK] for at in range(0, len(seal.hash), _HASH_BLOCK)
            ],
        }
