"""A photograph on a delivery's line: kept with it, and the first one of its product."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from almakane.cooperatives.models import Amendment, Maker
from almakane.db import db, transaction
from almakane.gateways.media import MOST_BYTES
from almakane.hubs.models import Hub
from almakane.inventory.models import Intake, IntakeLine, Photo
from almakane.settings import Settings
from tests.door import browser, come_in, make_person
from tests.factories import mad, make_lot, make_maker, new_uid


def a_photograph(colour: str = "teal", size: tuple[int, int] = (900, 1200)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    make_person(app)
    client = browser(app)
    come_in(client)
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def maker(app: Flask, office: FlaskClient) -> Maker:
    with app.app_context(), transaction() as session:
        return make_maker(session, session.query(Hub).one(), artisans=1)


def a_bowl(key: str = "k1", photo: bytes | None = None, **changed: Any) -> dict[str, Any]:
    line: dict[str, Any] = {
        **{"key": key, "title": "Bol bleu", "quantity": "1", "price": "180", "floor": ""},
        **{"category": "pottery", "tax_class": "standard"},
    }
    if photo is not None:
        line["picture"] = (io.BytesIO(photo), "IMG_0001.JPG")
    return line | changed


def sent(office: FlaskClient, path: str, data: dict[str, Any]) -> TestResponse:
    answer = office.post(path, data=data)
    answer.request.environ["wsgi.input"].close()  # a large one is a file of the test's own
    return answer


def begin(office: FlaskClient, maker: Maker, photo: bytes | None = None) -> str:
    told = a_bowl(photo=photo, maker=maker.code, uid=new_uid())
    answer = office.post("/deliveries", data=told)
    assert answer.status_code == 303, answer.text
    return str(answer.location).removesuffix("#bench")


def keys(app: Flask) -> list[str | None]:
    with app.app_context():
        return [line.photo_key for line in db.session.query(IntakeLine).order_by(IntakeLine.id)]


def shown(app: Flask) -> dict[str, list[str]]:
    """Product's code to the keys of its photographs."""
    with app.app_context():
        found: dict[str, list[str]] = {}
        for photo in db.session.query(Photo).order_by(Photo.position, Photo.id):
            found.setdefault(str(photo.product_id), []).append(photo.key)
        return found


def kept_in(answer: TestResponse) -> str:
    found = re.search(r'name="photo_kept" type="hidden" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def test_a_photograph_is_kept_with_its_line_and_becomes_the_first_of_its_product(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker, a_photograph())
    [key] = keys(app)
    assert key
    page = office.get(here).text
    assert f"/media/{key}-400.webp" in page
    with office.get(f"/media/{key}-400.webp") as file:
        assert file.status_code == 200
    office.post(f"{here}/signature", data={"how": "paper"})
    [photos] = shown(app).values()
    assert photos == [key]
    with app.app_context():
        assert [a.what for a in db.session.query(Amendment)] == ["photos_added"]


def test_a_product_that_shows_one_already_keeps_it(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker, a_photograph())
    office.post(f"{here}/signature", data={"how": "paper"})
    before = shown(app)
    [product_id] = before
    uid = new_uid()
    again = a_bowl(
        "s", a_photograph("navy"), product_id=product_id, title="", maker=maker.code, uid=uid
    )
    there = office.post("/deliveries", data=again).location.removesuffix("#bench")
    assert office.post(f"{there}/signature", data={"how": "paper"}).status_code == 303
    assert shown(app) == before


def test_lines_alike_share_a_product_and_the_first_photograph(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker, a_photograph())
    office.post(f"{here}/lines", data=a_bowl("k2", a_photograph("navy")))
    office.post(f"{here}/signature", data={"how": "paper"})
    assert list(shown(app).values()) == [[keys(app)[0]]]


WRONG = {
    "no picture": (b"%PDF-1.7", "This is no photograph"),
    "cut short": (a_photograph()[:900], "This picture cannot be read"),
    "nothing": (b"", "This file is empty"),
    "too small": (a_photograph(size=(90, 90)), "too small"),
    "an iPhone's own": (b"\0\0\0\x18ftypheic" + b"\0" * 64, "HEIC"),
    "too large": (b"\xff\xd8\xff" + b"\0" * MOST_BYTES, "larger than 12 MB"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_picture_that_is_none_is_told_at_its_field_and_all_that_was_typed_stays(
    app: Flask, office: FlaskClient, maker: Maker, name: str
) -> None:
    here = begin(office, maker)
    content, said = WRONG[name]
    answer = sent(office, f"{here}/lines", a_bowl("k2", content, note="from the kiln"))
    assert answer.status_code == 422
    field = answer.text.partition('id="picture-error"')[2][:300]
    assert said in field
    assert 'value="Bol bleu"' in answer.text
    assert "from the kiln" in answer.text
    assert len(keys(app)) == 1
    first = a_bowl("k1", content, maker=maker.code, uid=new_uid())
    assert sent(office, "/deliveries", first).status_code == 422
    with app.app_context():
        assert db.session.query(Intake).count() == 1


def test_what_is_beyond_all_measure_is_refused_without_being_read(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    answer = office.post(
        f"{here}/lines",
        data=b"x",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
        environ_overrides={"CONTENT_LENGTH": str(900 * 1024 * 1024)},
    )
    assert answer.status_code == 422
    assert "more than we take at once" in answer.text


def test_a_photograph_outlives_a_form_that_is_refused_for_something_else(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    answer = office.post(f"{here}/lines", data=a_bowl("k2", a_photograph(), price="?"))
    assert answer.status_code == 422
    assert "-400.webp" in answer.text
    mended = a_bowl("k2", photo_kept=kept_in(answer))
    assert office.post(f"{here}/lines", data=mended).status_code == 303
    assert keys(app)[1]


def test_nobody_names_a_picture_that_did_not_come_with_the_form(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    for n, forged in enumerate(("../../etc/passwd", '["' + "a" * 32 + '",1,1].x', "a" * 5000)):
        office.post(f"{here}/lines", data=a_bowl(f"f{n}", photo_kept=forged))
    assert keys(app) == [None] * 4


def test_a_photograph_changes_goes_and_is_brought_back(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker, a_photograph())
    [first] = keys(app)
    with app.app_context():
        at = f"{here}/lines/{db.session.query(IntakeLine).one().id}"
    form = office.get(at)
    assert "Without this photograph" in form.text
    kept = kept_in(form)
    office.post(at, data=a_bowl(photo_kept=kept, quantity="2"))
    assert keys(app) == [first]
    office.post(at, data=a_bowl(photo=a_photograph("navy"), photo_kept=kept))
    [second] = keys(app)
    assert second not in (None, first)
    office.post(at, data=a_bowl(photo_kept=kept, without_photo="y"))
    assert keys(app) == [None]
    office.post(f"{at}/restoration")
    assert keys(app) == [second]


def test_the_first_photograph_of_a_known_piece_comes_with_its_next_delivery(
    app: Flask, office: FlaskClient, maker: Maker, settings: Settings
) -> None:
    with app.app_context(), transaction() as session:
        hub = session.query(Hub).one()
        product_id = make_lot(session, hub, session.get_one(Maker, maker.id), mad(90)).product_id
    told = a_bowl("s", a_photograph(), product_id=product_id, title="")
    there = office.post("/deliveries", data=told | {"maker": maker.code, "uid": new_uid()})
    here = there.location.removesuffix("#bench")
    office.post(f"{here}/signature", data={"how": "paper"})
    assert shown(app) == {str(product_id): keys(app)}
    files = {file.name.partition("-")[0] for file in (settings.data_dir / "media").iterdir()}
    assert files == {keys(app)[0]}  # no file that came is kept as it came
