"""The pictures of the demo: one of its own for each piece, the same each time, safe to serve."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from almakane.cooperatives.amending import By
from almakane.db import db, transaction
from almakane.demo.content import read_pages
from almakane.demo.hanging import draw_pictures, hang_pictures
from almakane.demo.pictures import CRAFTS, PIECES, draw_picture, draw_piece
from almakane.inventory.models import Photo, PhotoForm, Product
from almakane.inventory.services import add_product
from almakane.settings import ROOT
from tests.factories import mad, make_hub, make_maker

PAGES = read_pages()
CODES = {piece.code: page.maker["craft"] for page in PAGES for piece in page.pieces}
FORMS = [(craft, form) for craft, forms in CRAFTS.items() for form in forms]


def test_each_craft_of_the_demo_has_its_family() -> None:
    assert {page.maker["craft"] for page in PAGES} == set(CRAFTS)
    assert {path.stem for path in (ROOT / "static/pictures/crafts").glob("*.svg")} == set(CRAFTS)


def test_each_piece_of_the_demo_has_a_picture_of_its_own() -> None:
    assert set(PIECES) == set(CODES)
    assert all(form in CRAFTS[CODES[code]] for code, (form, _) in PIECES.items())
    pictures = {draw_piece(code, craft) for code, craft in CODES.items()}
    assert len(pictures) == len(CODES) == 160


@pytest.mark.parametrize(("craft", "form"), FORMS)
def test_every_form_is_a_whole_picture_that_runs_nothing(craft: str, form: str) -> None:
    for seed in range(4):
        svg = draw_picture(craft, seed, form)
        root = ET.fromstring(svg)  # noqa: S314 - drawn by ourselves a line above
        assert root.get("viewBox") == "0 0 400 500"
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not names & {"script", "foreignObject", "image", "a", "use", "style"}
        assert "nan" not in svg
        assert "inf" not in svg
        assert "\n" not in svg
        assert len(svg) < 75_000


def test_what_a_shape_is_cut_and_filled_with_is_there() -> None:
    for code, craft in CODES.items():
        svg = draw_piece(code, craft)
        root = ET.fromstring(svg)  # noqa: S314 - drawn by ourselves a line above
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), code
        for value in (v for element in root.iter() for v in element.attrib.values()):
            if value.startswith("url(#"):
                assert value[5:-1] in ids, (code, value)


def test_the_same_seed_draws_the_same_piece_and_others_mostly_others() -> None:
    for craft in CRAFTS:
        drawn = [draw_picture(craft, seed) for seed in range(16)]
        assert drawn == [draw_picture(craft, seed) for seed in range(16)]
        assert len(set(drawn)) >= 12


def test_a_craft_that_nobody_knows_is_no_picture() -> None:
    with pytest.raises(KeyError):
        draw_picture("glassblowing", 1)


def test_products_of_the_demo_hang_with_their_own_pictures(books: Flask, tmp_path: Path) -> None:
    pictures = draw_pictures(PAGES[:2], tmp_path)
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        for code in pictures:
            add_product(session, maker, code, category="rug", price=mad(1), tax_class=None)
        add_product(session, maker, "OTHER", category="rug", price=mad(1), tax_class=None)
        hang_pictures(session, hub.id, pictures, By("salma", datetime.now(UTC)))
    hung = db.session.execute(
        select(Product.code, Photo.key, Photo.form).join(Photo, Photo.product_id == Product.id)
    ).all()
    assert sorted(code for code, _, _ in hung) == sorted(pictures)
    assert {form for _, _, form in hung} == {PhotoForm.DRAWING}
    for code, key, _ in hung:
        assert (tmp_path / f"{key}.svg").read_text("utf-8") == draw_piece(code, CODES[code])
