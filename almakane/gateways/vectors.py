"""
Codes as drawings that keep their edges at any size: for paper that is not a printer's strip.

One unit is one module; the white that a reader needs is part of the drawing.
"""

from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from almakane.gateways.codes import bar_modules, draw_qr_path
from almakane.gateways.paper import Barcode, Symbology

BARS = 95  # modules of an EAN-13
LEFT, RIGHT = 11, 7  # modules of white that the standard asks for beside them
EAN_WIDTH = LEFT + BARS + RIGHT

_GUARDS = (0, 2, 46, 48, 92, 94)  # the bars that reach down between the digits


def ean_svg(code: str, height: int, guard: int) -> str:
    """
    An EAN-13, `height` modules high, its guards `guard` modules longer; without its digits.

    Raises ValueError for a code whose check digit is another.
    """
    bars = bar_modules(Barcode(code, Symbology.EAN13)).strip("0")
    path = []
    for start, width in _runs([bar == "1" for bar in bars]):
        tall = height + (guard if start in _GUARDS else 0)
        path.append(f"M{LEFT + start} 0h{width}v{tall}h-{width}z")
    return _svg("".join(path), EAN_WIDTH, height + guard)


class Drawing(NamedTuple):
    """A drawing and how many modules wide it is, its white included."""

    svg: str
    side: int


@lru_cache(maxsize=256)  # a maker has one code on all her labels
def qr_drawing(data: str) -> Drawing:
    """A QR code with its white around it; ValueError for what no QR code holds."""
    drawn = draw_qr_path(data)
    if drawn is None:
        raise ValueError("This is too much for a QR code.")
    return Drawing(_svg(drawn.path, drawn.width, drawn.height), drawn.width)


def _runs(modules: list[bool]) -> list[tuple[int, int]]:
    """Where dark modules begin, and how many follow each other."""
    found, at = [], 0
    for dark, run in groupby(modules):
        width = len(list(run))
        if dark:
            found.append((at, width))
        at += width
    return found


def _svg(path: str, width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' shape-rendering="crispEdges"><path d="{path}"/></svg>'
    )
