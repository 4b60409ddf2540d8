"""docs/benchmarks.md: a table of goals, then a section for each benchmark and engine."""

from pathlib import Path
from typing import NamedTuple

from almakane.settings import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"

_HEAD = """\
# Benchmarks

Written by `make bench`; `python -m bench NAME` measures one anew and leaves the others. Both sides
of a ratio run in one go, in turn, on one database with all its constraints, guards and rows; each
figure is the median of the rounds, a ratio the median of the rounds' ratios. Every sale is one
durable commit: SQLite with `synchronous=FULL` in WAL, PostgreSQL with `fsync` and
`synchronous_commit` on, both on a disk. "CPU" is the processor's time, of the server too. The load
is how many processes wanted a core while a benchmark began: where it is high, other work ran on the
machine, and ratios and CPU say more than rates.

"""
_GOALS = "| goal | measured | met |\n|---|---|---|\n"


class Goal(NamedTuple):
    """A goal of the design, what was measured, and whether that reaches it."""

    goal: str
    measured: str
    met: bool


class Section(NamedTuple):
    """What one benchmark says of one engine; `text` is a table and what to know about it."""

    title: str
    text: str
    goals: tuple[Goal, ...] = ()


def table(head: tuple[str, ...], *rows: tuple[object, ...]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def write(sections: list[Section], machine: str, page: Path = PAGE) -> None:
    """Put sections in the page, in the place of those of the same title."""
    goals, there = _read(page)
    for section in sections:
        for goal in section.goals:
            goals[goal.goal] = f"| {goal.goal} | {goal.measured} | {'yes' if goal.met else 'no'} |"
        there[section.title] = f"{machine}\n\n{section.text.strip()}\n"
    rows = "\n".join(goals[name] for name in sorted(goals))
    body = "\n".join(f"## {title}\n{there[title]}" for title in sorted(there))
    page.write_text(f"{_HEAD}## Goals\n{_GOALS}{rows}\n\n{body}", encoding="utf-8")


def _read(page: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Goal to its row, and title to its section, as the page has them."""
    if not page.exists():
        return {}, {}
    _head, *parts = page.read_text(encoding="utf-8").split("\n## ")
    there = dict(part.split("\n", 1) for part in parts)
    lines = there.pop("Goals", "").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| goal ")]
    return {row.split("|")[1].strip(): row for row in rows}, {
        title: text.strip("\n") + "\n" for title, text in there.items()
    }
