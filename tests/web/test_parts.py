"""What parts of the look ask of Python: a signature, a part of a page, words in passing."""

import re

import pytest
from flask import Blueprint, Flask, flash
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from almakane.web import go_to, is_fragment_asked, public
from almakane.web.forms import STROKES, Form, Signature
from tests.door import browser

pytestmark = pytest.mark.engines("sqlite")

STROKE = "M10 20L10 20L600 200M0 0L5 5"


class Signed(Form):
    hand = Signature()


def signed(app: Flask, text: str) -> Signed:
    with app.test_request_context():
        form = Signed(MultiDict({"hand": text}))
        form.validate()
        return form


def test_a_signature_is_strokes_and_may_be_left_out(app: Flask) -> None:
    for text in ("", STROKE):
        form = signed(app, text)
        assert (form.hand.data, list(form.hand.errors)) == (text, [])


@pytest.mark.parametrize(
    "text",
    [
        'M0 0L1 1"/><script>',
        "M0 0",
        "L1 1",
        "M0 0C1 1 2 2 3 3",
        "M1000 0L1 1",
        "M٣ 0L1 1",
        STROKE * 3000,
    ],
)
def test_what_is_no_signature_is_refused_and_not_kept(app: Flask, text: str) -> None:
    form = signed(app, text)
    assert form.hand.data == ""
    assert len(form.hand.errors) == 1


@given(st.text(alphabet='ML 0123456789"<>/', max_size=60))
def test_whatever_is_sent_only_strokes_are_taken_for_a_signature(text: str) -> None:
    if STROKES.fullmatch(text):
        assert re.fullmatch(r"[ML0-9 ]*", text)
        assert text.count("M") <= text.count("L")


@pytest.fixture
def parts(new_app: Flask) -> Flask:
    """A page that gives htmx a part of itself."""
    bp = Blueprint("parts", __name__, url_prefix="/parts")
    bp.before_request(public)

    @bp.get("")
    def show_parts() -> str:
        return "part" if is_fragment_asked() else "whole"

    @bp.post("")
    def create_part() -> Response:
        return go_to("/parts")

    @bp.post("/toast")
    def create_toast() -> Response:
        flash({"words": "It is <gone>.", "undo": "/parts"}, "toast")  # type: ignore[arg-type]
        return go_to("/sign-in")

    new_app.register_blueprint(bp)
    return new_app


def test_a_part_is_sent_to_who_asks_for_it_and_caches_are_told(parts: Flask) -> None:
    client = browser(parts)
    whole, part = client.get("/parts"), client.get("/parts", headers={"HX-Request": "true"})
    assert (whole.get_data(as_text=True), part.get_data(as_text=True)) == ("whole", "part")
    assert "HX-Request" in whole.vary
    assert "HX-Request" in part.vary
    assert "HX-Request" not in client.get("/").vary


def test_after_a_deed_a_script_is_sent_on_as_a_browser_is(parts: Flask) -> None:
    client = browser(parts)
    assert client.post("/parts").status_code == 303
    answer = client.post("/parts", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/parts")


def test_a_script_is_sent_to_addresses_of_any_letters(parts: Flask) -> None:
    data, headers = {"theme": "dark", "next": "/ع"}, {"HX-Request": "true"}
    answer = browser(parts).post("/theme", data=data, headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/%D8%B9")


def test_what_is_said_in_passing_has_its_way_back(parts: Flask) -> None:
    client = browser(parts)
    client.post("/parts/toast")
    html = client.get("/sign-in").get_data(as_text=True)
    assert "It is &lt;gone&gt;." in html
    assert '<form method="post" action="/parts">' in html
