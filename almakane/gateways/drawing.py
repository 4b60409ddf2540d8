"""
Parts of a strip as pictures of the paper's width, dot by dot; ink is 1, as in a printer's raster.

A printer's own Arabic comes out unjoined and in reverse, so a line that has any is drawn.
"""

import re
from dataclasses import replace
from functools import lru_cache

from PIL import Image

from almakane.gateways.codes import QUIET, qr_modules
from almakane.gateways.letters import starts_rtl
from almakane.gateways.paper import Align, Row, Size, Text
from almakane.gateways.typesetting import Cell, set_words

Picture = Image.Image

BAR = 2  # how wide the thinnest bar is, in dots
BARS = 64  # how high they are

_LETTERS = {Size.SMALL: 17, Size.PLAIN: 22, Size.TALL: 30, Size.LARGE: 38}
_GAP = 12  # between what stands side by side
_INDENT = 16
_RULES = {False: 2, True: 5}
_FIGURES = re.compile("[-\u2212]?[0-9][0-9\u00a0,.]*")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ufeff]")


class Drawer:
    """Draws lines for a paper so many dots wide, beginning at its left or at its right."""

    def __init__(self, dots: int, is_rtl: bool) -> None:
        self._dots = dots
        self._is_rtl = is_rtl

    def set_all(self, parts: list[Text | Row]) -> None:
        """Set the words of many lines in one go: each go costs, however few words it has."""
        groups = [group for part in parts for group in self._cells(self._fitting(part))]
        set_words([cell for group in groups for cell in group])

    def line(self, part: Text | Row) -> Picture:
        """One part as a picture."""
        part = self._fitting(part)
        *amounts, words = [_beside(set_words(group)) for group in self._cells(part)]
        return (
            self._text(part, words) if isinstance(part, Text) else self._row(part, words, amounts)
        )

    def _fitting(self, part: Text | Row) -> Text | Row:
        """Large letters that would not stand on one line are only tall ones."""
        if part.size is not Size.LARGE:
            return part
        length = (
            len(part.text) if isinstance(part, Text) else len(part.label + "".join(part.amounts))
        )
        wide = length * _LETTERS[Size.LARGE] * 58 // 100 + 2 * _GAP
        return replace(part, size=Size.TALL) if wide > self._dots else part

    def _cells(self, part: Text | Row) -> list[list[Cell]]:
        """What is set for a part: the amounts of a row, then its words."""
        room = self._dots - part.indent * _INDENT
        if isinstance(part, Text):
            room -= 2 * _GAP if part.inverse else 0
            side = "center" if part.align is Align.CENTRE else self._start
            return [[self._cell(part, part.text, room, side)]]
        amounts = [self._amount(part, amount, room) for amount in part.amounts]
        return [*amounts, [self._cell(part, part.label, self._room_beside(part, room))]]

    def _amount(self, part: Row, amount: str, room: int) -> list[Cell]:
        """An amount is set figure by figure: they are few and come again, unlike the amounts."""
        figures = amount if _FIGURES.fullmatch(amount) else [amount]
        return [self._cell(part, figure, room) for figure in figures]

    def _cell(self, part: Text | Row, text: str, limit: int, side: str | None = None) -> Cell:
        words = _CONTROLS.sub(" ", text)
        size = _LETTERS[part.size]
        return Cell(words, size, limit, part.bold, side or self._start, starts_rtl(text))

    @property
    def _start(self) -> str:
        return "right" if self._is_rtl else "left"

    def _room_beside(self, part: Row, room: int) -> int:
        """How wide words may be beside amounts, told by the letters of these alone."""
        letters = sum(max(len(amount), 7) + 2 for amount in part.amounts)
        left = room - letters * _LETTERS[part.size] * 60 // 100
        return left if left > self._dots // 4 else room

    def _text(self, part: Text, words: Picture) -> Picture:
        line = Image.new("1", (self._dots, words.height + 2), 1 if part.inverse else 0)
        free = self._dots - words.width
        if part.align is Align.CENTRE:
            x = free // 2
        else:
            x = part.indent * _INDENT if part.align is Align.START else free
        line.paste(0 if part.inverse else 1, (self._from_start(x, words.width), 1), words)
        return line

    def _row(self, part: Row, words: Picture, amounts: list[Picture]) -> Picture:
        indent = part.indent * _INDENT
        tail = _in_columns([amount.width for amount in amounts], self._dots)
        room = self._dots - indent - words.width - _GAP
        amount_height = max((amount.height for amount in amounts), default=0)
        if sum(tail) <= room:
            height = max(words.height, amount_height)
        else:  # then the amounts stand under the words
            height = words.height + amount_height
        line = Image.new("1", (self._dots, height + 2), 0)
        line.paste(1, (self._from_start(indent, words.width), 1), words)
        end = self._dots - sum(tail)
        for amount, width in zip(amounts, tail, strict=True):
            end += width
            x = self._from_start(end - amount.width, amount.width)
            line.paste(1, (x, 1 + height - amount.height), amount)
        return line

    def _from_start(self, x: int, width: int) -> int:
        """Where something stands that begins `x` dots from the start of the line."""
        return self._dots - x - width if self._is_rtl else x


def _beside(pictures: list[Picture]) -> Picture:
    """Pictures of one height side by side."""
    if len(pictures) == 1:
        return pictures[0]
    joined = Image.new("1", (sum(p.width for p in pictures), pictures[0].height), 0)
    x = 0
    for picture in pictures:
        joined.paste(picture, (x, 0))
        x += picture.width
    return joined


def _in_columns(widths: list[int], dots: int) -> list[int]:
    """How wide each amount's column is: the same in all rows that have as many amounts."""
    column = dots * 10 // 43
    if len(widths) > 1 and max(widths) + _GAP <= column:
        return [column] * len(widths)
    return [width + (_GAP if i else 0) for i, width in enumerate(widths)]


@lru_cache(maxsize=8)
def draw_rule(dots: int, heavy: bool) -> Picture:
    """A line from edge to edge, with some white around it."""
    thick = _RULES[heavy]
    strip = Image.new("1", (dots, 12 + thick), 0)
    strip.paste(1, (0, 6, dots, 6 + thick))
    return strip


def draw_qr(data: str, level: str, size: int, dots: int) -> Picture:
    """A QR code in the middle, its modules `size` dots wide."""
    modules = qr_modules(data, level)
    side = len(modules) * size
    code = from_bits([dark for row in modules for dark in row], len(modules))
    strip = Image.new("1", (dots, side + 2 * QUIET * size), 0)
    code = code.resize((side, side), Image.Resampling.NEAREST)
    strip.paste(code, ((dots - side) // 2, QUIET * size))
    return strip


def draw_bars(bars: str, dots: int, *, bar: int = BAR, height: int = BARS) -> Picture:
    """Bars in the middle, from `1` and `0`."""
    code = from_bits([bit == "1" for bit in bars], len(bars))
    code = code.resize((len(bars) * bar, height), Image.Resampling.NEAREST)
    strip = Image.new("1", (dots, height + 8), 0)
    strip.paste(code, ((dots - code.width) // 2, 4))
    return strip


def from_bits(bits: list[bool], width: int) -> Picture:
    """A picture of one dot a bit."""
    picture = Image.new("1", (width, len(bits) // width), 0)
    picture.putdata([255 if bit else 0 for bit in bits])
    return picture
