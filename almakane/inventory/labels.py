"""
Labels of lots: what each says, and how it is laid out on a sheet, a roll or a label printer.

Every label has the piece in French and in Arabic, its price, its maker, and the lot's own EAN-13;
where there is room, a QR code leads to the page of the maker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from almakane.errors import Refusal
from almakane.gateways.paper import Align, Barcode, Cut, Feed, Qr, Size, Strip, Symbology, Text
from almakane.gateways.sheet import Data, own
from almakane.gateways.vectors import EAN_WIDTH, ean_svg, qr_drawing
from almakane.web import formats

MOST = 2_000  # labels in one file

_MICRONS = 1_000


@dataclass(frozen=True, slots=True)
class Label:
    """What the label of one piece says; the price in centimes, VAT included."""

    code: str  # of the lot: an EAN-13
    title: str
    title_ar: str
    price: int
    maker: str
    maker_ar: str = ""
    url: str = ""  # of the maker's page
    currency: str = "MAD"


@dataclass(frozen=True, slots=True)
class Format:
    """
    Where labels stand on a sheet, all lengths in microns; a roll is a sheet of one label.

    `bar` is the width of an EAN's thinnest bar: 330 is the standard's, 264 the least it allows.
    """

    width: int
    height: int
    columns: int
    rows: int
    sheet_width: int
    sheet_height: int
    left: int = 0
    top: int = 0
    gap_x: int = 0
    gap_y: int = 0
    padding: int = 2_000
    bar: int = 330
    bar_height: int = 9_000
    qr_dot: int = 400  # 0: there is no room for one
    is_small: bool = False

    @property
    def on_a_sheet(self) -> int:
        """How many labels a sheet has."""
        return self.columns * self.rows


# What stationers sell; another size is one more line.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "a4-24": Format(
            *(70_000, 37_000, 3, 8, 210_000, 297_000),
            top=500,
            padding=2_800,
            bar_height=8_000,
        ),
        "a4-65": Format(
            *(38_100, 21_200, 5, 13, 210_000, 297_000),
            left=4_650,
            top=10_700,
            gap_x=2_550,
            padding=1_200,
            bar=264,
            bar_height=5_000,
            qr_dot=254,
            is_small=True,
        ),
        "roll-50x30": Format(
            *(50_000, 30_000, 1, 1, 50_000, 30_000),
            padding=1_800,
            bar_height=7_500,
            qr_dot=300,
        ),
    }
)


def label_sheets(
    labels: Sequence[tuple[Label, int]], name: str, day: date, *, start: int = 1
) -> Data:
    """
    Labels, each so many times, on sheets of a format; `start` is the first place that is free.

    Raises Refusal for a format that nobody knows, a place that the sheet has not, or more labels
    than one file takes.
    """
    form = FORMATS.get(name)
    if form is None:
        raise Refusal("There is no label sheet called %(name)s.", field="sheet", name=name)
    if not 1 <= start <= form.on_a_sheet:
        raise Refusal(
            "The first label stands in a place from 1 to %(most)s of the sheet.",
            field="start",
            most=form.on_a_sheet,
        )
    count = sum(copies for _label, copies in labels)
    if not 1 <= count <= MOST:
        raise Refusal("One file has 1 to %(most)s labels.", field="lots", most=MOST)
    return {
        "made": [day.year, day.month, day.day],
        "format": _lengths(form),
        "start": start - 1,
        "labels": [_told(label, form) for label, _copies in labels],
        "order": [n for n, (_label, copies) in enumerate(labels) for _ in range(copies)],
    }


def _lengths(form: Format) -> Data:
    return {
        **{name: getattr(form, name) for name in _LENGTHS},
        "columns": form.columns,
        "rows": form.rows,
        "small": form.is_small,
        "ean_width": EAN_WIDTH * form.bar,
    }


_LENGTHS = (
    *("width", "height", "sheet_width", "sheet_height", "left", "top", "gap_x", "gap_y"),
    *("padding", "bar", "bar_height"),
)
_GUARD = 5  # modules that guards are longer, as the standard draws them


def _told(label: Label, form: Format) -> Data:
    qr = qr_drawing(label.url) if label.url and form.qr_dot else None
    return {
        "title": own(label.title, "fr"),
        "title_ar": own(label.title_ar, "fr"),
        "maker": own(label.maker, "fr"),
        "maker_ar": own(label.maker_ar, "fr"),
        "price": formats.figure(label.price, "fr"),
        "unit": formats.unit(label.currency, "fr"),
        "unit_ar": formats.unit(label.currency, "ar"),
        "code": label.code,
        "ean": ean_svg(label.code, form.bar_height // form.bar, _GUARD),
        "qr": qr.svg if qr else "",
        "qr_side": qr.side * form.qr_dot if qr else 0,
    }


def label_strip(label: Label, copies: int = 1) -> Strip:
    """The same label on a strip, for who has a receipt printer and no other."""
    price = formats.money(label.price, "fr", label.currency)
    parts = [
        Text(label.title, Align.CENTRE, bold=True),
        *([Text(label.title_ar, Align.CENTRE, bold=True)] if label.title_ar else ()),
        Text(price, Align.CENTRE, bold=True, size=Size.LARGE),
        Text(label.maker, Align.CENTRE, size=Size.SMALL),
        Barcode(label.code, Symbology.EAN13),
        *([Qr(label.url)] if label.url else ()),
        Feed(),
        Cut(),
    ]
    return Strip("fr", tuple(parts) * copies)
