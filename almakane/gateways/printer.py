"""
A strip of paper as the bytes that an ESC/POS printer understands.

French and English go out as letters in one code page; a line with Arabic goes out as dots, and so
does everything of an Arabic strip, for two hands on one paper are not pleasant to read.
"""

import shutil
from dataclasses import dataclass, replace
from functools import lru_cache
from os import environ

from escpos import capabilities
from escpos.constants import QR_ECLEVEL_L, QR_ECLEVEL_M
from escpos.printer import Dummy

from almakane.errors import Refusal
from almakane.gateways.codes import QUIET_BARS, bar_modules, fit_qr
from almakane.gateways.drawing import (
    BAR,
    BARS,
    Drawer,
    Picture,
    draw_bars,
    draw_qr,
    draw_rule,
)
from almakane.gateways.letters import CODE_PAGES, in_columns, must_be_drawn, printable, wrapped
from almakane.gateways.paper import (
    Align,
    Barcode,
    Cut,
    DrawerKick,
    Feed,
    Part,
    Qr,
    Row,
    Rule,
    Size,
    Strip,
    Symbology,
    Text,
)

if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in environ:  # it would leave a folder behind at each start
    shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)

WIDE, NARROW = "TM-T88V", "POS-5890"  # what stands for any printer of 80 mm, and of 58 mm

_LEAST_WORDS = 8  # columns that words need beside amounts, else they stand over them
_NARROWEST = 300  # dots
_LINE, _SMALL_LINE = 30, 24  # dots from line to line
_RASTER = b"\x1dv0\x00"


@dataclass(frozen=True, slots=True)
class Paper:
    """What a printer's profile says of its paper, and of what it can do by itself."""

    profile: str
    dots: int
    columns: int
    small_columns: int
    code_page: str
    draws_qr: bool
    draws_bars: bool
    cuts: bool

    def columns_of(self, size: Size) -> int:
        """How many letters of a size stand on a line."""
        if size is Size.LARGE:
            return self.columns // 2
        return self.small_columns if size is Size.SMALL else self.columns


@lru_cache(maxsize=64)
def paper_of(profile: str = WIDE) -> Paper:
    """The paper of a printer; refuses a profile that is not known, or that knows no width."""
    told = capabilities.CAPABILITIES["profiles"].get(profile)
    width = told["media"]["width"].get("pixels") if told else None
    if not told or not isinstance(width, int) or width < _NARROWEST:
        raise Refusal(
            "No receipt printer whose width is known is called %(profile)s.",
            field="profile",
            profile=profile,
        )
    fonts, features = told["fonts"], told["features"]
    pages = told["codePages"].values()
    return Paper(
        profile,
        dots=width // 8 * 8,
        columns=fonts["0"]["columns"],
        small_columns=fonts["1" if "1" in fonts else "0"]["columns"],
        code_page=next((page for page in CODE_PAGES if page in pages), "CP437"),
        draws_qr=bool(features.get("qrCode")),
        draws_bars=bool(features.get("barcodeA") and features.get("barcodeB")),
        cuts=bool(features.get("paperFullCut") or features.get("paperPartCut")),
    )


def to_escpos(strip: Strip, paper: Paper | None = None) -> bytes:
    """The bytes of a strip: the same strip on the same paper is always the same bytes."""
    writer = _Writer(strip, paper or paper_of())
    writer.write()
    return writer.output


class _Writer:
    """One strip on its way out; it tells the printer a style only where it changes."""

    def __init__(self, strip: Strip, paper: Paper) -> None:
        self._strip = strip
        self._paper = paper
        self._drawer = Drawer(paper.dots, strip.is_rtl)
        self._printer = Dummy(profile=paper.profile)
        self._style: tuple[Align, bool, Size, bool] | None = None

    @property
    def output(self) -> bytes:
        return bytes(self._printer.output)

    def write(self) -> None:
        """Send every part, once all words that must be drawn are set."""
        lines = [part for part in self._strip.parts if isinstance(part, Text | Row)]
        self._drawer.set_all([part for part in lines if self._is_drawn(part)])
        self._printer.hw("INIT")
        self._printer.charcode(self._paper.code_page)
        for part in self._strip.parts:
            self._part(part)

    def _part(self, part: Part) -> None:
        match part:
            case Text() | Row() if self._is_drawn(part):
                self._raster(self._drawer.line(part))
            case Text():
                self._text(part)
            case Row():
                self._row(part)
            case Rule():
                self._raster(draw_rule(self._paper.dots, part.heavy))
            case Qr():
                self._qr(part)
            case Barcode():
                self._barcode(part)
            case Feed():
                self._printer.print_and_feed(part.lines)
            case Cut():
                self._printer.cut()
            case DrawerKick():
                self._printer.cashdraw(2)

    def _is_drawn(self, part: Text | Row) -> bool:
        texts = (part.text,) if isinstance(part, Text) else (part.label, *part.amounts)
        return self._strip.is_rtl or any(map(must_be_drawn, texts))

    def _text(self, part: Text) -> None:
        if part.size is Size.LARGE and len(part.text) > self._paper.columns_of(Size.LARGE):
            part = replace(part, size=Size.TALL)
        width = self._paper.columns_of(part.size)
        indent = "  " * part.indent
        for line in self._wrapped(part.text, width - len(indent)):
            if part.inverse:  # a band from edge to edge
                self._line(line.center(width), part, inverse=True)
            else:
                self._line(indent + line, part, part.align)

    def _row(self, part: Row) -> None:
        length = len(part.label) + sum(len(amount) + 1 for amount in part.amounts)
        if part.size is Size.LARGE and length > self._paper.columns_of(Size.LARGE):
            part = replace(part, size=Size.TALL)
        width = self._paper.columns_of(part.size)
        indent = "  " * part.indent
        tail = in_columns(
            [printable(amount, self._paper.code_page) for amount in part.amounts], width
        )
        room = width - len(indent) - len(tail) - 1
        is_beside = room >= min(_LEAST_WORDS, len(part.label))
        lines = self._wrapped(part.label, room if is_beside else width - len(indent))
        last = indent + lines.pop() if is_beside else ""
        for line in lines:
            self._line(indent + line, part)
        self._line(last.ljust(width - len(tail)) + tail, part)

    def _wrapped(self, text: str, width: int) -> list[str]:
        return wrapped(text, width, self._paper.code_page)

    def _line(
        self, line: str, part: Text | Row, align: Align = Align.START, *, inverse: bool = False
    ) -> None:
        self._set(align, bold=part.bold, size=part.size, inverse=inverse)
        self._printer.textln(line)

    def _set(
        self,
        align: Align = Align.START,
        *,
        bold: bool = False,
        size: Size = Size.PLAIN,
        inverse: bool = False,
    ) -> None:
        style = (align, bold, size, inverse)
        if style == self._style:
            return
        self._style = style
        has_small = self._paper.small_columns != self._paper.columns
        self._printer.set(
            align={Align.START: "left", Align.CENTRE: "center", Align.END: "right"}[align],
            font="b" if size is Size.SMALL and has_small else "a",
            bold=bold,
            normal_textsize=True,
            double_width=size is Size.LARGE,
            double_height=size in (Size.LARGE, Size.TALL),
            invert=inverse,
        )
        # The lines of a black band touch one another.
        self._printer.line_spacing(_SMALL_LINE if inverse or size is Size.SMALL else _LINE)

    def _raster(self, picture: Picture) -> None:
        """Send dots as they are: the library would turn them into colours and back first."""
        self._set()
        size = (picture.width // 8).to_bytes(2, "little") + picture.height.to_bytes(2, "little")
        self._printer._raw(_RASTER + size + picture.tobytes())

    def _qr(self, part: Qr) -> None:
        fit = fit_qr(part.data, self._paper.dots)
        if fit is None:
            return
        if not self._paper.draws_qr:
            self._raster(draw_qr(part.data, fit.level, fit.dots, self._paper.dots))
            return
        self._set(Align.CENTRE)
        level = {"L": QR_ECLEVEL_L, "M": QR_ECLEVEL_M}[fit.level]
        self._printer.qr(part.data, ec=level, size=fit.dots, native=True)
        self._printer.print_and_feed(1)

    def _barcode(self, part: Barcode) -> None:
        bars = bar_modules(part)
        is_ean = part.symbology is Symbology.EAN13
        # A printer writes the whole of Code 128 in one set, where ours picks the shortest.
        widest = len(bars) if is_ean else (len(part.code) + 2) * 11 + 13 + 2 * QUIET_BARS
        if widest * BAR > self._paper.dots:
            return
        if not self._paper.draws_bars:
            self._raster(draw_bars(bars, self._paper.dots))
            self._line(part.code, Text(part.code, size=Size.SMALL), Align.CENTRE)
            return
        self._set(Align.CENTRE)
        # The public method says on standard output, of a server, which way it took.
        self._printer._hw_barcode(
            part.code if is_ean else "{B" + part.code.replace("{", "{{"),
            "EAN13" if is_ean else "CODE128",
            height=BARS,
            width=BAR,
            function_type="A" if is_ean else "B",
        )
        self._printer.print_and_feed(1)
