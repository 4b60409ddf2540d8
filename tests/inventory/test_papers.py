"""Slips, count sheets and labels through the door: who has them, and what they say."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import MakerText
from almakane.db import db, transaction
from almakane.gateways.documents import pictures
from almakane.gateways.sheet import Letterhead
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.deliveries import Delivered, receive_consignment, return_to_maker
from almakane.inventory.models import Consignment, LotKind, PlaceKind, ProductText
from almakane.inventory.paper import Count, count_sheet, delivery_slip, return_slip
from almakane.inventory.papers import (
    delivery_of,
    find_consignment,
    find_return,
    given_back,
    labels_of,
    to_count,
)
from almakane.inventory.services import set_up_places, transfer
from almakane.inventory.taking_in import Signed, sign, signed_lines_hash
from almakane.users.models import Role
from almakane.web.voices import voice
from tests.door import browser, come_in, make_person
from tests.factories import (
    NOW,
    Sold,
    a_deed,
    a_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    sell,
    the_site,
)

HEAD = Letterhead("Almakane", ("Médina",))
HAND = "M40 120L120 40L200 130L280 50L360 140L440 60"
Office = Callable[..., FlaskClient]


def the_hub() -> Hub:
    return db.session.scalars(select(Hub).filter_by(code="casa")).one()


@pytest.fixture
def office(app: Flask) -> Office:
    def open_it(role: Role = Role.HUB_STAFF) -> FlaskClient:
        make_person(app, "salma", role)
        client = browser(app)
        come_in(client, "salma")
        return client

    return open_it


def filled(app: Flask) -> dict[str, str]:
    """A delivery and a return of another maker's hub; gives their addresses."""
    with app.app_context(), transaction() as session:
        hub = the_hub()
        maker = make_maker(session, hub, artisans=2)
        lot = make_lot(
            session,
            hub,
            maker,
            mad(120),
            quantity=5,
            floor=mad(90),
            weights=dict.fromkeys(maker.artisans, 1),
        )
        session.add(ProductText(product_id=lot.product_id, language="ar", title="زلافة", story="s"))
        session.add(
            MakerText(maker_id=maker.id, language="ar", name="تعاونية", story="s", place="p")
        )
        back = return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 2)])
        number = session.get_one(Consignment, lot.consignment_id).number
        return {
            "lot": lot.code,
            "maker": maker.code,
            "slip": f"/consignments/{number}/slip.pdf",
            "return": f"/returns/{back.number}/slip.pdf",
            "count": f"/makers/{maker.code}/count.pdf",
            "labels": f"/labels.pdf?lots={lot.code}:3",
            "delivery": f"/labels.pdf?consignment={number}&sheet=roll-50x30",
            "commands": f"/labels.zpl?lots={lot.code}",
        }


PATHS = ("slip", "return", "count", "labels", "delivery", "commands")


@pytest.mark.parametrize("role", [Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT])
def test_the_office_has_every_paper_in_each_language(
    app: Flask, office: Office, role: Role
) -> None:
    client, there = office(role), filled(app)
    for name in PATHS:
        for language in ("fr", "ar", "en"):
            path = there[name]
            answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer.status_code == 200, path
            begin = b"^XA" if name == "commands" else b"%PDF-"
            assert answer.data.startswith(begin)
            assert "filename=" in answer.headers["Content-Disposition"]


def test_others_stay_outside(app: Flask) -> None:
    make_person(app, "amina", Role.CASHIER)
    there = filled(app)
    client = browser(app)
    come_in(client, "amina")
    for name in PATHS:
        assert browser(app).get(there[name]).status_code == 303
        assert client.get(there[name]).status_code == 403


def test_what_another_hub_has_is_not_there(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        other = open_hub(session, "fes", "Fès", sites={"medina": "Médina"})
        set_up_places(session, the_site(session, other).id)
        maker = make_maker(session, other)
        make_lot(session, other, maker, mad(7))  # so that its numbers are none of ours
        lot = make_lot(session, other, maker, mad(120), quantity=5)
        back = return_to_maker(session, a_deed(session, other), maker, [(lot.id, 1)])
        number, code = session.get_one(Consignment, lot.consignment_id).number, maker.code
        paths = (
            f"/consignments/{number}/slip.pdf",
            f"/returns/{back.number}/slip.pdf",
            f"/makers/{code}/count.pdf",
            f"/labels.pdf?lots={lot.code}",
            f"/labels.pdf?consignment={number}",
            f"/labels.zpl?lots={lot.code}",
        )
    for path in paths:
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "/consignments/BD-999999/slip.pdf",
        "/returns/BR-999999/slip.pdf",
        "/makers/NOBODY/count.pdf",
        "/labels.pdf",
        "/labels.pdf?lots=1",
        "/labels.pdf?lots=2000000000015:0",
        "/labels.pdf?lots=2000000000015:x",
        "/labels.pdf?lots=٢000000000015",
        "/labels.pdf?lots=9999999999999",
        "/labels.pdf?consignment=BD-999999",
        "/labels.zpl?lots=9999999999999",
    ],
)
def test_what_is_not_there_is_not_found(office: Office, path: str) -> None:
    assert office().get(path).status_code == 404


def test_a_sheet_that_nobody_knows_is_refused(app: Flask, office: Office) -> None:
    client, there = office(), filled(app)
    for wish in ("sheet=a5", "start=25", "sheet=roll-50x30&start=2"):
        assert client.get(f"{there['labels']}&{wish}").status_code == 422
    for wish in ("start=0", "start=x"):
        assert client.get(f"{there['labels']}&{wish}").status_code == 404
    assert client.get(f"{there['commands']}&dpi=1").status_code == 404


def test_a_slip_says_what_was_left_and_on_which_terms(app: Flask, office: Office) -> None:
    office()
    there = filled(app)
    with app.app_context():
        session, hub = db.session(), the_hub()
        consignment = find_consignment(session, hub.id, there["slip"].split("/")[2])
        assert consignment
        data = delivery_slip(delivery_of(session, consignment, "fr"), HEAD, "fr", voice("fr"))
    [row] = data["rows"]
    assert data["kind"] == "Bon de dépôt"
    assert row["code"] == there["lot"]
    assert row["cells"][:3] == ["5", "90,00", "25\u00a0%"]
    assert row["note"].startswith("Artisane")
    assert data["sum"][:2] == ["Lots\u00a0: 1", "5"]
    assert any("25\u00a0%" in line for line in data["words"])
    assert "Le déposant est payé." not in data["words"]  # for what is sold, and not before
    [paid] = [line for line in data["words"] if "versé" in line]
    assert "7 jours" in paid.replace("\u00a0", " ")
    assert "14 jours" in paid.replace("\u00a0", " ")


def test_bought_pieces_come_in_on_a_slip_of_purchase(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0))
        lot = make_lot(session, hub, maker, mad(800), quantity=3, unit_cost=mad(400))
        consignment = session.get_one(Consignment, lot.consignment_id)
        data = delivery_slip(delivery_of(session, consignment, "fr"), HEAD, "fr", voice("fr"))
    assert data["kind"] == "Bon d’achat"
    assert data["rows"][0]["cells"] == ["3", "400,00", "1\u00a0200,00"]
    assert data["sum"][-1] == "1\u00a0200,00"
    assert data["words"] == []


def test_a_return_slip_says_what_went_back(app: Flask, office: Office) -> None:
    office()
    there = filled(app)
    with app.app_context():
        session, hub = db.session(), the_hub()
        slip = find_return(session, hub.id, there["return"].split("/")[2])
        assert slip
        data = return_slip(given_back(session, slip, "ar"), HEAD, "ar", voice("ar"))
    [row] = data["rows"]
    assert data["kind"] == "وصل الإرجاع"
    assert "2" in row["cells"][0]
    assert row["cells"][1] == there["slip"].split("/")[2]
    assert "تعاونية" in data["about"]["name"]


def test_a_blind_count_does_not_say_how_many_there_are(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(100), quantity=61)
        gone = make_lot(session, hub, maker, mad(100))
        sell(session, hub, a_line(1, Sold(gone, mad(100), mad(100))))
        make_lot(session, hub, make_maker(session, hub), mad(100), quantity=77)
        deed = a_deed(session, hub)
        transfer(session, deed, lot.id, 20, PlaceKind.SHELF, PlaceKind.RESERVE)
        count = to_count(session, maker, "fr", NOW)
        code = lot.code
    blind = count_sheet(count, HEAD, "fr", voice("fr"))
    told = count_sheet(count, HEAD, "fr", voice("fr"), is_blind=False)
    assert [row["code"] for row in blind["rows"]] == [code, code]
    assert [row["cells"][0] for row in blind["rows"]] == ["Rayon", "Réserve"]
    assert not any("41" in row["cells"] for row in blind["rows"])
    assert [row["cells"][2] for row in told["rows"]] == ["41", "20"]
    for data in (blind, told, count_sheet(to_nothing(count), HEAD, "ar", voice("ar"))):
        assert pictures("count", data, 30)


def to_nothing(count: Count) -> Count:
    return replace(count, lines=())


def test_a_label_has_the_price_of_today_and_both_titles(app: Flask, office: Office) -> None:
    office()
    there = filled(app)
    with app.app_context():
        labels = labels_of(db.session(), the_hub(), [there["lot"]], lambda code: f"x/{code}")
    label = labels[there["lot"]]
    assert (label.title_ar, label.price, label.maker_ar) == ("زلافة", mad(120), "تعاونية")
    assert label.url == f"x/{there['maker']}"


def test_what_a_label_leads_to_is_the_makers_page(app: Flask, office: Office) -> None:
    office()
    there = filled(app)
    stranger = browser(app)
    page = stranger.get(f"/m/casa/{there['maker']}?lang=ar")
    assert page.status_code == 200
    assert "تعاونية" in page.get_data(as_text=True)
    for path in ("/m/casa/NOBODY", f"/m/nowhere/{there['maker']}"):
        assert stranger.get(path).status_code == 404


def test_a_long_delivery_repeats_its_head_and_ends_with_its_signatures(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(5), quantity=2)
        lines = [
            Delivered(lot.product_id, 2, LotKind.BATCH, title=f"Pièce {n} #[*x*]")
            for n in range(120)
        ]
        deed = a_deed(session, hub)
        consignment = receive_consignment(session, deed, maker, lines)
        papers = [
            delivery_slip(
                delivery_of(session, consignment, language), HEAD, language, voice(language)
            )
            for language in ("fr", "ar")
        ]
    for data in papers:
        assert 3 <= len(pictures("slip", data, 30)) <= 6


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_slip_bears_the_hand_that_signed_it_on_the_screen(books: Flask, language: str) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(90))
        consignment = session.get_one(Consignment, lot.consignment_id)
        lines = signed_lines_hash(session, consignment)
        say = voice(language)
        bare = delivery_slip(delivery_of(session, consignment, language), HEAD, language, say)
        sign(
            *(session, consignment, Signed("Zohra Alami", lines, "fr", NOW, HAND)),
            actor="hind",
            now=NOW,
        )
        data = delivery_slip(delivery_of(session, consignment, language), HEAD, language, say)
    assert "signed" not in bare
    assert "Zohra Alami" in data["signed"]["name"]
    assert "hind" in data["signed"]["when"]
    without = pictures("slip", data | {"signed": data["signed"] | {"mark": ""}})
    assert pictures("slip", data) != without != pictures("slip", bare)
