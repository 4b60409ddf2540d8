"""
QR codes and bar codes as black and white modules: for printers without their own, and pages.

The libraries are loaded when a code is drawn: a process that shows the street draws none, and would
hold seven MiB of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from almakane.gateways.paper import Barcode, Symbology

QUIET = 4  # modules of white around a QR code
QUIET_BARS = 10  # and at both ends of a bar code
_SMALLEST, _CLEAR, _LARGEST = 3, 4, 6  # dots a module, at 180 or 203 dots an inch
_ENOUGH = 330  # dots: a code that is wider needs no larger modules, only more paper
_LONG_COUNTS = 10  # from this version on a code tells its length in two bytes
_MANY = 200  # characters from which on one mask is as good as the other seven


@dataclass(frozen=True, slots=True)
class QrFit:
    """How a QR code is printed on a paper: its level of correction (L or M) and dots a module."""

    level: str
    dots: int


def fit_qr(data: str, width: int) -> QrFit | None:
    """The most legible way to print a QR code within so many dots; None where there is none."""
    for level, least in (("M", _CLEAR), ("L", _SMALLEST)):
        version = _version(data, level)
        if version is None:
            continue
        side = 4 * version + 17 + 2 * QUIET
        if width // side >= least:
            return QrFit(level, min(width // side, _LARGEST, max(_ENOUGH // side, _CLEAR)))
    return None


def _level(name: str) -> int:
    from qrcode import constants  # noqa: PLC0415 - see above

    return int(getattr(constants, f"ERROR_CORRECT_{name}"))


def _version(data: str, level: str) -> int | None:
    """The smallest QR code that holds a text; told by a table, for to try it takes long."""
    from qrcode.util import BIT_LIMIT_TABLE  # noqa: PLC0415 - see above

    length = len(data.encode())
    for version, bits in enumerate(BIT_LIMIT_TABLE[_level(level)]):
        head = 4 + (8 if version < _LONG_COUNTS else 16)  # the mode, and how many bytes follow
        if version and head + 8 * length <= bits:
            return version
    return None


def qr_modules(data: str, level: str) -> list[list[bool]]:
    """
    The modules of a QR code, row by row and without the white around.

    Raises ValueError for more than any QR code holds.
    """
    from qrcode import QRCode  # noqa: PLC0415 - see above

    version = _version(data, level)
    if version is None:
        raise ValueError("This is too much for a QR code.")
    # The best mask is sought among eight, which takes long; a token is as random under any of them.
    mask = 3 if len(data) > _MANY else None
    code = QRCode(version, error_correction=_level(level), border=0, mask_pattern=mask)
    code.add_data(data.encode(), optimize=0)
    code.make(fit=False)
    return [[bool(dark) for dark in row] for row in code.modules]


def bar_modules(part: Barcode) -> str:
    """
    The bars of a code, `1` a dark module, with the white that a reader needs at both ends.

    Raises ValueError for an EAN-13 whose check digit is another, or what Code 128 cannot hold.
    """
    import barcode  # noqa: PLC0415 - see above

    try:
        if part.symbology is Symbology.EAN13:
            made = barcode.get("ean13", part.code)
            if made.get_fullcode() != part.code:
                raise ValueError(f"{part.code} has another check digit.")
        else:
            made = barcode.get("code128", part.code)
        [bars] = made.build()
    except barcode.errors.BarcodeError as error:
        raise ValueError(f"{part.code!r} is no {part.symbology}.") from error
    quiet = "0" * QUIET_BARS
    return f"{quiet}{bars.replace('G', '1')}{quiet}"


class Drawn(NamedTuple):
    """A code for a page: as wide and as high as its modules, and the path of the dark ones."""

    width: int
    height: int
    path: str


def draw_qr_path(data: str) -> Drawn | None:
    """A QR code for a page, with its white around; None for what no QR code holds."""
    if _version(data, "M") is None:
        return None
    modules = qr_modules(data, "M")
    path = [
        f"M{x + QUIET} {y + QUIET}{run}"
        for y, row in enumerate(modules)
        for x, run in _runs("".join("1" if dark else "0" for dark in row), 1)
    ]
    side = len(modules) + 2 * QUIET
    return Drawn(side, side, "".join(path))


def draw_bars_path(part: Barcode) -> Drawn:
    """A bar code for a page."""
    bars, height = bar_modules(part), 32
    return Drawn(len(bars), height, "".join(f"M{x} 0{run}" for x, run in _runs(bars, height)))


def _runs(bits: str, height: int) -> Iterator[tuple[int, str]]:
    """Where dark modules begin, and their rectangle from there."""
    for run in re.finditer("1+", bits):
        width = run.end() - run.start()
        yield run.start(), f"h{width}v{height}h-{width}z"
