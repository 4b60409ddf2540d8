"""
What a strip of paper holds, before anybody knows which printer or screen will show it.

A strip is read from its start: the left of a French line, the right of an Arabic one. Whether a
line goes out as letters or as a picture is the printer's affair; templates ask a part for its
`kind`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Align(StrEnum):
    """Where a line of text stands."""

    START = "start"
    CENTRE = "centre"
    END = "end"


class Size(StrEnum):
    """How large letters are: `tall` is twice as high, `large` twice as high and as wide."""

    SMALL = "small"
    PLAIN = "plain"
    TALL = "tall"
    LARGE = "large"


class Symbology(StrEnum):
    """How a bar code is written."""

    EAN13 = "ean13"
    CODE128 = "code128"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `inverse` is white on black, for what nobody may overlook."""

    kind: ClassVar[str] = "text"

    text: str
    align: Align = Align.START
    bold: bool = False
    size: Size = Size.PLAIN
    inverse: bool = False
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """Words at the start, and amounts in columns at the end of their last line."""

    kind: ClassVar[str] = "row"

    label: str
    amounts: tuple[str, ...]
    bold: bool = False
    size: Size = Size.PLAIN
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A line from edge to edge."""

    kind: ClassVar[str] = "rule"

    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code; one that is too much for the paper's width is left out."""

    kind: ClassVar[str] = "qr"

    data: str


@dataclass(frozen=True, slots=True)
class Barcode:
    """
    A bar code with its text under it; one that is too wide for the paper is left out.

    An EAN-13 has its check digit, Code 128 is of printable ASCII: else there is no drawing it, and
    that is a defect of ours (ValueError).
    """

    kind: ClassVar[str] = "barcode"

    code: str
    symbology: Symbology = Symbology.CODE128


@dataclass(frozen=True, slots=True)
class Feed:
    """Empty lines."""

    kind: ClassVar[str] = "feed"

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of one paper."""

    kind: ClassVar[str] = "cut"


@dataclass(frozen=True, slots=True)
class DrawerKick:
    """The drawer springs open."""

    kind: ClassVar[str] = "kick"


Part = Text | Row | Rule | Qr | Barcode | Feed | Cut | DrawerKick


@dataclass(frozen=True, slots=True)
class Strip:
    """Parts from top to bottom, in one language: fr, ar or en."""

    language: str
    parts: tuple[Part, ...]

    @property
    def is_rtl(self) -> bool:
        """Whether its lines start at the right."""
        return self.language == "ar"


KICK = Strip("fr", (DrawerKick(),))  # a job of its own, sent before the receipt
