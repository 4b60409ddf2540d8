"""What a rule is, and how one is held against the books: plain SQL that finds what breaks it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

MOST_NAMED = 20  # rows of one rule that are named; more of them are counted
_ENTRIES_AT_ONCE = 10_000  # so that what the database sorts stays small
_RECENT = 20_000  # entries, at most, that the fast form proves
_END = 2**62


@dataclass(frozen=True, slots=True)
class Violation:
    """
    A rule that is broken, and the row that breaks it.

    `message` is an English msgid with `%(name)s` places, for who translates it, amounts in
    centimes; `row` names the table and the key, and is empty where no one row is at fault.
    """

    invariant: str
    rule: str
    message: str
    row: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What is wrong, in English."""
        return self.message % self.values

    def __str__(self) -> str:
        return f"{self.invariant} {self.row}: {self.sentence}".replace(" :", ":")


class Rule(NamedTuple):
    """
    A law of the books, and the query that finds what breaks it.

    The query gives no row where the law holds. Its first column, `found`, names the row at fault;
    the others are the values of the sentence. A query that says `:after` and `:upto` reads the
    entries between those ids, and is asked window by window.
    """

    name: str
    invariant: str
    sentence: str
    sql: str
    is_fast: bool = False  # little work whatever the history, so that a start can wait for it

    @property
    def is_windowed(self) -> bool:
        """Whether it reads the money book entry by entry."""
        return ":upto" in self.sql


class Reach(NamedTuple):
    """How much of the books is proven: the windows of entry ids, and whether that is not all."""

    windows: tuple[tuple[int, int], ...]
    is_fast: bool

    def windows_of(self, rule: Rule) -> tuple[tuple[int, int], ...]:
        """Where a rule is to be asked; nowhere, if it reads all and there is no time for that."""
        if rule.is_windowed:
            return self.windows
        return ((0, 0),) if rule.is_fast or not self.is_fast else ()


_LAST_CUTS = """
SELECT hub.id, COALESCE(MAX(last_entry_id), 0) AS cut
FROM hub LEFT JOIN seal ON seal.hub_id = hub.id GROUP BY hub.id
"""


def reach(connection: Connection, *, fast: bool) -> Reach:
    """All entries in windows, or those since the last seal, and no more than a start can bear."""
    last = _number(connection, "SELECT COALESCE(MAX(id), 0) FROM entry")
    if fast:
        cut = _number(connection, f"SELECT COALESCE(MIN(cut), 0) FROM ({_LAST_CUTS}) sealed")
        return Reach(((max(cut, last - _RECENT), _END),), is_fast=True)
    starts = [-_END, *range(_ENTRIES_AT_ONCE, last, _ENTRIES_AT_ONCE)]
    return Reach(tuple(zip(starts, [*starts[1:], _END], strict=True)), is_fast=False)


def _number(connection: Connection, sql: str) -> int:
    return int(connection.execute(text(sql)).scalar_one())


class Broken:
    """What breaks one rule: the first rows are kept by name, the rest are counted."""

    def __init__(self, invariant: str, rule: str) -> None:
        self.invariant = invariant
        self.rule = rule
        self.unnamed = 0
        self._named: list[Violation] = []

    def add(self, sentence: str, row: str, **values: object) -> None:
        """Name a row, if there is room."""
        self._keep([Violation(self.invariant, self.rule, sentence, row, values)])

    def merge(self, other: "Broken") -> None:
        """Take in what broke the same rule elsewhere."""
        self.unnamed += other.unnamed
        self._keep(other._named)

    def _keep(self, violations: list[Violation]) -> None:
        room = MOST_NAMED - len(self._named)
        self._named += violations[:room]
        self.unnamed += len(violations[room:])

    def __iter__(self) -> Iterator[Violation]:
        yield from self._named
        if self.unnamed:
            values = {"count": self.unnamed, "rule": self.rule}
            sentence = "And %(count)s more (%(rule)s)."
            yield Violation(self.invariant, self.rule, sentence, "", values)


def ask(connection: Connection, rule: Rule, window: tuple[int, int]) -> Broken:
    """Hold one rule against the books, or a window of them."""
    broken = Broken(rule.invariant, rule.name)
    query = text(
        f"SELECT broken.*, COUNT(*) OVER () AS all_broken FROM ({rule.sql}) broken "
        f"LIMIT {MOST_NAMED}"
    )
    known = {"after": window[0], "upto": window[1], "now": datetime.now(UTC)}
    asked = {name: known[name] for name in query.compile().params}
    rows = connection.execute(query, asked).mappings().all()
    for row in rows:
        values = {name: _plain(value) for name, value in row.items()}
        broken.add(rule.sentence, str(values.pop("found")), **values)
    if rows:
        broken.unnamed += rows[0]["all_broken"] - len(rows)
    return broken


def _plain(value: Any) -> object:
    """PostgreSQL sums whole numbers as decimals."""
    return int(value) if isinstance(value, Decimal) else value
