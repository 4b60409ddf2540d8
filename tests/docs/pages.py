"""Reading the pages of docs/: their tables and examples, so that what they say can be tried."""

import re
from datetime import date
from pathlib import Path

from almakane.settings import ROOT

Row = dict[str, str]  # column title to cell

_FENCE = "```"


def page(name: str) -> str:
    """A page of docs/ as it is written."""
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


def pages() -> list[Path]:
    """Every page of the house, but for what others wrote."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    assert found, "There are no pages."
    return sorted(found)


def table(name: str, section: str, *columns: str) -> list[Row]:
    """
    The rows of the table in a section of a page that has those columns.

    A cell comes without its code marks; a missing or a second such table fails the test.
    """
    found = [
        rows for head, rows in _tables(section_of(page(name), section)) if set(columns) <= head
    ]
    assert len(found) == 1, f"{name}.md, {section}: {len(found)} tables have {columns}"
    assert found[0], f"{name}.md, {section}: the table is empty"
    return found[0]


def example(name: str, section: str, language: str = "") -> str:
    """The one example of a section that is fenced in that language."""
    text = section_of(page(name), section)
    found = re.findall(rf"^{_FENCE}{language}\n(.*?)^{_FENCE}$", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"{name}.md, {section}: {len(found)} examples in {language or 'plain'}"
    return str(found[0])


def section_of(text: str, title: str) -> str:
    """What stands under one heading, up to the next one of any depth."""
    parts = re.split(r"^#+ (.+)\n", text, flags=re.MULTILINE)
    found = [body for head, body in zip(parts[1::2], parts[2::2], strict=True) if head == title]
    assert len(found) == 1, f"{len(found)} sections are called {title}"
    return found[0]


def _tables(text: str) -> list[tuple[set[str], list[Row]]]:
    found = []
    for block in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        head, rule, *lines = [_cells(line) for line in block.strip().splitlines()]
        assert all(re.fullmatch(r":?-+:?", cell) for cell in rule), block
        assert all(len(line) == len(head) for line in lines), block
        found.append((set(head), [dict(zip(head, line, strict=True)) for line in lines]))
    return found


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    return [cell.strip().replace("`", "").replace("\\|", "|") for cell in cells]


def centimes(cell: str) -> int:
    """`-1250.50` as centimes; an empty cell is nothing."""
    if not cell:
        return 0
    match = re.fullmatch(r"([-−]?)(\d+)\.(\d\d)", cell)
    assert match, f"{cell!r} is not an amount"
    amount = int(match[2]) * 100 + int(match[3])
    return -amount if match[1] else amount


def basis_points(cell: str) -> int:
    """`25 %` as basis points."""
    match = re.fullmatch(r"(\d+) %", cell)
    assert match, f"{cell!r} is not a rate"
    return int(match[1]) * 100


def day(cell: str) -> date:
    """`2026-11-16`."""
    return date.fromisoformat(cell)
