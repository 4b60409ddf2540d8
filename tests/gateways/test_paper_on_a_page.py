"""A page shows the same paper that a printer gives out."""

import re

import pytest
import zxingcpp
from flask import Flask, render_template
from markupsafe import escape
from PIL import Image, ImageDraw

from almakane.gateways.codes import Drawn, draw_bars_path, draw_qr_path
from almakane.gateways.paper import Barcode, Row, Strip, Symbology, Text
from almakane.inventory.ean13 import lot_code
from tests.papers import URL, papers

PAPERS = papers()


def page_of(app: Flask, strip: Strip) -> str:
    with app.test_request_context():
        return render_template("paper.html", strip=strip)


def read_back(drawn: Drawn | None) -> list[str]:
    """What a reader finds in a code that a page draws."""
    assert drawn
    picture = Image.new("L", (drawn.width * 4, drawn.height * 4), 255)
    pen = ImageDraw.Draw(picture)
    for found in re.finditer(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", drawn.path):
        x, y, width, height = (int(number) * 4 for number in found.groups())
        pen.rectangle((x, y, x + width - 1, y + height - 1), fill=0)
    return [code.text for code in zxingcpp.read_barcodes(picture)]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", sorted(PAPERS))
def test_a_page_says_all_that_a_paper_says_and_in_its_order(app: Flask, name: str) -> None:
    html, at = page_of(app, PAPERS[name]), 0
    for part in PAPERS[name].parts:
        words: tuple[str, ...] = (part.text,) if isinstance(part, Text) else ()
        if isinstance(part, Row):
            words = (part.label, *part.amounts)
        for word in words:
            at = html.index(f"<bdi>{escape(word)}</bdi>", at)


@pytest.mark.engines("sqlite")
def test_a_page_runs_as_its_paper_does(app: Flask) -> None:
    assert '<article class="paper" lang="ar" dir="rtl">' in page_of(app, PAPERS["arabic"])
    assert '<article class="paper" lang="fr" dir="ltr">' in page_of(app, PAPERS["sale"])


@pytest.mark.engines("sqlite")
def test_what_was_typed_is_no_markup(app: Flask) -> None:
    strip = Strip("fr", (Text("<script>alert(1)</script>"), Row("<b>", ("<i>",))))
    html = page_of(app, strip)
    assert "<script>alert" not in html
    assert "<i>" not in html


def test_the_codes_of_a_page_are_read_back() -> None:
    assert read_back(draw_qr_path(URL)) == [URL]
    assert read_back(draw_bars_path(Barcode("T1-2-000123"))) == ["T1-2-000123"]
    code = lot_code(77)
    assert read_back(draw_bars_path(Barcode(code, Symbology.EAN13))) == [code]


def test_a_code_that_nothing_holds_is_left_out() -> None:
    assert draw_qr_path("x" * 4_000) is None
