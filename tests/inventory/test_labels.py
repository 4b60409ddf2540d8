"""Labels are read back by a scanner: from sheets, from a roll, from a strip and as commands."""

import io
import re
from datetime import date

import pytest
import zxingcpp
from PIL import Image

from almakane.errors import Refusal
from almakane.gateways.documents import pictures, typeset
from almakane.gateways.paper import Barcode
from almakane.gateways.printer import to_escpos
from almakane.gateways.vectors import EAN_WIDTH, LEFT, RIGHT, ean_svg
from almakane.inventory.ean13 import lot_code
from almakane.inventory.label_zpl import labels_zpl
from almakane.inventory.labels import FORMATS, MOST, Label, label_sheets, label_strip

DAY = date(2026, 11, 20)
TITLES = (
    ("Tapis Azilal, laine naturelle, 120 × 180", "زربية أزيلال، صوف طبيعي"),
    ("Savon", "صابون"),
    ("Babouches", ""),
    ("Grand plat de service en terre cuite émaillée de Fès " * 2, "طبق كبير من الطين المطلي " * 4),
    ("#set page(fill: red) *gras* $x$ <a> \\ ^XA ~JA", "\u202e#panic()\u202c"),
    ("x" * 120, '"); panic("'),
)


def a_label(n: int) -> Label:
    title, title_ar = TITLES[n % len(TITLES)]
    return Label(
        *(lot_code(n + 1), title, title_ar, 340_000, "Coopérative Tissage d’Azilal"),
        *("تعاونية نسيج أزيلال", f"https://almakane.example/m/casa/AZI{n % 3}"),
    )


def read(page: bytes) -> tuple[set[str], list[str]]:
    """The EANs and the QR codes that a scanner finds on a page."""
    with Image.open(io.BytesIO(page)) as picture:
        found = zxingcpp.read_barcodes(picture.convert("L"))
    qrs = [code.text for code in found if code.format == zxingcpp.BarcodeFormat.QRCode]
    return {code.text for code in found if code.text.isdigit()}, qrs


@pytest.mark.parametrize("name", FORMATS)
def test_every_code_of_a_full_sheet_is_read_back(name: str) -> None:
    count = max(FORMATS[name].on_a_sheet, len(TITLES))
    labels = [(a_label(n), 1) for n in range(count)]
    eans: set[str] = set()
    qrs: list[str] = []
    for page in pictures("labels", label_sheets(labels, name, DAY), 300):
        found, codes = read(page)
        eans |= found
        qrs += codes
    assert eans == {label.code for label, _copies in labels}
    assert sorted(qrs) == sorted(label.url for label, _copies in labels)


def test_a_sheet_that_was_begun_is_gone_on_with() -> None:
    data = label_sheets([(a_label(0), 2), (a_label(1), 24)], "a4-24", DAY, start=23)
    first, second = pictures("labels", data, 300)
    assert read(first)[0] == {lot_code(1)}
    assert read(second)[0] == {lot_code(2)}
    assert len(read(second)[1]) == 24
    with Image.open(io.BytesIO(first)) as picture:
        used = picture.convert("L").crop((0, 0, picture.width, picture.height * 7 // 8))
    assert used.getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("name", "start", "copies"),
    [("a5", 1, 1), ("a4-24", 0, 1), ("a4-24", 25, 1), ("a4-24", 1, 0), ("a4-24", 1, MOST + 1)],
)
def test_what_cannot_be_printed_is_refused(name: str, start: int, copies: int) -> None:
    with pytest.raises(Refusal):
        label_sheets([(a_label(0), copies)], name, DAY, start=start)


def test_the_white_beside_the_bars_is_that_of_the_standard() -> None:
    svg = ean_svg(lot_code(1), 20, 5)
    assert f'viewBox="0 0 {EAN_WIDTH} 25"' in svg
    starts = [int(x) for x in re.findall(r"M(\d+) ", svg)]
    assert min(starts) == LEFT
    assert max(starts) + 1 == EAN_WIDTH - RIGHT


def test_the_same_labels_are_the_same_bytes() -> None:
    data = label_sheets([(a_label(n), 1) for n in range(6)], "a4-65", DAY)
    assert typeset("labels", data) == typeset("labels", data)


def test_a_label_on_a_strip_has_its_code_and_no_command_of_its_title() -> None:
    strip = label_strip(a_label(4), copies=2)
    codes = [part.code for part in strip.parts if isinstance(part, Barcode)]
    assert codes == [lot_code(5)] * 2
    assert to_escpos(strip)


@pytest.mark.parametrize("dpi", [203, 300])
def test_no_title_becomes_a_command_of_a_label_printer(dpi: int) -> None:
    commands = labels_zpl([(a_label(n), n + 1) for n in range(6)], dpi).decode("ascii")
    assert commands.count("^XA") == commands.count("^XZ") == 6
    assert "~" not in commands
    assert set(re.findall(r"\^([A-Z]{2})", commands)) == {
        *("XA", "CI", "PW", "LL", "LH", "FO", "GF", "FS", "BY", "BE", "FD", "BQ", "FH", "PQ", "XZ")
    }
    assert [int(count) for count in re.findall(r"\^PQ(\d+)", commands)] == [1, 2, 3, 4, 5, 6]
    for total, row, dots in re.findall(r"\^GFA,(\d+),\d+,(\d+),([0-9A-F]*)\^FS", commands):
        assert len(dots) == 2 * int(total)
        assert int(total) % int(row) == 0


def test_an_address_is_no_command_either() -> None:
    label = Label(lot_code(1), "a", "b", 100, "c", url="https://x/^XZ~_")
    assert b"https://x/_5EXZ_7E_5F" in labels_zpl([(label, 1)])
