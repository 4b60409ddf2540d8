"""
Words as pictures, set by typst in vendored fonts: no font of the machine is asked for.

Words that come again on each receipt are set once.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BytesIO
from threading import Lock

import typst
from PIL import Image

from almakane.gateways import FONTS

_LONG_WORD = re.compile(r"(\S{20})(?=\S)")
_KEPT = 4_000  # pictures of words, some hundred bytes each
_INK = 150  # darker than this is a dot: a little more than half, for thermal paper spreads thin

# A page a cell, as wide as its words but never wider than its limit; the same height over and under
# the baseline for every cell of a size, so that the cells of a row stand on one line.
_SOURCE = rb"""
#let cells = json(bytes(sys.inputs.cells))
#let sides = (left: left, center: center, right: right)
#set page(width: auto, height: auto, margin: 0pt, fill: white)
#set par(leading: 0.1em, spacing: 0pt)
#set text(
  font: ("Noto Sans Arabic", "Noto Sans Tifinagh"), fallback: false, hyphenate: false,
  top-edge: 1.02em, bottom-edge: -0.42em,
)
#for (i, cell) in cells.enumerate() {
  if i > 0 { pagebreak() }
  set text(
    size: cell.dots * 1pt, weight: if cell.bold { 700 } else { 400 },
    dir: if cell.rtl { rtl } else { ltr }, lang: if cell.rtl { "ar" } else { "fr" },
  )
  let words = align(sides.at(cell.side), cell.text)
  context {
    let natural = measure(text(cell.text)).width
    block(width: calc.min(calc.max(natural, 1pt), cell.limit * 1pt), words)
  }
}
"""


_IS_INK = [255 if shade < _INK else 0 for shade in range(256)]


@dataclass(frozen=True, slots=True)
class Cell:
    """Words to set: letters `dots` high, broken into lines at `limit` dots of width."""

    text: str
    dots: int
    limit: int
    bold: bool = False
    side: str = "left"  # where shorter lines of several stand: left, center or right
    rtl: bool = True


def set_words(cells: Sequence[Cell]) -> list[Image.Image]:
    """A picture for each cell, its ink 1 and the rest 0; new cells are set together, once."""
    with _lock:
        missing = [cell for cell in dict.fromkeys(cells) if cell not in _pictures]
        if missing:
            _pictures.update(zip(missing, _set(missing), strict=True))
        for cell in cells:
            _pictures.move_to_end(cell)
        found = [_pictures[cell] for cell in cells]
        while len(_pictures) > _KEPT:
            _pictures.popitem(last=False)
    return found


_lock = Lock()
_pictures: OrderedDict[Cell, Image.Image] = OrderedDict()


def _set(cells: Sequence[Cell]) -> list[Image.Image]:
    told = [asdict(cell) | {"text": _breakable(cell.text)} for cell in cells]
    pages = _compiler().compile(
        _SOURCE, format="png", ppi=72, sys_inputs={"cells": json.dumps(told)}
    )
    if isinstance(pages, bytes):  # a single page comes by itself
        pages = [pages]
    return [_black_and_white(Image.open(BytesIO(page))) for page in pages or ()]


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
    )
    return typst.Compiler(_SOURCE, font_paths=fonts, ignore_system_fonts=True)


def _breakable(text: str) -> str:
    """A word that would not fit any line may be broken; typst breaks only where a space is."""
    return _LONG_WORD.sub("\\1\u200b", text)


def _black_and_white(picture: Image.Image) -> Image.Image:
    return picture.convert("L").point(_IS_INK, mode="1")
