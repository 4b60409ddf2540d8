"""
The cells of a file that somebody brings: CSV of any kind that is about, or XLSX.

Files lie. They say that they are UTF-8 and are not, divide by semicolons, begin with a byte order
mark, are archives that unpack to a thousand times their size. What cannot be read is refused with
a sentence that says how to save it; nothing is guessed where a guess could be wrong in silence.
"""

import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from xml.parsers import expat

from almakane.errors import Refusal

LARGEST_FILE = 16 * 1024 * 1024  # bytes: a hundred thousand lines, and room beside them

_SNIFFED = 20_000  # characters by which the sign between cells is found
_LOOKED_AT = 2_000_000  # characters by which the script is found
_DIVIDERS = ";\t,|"
_WIDEST = 64  # cells of a row that are looked at
_LONGEST_CELL = 32_767  # what a spreadsheet itself allows
_LARGEST_PART = 128 * 1024 * 1024  # of an XLSX, unpacked
_SHORT_BYTES = 512 * 1024  # of text; of a workbook four times that, unpacked: it says all twice
_SHORT_LINES = 5_000
_PIECE = 1024 * 1024


def is_long(content: bytes) -> bool:
    """Whether a file takes more than a moment to read."""
    if not content.startswith(b"PK\x03\x04"):
        return len(content) > _SHORT_BYTES or content.count(b"\n") > _SHORT_LINES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return sum(part.file_size for part in book.infolist()) > 4 * _SHORT_BYTES
    except _BROKEN:
        return False  # it is refused at once


def rows_of(content: bytes, knows: Callable[[str], bool]) -> Iterator[Sequence[str]]:
    """
    The rows of a file; `knows` says whether a text is the head of a column.

    Raises Refusal for a file that is too large, empty, or of another kind.
    """
    if len(content) > LARGEST_FILE:
        raise too_large()
    if content.startswith(b"PK\x03\x04"):
        return _workbook_rows(content)
    if content.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff")):
        raise Refusal("This is no table that can be read: save it as XLSX or CSV.", field="sheet")
    return _text_rows(decoded(content), knows)


def too_large() -> Refusal:
    """What is said of a file that is larger than any list of pieces."""
    return Refusal(
        "This file is larger than %(most)s MB: divide it.",
        field="sheet",
        most=LARGEST_FILE // 1024 // 1024,
    )


def decoded(content: bytes) -> str:
    """
    The text of a file: by its byte order mark, else UTF-8, else what Windows here writes.

    Windows-1256 and Windows-1252 have a letter for every byte, so which it is shows in the text
    alone: the one whose letters beyond ASCII make words of one script.
    """
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return _decode(content, name)
    start = content[:4_000]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 50 and max(even, odd) > 9 * min(even, odd):
        return _decode(content, "utf-16-be" if even > odd else "utf-16-le")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    western = content.decode("cp1252", errors="replace")
    arabic = content.decode("cp1256", errors="replace")
    is_arabic = _looks_arabic(arabic[:_LOOKED_AT], western[:_LOOKED_AT])
    return arabic if is_arabic else western


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        raise Refusal(
            "The letters of this file cannot be read. Save it as CSV UTF-8, or as XLSX.",
            field="sheet",
        ) from error


def _looks_arabic(arabic: str, western: str) -> bool:
    """Whether the bytes beyond ASCII stand in runs, as they do in Arabic and never in French."""
    runs = re.findall(r"[\u0600-\u06ff]{3,}", arabic)
    lone = re.findall(r"(?<=[A-Za-z])[\u00c0-\u00ff]|[\u00c0-\u00ff](?=[a-z])", western)
    return sum(map(len, runs)) > 2 * len(lone)


def _text_rows(text: str, knows: Callable[[str], bool]) -> Iterator[Sequence[str]]:
    said = re.match(r"\ufeff?sep=([^\r\n])\r?\n", text)
    mark = said[1] if said else _divider(text[:_SNIFFED], knows)
    lines = io.StringIO(text[said.end() :] if said else text, newline="")
    try:
        for row in csv.reader(lines, delimiter=mark):
            yield row[:_WIDEST]
    except csv.Error as error:  # a cell without an end, mostly
        raise Refusal(
            "A quotation mark is missing in this file: a cell has no end.", field="sheet"
        ) from error


def _divider(start: str, knows: Callable[[str], bool]) -> str:
    """The sign between cells: with which the first row has most heads that are known."""
    first = next((line for line in start.splitlines() if line.strip()), "")
    heads = {mark: sum(knows(cell.strip('" ')) for cell in first.split(mark)) for mark in _DIVIDERS}
    return max(_DIVIDERS, key=lambda mark: (heads[mark], first.count(mark)))


# XLSX: a zip of XML, of which the first sheet is read


def _workbook_rows(content: bytes) -> Iterator[Sequence[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheet = _first_sheet(book)
            words = _Words()
            if "xl/sharedStrings.xml" in book.namelist():
                for _ in _heard(book, "xl/sharedStrings.xml", words):
                    pass
            at = 0
            for number, row in _heard(book, sheet, _Sheet(words.all)):
                if not at < number <= _LAST_ROW:  # rows come in their order, each once
                    raise ValueError(number)
                while at + 1 < number:  # rows with nothing in them are left out
                    at += 1
                    yield ()
                at = number
                yield row
    except _BROKEN as broken:
        raise Refusal(
            "This workbook cannot be read: save it as XLSX once more, or as CSV.", field="sheet"
        ) from broken


# What a damaged, locked or strange archive raises.
_BROKEN = (
    *(zipfile.BadZipFile, expat.ExpatError, zlib.error, OSError, EOFError, ValueError, KeyError),
    *(IndexError, NotImplementedError, RuntimeError, lzma.LZMAError),
)
_LAST_ROW = 1_048_576
_LETTERS_OF_A_COLUMN = 3


def _first_sheet(book: zipfile.ZipFile) -> str:
    """The part that holds the sheet which a reader sees first."""
    [sheet, *_] = _heard(book, "xl/workbook.xml", _Named("sheet"))
    wanted = next((value for name, value in sheet.items() if name.rpartition(":")[2] == "id"), "")
    for one in _heard(book, "xl/_rels/workbook.xml.rels", _Named("Relationship")):
        if one["Id"] == wanted:
            target = one["Target"].lstrip("/")
            return target if target.startswith("xl/") else f"xl/{target}"
    raise KeyError(wanted)


class _Listener:
    """What listens to an XML; `heard` is what it has to say since it was asked."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def starts(self, name: str, said: dict[str, str]) -> None:
        """An element begins."""

    def ends(self, name: str) -> None:
        """An element is over."""

    def reads(self, text: str) -> None:
        """A piece of text."""


class _Named(_Listener):
    """The attributes of every element of a name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def starts(self, name: str, said: dict[str, str]) -> None:
        if name == self.name:
            self.heard.append(said)


class _Words(_Listener):
    """The texts that cells name by number; how a text is spoken (`rPh`) is none of it."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []
        self._text: list[str] | None = None
        self._aside = 0

    def starts(self, name: str, said: dict[str, str]) -> None:
        if name == "si":
            self.all.append("")
        elif name == "rPh":
            self._aside += 1
        elif name == "t" and not self._aside:
            self._text = []

    def ends(self, name: str) -> None:
        if name == "t" and self._text is not None:
            self.all[-1] = (self.all[-1] + "".join(self._text))[:_LONGEST_CELL]
            self._text = None
        elif name == "rPh":
            self._aside -= 1

    def reads(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


class _Sheet(_Listener):
    """The rows of a sheet: their numbers and cells. A formula counts as what it came to."""

    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self.words = words
        self._number = 0
        self._row: list[str] = []
        self._at, self._kind = 0, ""
        self._text: list[str] | None = None

    def starts(self, name: str, said: dict[str, str]) -> None:
        if name == "row":
            self._number = int(said["r"]) if said.get("r", "").isdecimal() else self._number + 1
            self._row = []
        elif name == "c":
            self._at = _column(said["r"]) if "r" in said else len(self._row)
            self._kind = said.get("t", "n")
        elif name in ("v", "t") and self._at < _WIDEST:
            self._text = []

    def ends(self, name: str) -> None:
        if name in ("v", "t") and self._text is not None:
            self._put("".join(self._text)[:_LONGEST_CELL])
            self._text = None
        elif name == "row":
            self.heard.append((self._number, self._row))

    def reads(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _put(self, text: str) -> None:
        if self._kind == "s":
            text = self.words[int(text)] if 0 <= int(text) < len(self.words) else ""
        elif self._kind == "n":
            text = _number_text(text)
        self._row += [""] * (self._at + 1 - len(self._row))
        self._row[self._at] = (self._row[self._at] + text)[:_LONGEST_CELL]


def _column(name: str) -> int:
    """`B7` is the second column: 1."""
    at = 0
    for letter in name[:_LETTERS_OF_A_COLUMN]:
        if not "A" <= letter <= "Z":
            break
        at = at * 26 + ord(letter) - 64
    return max(at - 1, 0)


def _number_text(text: str) -> str:
    """A number as one writes it: files hold 180.5 as 180.49999999999999 and 12 as 12.0."""
    if not re.fullmatch(r"-?\d{1,17}(?:\.\d+)?(?:[Ee][+-]?\d{1,3})?", text, re.ASCII):
        return text
    number = Decimal(text)
    if abs(number) > 10**15:
        return text
    rounded = number.quantize(Decimal("0.000001")).normalize()
    return f"{rounded:f}".replace(".", ",")


def _heard(book: zipfile.ZipFile, part: str, listener: _Listener) -> Iterator[Any]:
    """What a listener hears of a part, while it is read; none may unpack to `_LARGEST_PART`."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, said: listener.starts(_local(name), said)
    parser.EndElementHandler = lambda name: listener.ends(_local(name))
    parser.CharacterDataHandler = listener.reads
    parser.StartDoctypeDeclHandler = _refuse_doctype
    read = 0
    with book.open(part) as file:
        while piece := file.read(_PIECE):
            read += len(piece)
            if read > _LARGEST_PART:
                raise ValueError("It unpacks to too much.")
            parser.Parse(piece)
            yield from listener.heard
            listener.heard.clear()
        parser.Parse(b"", True)
    yield from listener.heard
    listener.heard.clear()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse_doctype(*_said: object) -> None:
    """No workbook declares a document type; with one an entity could grow without end."""
    raise ValueError("A workbook declares nothing.")
