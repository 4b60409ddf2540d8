"""
Tables for a spreadsheet: the one place that writes CSV.

They are made for Excel as a French or Moroccan computer has it, and a double click opens them
right: UTF-8 with a byte order mark, without which Excel takes accents and Arabic for Windows-1252;
`;` between cells; amounts with a decimal comma, no spaces and a plain minus (`-1234,50`), so that
they are numbers that can be summed; days as `2026-11-27`, which no country reads another way round;
lines ended by CR LF. A program reads them with `utf-8-sig`, `;` and a decimal comma.

A cell that a spreadsheet would run as a formula gets an apostrophe in front, so a piece called
`=HYPERLINK(...)` stays a name. Numbers keep their sign and nothing else.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date
from io import StringIO

from flask import Response, stream_with_context

Cell = str | int | date | None

_AT_ONCE = 200  # rows in one piece of the answer

# What begins a formula, also in the wide letters that some spreadsheets take for the plain ones.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # fmt: skip
# A file of ours opened as one with commas: what follows one would begin a cell.
_AFTER_COMMA = re.compile(r"([,;\t]\s*)(?=[=+\-@])")
# Neither is seen in nearly all cells, and a long table is written no faster than they are let go.
_MAY_RUN = re.compile(rf"\A\s*[{''.join(map(re.escape, _FORMULA))}]|[,;\t]\s*[=+\-@]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)


def csv_amount(centimes: int) -> str:
    """An amount as a spreadsheet takes it for a number: `-1234,50`."""
    whole, cents = divmod(abs(centimes), 100)
    return f"{'-' if centimes < 0 else ''}{whole},{cents:02d}"


def safe_cell(value: Cell) -> str:
    """A cell's text, which no spreadsheet will run."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if not _MAY_RUN.search(text) or _NUMBER.fullmatch(text):
        return text
    text = _AFTER_COMMA.sub(r"\1'", text)
    begins = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if begins else text


def write_csv(head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """A table as text, piece by piece: it may be longer than the memory."""
    buffer = StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow([safe_cell(name) for name in head])
    for n, row in enumerate(rows, 1):
        writer.writerow([safe_cell(cell) for cell in row])
        if n % _AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def csv_response(name: str, head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Response:
    """A table to be kept as `name`, sent while it is read; the name is ours, in plain letters."""
    response = Response(stream_with_context(write_csv(head, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
