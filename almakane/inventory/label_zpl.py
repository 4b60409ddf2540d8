"""Labels of 50 x 30 mm as commands of a label printer (ZPL)."""

from collections.abc import Sequence

from almakane.gateways.sheet import own
from almakane.gateways.vectors import LEFT, qr_drawing
from almakane.gateways.zpl import zpl_ean13, zpl_label, zpl_qr, zpl_words
from almakane.inventory.labels import Label
from almakane.web import formats

RESOLUTIONS = {203: 8, 300: 12}  # dots an inch, and a millimetre

_WIDTH, _HEIGHT = 50, 30  # millimetres
_MARGIN = 2


def labels_zpl(labels: Sequence[tuple[Label, int]], dpi: int = 203) -> bytes:
    """Labels one after the other, each so many times."""
    return b"".join(_label(label, copies, RESOLUTIONS[dpi]) for label, copies in labels)


def _label(label: Label, copies: int, dots: int) -> bytes:
    edge, room = _MARGIN * dots, (_WIDTH - 2 * _MARGIN) * dots
    price = formats.money(label.price, "fr", label.currency)
    bar = dots // 4
    dot = bar
    side = qr_drawing(label.url).side * dot if label.url else 0
    bars_at = 19 * dots
    fields = [
        zpl_words(edge, edge, own(label.title, "fr"), 3 * dots, (room, 4 * dots), bold=True),
        zpl_words(
            edge,
            edge + 4 * dots,
            own(label.title_ar, "fr"),
            3 * dots,
            (room, 5 * dots),
            bold=True,
            rtl=True,
        ),
        zpl_words(edge, edge + 8 * dots, own(label.maker, "fr"), 2 * dots, (room, 3 * dots)),
        zpl_words(edge, edge + 11 * dots, price, 4 * dots, (room, 6 * dots), bold=True),
        zpl_ean13(edge + (LEFT - 6) * bar, bars_at, label.code, bar, 6 * dots),
    ]
    if side and side + edge < _WIDTH * dots // 3:
        fields.append(zpl_qr(_WIDTH * dots - side, _HEIGHT * dots - side, label.url, dot))
    return zpl_label(_WIDTH * dots, _HEIGHT * dots, filter(None, fields), copies)
