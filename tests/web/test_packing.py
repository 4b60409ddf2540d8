"""Texts for everybody go out packed, and hold the same; what one person sees never does."""

import gzip

import pytest
from flask.testing import FlaskClient

from almakane.db import transaction
from tests.factories import make_hub

TAKES = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def street(client: FlaskClient) -> FlaskClient:
    with client.application.app_context(), transaction() as session:
        make_hub(session)
    return client


def test_a_page_for_everybody_is_packed_and_says_the_same(street: FlaskClient) -> None:
    plain = street.get("/fr/")
    packed = street.get("/fr/", headers=TAKES)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert 3 * len(packed.data) < len(plain.data)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_packed_page_that_the_browser_has_is_not_sent_again(street: FlaskClient) -> None:
    tag = street.get("/fr/", headers=TAKES).headers["ETag"]
    again = street.get("/fr/", headers={**TAKES, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("refused", ["", "identity", "gzip;q=0", "br"])
def test_a_browser_that_takes_no_gzip_gets_none(street: FlaskClient, refused: str) -> None:
    for path in ("/fr/", "/static/css/tokens.css?v=1"):
        answer = street.get(path, headers={"Accept-Encoding": refused})
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
        answer.close()


def test_sheets_and_drawings_are_packed_once_and_hold_the_same(client: FlaskClient) -> None:
    paths = ("/static/css/tokens.css?v=1", "/static/pictures/crafts/rug.svg", "/sheets/tokens.css")
    for path in paths:
        plain = client.get(path, buffered=True)
        assert "Accept-Encoding" in plain.headers["Vary"], path
        for _ in range(2):
            packed = client.get(path, headers=TAKES, buffered=True)
            assert packed.headers["Content-Encoding"] == "gzip", path
            assert int(packed.headers["Content-Length"]) == len(packed.data)
            assert gzip.decompress(packed.data) == plain.data


def test_letters_are_packed_already_and_a_part_of_a_file_stays_a_part(client: FlaskClient) -> None:
    face = "/static/vendor/figtree-5.3.0/figtree-latin-wght-normal.woff2"
    letters = client.get(face, headers=TAKES, buffered=True)
    assert letters.data.startswith(b"wOF2")
    assert "Content-Encoding" not in letters.headers
    part = client.get(
        "/static/css/tokens.css", headers={**TAKES, "Range": "bytes=0-9"}, buffered=True
    )
    assert len(part.data) == 10
    assert "Content-Encoding" not in part.headers


def test_what_one_person_sees_is_never_packed(street: FlaskClient) -> None:
    street.set_cookie("almakane-basket", "somebody's")
    for path in ("/fr/", "/basket", "/sign-in"):
        answer = street.get(path, headers=TAKES)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers, path
