"""The page of patterns shows every part in every language, and stands nowhere but in the demo."""

import re

import pytest
from flask import Flask

from almakane.demo.patterns import open_patterns
from almakane.settings import ROOT
from almakane.web.languages import LANGUAGES
from tests.door import browser

pytestmark = pytest.mark.engines("sqlite")

MACROS = ROOT / "templates" / "macros"
FILES = ["charts", "dialogs", "facts", "finding", "forms", "money", "paper", "pictures"]
FILES += ["states", "tables", "ways"]
# Parts that stand on every page, or that a page shows only in the course of its work.
ELSEWHERE = {"count", "fields", "refusals", "submit", "way", "ways"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_each_language(new_app: Flask, language: str) -> None:
    open_patterns(new_app)
    page = browser(new_app).get(f"/-/patterns?lang={language}")
    assert page.status_code == 200
    html = page.get_data(as_text=True)
    assert f'<html lang="{language}"' in html
    assert html.count('class="paper"') >= 3


def test_every_macro_is_shown() -> None:
    page = (ROOT / "templates/demo/patterns.html").read_text("utf-8")
    for file in FILES:
        macros = (MACROS / f"{file}.html").read_text("utf-8")
        for name in re.findall(r"{%-? macro (\w+)", macros):
            if not name.startswith("_") and name not in ELSEWHERE:
                assert re.search(rf"\b{name}\(", page), f"{file}: {name}"


def test_each_picture_on_it_is_there(new_app: Flask) -> None:
    open_patterns(new_app)
    client = browser(new_app)
    html = client.get("/-/patterns").get_data(as_text=True)
    pictures = set(re.findall(r"/-/patterns/picture/[\w-]+\.svg", html))
    assert len(pictures) == 8
    for url in pictures:
        picture = client.get(url)
        assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert client.get("/-/patterns/picture/NIX-001.svg").status_code == 404


def test_a_shop_has_no_such_page(app: Flask) -> None:
    assert browser(app).get("/-/patterns").status_code == 404
