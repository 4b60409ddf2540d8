"""Pictures on pages: the addresses of their files, who may see them, and what stands in for one."""

import io
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from PIL import Image

from almakane.gateways.media import keep_drawing, take_in
from almakane.inventory.models import Photo, PhotoForm
from almakane.inventory.photos import Shown, shown
from almakane.settings import Settings
from tests.door import browser, come_in, make_person


def a_photograph(folder: Path, width: int = 500, height: int = 625) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "JPEG")
    return take_in(buffer.getvalue(), folder).key


def a_photo(key: str, form: PhotoForm = PhotoForm.PHOTOGRAPH, **changed: object) -> Photo:
    values: dict[str, object] = {
        **{"key": key, "form": form, "width": 1600, "height": 2000},
        **{"alt_fr": "", "alt_ar": "", "alt_en": ""},
    }
    return Photo(**(values | changed))


def test_a_file_of_a_picture_is_for_everybody_and_for_long(app: Flask, settings: Settings) -> None:
    key = a_photograph(settings.data_dir / "media")
    make_person(app)
    client = browser(app)
    come_in(client)  # what a person's browser keeps is what a stranger's keeps
    for ending, kind in (
        *((f"-{width}.webp", "image/webp") for width in (400, 800, 1600)),
        ("-800.jpg", "image/jpeg"),
    ):
        for who in (client, app.test_client()):
            with who.get(f"/media/{key}{ending}") as answer:
                assert answer.status_code == 200
                assert answer.mimetype == kind
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert "Set-Cookie" not in answer.headers
                assert "Vary" not in answer.headers
                etag = answer.headers["ETag"]
            with who.get(f"/media/{key}{ending}", headers={"If-None-Match": etag}) as again:
                assert again.status_code == 304


STRANGE = (
    "{key}-401.webp",
    "{key}-400.webp.bak",
    "{key}-400.jpg",
    "{key}.webp",
    "{key}.svg",
    "{upper}-400.webp",
    "../almakane.sqlite3",
    "..%2Falmakane.sqlite3",
    "%2e%2e%2fsecret-key",
    "..%5csecret-key",
    "almakane.sqlite3",
    "secret-key",
    "{key}-400.webp%00",
    "{key}-400.webp%0a",
    "%D9%A0" * 32 + "-400.webp",
    "0" * 32 + "-400.webp",
    "",
    ".",
    "..",
)


def test_no_other_name_is_looked_for(app: Flask, settings: Settings) -> None:
    key, client = a_photograph(settings.data_dir / "media"), app.test_client()
    for name in STRANGE:
        answer = client.get("/media/" + name.format(key=key, upper=key.upper()))
        assert answer.status_code in (400, 404), name
        assert "immutable" not in answer.headers.get("Cache-Control", ""), name


def test_a_photograph_is_shown_in_the_width_that_a_screen_needs(app: Flask) -> None:
    with app.test_request_context():
        told = shown(a_photo("a" * 32, alt_ar="زربية"), "rug", "Tapis", "fr")
        assert told.alt == "Tapis"
        assert told.src.endswith("-800.webp")
        assert [one.rsplit("-", 1)[1] for one in told.srcset.split(", ")] == [
            "400.webp 400w",
            "800.webp 800w",
            "1600.webp 1600w",
        ]
        assert shown(a_photo("a" * 32, alt_ar="زربية"), "rug", "Tapis", "ar").alt == "زربية"
        small = shown(a_photo("a" * 32, width=640, height=640), "rug", "Tapis", "fr")
        assert small.srcset.count("w,") == 1
        assert small.srcset.endswith("-800.webp 640w")


def test_a_drawing_of_the_house_is_shown_and_can_run_nothing(
    app: Flask, settings: Settings
) -> None:
    drawn = keep_drawing("<svg/>", settings.data_dir / "media", 400, 500)
    with app.test_request_context():
        told = shown(a_photo(drawn.key, PhotoForm.DRAWING), "rug", "Tapis", "fr")
    assert told.srcset == ""
    with app.test_client().get(told.src) as answer:
        assert answer.mimetype == "image/svg+xml"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("craft", ["rug", "bag", "soap", "something new", "../x"])
def test_a_piece_without_a_picture_has_the_drawing_of_its_craft(app: Flask, craft: str) -> None:
    with app.test_request_context():
        told = shown(None, craft, "Pièce", "fr")
    assert told.is_stand_in
    with app.test_client().get(told.src) as answer:
        assert answer.status_code == 200


def test_the_macro_writes_no_word_as_code(app: Flask) -> None:
    with app.test_request_context():
        html = render_template_string(
            '{% from "macros/photos.html" import photo %}{{ photo(shown) }}',
            shown=Shown("/media/x", "", '"><script>alert(1)</script>', 4, 5),
        )
    assert "<script" not in html
    assert 'loading="lazy"' in html
