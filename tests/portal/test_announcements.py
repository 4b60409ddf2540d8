"""A maker says what she will bring; nothing of it is fixed until it is here."""

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import MultiDict

from almakane.db import db, transaction
from almakane.inventory.intake import begin_receiving, drop_intake
from almakane.inventory.models import Intake, IntakeLine, IntakeState, Product
from almakane.portal import reader as portal_reader
from tests.factories import NOW, TODAY, mad, make_hub, make_lot, make_maker
from tests.portal.test_pages import page, text
from tests.portal.world import let_in, reads

UID = "019a0000-0000-4000-8000-00000000abcd"


@pytest.fixture
def hassan(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A maker who has left a dish here before."""
    monkeypatch.setattr(portal_reader, "_now", lambda: NOW)
    with app.app_context():
        with transaction() as session:
            hub = make_hub(session)
            maker = make_maker(session, hub, artisans=1)
            make_lot(session, hub, maker, mad(180), quantity=4)
            let_in(session, "hassan", maker)
            let_in(session, "aicha", maker.artisans[0])
        db.session.remove()
    return reads(app, "hassan")


def a_product(app: Flask) -> Product:
    with app.app_context():
        product = db.session.query(Product).one()
        db.session.expunge(product)
        return product


def typed(*lines: dict[str, str], **more: str) -> dict[str, str]:
    """The form as a browser sends it."""
    fields = {
        f"lines-{n}-{name}": line.get(name, "")
        for n, line in enumerate(lines)
        for name in ("product", "title", "quantity", "price", "floor")
    }
    return {"uid": UID, "expected_on": "", "note": "", **fields, **more}


def told(app: Flask) -> list[tuple[int | None, str, int | None, int | None, int]]:
    with app.app_context():
        lines = db.session.query(IntakeLine).order_by(IntakeLine.id)
        return [(n.product_id, n.title, n.announced, n.price, n.floor) for n in lines]


def test_what_was_here_before_and_what_is_new_are_announced_together(
    app: Flask, hassan: FlaskClient
) -> None:
    product = a_product(app)
    form = page(hassan, f"/announcements/new?product={product.code}")
    assert f'<option selected value="{product.id}">' in form
    data = typed(
        {"product": str(product.id), "quantity": "6"},
        {"title": "Vase bleu", "price": "٢٥٠", "floor": "200,50"},
        {},
        expected_on=f"{TODAY + timedelta(days=3):%Y-%m-%d}",
        note="Je viens le matin.",
    )
    answer = hassan.post("/portal/announcements", data=data)
    assert answer.status_code == 303
    assert told(app) == [(product.id, "", 6, None, 0), (None, "Vase bleu", 1, 25_000, 20_050)]
    said = text(page(hassan, answer.location.removeprefix("/portal")))
    assert "You bring on Monday 23 November" in said
    assert "Vase bleu price 250.00 · not below 200.50 1" in said
    assert "Je viens le matin." in said
    assert "the house waits for it" in text(page(hassan, "/deliveries"))


def test_it_is_announced_once_however_often_it_is_sent(app: Flask, hassan: FlaskClient) -> None:
    for _ in range(3):
        data = typed({"title": "Vase"})
        assert hassan.post("/portal/announcements", data=data).status_code == 303
    assert len(told(app)) == 1


def test_one_more_line_keeps_what_was_typed_and_tells_nobody(
    app: Flask, hassan: FlaskClient
) -> None:
    data = typed({"title": "Vase bleu", "price": "x"}, more="1")
    answer = hassan.post("/portal/announcements", data=data)
    assert answer.status_code == 200
    html = answer.get_data(as_text=True)
    assert 'value="Vase bleu"' in html
    assert 'name="lines-1-title"' in html
    assert f'value="{UID}"' in html
    assert told(app) == []


UNFIT: tuple[tuple[dict[str, str], dict[str, str], str], ...] = (
    ({}, {}, "Say what you will bring."),
    ({"quantity": "3"}, {}, "Say what it is."),
    ({"title": "Vase", "quantity": "0"}, {}, "The quantity is 1 to 1 000 000."),
    ({"title": "Vase", "quantity": "1000001"}, {}, "The quantity is 1 to 1 000 000."),
    ({"title": "Vase", "price": "10", "floor": "11"}, {}, "above the price"),
    ({"title": "Vase", "price": "dix"}, {}, "Vase"),
    ({"title": "V" * 121}, {}, "at most 120 characters"),
    ({"title": "a\0b"}, {}, "cannot be kept"),
    ({"product": "999999"}, {}, "no such product"),
    ({"product": "x"}, {}, "no such product"),
    ({"title": "Vase"}, {"expected_on": "2026-11-19"}, "That day is over."),
    ({"title": "Vase"}, {"expected_on": "demain"}, "Vase"),
    ({"title": "Vase"}, {"note": "n" * 501}, "at most 500 characters"),
    ({"title": "Vase"}, {"uid": ""}, "missing"),
    ({"title": "Vase"}, {"uid": "u" * 99}, "too long"),
)


def test_what_cannot_be_kept_is_said_at_its_field_and_nothing_is_lost(
    app: Flask, hassan: FlaskClient
) -> None:
    for line, more, words in UNFIT:
        answer = hassan.post("/portal/announcements", data=typed(line, **more))
        assert answer.status_code == 422, (line, more)
        html = answer.get_data(as_text=True)
        assert words in html, (line, more)
        if line.get("title") == "Vase":
            assert 'value="Vase"' in html
    assert told(app) == []


def test_names_of_fields_that_only_look_like_ours_are_passed_over(
    app: Flask, hassan: FlaskClient
) -> None:
    odd = {f"lines-{n}-title": "x" for n in ("²", "٣", "9" * 5_000, "-1")}
    data = {**typed({"title": "Vase"}), **odd}
    assert hassan.post("/portal/announcements", data=data).status_code == 303
    assert [title for _, title, *_ in told(app)] == ["Vase"]


def test_more_lines_than_a_form_has_are_not_taken(app: Flask, hassan: FlaskClient) -> None:
    data = typed(*({"title": f"Vase {n}"} for n in range(40)))
    assert hassan.post("/portal/announcements", data=data).status_code == 303
    assert len(told(app)) == 30
    data = MultiDict([("lines-x-title", "Vase"), ("lines--1-title", "Vase"), ("uid", UID)])
    assert hassan.post("/portal/announcements", data=data).status_code in (303, 422)


def test_an_announcement_is_taken_back_until_it_is_counted(app: Flask, hassan: FlaskClient) -> None:
    hassan.post("/portal/announcements", data=typed({"title": "Vase"}))
    with app.app_context(), transaction() as session:
        intake = session.query(Intake).one()
        number = intake.id
        begin_receiving(session, intake, NOW)
    answer = hassan.post(f"/portal/announcements/{number}/withdrawal")
    assert answer.status_code == 422
    assert "talk to us" in answer.get_data(as_text=True)
    assert "I do not bring it" not in page(hassan, f"/announcements/{number}")

    again = typed({"title": "Vase"}, uid=UID.replace("abcd", "abce"))
    path = hassan.post("/portal/announcements", data=again).location
    for _ in range(2):
        assert hassan.post(f"{path}/withdrawal").status_code == 303
    assert "called off" in text(page(hassan, path.removeprefix("/portal")))


def test_what_the_house_wrote_down_itself_is_no_announcement(
    app: Flask, hassan: FlaskClient
) -> None:
    hassan.post("/portal/announcements", data=typed({"title": "Vase"}))
    with app.app_context(), transaction() as session:
        intake = session.query(Intake).one()
        intake.by_maker = False
        number = intake.id
        drop_intake(session, intake, "secret", by="salma", now=NOW)
        assert intake.state is IntakeState.DROPPED
    assert hassan.get(f"/portal/announcements/{number}").status_code == 404
    assert "secret" not in page(hassan, "/deliveries")


def test_a_member_announces_nothing(app: Flask, hassan: FlaskClient) -> None:
    member = reads(app, "aicha")
    assert member.get("/portal/announcements/new").status_code == 403
    assert member.post("/portal/announcements", data=typed({"title": "x"})).status_code == 403
    assert told(app) == []


def a_photograph(colour: str = "teal") -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (600, 800), colour).save(buffer, "JPEG")
    buffer.seek(0)
    return buffer


def keys(app: Flask) -> list[str | None]:
    with app.app_context():
        return [line.photo_key for line in db.session.query(IntakeLine).order_by(IntakeLine.id)]


def test_a_photograph_goes_with_what_is_announced_and_is_shown_with_it(
    app: Flask, hassan: FlaskClient
) -> None:
    data = typed({"title": "Vase"}, {}) | {
        "lines-0-picture": (a_photograph(), "vase.jpg"),
        "lines-1-picture": (a_photograph("navy"), "another.jpg"),  # which says enough by itself
    }
    answer = hassan.post("/portal/announcements", data=data)
    assert answer.status_code == 303, answer.text
    html = page(hassan, answer.location.removeprefix("/portal"))
    assert all(key and f"/media/{key}-400.webp" in html for key in keys(app))
    assert len(keys(app)) == 2


def test_a_photograph_stays_while_another_line_is_added_or_mended(
    app: Flask, hassan: FlaskClient
) -> None:
    sent = {"lines-0-picture": (a_photograph(), "vase.jpg")}
    more = hassan.post("/portal/announcements", data=typed({"title": "V"}, more="1") | sent)
    kept = re.search(r'name="lines-0-photo_kept" type="hidden" value="([^"]+)"', more.text)
    assert kept
    again = typed({"title": "V", "price": "x"}) | {"lines-0-photo_kept": kept[1]}
    wrong = hassan.post("/portal/announcements", data=again)
    assert (wrong.status_code, kept[1] in wrong.text) == (422, True)
    again["lines-0-price"] = "20"
    assert hassan.post("/portal/announcements", data=again).status_code == 303
    assert keys(app)[0]


def test_a_file_that_is_no_photograph_is_told_at_its_line(app: Flask, hassan: FlaskClient) -> None:
    data = typed({"title": "Vase"}) | {"lines-0-picture": (io.BytesIO(b"%PDF"), "vase.jpg")}
    answer = hassan.post("/portal/announcements", data=data)
    assert answer.status_code == 422
    assert "This is no photograph" in answer.text.partition('id="lines-0-picture-error"')[2][:200]
    assert 'value="Vase"' in answer.text
    assert told(app) == []
