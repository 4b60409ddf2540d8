"""Where, when and for how much: what a manager tells buyers of the shop, from a day on."""

import re
from datetime import timedelta
from typing import Any

import pytest

from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub, HubOpening
from almakane.hubs.opening import alike, read_hours, spans_of
from almakane.hubs.queries import opening_on
from almakane.shop.delivery import ELSEWHERE, Tariff, change_tariff, tariff_on
from almakane.shop.models import DeliveryTariff
from tests.door import browser
from tests.factories import NOW, TODAY, mad, make_hub
from tests.office.test_settings import today, written
from tests.pos.conftest import Office
from tests.pos.test_office import page


def opening(office: Office, days: int = 0, **changed: str) -> dict[str, str]:
    return {
        "valid_from": f"{today(office) + timedelta(days=days)}",
        "address": "12, rue de la Skala",
        "city": "Casablanca",
        "tuesday": "10h-19h",
        "wednesday": "10:00 - 19:00",
        "friday": "10-12.30; 15h-19h",
        **changed,
    }


def tariff(office: Office, days: int = 0, **changed: str) -> dict[str, str]:
    """Two weights; the country, and two cities that are near."""
    return {
        "valid_from": f"{today(office) + timedelta(days=days)}",
        "default_grams": "800",
        "weight_1": "2000",
        "weight_2": "10000",
        "zones-0-fee_1": "35",
        "zones-0-fee_2": "60",
        "zones-1-cities": "casablanca, المحمدية",
        "zones-1-fee_1": "20",
        "zones-1-fee_2": "",
        "zones-2-cities": "",
        **changed,
    }


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&nbsp;", " ").split())


def test_only_a_manager_sets_what_buyers_read(office: Office) -> None:
    for login in ("salma", "nadia", "amina"):
        client = office.came_in(login)
        for path in ("/settings/opening/new", "/settings/delivery/new"):
            assert client.get(path).status_code == 403, (login, path)
        assert client.post("/settings/delivery", data=tariff(office)).status_code == 403
    assert browser(office.app).get("/settings/delivery/new").status_code == 303


def test_buyers_read_the_hours_from_their_day_on(office: Office) -> None:
    client = office.came_in()
    data = opening(office)
    shown = client.post("/settings/opening", data=data)
    assert shown.status_code == 200
    assert written(office, HubOpening) == []
    for _click in range(2):
        assert client.post("/settings/opening", data=data | {"sure": "1"}).status_code == 303
    [row] = written(office, HubOpening)
    assert (row.tuesday, row.friday, row.monday) == ("10:00-19:00", "10:00-12:30 15:00-19:00", "")
    assert row.actor == "hind"
    buyer = browser(office.app)
    said = {
        "/terms": "Mardi à mercredi, 10 h à 19 h",
        "/terms/ar": "من الثلاثاء إلى الأربعاء، من 10:00 إلى 19:00",
        "/terms/en": "Friday, 10 am to 12.30 pm and 3 pm to 7 pm",
    }
    for path, words in said.items():
        assert words in text_of(buyer.get(path).get_data(as_text=True)), path
    later = opening(office, 3, friday="")
    assert client.post("/settings/opening", data=later | {"sure": "1"}).status_code == 303
    with office.inside():
        hub_id, day = office.shop.hub_id, today(office)
        assert opening_on(db.session(), hub_id, day).friday
        assert not opening_on(db.session(), hub_id, day + timedelta(days=3)).friday
    assert "à venir" in page(client, "/settings")


@pytest.mark.parametrize(
    "wrong",
    [
        *({"monday": "matin"}, {"monday": "19-10"}, {"monday": "10-13 12-19"}, {"monday": "10-25"}),
        *({"monday": "10:75-19"}, {"monday": "8-9 10-11 12-13 14-15"}, {"monday": "10"}),
        *({"monday": "10-19\0"}, {"address": "a" * 201}, {"valid_from": "hier"}),
    ],
)
def test_hours_that_are_none_are_refused_and_stay_typed(
    office: Office, wrong: dict[str, str]
) -> None:
    client = office.came_in()
    for sure in ({}, {"sure": "1"}):
        answer = client.post("/settings/opening", data=opening(office) | wrong | sure)
        assert answer.status_code == 422
        assert "10-12.30; 15h-19h" in answer.get_data(as_text=True)
    assert written(office, HubOpening) == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  ", ""),
        ("10h-19h", "10:00-19:00"),
        ("9h30 – 13h ، 15:00-24", "09:30-13:00 15:00-24:00"),
        ("10:00-13:00 14:30-19:00", "10:00-13:00 14:30-19:00"),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, kept: str) -> None:
    assert read_hours(typed, "monday") == kept
    assert read_hours(kept, "monday") == kept


def test_days_of_the_same_hours_are_said_together() -> None:
    week = ["", "10:00-19:00", "10:00-19:00", "", "10:00-12:00", "10:00-19:00", "10:00-19:00"]
    assert [(first, last) for first, last, _hours in alike(week)] == [(1, 2), (4, 4), (5, 6)]
    assert spans_of("10:00-12:30 15:00-24:00") == ((600, 750), (900, 1440))


def test_a_tariff_is_shown_first_and_holds_from_its_day(office: Office) -> None:
    client = office.came_in()
    assert "Rien n’est livré" in text_of(page(client, "/settings"))
    shown = client.post("/settings/delivery", data=tariff(office))
    assert shown.status_code == 200
    assert "20,00" in shown.get_data(as_text=True)
    assert written(office, DeliveryTariff) == []
    for _click in range(2):
        answer = client.post("/settings/delivery", data=tariff(office) | {"sure": "1"})
        assert (answer.status_code, answer.location) == (303, "/settings")
    assert len(written(office, DeliveryTariff)) == 1
    with office.inside():
        now = tariff_on(db.session(), office.shop.hub_id, today(office))
    assert now == Tariff(
        800,
        {
            ELSEWHERE: [(2_000, mad(35)), (10_000, mad(60))],
            "Casablanca": [(2_000, mad(20))],
            "Mohammedia": [(2_000, mad(20))],
        },
    )
    assert "35,00" in page(client, "/settings")
    later = tariff(office, 2, **{"zones-0-fee_1": "40"})
    said = text_of(client.post("/settings/delivery", data=later).get_data(as_text=True))
    assert "partout ailleurs" in said
    assert "Casablanca" not in said.split("À partir de")[0].split("Ce qui changerait")[-1][:200]
    assert client.post("/settings/delivery", data=later | {"sure": "1"}).status_code == 303
    for days in (0, -1, 2):  # begun, or with a tariff of its own
        again = tariff(office, days, **{"zones-0-fee_1": "45"}) | {"sure": "1"}
        assert client.post("/settings/delivery", data=again).status_code == 422
    assert len(written(office, DeliveryTariff)) == 2


def test_the_form_begins_with_what_holds_today(office: Office) -> None:
    client = office.came_in()
    client.post("/settings/delivery", data=tariff(office) | {"sure": "1"})
    html = client.get("/settings/delivery/new").get_data(as_text=True)
    typed = dict(re.findall(r'<input[^>]*name="([\w-]+)"[^>]*value="([^"]*)"', html))
    assert typed["zones-1-cities"] == "Casablanca, Mohammedia"
    assert (typed["weight_2"], typed["zones-0-fee_2"]) == ("10000", "60")
    same = client.post("/settings/delivery", data={k: v for k, v in typed.items() if k != "q"})
    assert "Rien ne changerait" in same.get_data(as_text=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"zones-1-cities": "Atlantis"},
        {"zones-1-cities": "<script>alert(1)</script>"},
        {"zones-1-cities": "Casablanca, casablanca"},
        {"zones-2-cities": "Mohammedia", "zones-2-fee_1": "5"},
        {"zones-1-cities": ""},
        {"zones-1-fee_1": ""},
        {"zones-1-fee_1": "-5"},
        {"zones-1-fee_1": "x"},
        {"zones-0-fee_3": "9"},
        {"weight_2": "1000"},
        {"weight_2": "2000"},
        {"weight_1": ""},
        {"weight_1": "2,5"},
        {"default_grams": "0"},
        {"default_grams": ""},
        {"valid_from": ""},
        {"zones-0-fee_1": "9" * 30},
    ],
)
def test_a_tariff_that_is_none_is_refused_and_stays_typed(
    office: Office, wrong: dict[str, str]
) -> None:
    client = office.came_in()
    answer = client.post("/settings/delivery", data=tariff(office) | wrong | {"sure": "1"})
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert 'value="60"' in html
    assert "<script>alert" not in html
    assert 'class="error"' in html or 'role="alert"' in html
    assert written(office, DeliveryTariff) == []


def test_where_nobody_brings_anything_is_said_as_that() -> None:
    near = Tariff(500, {"Casablanca": [(2_000, mad(20))]})
    assert near.fee("Casablanca", 500) == mad(20)
    with pytest.raises(Refusal, match="this heavy"):
        near.fee("Casablanca", 3_000)
    with pytest.raises(Refusal, match="Nothing is delivered there"):
        near.fee("Fès", 500)
    assert (near.serves("Casablanca"), near.serves("Fès")) == (True, False)


def test_zones_are_cities_of_the_same_fees() -> None:
    near, far = [(2_000, mad(20))], [(2_000, mad(35)), (10_000, mad(60))]
    told = Tariff(500, {"Casablanca": near, ELSEWHERE: far, "Mohammedia": list(near)})
    assert told.weights == [2_000, 10_000]
    assert [tuple(zone) for zone in told.zones] == [
        (("Casablanca", "Mohammedia"), (mad(20), None)),
        ((), (mad(35), mad(60))),
    ]


def test_a_fee_that_nobody_can_owe_is_refused(books: Any) -> None:
    with transaction() as session:
        hub: Hub = make_hub(session)
        for wrong in (Tariff(0, {"": [(1, 1)]}), Tariff(1, {"": [(0, 1)]})):
            with pytest.raises(Refusal):
                change_tariff(session, hub.id, TODAY, wrong, today=TODAY, now=NOW, actor="hind")
