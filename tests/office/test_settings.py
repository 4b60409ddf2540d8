"""What the house is set to: versions from a day on, shown before they are written, never edited."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Amendment
from almakane.db import db, transaction
from almakane.hubs.models import Hub, HubHabits, HubIdentity, HubRules, Site
from almakane.hubs.queries import habits_on, local_day, rules_on
from almakane.hubs.services import open_hub
from tests.door import browser
from tests.factories import Sold, a_line, mad, make_lot, make_maker, sell
from tests.pos.conftest import Office
from tests.pos.test_office import page


def today(_office: Office) -> Any:
    return local_day(datetime.now(UTC), "Africa/Casablanca")


def rules(office: Office, days: int = 1, **changed: str) -> dict[str, str]:
    """What a manager sends who changes nothing but what is told."""
    return {
        "valid_from": f"{today(office) + timedelta(days=days)}",
        "vat_liable": "y",
        "vat_bp": "20",
        "vat_reduced_bp": "10",
        "cash_step": "0,10",
        "cash_limit": "20000",
        "till_wait_days": "7",
        "web_wait_days": "14",
        **changed,
    }


def identity(office: Office, days: int = 1, **changed: str) -> dict[str, str]:
    return {
        "valid_from": f"{today(office) + timedelta(days=days)}",
        "legal_name": "Almakane SARL",
        "exchange_days": "14",
        "withdrawal_days": "7",
        **changed,
    }


def habits(office: Office, days: int = 1, **changed: str) -> dict[str, str]:
    return {
        "valid_from": f"{today(office) + timedelta(days=days)}",
        "cashier_band_bp": "5",
        "staff_band_bp": "20",
        "return_days": "14",
        "label_sheet": "a4-65",
        **changed,
    }


def written(office: Office, kind: Any) -> list[Any]:
    with office.inside():
        return list(db.session.query(kind).order_by(kind.id))


def test_only_a_manager_comes_in(office: Office) -> None:
    assert browser(office.app).get("/settings").status_code == 303
    for login in ("salma", "nadia", "amina"):
        client = office.came_in(login)
        for path in ("/settings", "/settings/rules/new", "/settings/identity/new"):
            assert client.get(path).status_code == 403, (login, path)
        assert client.post("/settings/rules", data=rules(office)).status_code == 403
        assert "/settings" not in client.get("/makers").get_data(as_text=True)


def test_a_change_is_shown_first_and_written_when_it_is_sure(office: Office) -> None:
    client = office.came_in()
    told = rules(office, days=3, vat_bp="10")
    shown = client.post("/settings/rules", data=told)
    assert shown.status_code == 200
    said = re.sub(r"<[^>]+>|\s+", " ", shown.get_data(as_text=True))
    assert "20 %" in said.replace("\u00a0", " ")
    assert "725,00" in said  # of 1 000.00: 250.00 and now 25.00 of VAT
    assert len(written(office, HubRules)) == 1
    for _click in range(2):
        answer = client.post("/settings/rules", data={**told, "sure": "1"})
        assert (answer.status_code, answer.location) == (303, "/settings")
    _before, after = written(office, HubRules)
    assert (after.vat_bp, after.actor, after.cash_step) == (1_000, "hind", 10)
    assert after.set_at is not None
    said = page(client, "/settings")
    assert "à venir" in said
    assert "en vigueur" in said
    with office.inside():
        day = today(office)
        hub_id = office.shop.hub_id
        assert rules_on(db.session(), hub_id, day).vat_bp == 2_000
        assert rules_on(db.session(), hub_id, day + timedelta(days=3)).vat_bp == 1_000


def test_what_was_sold_before_keeps_its_shares(office: Office) -> None:
    client = office.came_in()
    client.post("/settings/rules", data={**rules(office, vat_bp="10"), "sure": "1"})
    with office.inside(), transaction() as session:
        hub = session.get_one(Hub, office.shop.hub_id)
        shares = []
        for days in (0, 1):
            lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
            day = today(office) + timedelta(days=days)
            line = a_line(1, Sold(lot, mad(1000), mad(1000)))
            sell(session, hub, line, day=day)
            [(net,)] = session.execute(
                sql("SELECT net FROM earning WHERE lot_code = :code"), {"code": lot.code}
            ).all()
            shares.append(net)
    assert shares == [mad(700), mad(725)]


@pytest.mark.parametrize("days", [0, -1, -400, 4_000])
@pytest.mark.parametrize("sure", [{}, {"sure": "1"}])
def test_a_day_that_has_begun_or_is_far_away_is_refused(
    office: Office, days: int, sure: dict[str, str]
) -> None:
    client = office.came_in()
    answer = client.post("/settings/rules", data={**rules(office, days, vat_bp="10"), **sure})
    assert answer.status_code == (422 if days <= 0 or sure else 200)
    assert len(written(office, HubRules)) == 1


def test_a_day_has_one_version(office: Office) -> None:
    client = office.came_in()
    for rate, status in (("10", 303), ("14", 422)):
        data = {**rules(office, vat_bp=rate), "sure": "1"}
        assert client.post("/settings/rules", data=data).status_code == status
    assert len(written(office, HubRules)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        *({"vat_bp": "101"}, {"vat_bp": "-1"}, {"vat_bp": "x"}, {"vat_bp": ""}),
        *({"cash_step": "0"}, {"cash_limit": ""}, {"till_wait_days": "-1"}, {"web_wait_days": "x"}),
        *({"valid_from": ""}, {"valid_from": "2026-13-01"}, {"valid_from": "hier"}),
    ],
)
def test_what_cannot_be_a_rule_is_refused_and_stays_typed(
    office: Office, wrong: dict[str, str]
) -> None:
    client = office.came_in()
    answer = client.post("/settings/rules", data={**rules(office), **wrong, "sure": "1"})
    assert answer.status_code == 422
    assert "20000" in answer.get_data(as_text=True) or "cash_limit" in wrong
    assert len(written(office, HubRules)) == 1


def test_a_vat_under_which_terms_would_take_more_than_the_price_is_refused(office: Office) -> None:
    client = office.came_in()
    assert client.post("/settings/rules", data=rules(office, vat_bp="100")).status_code == 200
    with office.inside(), transaction() as session:
        hub = session.get_one(Hub, office.shop.hub_id)
        name = make_maker(session, hub, Terms(Regime.MANDATE, 6_000)).name
    answer = client.post("/settings/rules", data=rules(office, vat_bp="100"))
    assert answer.status_code == 422
    assert name in answer.get_data(as_text=True)


def test_who_the_house_is_may_begin_today_once_and_changes_from_tomorrow_on(
    office: Office,
) -> None:
    client = office.came_in()
    assert "Personne ne l’a encore dit" in page(client, "/settings")
    data = {**identity(office, 0), "sure": "1"}
    assert client.post("/settings/identity", data=data).status_code == 303
    changed = {**identity(office, 0, legal_name="Autre"), "sure": "1"}
    assert client.post("/settings/identity", data=changed).status_code == 422
    changed = {**identity(office, 1, legal_name="Autre", ice="12"), "sure": "1"}
    assert client.post("/settings/identity", data=changed).status_code == 422
    changed = {**identity(office, 1, legal_name="Autre"), "sure": "1"}
    assert client.post("/settings/identity", data=changed).status_code == 303
    assert [row.legal_name for row in written(office, HubIdentity)] == ["Almakane SARL", "Autre"]
    assert "Almakane SARL" in page(client, "/settings")


def test_another_hubs_versions_are_not_shown_or_touched(office: Office) -> None:
    with office.inside(), transaction() as session:
        other = open_hub(session, "fes", "Fès", sites={}, rules={"till_wait_days": 333})
        other_id = other.id
    client = office.came_in()
    assert "333" not in page(client, "/settings")
    client.post("/settings/rules", data={**rules(office, vat_bp="10"), "sure": "1"})
    assert [row.vat_bp for row in written(office, HubRules) if row.hub_id == other_id] == [2_000]


def test_a_version_is_never_changed_by_anybody(office: Office) -> None:
    with (
        office.inside(),
        pytest.raises(DBAPIError, match="never changed"),
        transaction() as session,
    ):
        session.execute(sql("UPDATE hub_rules SET actor = 'x'"))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_settings_speak_arabic_and_english(office: Office, language: str) -> None:
    client: FlaskClient = office.came_in()
    client.post("/language", data={"language": language})
    assert {"ar": "إعدادات الدار", "en": "What the house is set to"}[language] in page(
        client, "/settings"
    )
    assert client.post("/settings/rules", data=rules(office, vat_bp="14")).status_code == 200


# How the house does things


def test_habits_are_shown_first_and_hold_from_their_day(office: Office) -> None:
    client = office.came_in()
    assert "Réglage d’origine" in page(client, "/settings")
    shown = client.post("/settings/habits", data=habits(office, 2))
    assert shown.status_code == 200
    assert "65" in shown.get_data(as_text=True)
    assert written(office, HubHabits) == []
    for _click in range(2):
        answer = client.post("/settings/habits", data={**habits(office, 2), "sure": "1"})
        assert (answer.status_code, answer.location) == (303, "/settings")
    [row] = written(office, HubHabits)
    assert (row.cashier_band_bp, row.staff_band_bp, row.actor) == (500, 2_000, "hind")
    with office.inside():
        hub_id, day = office.shop.hub_id, today(office)
        assert habits_on(db.session(), hub_id, day).return_days == 7
        then = habits_on(db.session(), hub_id, day + timedelta(days=2))
        assert (then.return_days, then.label_sheet) == (14, "a4-65")


@pytest.mark.parametrize(
    "wrong",
    [
        {"cashier_band_bp": "101"},
        {"return_days": "-1"},
        {"label_sheet": "a3"},
        {"staff_band_bp": ""},
    ],
)
def test_habits_that_are_none_are_refused(office: Office, wrong: dict[str, str]) -> None:
    client = office.came_in()
    told = {**habits(office), **wrong, "sure": "1"}
    assert client.post("/settings/habits", data=told).status_code == 422
    assert (
        client.post("/settings/habits", data={**habits(office, 0), "sure": "1"}).status_code == 422
    )
    assert written(office, HubHabits) == []
    assert office.came_in("salma").get("/settings/habits/new").status_code == 403
    assert page(client, "/settings/habits/new")


# What sites are called


def the_code(office: Office) -> str:
    with office.inside():
        return str(db.session.query(Site.code).filter_by(hub_id=office.shop.hub_id).one()[0])


def test_a_site_is_called_otherwise_from_now_on(office: Office) -> None:
    client, code = office.came_in(), the_code(office)
    where = f"/settings/sites/{code}"
    assert f'href="{where}"' in client.get("/settings").get_data(as_text=True)
    for _click in range(2):
        answer = client.post(where, data={"name": "  Médina,  rue du Consulat "})
        assert (answer.status_code, answer.location) == (303, "/settings")
    assert "Médina, rue du Consulat" in page(client, "/settings")
    assert "hind" in page(client, where)
    with office.inside():
        [kept] = db.session.query(Amendment).filter_by(subject="site").all()
        assert (kept.what, kept.fields, kept.actor) == ("named", "name", "hind")


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb", "Réserve"])
def test_what_a_site_cannot_be_called_is_refused_and_stays_typed(office: Office, name: str) -> None:
    client, code = office.came_in(), the_code(office)
    with office.inside(), transaction() as session:
        session.add(Site(hub_id=office.shop.hub_id, code="reserve", name="Réserve"))
    answer = client.post(f"/settings/sites/{code}", data={"name": name})
    assert answer.status_code == 422
    assert name.strip() in answer.get_data(as_text=True)
    with office.inside():
        assert {one.name for one in db.session.query(Site)} >= {"Réserve"}
        assert db.session.query(Amendment).count() == 0


def test_another_hubs_site_and_others_than_managers_stay_outside(office: Office) -> None:
    with office.inside(), transaction() as session:
        open_hub(session, "fes", "Fès", sites={"fes": "Fès"})
    for method in ("get", "post"):
        assert getattr(office.came_in(), method)("/settings/sites/fes").status_code == 404
        answer = getattr(office.came_in("salma"), method)(f"/settings/sites/{the_code(office)}")
        assert answer.status_code == 403
