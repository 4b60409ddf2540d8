"""
Parts of a strip as pictures of the paper's width, dot by dot; ink is 1, as in a printer's raster.

A printer's own Arabic comes out unjoined and in reverse, so a line that has any is drawn.
"""

import re
from functools import lru_cache

from PIL import Image

from almakane.gateways.codes import QUIET, qr_modules
from almakane.gateways.letters import must_be_drawn
from almakane.gateways.paper import Align, Row, Size, Text
from almakane.gateways.typesetting import Cell, set_words

Picture = Image.Image

BAR = 2  # how wide the thinnest bar is, in dots
BARS = 64  # how high they are

_LETTERS = {Size.SMALL: 17, Size.PLAIN: 22, Size.TALL: 30, Size.LARGE: 38}
_GAP = 12  # between what stands side by side
_INDENT = 16
_RULES = {False: 2, True: 5}
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ufeff]")


class Drawer:
    """Draws lines for a paper so many dots wide, beginning at its left or at its right."""

    def __init__(self, dots: int, is_rtl: bool) -> None:
        self._dots = dots
        self._is_rtl = is_rtl

    def set_all(self, parts: list[Text | Row]) -> None:
        """Set the words of many lines in one go: each go costs, however few words it has."""
        set_words([cell for part in parts for cell in self._cells(part)])

    def line(self, part: Text | Row) -> Picture:
        """One part as a picture."""
        *amounts, words = set_words(self._cells(part))
        return (
            self._text(part, words) if isinstance(part, Text) else self._row(part, words, amounts)
        )

    def _cells(self, part: Text | Row) -> list[Cell]:
        """What is set for a part: the amounts of a row, then its words."""
        room = self._dots - part.indent * _INDENT
        if isinstance(part, Text):
            room -= 2 * _GAP if part.inverse else 0
            return [self._cell(part, part.text, room, centred=part.align is Align.CENTRE)]
        amounts = [self._cell(part, amount, room, is_amount=True) for amount in part.amounts]
        return [*amounts, self._cell(part, part.label, self._beside(part, room))]

    def _cell(
        self,
        part: Text | Row,
        text: str,
        limit: int,
        *,
        centred: bool = False,
        is_amount: bool = False,
    ) -> Cell:
        is_rtl = must_be_drawn(text) if is_amount else self._is_rtl
        words = _CONTROLS.sub(" ", text).strip()
        return Cell(words, _LETTERS[part.size], limit, part.bold, centred, is_rtl)

    def _beside(self, part: Row, room: int) -> int:
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
    code = _from_bits([dark for row in modules for dark in row], len(modules))
    strip = Image.new("1", (dots, side + 2 * QUIET * size), 0)
    code = code.resize((side, side), Image.Resampling.NEAREST)
    strip.paste(code, ((dots - side) // 2, QUIET * size))
    return strip


def draw_bars(bars: str, dots: int, *, bar: int = BAR, height: int = BARS) -> Picture:
    """Bars in the middle, from `1` and `0`."""
    code = _from_bits([bit == "1" for bit in bars], len(bars))
    code = code.resize((len(bars) * bar, height), Image.Resampling.NEAREST)
    strip = Image.new("1", (dots, height + 8), 0)
    strip.paste(code, ((dots - code.width) // 2, 4))
    return strip


def _from_bits(bits: list[bool], width: int) -> Picture:
    picture = Image.new("1", (width, len(bits) // width), 0)
    picture.putdata([int(bit) for bit in bits])
    return picture
