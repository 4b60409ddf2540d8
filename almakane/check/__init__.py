"""
The prover: it says which of the books' laws are broken, and by which row.

Each law of the books is written here a second time, as plain SQL that shares nothing with
the services but the tables: a fault of theirs cannot hide itself.
"""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Connection

from almakane.check import (
    counts,
    documents,
    drawers,
    earnings,
    holds,
    journals,
    lines,
    money,
    numbers,
    orders,
    seals,
    signatures,
    statements,
    stock,
)
from almakane.check.guards import missing_guards, strange_triggers
from almakane.check.law import Broken, Rule, Violation, ask, reach

__all__ = ["RULES", "Violation", "prove", "report"]

RULES: tuple[Rule, ...] = (
    *stock.RULES,
    *money.RULES,
    *lines.RULES,
    *earnings.RULES,
    *orders.RULES,
    *numbers.RULES,
    *documents.RULES,
    *statements.RULES,
    *holds.RULES,
    *counts.RULES,
    *drawers.RULES,
    *journals.RULES,
    *seals.RULES,
)

Progress = Callable[[int, int], object]  # steps done, steps in all


def prove(
    connection: Connection, *, fast: bool = False, progress: Progress | None = None
) -> list[Violation]:
    """
    Prove the laws of both books and give what breaks them: at most twenty rows a law, and a count.

    `fast` is for a start: what was recorded since the last seal, that seal itself, the guards and
    the counters; its work does not grow with history.
    """
    of_rule: dict[str, Broken] = {}
    for broken in _all(connection, fast, progress or (lambda done, of: None)):
        empty = Broken(broken.invariant, broken.rule)
        of_rule.setdefault(broken.rule, empty).merge(broken)
    ordered = sorted(of_rule.values(), key=lambda broken: int(broken.invariant.removeprefix("I")))
    return [violation for broken in ordered for violation in broken]


def report(violations: Sequence[Violation]) -> str:
    """The same as text, a line for each."""
    if not violations:
        return "Both books are proven: no law is broken."
    return "\n".join(
        [
            *map(str, violations),
            "The books are broken: pay nobody before they are mended; sales go on.",
        ]
    )


def _all(connection: Connection, fast: bool, progress: Progress) -> Iterator[Broken]:
    within = reach(connection, fast=fast)
    asked = [(rule, window) for rule in RULES for window in within.windows_of(rule)]
    sealed = seals.read_seals(connection, fast=fast)
    parts = seals.parts_to_hash(sealed, fast=fast)
    of = len(asked) + len(parts)
    for done, (rule, window) in enumerate(asked):
        progress(done, of)
        yield ask(connection, rule, window)
    yield missing_guards(connection)
    yield strange_triggers(connection)
    yield from journals.broken_journals(connection, fast=fast)
    yield signatures.broken_signatures(connection, fast=fast)
    yield seals.broken_chain(sealed, fast=fast)
    for done, part in enumerate(parts, len(asked)):
        progress(done, of)
        yield seals.broken_part(connection, part)
    progress(of, of)
