"""The pages of deliveries: written down on a phone, signed on it, and nothing typed is lost."""

import re
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from almakane.cooperatives.agreement import Bearer, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import agree
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.inventory.intake import Brought, announce_delivery, lines_of, start_intake
from almakane.inventory.models import (
    Consignment,
    ConsignmentSignature,
    Intake,
    IntakeState,
    Lot,
    TaxClass,
)
from tests.counting import counted
from tests.door import browser, come_in, make_person
from tests.factories import NOW, TODAY, mad, make_lot, make_maker, new_uid


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    """Somebody of the hub's staff, signed in, reading English."""
    make_person(app)
    client = browser(app)
    come_in(client)
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def maker(app: Flask, office: FlaskClient) -> Maker:
    with app.app_context(), transaction() as session:
        maker = make_maker(session, session.query(Hub).one(), artisans=2)
        assert len(maker.artisans) == 2
        return maker


def begin(office: FlaskClient, maker: Maker) -> str:
    """The address of a delivery that has just begun, its first line taken out again."""
    with office.application.app_context(), transaction() as session:
        ours = session.get_one(Maker, maker.id)
        begun = start_intake(session, ours, "salma", uid=new_uid(), now=NOW)
        return f"/deliveries/{begun.id}"


def a_bowl(key: str = "k1", **changed: Any) -> dict[str, Any]:
    line = {
        "key": key,
        "title": "Bol bleu",
        "quantity": "3",
        "price": "180,50",
        "floor": "150",
        "category": "pottery",
        "tax_class": "standard",
    }
    return line | changed


def intake(app: Flask) -> Any:
    with app.app_context():
        one = db.session.query(Intake).order_by(Intake.id.desc()).limit(1).one()
        lines = lines_of(db.session(), one)
        db.session.expunge_all()
        return one, lines


def begun(app: Flask) -> list[int]:
    with app.app_context():
        return [one.id for one in db.session.query(Intake).order_by(Intake.id)]


def text_of(answer: TestResponse) -> str:
    """What one reads, without marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


# Beginning


def test_a_maker_is_found_by_a_few_letters(office: FlaskClient, maker: Maker) -> None:
    name = maker.name.split()[-1]
    assert maker.name in office.get(f"/deliveries/new?q=coop {name}").text
    assert "No maker is called like that." in office.get("/deliveries/new?q=zzz").text


def test_a_delivery_begins_with_its_first_line_and_not_before(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    page = office.get(f"/deliveries/new?maker={maker.code}")
    assert page.status_code == 200
    assert "begins with its first line" in text_of(page)
    assert not begun(app)
    told = a_bowl(maker=maker.code, uid=new_uid())
    nothing = office.post("/deliveries", data=told | {"title": ""})
    assert nothing.status_code == 422
    assert "Write what it is called." in text_of(nothing)
    assert 'value="180,50"' in nothing.text
    assert told["uid"] in nothing.text
    assert not begun(app)
    one, two = (office.post("/deliveries", data=told).location for _ in range(2))
    assert one == f"/deliveries/{begun(app)[0]}#bench"
    assert (one, len(begun(app)), len(intake(app)[1])) == (two, 1, 1)
    assert "On the table" in office.get("/deliveries").text


def test_with_htmx_the_first_line_leads_to_the_address_of_the_delivery(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    told = a_bowl(maker=maker.code, uid=new_uid())
    answer = office.post("/deliveries", data=told, headers={"HX-Request": "true"})
    [number] = begun(app)
    assert answer.headers["HX-Replace-Url"] == f"/deliveries/{number}"
    assert f'action="/deliveries/{number}/lines"' in answer.text


def test_a_known_piece_may_be_the_first_line(app: Flask, office: FlaskClient, maker: Maker) -> None:
    with app.app_context(), transaction() as session:
        hub = session.query(Hub).one()
        code = make_lot(session, hub, session.get_one(Maker, maker.id), mad(500)).code
    page = office.get(f"/deliveries/new?maker={maker.code}&scan={code}").text
    product = re.search(r'name="product_id" type="hidden" value="(\d+)"', page)
    assert product
    told = {"key": "k", "product_id": product[1], "quantity": "2", "uid": new_uid()}
    assert office.post("/deliveries", data=told | {"maker": maker.code}).status_code == 303
    assert intake(app)[1][0].counted == 2


def test_a_delivery_may_begin_with_a_spreadsheet_that_can_be_read(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    told = {"maker": maker.code, "uid": new_uid()}
    assert maker.code in office.get(f"/deliveries/new/sheet?maker={maker.code}").text
    assert office.get("/deliveries/new/sheet?maker=NOBODY").location == "/deliveries/new"

    def bring(content: bytes) -> TestResponse:
        return office.post(
            "/deliveries/new/sheet", data=told | {"sheet": (BytesIO(content), "pieces.csv")}
        )

    assert bring(b"%PDF-1.7").status_code == 422
    assert not begun(app)
    answer = bring(b"titre;prix\nBol;180\n")
    assert (answer.status_code, answer.location) == (303, f"/deliveries/{begun(app)[0]}/sheets/1")


@pytest.mark.parametrize(
    "told",
    [{}, {"maker": "NOBODY", "uid": "x"}, {"uid": "x"}, {"maker": "M", "uid": ""}],
)
def test_a_delivery_of_nobody_is_refused(
    app: Flask, office: FlaskClient, maker: Maker, told: dict[str, str]
) -> None:
    if told.get("maker") == "M":
        told = told | {"maker": maker.code}
    assert office.post("/deliveries", data=a_bowl(**told)).status_code == 422
    assert not begun(app)


# Lines


def test_a_line_is_written_down_in_dirhams(app: Flask, office: FlaskClient, maker: Maker) -> None:
    here = begin(office, maker)
    one, two = maker.artisans
    told = a_bowl(artisan=[one.id, two.id], **{f"weight-{one.id}": "2", f"weight-{two.id}": "1"})
    assert office.post(f"{here}/lines", data=told).status_code == 303
    _intake, [line] = intake(app)
    assert (line.price, line.floor, line.counted) == (18_050, mad(150), 3)
    assert {made.artisan_id: made.weight for made in line.artisans} == {one.id: 2, two.id: 1}
    page = text_of(office.get(here))
    assert "Bol bleu" in page
    assert "541.50" in page  # what three of them cost


def test_a_line_sent_twice_is_there_once(app: Flask, office: FlaskClient, maker: Maker) -> None:
    here = begin(office, maker)
    for _ in range(2):
        office.post(f"{here}/lines", data=a_bowl())
    assert len(intake(app)[1]) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"quantity": ""}, "Something is missing here."),
        ({"quantity": "many"}, "This is not a number of pieces: write it like 12."),
        ({"quantity": "0"}, "The quantity is 1 to 1 000 000."),
        ({"quantity": "9999999"}, "The quantity is 1 to 1 000 000."),
        ({"price": "-3"}, "This is not an amount"),
        ({"price": "1.234"}, "This may be two amounts"),
        ({"floor": "x"}, "This is not an amount"),
        ({"title": "x" * 130}, "This text is too long: at most 120 characters."),
        ({"title": "a\u202eb"}, "This text holds a character that cannot be kept"),
        ({"category": "motors"}, "Not a valid choice"),
        ({"product_id": "999999"}, "This maker has no such product."),
        ({"artisan": "999999"}, "Somebody here is not this maker’s."),
    ],
)
def test_what_cannot_be_kept_is_said_and_all_that_was_typed_stays(
    app: Flask, office: FlaskClient, maker: Maker, typed: dict[str, str], said: str
) -> None:
    here = begin(office, maker)
    answer = office.post(f"{here}/lines", data=a_bowl(note="from the kiln", **typed))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "from the kiln" in answer.text
    assert not intake(app)[1]


def test_a_part_that_is_none_is_said_and_stays(office: FlaskClient, maker: Maker) -> None:
    here = begin(office, maker)
    who = maker.artisans[0].id
    answer = office.post(f"{here}/lines", data=a_bowl(artisan=who, **{f"weight-{who}": "half"}))
    assert answer.status_code == 422
    assert 'value="half"' in answer.text


def test_digits_of_another_script_are_read(app: Flask, office: FlaskClient, maker: Maker) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl(quantity="١٢", price="١٨٠٫٥٠", floor="۱۵۰"))
    [line] = intake(app)[1]
    assert (line.counted, line.price, line.floor) == (12, 18_050, mad(150))


def test_with_htmx_the_bench_comes_back_alone(office: FlaskClient, maker: Maker) -> None:
    here = begin(office, maker)
    asked = {"HX-Request": "true"}
    answer = office.post(f"{here}/lines", data=a_bowl(), headers=asked)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="bench"' in answer.text
    wrong = office.post(f"{here}/lines", data=a_bowl("k2", price="?"), headers=asked)
    assert (wrong.status_code, "<html" in wrong.text) == (422, False)


def test_the_same_again_is_the_line_before_but_for_its_key(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl(reference="A-1"))
    [line] = intake(app)[1]
    page = office.get(f"{here}?like={line.id}").text
    assert 'value="Bol bleu"' in page
    assert 'value="180.50"' in page
    assert 'value="k1"' not in page
    assert 'value="A-1"' not in page


def test_a_scanned_piece_comes_again_with_its_floor_and_its_makers(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    with app.app_context(), transaction() as session:
        hub = session.query(Hub).one()
        ours = session.get_one(Maker, maker.id)
        lot = make_lot(session, hub, ours, mad(500), floor=mad(420), weights={ours.artisans[0]: 3})
        other = make_lot(session, hub, make_maker(session, hub), mad(90))
        code, product_id, theirs = lot.code, lot.product_id, other.code
    here = begin(office, maker)
    page = office.get(f"{here}?scan={code}").text
    assert f'name="product_id" type="hidden" value="{product_id}"' in page
    assert 'value="420"' in page
    assert "another maker" in text_of(office.get(f"{here}?scan={theirs}"))
    assert "No piece here has this code." in text_of(office.get(f"{here}?scan=nothing"))
    office.post(f"{here}/lines", data={"key": "s", "product_id": product_id, "quantity": "2"})
    [line] = intake(app)[1]
    assert (line.product_id, line.counted) == (product_id, 2)


def test_a_line_is_corrected_taken_out_and_both_are_undone(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl())
    [line] = intake(app)[1]
    at = f"{here}/lines/{line.id}"
    assert 'value="Bol bleu"' in office.get(at).text
    office.post(at, data=a_bowl(quantity="5"))
    assert intake(app)[1][0].counted == 5
    assert f'action="{at}/restoration"' in office.get(here).text
    office.post(f"{at}/restoration")
    assert intake(app)[1][0].counted == 3
    office.post(f"{at}/removal")
    assert not intake(app)[1]
    office.post(f"{at}/restoration")
    assert len(intake(app)[1]) == 1


def test_lines_stand_fifty_to_a_page_and_ask_no_more_of_the_database(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    for n in range(3):
        office.post(f"{here}/lines", data=a_bowl(f"k{n}"))
    with app.app_context():
        engine = db.engine
    if engine.dialect.name != "sqlite":
        return
    with counted(engine) as few:
        office.get(here)
    for n in range(3, 60):
        office.post(f"{here}/lines", data=a_bowl(f"k{n}"))
    with counted(engine) as many:
        office.get(here)
    assert len(many) == len(few) <= 30
    assert office.get(f"{here}?page=2").text.count("Bol bleu") >= 10
    assert office.get(f"{here}?page=3").status_code == 404


# Announced


@pytest.fixture
def announced(app: Flask, maker: Maker) -> str:
    """The address of a delivery that the maker announced: a known piece, and a new one."""
    with app.app_context(), transaction() as session:
        hub = session.query(Hub).one()
        ours = session.get_one(Maker, maker.id)
        lot = make_lot(session, hub, ours, mad(500))
        lines = [
            Brought("a", quantity=12, product_id=lot.product_id),
            Brought(
                "b",
                quantity=2,
                title="Plat",
                category="pottery",
                price=mad(90),
                tax_class=TaxClass.STANDARD,
            ),
        ]
        told = announce_delivery(
            *(session, ours, lines, "nadia"),
            uid=new_uid(),
            now=NOW,
            expected_on=date(2026, 11, 28),
            note="Two plates have a flaw",
            by_maker=True,
        )
        return f"/deliveries/{told.id}"


def test_what_was_announced_is_counted_and_what_differs_is_shown(
    app: Flask, office: FlaskClient, announced: str
) -> None:
    assert "Two plates have a flaw" in office.get(announced).text
    assert "Announced by the maker" in text_of(office.get("/deliveries"))
    office.post(f"{announced}/arrival")
    assert "Announced by the maker" in text_of(office.get("/deliveries"))
    assert "nadia" not in text_of(office.get("/deliveries"))  # an account that nobody types
    _intake, (bowls, _plates) = intake(app)
    wrong = office.post(f"{announced}/lines/{bowls.id}/count", data={"counted": "some"})
    assert wrong.status_code == 422
    assert 'value="some"' in wrong.text
    office.post(f"{announced}/lines/{bowls.id}/count", data={"counted": "10"})
    assert "announced: 12" in text_of(office.get(announced))
    office.post(f"{announced}/counts")
    _intake, lines = intake(app)
    assert [line.counted for line in lines] == [10, 2]
    taken = office.post(f"{announced}/signature", data={"how": "paper"})
    assert "announced 12, counted 10" in text_of(office.get(taken.location))


def test_a_scan_of_what_was_announced_leads_to_its_line(
    app: Flask, office: FlaskClient, announced: str
) -> None:
    office.post(f"{announced}/arrival")
    with app.app_context():
        code = db.session.query(Lot).one().code
    _intake, (bowls, _plates) = intake(app)
    assert office.get(f"{announced}?scan={code}").location == f"{announced}/lines/{bowls.id}"


def test_a_delivery_is_called_off_and_says_why(
    app: Flask, office: FlaskClient, announced: str
) -> None:
    assert "Call off the delivery" in office.get(f"{announced}/dropping").text
    assert office.post(f"{announced}/dropping", data={"why": "x" * 300}).status_code == 422
    office.post(f"{announced}/dropping", data={"why": "the road is closed"})
    assert intake(app)[0].state is IntakeState.DROPPED
    assert "the road is closed" in office.get("/deliveries").text
    late = office.post(f"{announced}/lines", data=a_bowl())
    assert (late.status_code, "called off" in late.text) == (422, True)
    assert office.get(announced).status_code == 200


# Signing


def shown_on(page: str) -> dict[str, str]:
    """What a maker signs: her lines, and what was agreed."""
    shown = dict(re.findall(r'name="(lines_hash|agreement_id)" type="hidden" value="(\w+)"', page))
    assert shown.keys() == {"lines_hash", "agreement_id"}
    return shown


def test_a_maker_signs_on_the_screen_in_her_language(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl(title_ar="زلافة زرقاء"))
    page = office.get(f"{here}/signature?in=ar").text
    assert 'lang="ar" dir="rtl"' in page
    assert "زلافة زرقاء" in page
    french = office.get(f"{here}/signature?in=fr").text
    assert "Ce qu’une pièce rapporte peut être versé" in french
    assert "Le déposant est payé" not in french
    assert "Pour le déposant, MAD" in french
    told = {
        "how": "screen",
        "in": "ar",
        "signer": "زهرة العلمي",
        "mark": "M10 20L30 40",
        **shown_on(page),
    }
    answer = office.post(f"{here}/signature", data=told)
    assert answer.status_code == 303, answer.text
    assert office.post(f"{here}/signature", data=told).location == answer.location
    after = office.get(answer.location)
    assert "زهرة العلمي" in after.text
    assert 'd="M10 20L30 40"' in after.text
    assert office.get(here).location == answer.location
    with app.app_context():
        [kept] = db.session.query(ConsignmentSignature).all()
        assert (kept.language, kept.actor) == ("ar", "salma")
        assert db.session.query(Consignment).count() == 1
    assert office.get("/language").status_code in (404, 405)
    assert 'lang="en"' in office.get("/deliveries").text  # the house goes on in its own language


def test_lines_that_changed_meanwhile_are_shown_anew_before_they_are_signed(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl())
    shown = shown_on(office.get(f"{here}/signature?in=fr").text)
    office.post(f"{here}/lines", data=a_bowl("k2", title="Plat"))
    told = {"how": "screen", "in": "fr", "signer": "Zohra", **shown}
    answer = office.post(f"{here}/signature", data=told)
    assert answer.status_code == 422
    assert 'value="Zohra"' in answer.text
    told |= shown_on(answer.text)
    assert told["lines_hash"] != shown["lines_hash"]
    assert office.post(f"{here}/signature", data=told).status_code == 303


def test_terms_that_changed_meanwhile_are_read_anew_before_they_are_signed(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl())
    shown = shown_on(office.get(f"{here}/signature?in=fr").text)
    with app.app_context(), transaction() as session:
        terms = Terms(Regime.MANDATE, 2_500, loss_bearer=Bearer.MAKER)  # no line says so
        agree(session, session.get_one(Maker, maker.id), terms, valid_from=TODAY)
    told = {"how": "screen", "in": "fr", "signer": "Zohra", **shown}
    answer = office.post(f"{here}/signature", data=told)
    assert answer.status_code == 422
    assert "Le déposant supporte une perte" in answer.text
    told |= shown_on(answer.text)
    assert told["lines_hash"] == shown["lines_hash"]
    assert office.post(f"{here}/signature", data=told).status_code == 303


@pytest.mark.parametrize("wrong", [{"signer": ""}, {"mark": "M1 1<x>"}, {"signer": "n\0"}])
def test_a_signature_that_is_none_takes_nothing_in(
    app: Flask, office: FlaskClient, maker: Maker, wrong: dict[str, str]
) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl())
    shown = shown_on(office.get(f"{here}/signature").text)
    told = {"how": "screen", "signer": "Zohra", **shown} | wrong
    assert office.post(f"{here}/signature", data=told).status_code == 422
    with app.app_context():
        assert not db.session.query(Consignment).count()


def test_what_lacks_something_comes_to_no_signature(office: FlaskClient, maker: Maker) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl(tax_class=""))
    assert "Choose its tax class: the till cannot sell without." in office.get(here).text
    assert office.get(f"{here}/signature").location == here
    assert office.post(f"{here}/signature", data={"how": "paper"}).status_code == 422


def test_what_was_signed_on_paper_may_be_signed_on_the_screen_later(
    app: Flask, office: FlaskClient, maker: Maker
) -> None:
    here = begin(office, maker)
    office.post(f"{here}/lines", data=a_bowl())
    there = office.post(f"{here}/signature", data={"how": "paper"}).location
    assert "Nobody has signed on the screen" in office.get(there).text
    assert office.post(f"{there}/signature", data={"signer": " "}).status_code == 422
    assert office.post(f"{there}/signature", data={"signer": "Zohra"}).status_code == 303
    assert "Signed on" in text_of(office.get(there))
    assert "signed here" in text_of(office.get("/deliveries"))
