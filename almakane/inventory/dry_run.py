"""
What a file would add to a delivery, and what is wrong with each other line: nothing is written.

A short file is looked at where it is asked for. A long one is looked at by a program of its own
(`python -m almakane.inventory.dry_run FOLDER`), which has its own memory and its own end, and gives
way to whoever serves customers: `almakane.inventory.long_sheets` starts it and reads what it wrote.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from almakane.errors import Refusal
from almakane.inventory.intake import MOST_LINES, Brought
from almakane.inventory.matching import Known, as_line
from almakane.inventory.models import TaxClass
from almakane.inventory.piece_list import Reading, Row, Wrong, is_head, walk_pieces
from almakane.inventory.spreadsheet import rows_of

KEPT = MOST_LINES + 1  # lines to be added that are told one by one: more are never taken

_STEP = 2_000  # lines between two words on how far it is
_MEMORY = 1024 * 1024 * 1024
_SECONDS = 180  # of a processor
_BEHIND_OTHERS = 10


@dataclass(slots=True)
class Proposal:
    """What a file would add to a delivery, and how much is wrong with the rest."""

    fresh: list[Brought] = field(default_factory=list)  # the first ones
    adds: int = 0  # lines, all of them
    wrongs: int = 0  # things that are wrong; a line may have several
    left_out: int = 0  # lines with something wrong
    lines: int = 0  # of the file, with anything in them
    readable: int = 0
    known: int = 0  # of those to be added: products that the house has already
    there: int = 0  # are in the delivery already, or were taken out of it
    alike: int = 0
    pieces: int = 0
    value: int = 0  # of what is new, where a price is told
    strangers: list[str] = field(default_factory=list)  # columns that nobody knows
    untaxed: int = 0  # lines to be added for which nobody knows a tax class
    room: int = 0  # lines that the delivery still has room for

    @property
    def fits(self) -> bool:
        """Whether all that can be read can be added."""
        return self.readable - self.there <= self.room


def look_at(
    told: Iterable[Row | Wrong],
    reading: Reading,
    known: Known,
    tell: Callable[[Wrong], object],
) -> Proposal:
    """What lines would add, one after the other; `tell` hears what is wrong, in their order."""
    seen = Proposal(room=MOST_LINES - sum(known.there.values()))
    last = 0
    for one in told:
        wrong = one if isinstance(one, Wrong) else _add(seen, one, known)
        if wrong:
            tell(wrong)
            seen.wrongs += 1
            seen.left_out += wrong.line != last
            last = wrong.line
    seen.lines, seen.alike, seen.strangers = reading.lines, reading.alike, reading.strangers
    return seen


def _add(seen: Proposal, row: Row, known: Known) -> Wrong | None:
    seen.readable += 1
    if row.key in known.there:
        seen.there += 1
        return None
    try:
        line = as_line(row, known)
    except Refusal as refusal:
        refusal.__traceback__ = None
        column = refusal.field or "title"
        cell = row.title if column == "title" else str(refusal.values.get("said", ""))
        return Wrong(row.line, column, refusal, cell)
    if seen.adds < KEPT:
        seen.fresh.append(line)
    seen.adds += 1
    seen.known += line.product_id is not None
    seen.pieces += line.quantity
    seen.value += line.quantity * (line.price or 0)
    seen.untaxed += line.tax_class is None and line.product_id is None
    return None


# As files, between two programs


def known_as_text(known: Known) -> str:
    """What is known, written so that the same is written the same."""
    return json.dumps(asdict(known), ensure_ascii=False, sort_keys=True)


def refusal_as_data(refusal: Refusal) -> list[Any]:
    """A refusal as it is written down."""
    return [refusal.message, refusal.field, refusal.values]


def refusal_of(data: list[Any]) -> Refusal:
    """A refusal as it was written down."""
    message, name, values = data
    return Refusal(message, field=name, **values)


def wrong_of(text: str) -> Wrong:
    """What is wrong with a line, as it was written down."""
    line, column, refusal, cell = json.loads(text)
    return Wrong(line, column, refusal_of(refusal), cell)


def proposal_of(data: dict[str, Any]) -> Proposal:
    """A proposal as it was written down."""
    fresh = []
    for line in data.pop("fresh"):
        weights = {int(artisan): weight for artisan, weight in line.pop("weights").items()}
        tax_class = line.pop("tax_class")
        told = line | {"tax_class": TaxClass(tax_class) if tax_class else None}
        fresh.append(Brought(**told, weights=weights))
    return Proposal(fresh=fresh, **data)


def _run(folder: Path) -> None:
    """Look at the file of a folder; all that is found is in the folder when `done` appears."""
    known = Known(**json.loads((folder / "known").read_text("utf-8")))
    content = (folder / "sheet").read_bytes()
    reading = Reading()
    with (folder / "wrong").open("w", encoding="utf-8", errors="surrogatepass") as wrongs:

        def tell(wrong: Wrong) -> None:
            told = [wrong.line, wrong.column, refusal_as_data(wrong.refusal), wrong.cell]
            wrongs.write(json.dumps(told) + "\n")

        try:
            told = walk_pieces(rows_of(content, is_head), reading)
            seen = look_at(_counted(told, folder), reading, known, tell)
        except Refusal as refusal:
            outcome: dict[str, Any] = {"refused": refusal_as_data(refusal)}
        else:
            outcome = {"proposal": {f.name: getattr(seen, f.name) for f in fields(seen)}}
            outcome["proposal"]["fresh"] = [asdict(line) for line in seen.fresh]
    finish(folder, outcome)


def finish(folder: Path, outcome: dict[str, Any]) -> None:
    """Write what came of it, whole or not at all."""
    made = folder / f"done.{os.getpid()}"
    made.write_text(json.dumps(outcome), "utf-8")
    made.replace(folder / "done")


def _counted(told: Iterable[Row | Wrong], folder: Path) -> Iterator[Row | Wrong]:
    next_word = 0
    for one in told:
        if one.line >= next_word:
            (folder / "progress").write_text(str(one.line), "ascii")
            next_word = one.line + _STEP
        yield one


def main(folder: Path) -> None:
    """Look at a long file, with bounds that the system holds."""
    os.nice(_BEHIND_OTHERS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    _run(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
