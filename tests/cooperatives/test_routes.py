"""The office's door to makers: profiles, artisans, agreements, and a price tried under them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Agreement, Amendment, Artisan, Maker, RibChange
from almakane.cooperatives.ribs import unlocked
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.inventory.models import Lot
from almakane.users.models import Role
from almakane.vault import Unreadable
from almakane.web import settings
from tests.counting import counted
from tests.door import browser, come_in, make_person
from tests.factories import make_lot, make_maker

Office = Callable[..., FlaskClient]


@pytest.fixture
def office(app: Flask) -> Office:
    """The office, opened by a person of a role, who reads French."""

    def open_it(role: Role = Role.MANAGER) -> FlaskClient:
        make_person(app, "hind", role)
        client = browser(app)
        come_in(client, "hind")
        return client

    return open_it


def a_maker(app: Flask, terms: Terms | None = None, *, artisans: int = 0) -> str:
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        return make_maker(session, hub, terms, artisans=artisans).code


def read(app: Flask, what: type[Any], **named: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.query(what).filter_by(**named).order_by(what.id))


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def today() -> date:
    return datetime.now(UTC).astimezone().date() + timedelta(days=1)  # never past at midnight


PROFILE = {
    **{"name": "Coopérative Tafoukt", "kind": "cooperative", "craft": "rug"},
    **{"region": "Souss-Massa", "since": "2025-02-01", "phone": "06 61 23 45 67"},
    **{"tax_profile": "exempt", "ice": "001561191000066", "tax_id": "12345678"},
    **{"name_fr": "Tafoukt", "name_ar": "تافوكت", "name_en": ""},
    **{"place_fr": "Taznakht", "place_ar": "تازناخت", "place_en": ""},
    **{"story_fr": "Une histoire.", "story_ar": "", "story_en": ""},
}


def test_a_maker_is_taken_in_with_all_that_is_known(app: Flask, office: Office) -> None:
    client = office()
    answer = client.post("/makers", data=PROFILE | {"code": "taf"})
    assert answer.location == "/makers/TAF/profile"
    [maker] = read(app, Maker)
    assert (maker.code, maker.phone, maker.ice) == ("TAF", "+212661234567", "001561191000066")
    assert (maker.tax_profile, maker.since) == ("exempt", date(2025, 2, 1))
    html = page(client, answer.location)
    assert 'value="+212 6 61 23 45 67"' in html
    assert "Tafoukt" in page(client, "/makers")
    assert "تافوكت" in page(client, "/makers?lang=ar")


STRANGE = (
    ("code", ""),
    ("code", "T"),
    ("code", "NEW"),
    ("code", "a/b"),
    ("code", "TAKEN"),
    ("name", " "),
    ("kind", "x"),
    ("craft", "x"),
    ("craft", ""),
    ("region", "Atlantis"),
    ("since", "2025-02-30"),
    ("since", "0001-01-01"),
    ("phone", "12"),
    ("ice", "001561191000065"),
    ("tax_id", "12a"),
    ("tax_profile", "x"),
    ("story_ar", "a\u202eb"),
)


def test_what_is_wrong_about_a_maker_is_told_at_its_field(app: Flask, office: Office) -> None:
    client = office()
    client.post("/makers", data=PROFILE | {"code": "TAKEN"})
    for name, value in STRANGE:
        answer = client.post("/makers", data=PROFILE | {"code": "FREE"} | {name: value})
        html = answer.get_data(as_text=True)
        assert answer.status_code == 422, (name, value)
        assert f'id="{name}-error"' in html, (name, value)
        assert "Une histoire." in html or name == "story_fr"
    assert len(read(app, Maker)) == 1


def test_a_profile_is_written_anew_and_who_did_is_kept(app: Flask, office: Office) -> None:
    client = office(Role.HUB_STAFF)
    code = a_maker(app)
    changed = PROFILE | {"craft": "pottery", "phone": "", "tax_profile": ""}
    assert client.post(f"/makers/{code}/profile", data=changed).status_code == 303
    [maker] = read(app, Maker)
    assert (maker.name, maker.phone, maker.tax_profile) == ("Coopérative Tafoukt", "", None)
    [row] = read(app, Amendment)
    assert (row.what, row.actor) == ("profile", "hind")
    assert "name" in row.fields.split(",")
    client.post(f"/makers/{code}/profile", data=changed)
    assert len(read(app, Amendment)) == 1  # nothing was changed the second time
    bad = client.post(f"/makers/{code}/profile", data=changed | {"ice": "1"})
    assert bad.status_code == 422
    assert "Une histoire." in bad.get_data(as_text=True)


# Artisans


PERSON = {
    **{"artisan-name": "Fadma Oubella", "artisan-name_ar": "فاضمة أوبلا"},
    **{"artisan-gender": "f", "artisan-born": "1971", "artisan-weight": "2"},
}


def test_an_artisan_is_named_changed_leaves_and_comes_back(app: Flask, office: Office) -> None:
    client = office(Role.HUB_STAFF)
    code = a_maker(app)
    assert client.post(f"/makers/{code}/artisans", data=PERSON).status_code == 303
    [artisan] = read(app, Artisan)
    assert (artisan.name_ar, artisan.gender, artisan.weight) == ("فاضمة أوبلا", "f", 2)
    at = f"/makers/{code}/artisans/{artisan.id}"
    assert 'value="1971"' in page(client, at)
    data = {"name": "Fadma", "name_ar": "", "gender": "", "born": "", "weight": "1"}
    assert client.post(at, data=data).status_code == 303
    [artisan] = read(app, Artisan)
    assert (artisan.name, artisan.name_ar, artisan.born) == ("Fadma", "Fadma", None)
    for act, is_gone in (("departure", True), ("departure", True), ("return", False)):
        assert client.post(f"{at}/{act}").status_code == 303
        assert (read(app, Artisan)[0].left_at is not None) is is_gone
    for name, value in (
        ("name", ""),
        ("weight", "0"),
        ("weight", "x"),
        ("born", "1789"),
        ("gender", "?"),
    ):
        assert client.post(at, data=data | {name: value}).status_code == 422, (name, value)
        typed = PERSON | {f"artisan-{name}": value}
        answer = client.post(f"/makers/{code}/artisans", data=typed)
        assert answer.status_code == 422
        assert f'id="artisan-{name}-error"' in answer.get_data(as_text=True)


def test_an_artisan_of_another_maker_is_not_found(app: Flask, office: Office) -> None:
    client = office()
    code, other = a_maker(app, artisans=1), a_maker(app)
    [artisan] = read(app, Artisan)
    for path in ("", "/departure", "/return"):
        at = f"/makers/{other}/artisans/{artisan.id}{path}"
        assert client.post(at, data=PERSON).status_code == 404
    assert client.get(f"/makers/{code}/artisans/999999999999999999999").status_code == 404


# Agreements


def terms(**changed: str) -> dict[str, str]:
    """A new version as it is typed."""
    typed = {
        **{"valid_from": today().isoformat(), "regime": "B", "commission_bp": "27,5"},
        **{"discounts": "shared", "card_fee_bp": "2", "card_fee_maker_bp": "50"},
        **{"paid_to": "cooperative", "loss_bearer": "hub"},
        **{"return_days": "7", "unsold_days": "180"},
        **{"overrides-0-category": "soap", "overrides-0-commission_bp": "35"},
        **{"overrides-1-category": "", "overrides-1-commission_bp": ""},
        **{"price": "1000", "tax_class": "standard", "category": ""},
    }
    return typed | changed


def test_a_new_version_is_added_and_the_old_one_stays(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(app)
    assert client.post(f"/makers/{code}/agreements", data=terms()).status_code == 303
    first, second = read(app, Agreement)
    assert (first.version, first.commission_bp) == (1, 2_500)
    assert (second.version, second.commission_bp, second.card_fee_maker_bp) == (2, 2_750, 5_000)
    with app.app_context():
        second = db.session.get_one(Agreement, second.id)
        assert [(one.category, one.commission_bp) for one in second.overrides] == [("soap", 3_500)]
    html = page(client, f"/makers/{code}/agreements")
    assert "27,5" in html
    assert "35" in html
    again = client.post(f"/makers/{code}/agreements", data=terms())
    assert again.status_code == 422  # a second click
    assert 'id="valid_from-error"' in again.get_data(as_text=True)
    assert len(read(app, Agreement)) == 2


WRONG_TERMS = (
    ("valid_from", {"valid_from": "2020-01-01"}),  # something was agreed before
    ("valid_from", {"valid_from": "soon"}),
    ("valid_from", {"valid_from": ""}),
    ("regime", {"regime": "D"}),
    ("commission_bp", {"commission_bp": "90"}),  # with its VAT more than the price
    ("commission_bp", {"commission_bp": "101"}),
    ("commission_bp", {"commission_bp": "-1"}),
    ("commission_bp", {"commission_bp": "12,345"}),
    ("commission_bp", {"commission_bp": "٢٥"}),
    ("commission_bp", {"commission_bp": ""}),
    ("card_fee_bp", {"card_fee_bp": "x"}),
    ("commission_bp", {"commission_bp": "80", "card_fee_bp": "10", "card_fee_maker_bp": "100"}),
    ("paid_to", {"paid_to": "members"}),  # nobody is named
    ("return_days", {"return_days": "400"}),
    ("unsold_days", {"unsold_days": "0"}),
    ("overrides-0-commission_bp", {"overrides-0-commission_bp": "95"}),
    ("overrides-0-commission_bp", {"overrides-0-commission_bp": ""}),
    ("overrides-1-commission_bp", {"overrides-1-commission_bp": "20"}),
    (
        "overrides-1-commission_bp",
        {"overrides-1-category": "soap", "overrides-1-commission_bp": "20"},
    ),
    ("overrides-0-category", {"overrides-0-category": "none such"}),
)


def test_terms_that_cannot_be_are_refused_at_their_field(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(app)
    for name, changed in WRONG_TERMS:
        answer = client.post(f"/makers/{code}/agreements", data=terms(**changed))
        assert answer.status_code == 422, changed
        assert f'id="{name}-error"' in answer.get_data(as_text=True), changed
    assert len(read(app, Agreement)) == 1


def test_members_are_paid_where_somebody_is_named(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(app, artisans=1)
    data = terms(paid_to="members")
    assert client.post(f"/makers/{code}/agreements", data=data).status_code == 303


def test_goods_that_the_house_buys_have_no_commission(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(app)
    client.post(f"/makers/{code}/agreements", data=terms(regime="C", commission_bp="99"))
    assert read(app, Agreement)[-1].commission_bp == 0


def test_what_came_in_before_keeps_its_own_version(app: Flask, office: Office) -> None:
    client = office()
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        maker = make_maker(session, hub)
        make_lot(session, hub, maker, 100_00)
        code = maker.code
    client.post(f"/makers/{code}/agreements", data=terms())
    assert [lot.commission_bp for lot in read(app, Lot)] == [2_500]


def test_only_a_manager_agrees(app: Flask, office: Office) -> None:
    client = office(Role.HUB_STAFF)
    code = a_maker(app)
    assert client.post(f"/makers/{code}/agreements", data=terms()).status_code == 403
    assert client.get(f"/makers/{code}/agreements/new").status_code == 403
    assert f"/makers/{code}/agreements/new" not in page(client, f"/makers/{code}/agreements")


def test_an_accountant_reads_and_changes_nothing(app: Flask, office: Office) -> None:
    client = office(Role.ACCOUNTANT)
    code = a_maker(app, artisans=1)
    html = page(client, f"/makers/{code}/profile")
    assert 'class="button button-main"' not in html
    for path in ("profile", "artisans", "agreements"):
        assert client.post(f"/makers/{code}/{path}", data=PROFILE).status_code == 403
    assert client.get("/makers/new").status_code == 403


# Bank accounts

RIB, OTHER_RIB = "007780000123456789012396", "230780000123456789012372"


def test_a_bank_account_is_locked_and_shown_by_its_last_digits(app: Flask, office: Office) -> None:
    client = office(Role.ACCOUNTANT)
    code = a_maker(app, artisans=1)
    [artisan] = read(app, Artisan)
    at = f"/makers/{code}/ribs"
    assert client.post(at, data={"whose": "", "rib": f"MA64 {RIB}"}).status_code == 303
    assert client.post(at, data={"whose": artisan.id, "rib": OTHER_RIB}).status_code == 303
    html = page(client, f"/makers/{code}/profile")
    assert "•••• 2396" in html
    assert "•••• 2372" in html
    assert RIB not in html
    own, hers = read(app, RibChange)
    assert (own.last4, own.artisan_id, own.actor) == ("2396", None, "hind")
    with app.app_context():
        vault = settings().vault_secret
        assert unlocked(db.session(), own, vault=vault) == RIB
        assert unlocked(db.session(), hers, vault=vault) == OTHER_RIB
        kept = str(db.session.execute(text("SELECT * FROM rib_secret")).all())
        assert RIB not in kept
        assert RIB[:12] not in kept


def test_the_digits_open_with_the_right_key_and_for_their_own_change_alone(
    app: Flask, office: Office
) -> None:
    client = office(Role.ACCOUNTANT)
    code = a_maker(app)
    for rib in (RIB, OTHER_RIB):
        client.post(f"/makers/{code}/ribs", data={"whose": "", "rib": rib})
    first, second = read(app, RibChange)
    with app.app_context():
        vault = settings().vault_secret
        with pytest.raises(Unreadable):
            unlocked(db.session(), first, vault="another key")
        swap = text(
            "UPDATE rib_secret SET locked = (SELECT locked FROM rib_secret"
            " WHERE change_id = :other) WHERE change_id = :one"
        )
        db.session.execute(swap, {"one": second.id, "other": first.id})
        db.session.commit()
        with pytest.raises(Unreadable):
            unlocked(db.session(), second, vault=vault)
        db.session.execute(text("DELETE FROM rib_secret"))  # erased, as the law may ask
        db.session.commit()
        assert unlocked(db.session(), first, vault=vault) is None
        with pytest.raises(DatabaseError, match="never changed"):
            db.session.execute(text("UPDATE rib_change SET last4 = '0000'"))


def test_a_bank_account_that_cannot_be_is_refused_at_its_field(app: Flask, office: Office) -> None:
    client = office()
    code, other = a_maker(app), a_maker(app, artisans=1)
    [stranger] = read(app, Artisan)
    at = f"/makers/{code}/ribs"
    client.post(at, data={"whose": "", "rib": RIB})
    for name, data in (
        ("rib", {"rib": "001810007800020110620319"}),
        ("rib", {"rib": ""}),
        ("rib", {"rib": RIB}),  # it is that one already
        ("whose", {"rib": OTHER_RIB, "whose": str(stranger.id)}),
        ("whose", {"rib": OTHER_RIB, "whose": "x"}),
    ):
        answer = client.post(at, data={"whose": ""} | data)
        assert answer.status_code == 422, data
        assert f'id="{name}-error"' in answer.get_data(as_text=True), data
    assert len(read(app, RibChange)) == 1
    assert "••••" not in page(client, f"/makers/{other}/profile")


def test_hub_staff_name_no_bank_account(app: Flask, office: Office) -> None:
    client = office(Role.HUB_STAFF)
    code = a_maker(app)
    assert client.post(f"/makers/{code}/ribs", data={"rib": RIB}).status_code == 403
    assert f"/makers/{code}/ribs" not in page(client, f"/makers/{code}/profile")


# A price tried out


def sides(html: str) -> list[str]:
    return html.split('id="trial"')[1].split("<article")[1:]


def test_a_price_is_tried_under_every_version_side_by_side(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(app)
    client.post(f"/makers/{code}/agreements", data=terms(commission_bp="20"))
    html = page(client, f"/makers/{code}/agreements?price=1000")
    old, new = sides(html)
    assert "700,00" in old
    assert "760,00" in new
    part = client.get(f"/makers/{code}/agreements?price=2000", headers={"HX-Request": "true"})
    assert "<html" not in part.get_data(as_text=True)
    assert "1\u00a0520,00" in part.get_data(as_text=True)


def test_a_discount_a_floor_a_card_and_several_hands_are_tried(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(
        app, Terms(Regime.MANDATE, 2_500, card_fee_bp=200, card_fee_maker_bp=5_000), artisans=3
    )
    one, two, three = read(app, Artisan)
    query = (
        "price=1000&paid=900&floor=950&by_card=y&tax_class=standard&category="
        f"&weight-{one.id}=2&weight-{two.id}=1&weight-{three.id}=0"
    )
    [side] = sides(page(client, f"/makers/{code}/agreements?{query}"))
    # 950.00 is given: commission 237.50, its VAT 47.50, fee 9.00 and its VAT 1.80
    assert "654,20" in side
    assert "436,13" in side
    assert "218,07" in side
    assert three.name not in side
    arabic = page(client, f"/makers/{code}/agreements?lang=ar")
    assert f'for="weight-{one.id}"><bdi>{one.name_ar}</bdi>' in arabic


def test_a_draft_is_tried_beside_what_holds_while_it_is_written(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(app)
    at = f"/makers/{code}/agreements/new"
    html = page(client, at)
    assert 'value="25"' in html
    assert len(sides(html)) == 2
    answer = client.get(at, query_string=terms(commission_bp="20"), headers={"HX-Request": "true"})
    old, new = sides(answer.get_data(as_text=True))
    assert "700,00" in old
    assert "760,00" in new
    own = client.get(at, query_string=terms(category="soap"), headers={"HX-Request": "true"})
    assert "580,00" in sides(own.get_data(as_text=True))[1]
    whole = client.get(at, query_string=terms(commission_bp="20"))  # without a script
    assert 'value="20"' in whole.get_data(as_text=True)
    assert "760,00" in whole.get_data(as_text=True)
    assert len(read(app, Agreement)) == 1


def test_what_cannot_be_read_is_tried_as_far_as_it_goes(app: Flask, office: Office) -> None:
    client = office()
    code = a_maker(app, artisans=2)
    for changed in (
        {"price": "x"},
        {"paid": "-5"},
        {"floor": "1e9"},
        {"commission_bp": ""},
        {"commission_bp": "1000"},
        {"regime": ""},
        {"category": "x"},
        {"tax_class": "x"},
        {"price": "99999999999999"},
        {"paid": "5000"},
        {"overrides-0-commission_bp": "x"},
        {"valid_from": "x"},
        {"weight-1": "x"},
        {"weight-1": "0", "weight-2": "0"},
        {"weight-1": "99999999999999"},
    ):
        for at in ("agreements/new", "agreements"):
            path = f"/makers/{code}/{at}"
            answer = client.get(path, query_string=terms(**changed))
            assert answer.status_code == 200, (at, changed)


def test_the_first_agreement_begins_with_the_usual_terms(app: Flask, office: Office) -> None:
    client = office()
    client.post("/makers", data=PROFILE | {"code": "TAF", "tax_profile": "liable"})
    assert "rien" in page(client, "/makers/TAF/agreements").lower()
    html = page(client, "/makers/TAF/agreements/new")
    assert 'value="25"' in html
    [liable] = re.findall(r'<input[^>]*name="maker_vat_liable"[^>]*>', html)
    assert "checked" in liable
    data = terms(valid_from="2025-02-01")
    assert client.post("/makers/TAF/agreements", data=data).status_code == 303


@pytest.mark.engines("sqlite")
def test_pages_of_makers_ask_the_database_a_bounded_number_of_times(
    app: Flask, office: Office
) -> None:
    client = office()
    code = a_maker(app, artisans=6)
    with app.app_context():
        engine = db.engine
    for path in ("profile", "agreements", "agreements/new", "photos"):
        with counted(engine) as sent:
            page(client, f"/makers/{code}/{path}")
        assert len(sent) <= 16, path
