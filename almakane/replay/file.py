"""
Reading a shop's file, plain or gzipped: one line at a time, each field checked before it counts.

A line that is dirty as life is (a fee, a price of zero) is for the rules to skip. A line that no
till can have written stops the reading with a Refusal that names the line and the field.
"""

import csv
import gzip
import hashlib
import re
import stat
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from almakane.errors import Refusal
from almakane.money import LARGEST
from almakane.replay.rules import in_dirhams

COLUMNS = (
    *("invoice", "stock_code", "description", "quantity", "invoiced_at", "unit_price_gbp"),
    *("customer", "country"),
)
_LONGEST = {"invoice": 20, "stock_code": 20, "description": 200, "customer": 20, "country": 60}
_LINE = 2_000  # bytes: the columns at their longest, with room for quotes and accents
_LINES_OF_INVOICE = 10_000
_FINGERPRINT = 64  # lines at the start that tell one file from another
_YEARS = range(2000, 2101)  # what the books take
_LINE_ENDS = ("Zl", "Zp")  # which no editor shows as one

_QUANTITY = re.compile(r"-?[0-9]{1,6}")
_PRICE = re.compile(r"(-?)([0-9]{1,7})(?:\.([0-9]{1,4}))?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


class Row(NamedTuple):
    """One line of an invoice; `line` counts the file's own, the price is in centimes."""

    line: int
    code: str
    description: str
    quantity: int
    price: int


class Invoice(NamedTuple):
    """A run of lines with one invoice number; `at` is its first line's time by the shop's clock."""

    number: str
    line: int
    at: datetime
    customer: str
    rows: list[Row]

    @property
    def day(self) -> date:
        """The trading day."""
        return self.at.date()


def fingerprint(path: Path) -> str:
    """What tells one file from another: a hash of how it begins."""
    whole = hashlib.sha256()
    with _open(path) as file:
        for _ in range(_FINGERPRINT):
            whole.update(file.readline(_LINE))
    return whole.hexdigest()[:12]


def read_invoices(path: Path) -> Iterator[Invoice]:
    """
    The invoices of a file in its order, which is the order of days.

    Raises Refusal for a file that is none, is cut, or has a line that cannot be read.
    """
    invoice: Invoice | None = None
    for line, fields in _fields(path):
        number, code, description, quantity, moment, price, customer, _country = fields
        if invoice is None or number != invoice.number:
            if invoice:
                yield invoice
            at = _read_moment(line, moment)
            if invoice and at.date() < invoice.day:
                raise Refusal(
                    "Line %(line)s, invoiced_at: the day goes back behind %(day)s, which is over.",
                    field="invoiced_at",
                    line=line,
                    day=invoice.day.isoformat(),
                )
            invoice = Invoice(number, line, at, customer, [])
        else:
            _read_moment(line, moment)
        row = Row(
            line,
            code.strip().upper(),
            description.strip(),
            _read_quantity(line, quantity),
            _read_price(line, price),
        )
        if abs(row.quantity * row.price) > LARGEST // 100:
            raise Refusal(
                "Line %(line)s, unit_price_gbp: %(quantity)s at this price come to more than a "
                "till takes.",
                field="unit_price_gbp",
                line=line,
                quantity=row.quantity,
            )
        invoice.rows.append(row)
        if len(invoice.rows) > _LINES_OF_INVOICE:
            raise Refusal(
                "Line %(line)s, invoice: one invoice has more than 10 000 lines.",
                field="invoice",
                line=line,
            )
    if invoice:
        yield invoice


def _fields(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each line below the header."""
    with _open(path) as file:
        reader = csv.reader(_lines(file), strict=True)
        line, headed = 0, False
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                raise Refusal(
                    "Line %(line)s cannot be read: a quotation mark is missing or too many.",
                    field="line",
                    line=line + 1,
                ) from error
            if reader.line_num != line + 1:
                raise Refusal(
                    "Line %(line)s: a field goes on over the end of the line.",
                    field="line",
                    line=line + 1,
                )
            line += 1
            if not headed:
                _check_header(fields)
                headed = True
                continue
            if len(fields) != len(COLUMNS):
                raise Refusal(
                    "Line %(line)s has %(count)s fields where there should be 8; is the file cut?",
                    field="line",
                    line=line,
                    count=len(fields),
                )
            _check_texts(line, fields)
            yield line, fields
    if line < 2:
        raise Refusal("The file has no lines of trade.", field="path")


@contextmanager
def _open(path: Path) -> Iterator[BufferedReader]:
    """The file's bytes, unpacked if it is gzipped."""
    try:
        if "\0" in str(path) or not stat.S_ISREG(path.stat().st_mode):
            raise Refusal("%(path)s is not a file.", field="path", path=ascii(str(path))[1:-1])
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=plain) as unpacked:
                    yield BufferedReader(unpacked, 1 << 18)
            else:
                yield plain
    except FileNotFoundError as error:
        raise Refusal("There is no file %(path)s.", field="path", path=path) from error
    except (OSError, EOFError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise Refusal(
            "%(path)s cannot be read: %(why)s.",
            field="path",
            path=path,
            why=why or "the packed data is cut or damaged",
        ) from error


def _lines(file: BufferedReader) -> Iterator[str]:
    """The lines as text, none longer than a line may be, none with signs that nobody can see."""
    line = 0
    while True:
        line += 1
        try:
            raw = file.readline(_LINE + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Refusal(
                "Line %(line)s: the packed file is cut or damaged here.", field="line", line=line
            ) from error
        if not raw:
            return
        if len(raw) > _LINE:
            raise Refusal(
                "Line %(line)s is longer than any line of trade.", field="line", line=line
            )
        try:
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Refusal("Line %(line)s is not UTF-8.", field="line", line=line) from error
        if not text.rstrip("\r\n").isprintable():
            _check_signs(line, text)
        yield text


def _check_signs(line: int, text: str) -> None:
    for sign in text.rstrip("\r\n"):
        category = unicodedata.category(sign)
        if category[0] == "C" or category in _LINE_ENDS:
            fields = text[: text.index(sign)].count(",")
            raise Refusal(
                "Line %(line)s, %(column)s: the sign %(sign)s has no place in a text.",
                field=COLUMNS[min(fields, 7)],
                column=COLUMNS[min(fields, 7)],
                line=line,
                sign=f"U+{ord(sign):04X}",
            )


def _check_header(fields: list[str]) -> None:
    if tuple(fields) == COLUMNS:
        return
    missing = [name for name in COLUMNS if name not in fields]
    extra = [name[:40] for name in fields if name not in COLUMNS]
    if missing:
        raise Refusal(
            "The header lacks the column %(names)s.", field=missing[0], names=", ".join(missing)
        )
    if extra:
        raise Refusal(
            "The header has a column that nobody knows: %(names)s.",
            field="line",
            names=", ".join(extra),
        )
    raise Refusal(
        "The columns should come in this order: %(names)s.", field="line", names=", ".join(COLUMNS)
    )


def _check_texts(line: int, fields: list[str]) -> None:
    number, code, description, _quantity, _moment, _price, customer, country = fields
    if (
        0 < len(number) <= 20
        and 0 < len(code) <= 20
        and len(description) <= 200
        and len(customer) <= 20
        and len(country) <= 60
    ):
        return
    for field, value in zip(COLUMNS, fields, strict=True):
        if len(value) > _LONGEST.get(field, 200):
            raise Refusal(
                "Line %(line)s, %(column)s: a text has at most %(most)s signs here.",
                field=field,
                column=field,
                line=line,
                most=_LONGEST[field],
            )
        if not value and field in ("invoice", "stock_code"):
            raise Refusal(
                "Line %(line)s, %(column)s: this is missing.",
                field=field,
                column=field,
                line=line,
            )


def _read_moment(line: int, text: str) -> datetime:
    moment = _moment(text)
    if moment is None:
        raise Refusal(
            "Line %(line)s, invoiced_at: write a time of these days like 2010-12-01 08:26:00.",
            field="invoiced_at",
            line=line,
        )
    return moment


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime | None:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year in _YEARS else None


def _read_quantity(line: int, text: str) -> int:
    quantity = _quantity(text)
    if quantity is None:
        raise Refusal(
            "Line %(line)s, quantity: write a whole number below a million, like 12 or -12.",
            field="quantity",
            line=line,
        )
    return quantity


@lru_cache(maxsize=10_000)
def _quantity(text: str) -> int | None:
    return int(text) if _QUANTITY.fullmatch(text) else None


def _read_price(line: int, text: str) -> int:
    price = _price(text)
    if price is None:
        raise Refusal(
            "Line %(line)s, unit_price_gbp: write an amount like 12.50.",
            field="unit_price_gbp",
            line=line,
        )
    return price


@lru_cache(maxsize=10_000)
def _price(text: str) -> int | None:
    match = _PRICE.fullmatch(text)
    if not match:
        return None
    sign, whole, parts = match.groups()
    pounds = int(whole) * 10_000 + int((parts or "").ljust(4, "0"))
    return in_dirhams(-pounds if sign else pounds)
