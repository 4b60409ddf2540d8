"""What a till asks before it sells: its page, who stands there, and what there is to sell."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.cooperatives.agreement import Regime, Terms
from almakane.db import transaction
from almakane.hubs.models import Hub, Site
from almakane.inventory.models import Product
from almakane.inventory.services import set_up_places
from almakane.journal.models import Epoch, EpochState
from almakane.sales.models import Register
from almakane.users.models import Role, User
from almakane.users.pins import set_pin
from almakane.users.services import UNTRIED
from tests.factories import mad, make_hub, make_lot, make_maker
from tests.journal.shop import Shop, add_person, ask, open_shop
from tests.till.client import Till, line


def give_pin(login: str, pin: str) -> None:
    with transaction() as session:
        set_pin(session, session.query(User).filter_by(login=login).one(), pin, cost=UNTRIED)


def sign_in(till: Till, cashier: str, pin: str) -> tuple[int, Any]:
    return till.ask("POST", "/pos/sign-ins", {"cashier": cashier, "pin": pin})


# The page


@pytest.mark.parametrize(
    ("lang", "told"), [("fr", 'lang="fr" dir="ltr"'), ("ar", 'lang="ar" dir="rtl"')]
)
def test_the_page_is_in_the_language_of_its_address(
    client: FlaskClient, lang: str, told: str
) -> None:
    answer = client.get(f"/pos/?lang={lang}")

    assert answer.status_code == 200
    assert told in answer.text


@pytest.mark.parametrize("query", ["", "?lang=xx", "?lang="])
def test_the_page_is_else_in_the_house_s_language(client: FlaskClient, query: str) -> None:
    headers = {"Accept-Language": "ar"}

    assert 'lang="fr"' in client.get(f"/pos/{query}", headers=headers).text


def test_the_page_may_speak_with_the_agent_of_its_machine(client: FlaskClient) -> None:
    policy = client.get("/pos/").headers["Content-Security-Policy"]

    assert "connect-src 'self' http://127.0.0.1:* http://localhost:*" in policy
    assert "unsafe" not in policy


# People


def test_a_till_is_told_who_may_stand_at_it(shop: Shop, till: Till) -> None:
    with transaction() as session:
        hub = session.get_one(Hub, shop.hub_id)
        add_person(session, hub, "nadia", Role.ACCOUNTANT)
        add_person(session, hub, "salma", Role.HUB_STAFF).disabled_at = datetime.now(UTC)
        add_person(session, make_hub(session, code="rabat"), "karim", Role.CASHIER)
    give_pin("amina", "4082")

    status, told = till.ask("GET", "/pos/people")

    assert status == 200
    assert told == {
        "people": [
            {
                "login": "amina",
                "name": "Amina",
                "role": "cashier",
                "band_bp": 1_000,
                "has_pin": True,
            },
            {
                "login": "hind",
                "name": "Hind",
                "role": "manager",
                "band_bp": 10_000,
                "has_pin": False,
            },
        ],
        "rights": {"asks_nobody": ["manager"]},
    }


def test_the_right_pin_lets_its_owner_in(shop: Shop, till: Till) -> None:
    give_pin("amina", "4082")

    assert sign_in(till, "amina", "4082") == (
        200,
        {"cashier": "amina", "name": "Amina", "role": "cashier", "band_bp": 1_000},
    )


@pytest.mark.parametrize(
    ("cashier", "pin"), [("amina", "4083"), ("hind", "4082"), ("nobody", "4082"), ("amina", "x")]
)
def test_another_pin_lets_nobody_in(shop: Shop, till: Till, cashier: str, pin: str) -> None:
    give_pin("amina", "4082")

    status, told = sign_in(till, cashier, pin)

    assert (status, told["reason"]) == (403, "wrong_pin")


def test_a_pin_of_somebody_who_does_not_sell_opens_no_till(shop: Shop, till: Till) -> None:
    with transaction() as session:
        add_person(session, session.get_one(Hub, shop.hub_id), "nadia", Role.ACCOUNTANT)
    give_pin("nadia", "4082")

    assert sign_in(till, "nadia", "4082")[0] == 403


def test_wrong_pins_shut_the_account_and_no_other(shop: Shop, till: Till) -> None:
    give_pin("amina", "4082")
    give_pin("hind", "730416")
    for _ in range(5):
        assert sign_in(till, "amina", "9182")[0] == 403

    assert sign_in(till, "amina", "4082")[0] == 429
    assert sign_in(till, "hind", "730416")[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cashier": "amina"},
        {"cashier": 1, "pin": "4082"},
        {"cashier": "amina", "pin": 4082},
        {"cashier": "amina", "pin": ""},
        {"cashier": "a" * 81, "pin": "4082"},
        {"cashier": "amina", "pin": "4082", "role": "manager"},
        [],
    ],
)
def test_a_sign_in_of_another_shape_is_not_read(shop: Shop, till: Till, body: Any) -> None:
    assert till.ask("POST", "/pos/sign-ins", body)[0] == 400


# Pieces


def test_the_catalogue_tells_all_that_a_line_needs(shop: Shop, till: Till) -> None:
    status, told = till.ask("GET", "/pos/catalogue")

    assert status == 200
    assert (told["whole"], told["next"]) == (True, None)
    pot, bowl = told["lots"]
    assert (pot["code"], bowl["code"]) == (shop.pot, shop.bowl)
    assert pot["id"] < bowl["id"]
    assert {name: pot[name] for name in ("list", "qty", "held", "piece", "on_sale")} == {
        "list": mad(280),
        "qty": 1_000,
        "held": 0,
        "piece": False,
        "on_sale": True,
    }
    assert (pot["tax_bp"], pot["tax_code"]) == (0, "exempt_seller")
    assert set(pot["title"]) == {"fr", "ar", "en"}


def test_the_tax_that_a_till_is_told_is_the_one_that_the_books_take(shop: Shop, till: Till) -> None:
    [lot] = [lot for lot in till.ask("GET", "/pos/catalogue")[1]["lots"] if lot["code"] == shop.pot]
    till.sell(line(shop.pot, lot["list"], tax_bp=lot["tax_bp"], tax_code=lot["tax_code"]))

    [(_, told)] = till.send()

    assert told["results"][0]["outcome"] == "recorded"


def test_what_is_sold_out_is_not_in_the_catalogue(books: Flask) -> None:
    shop = open_shop(books, quantity=1)
    till = shop.till()
    till.open_shift()
    till.sell(line(shop.pot, mad(280)))
    till.send()

    codes = [lot["code"] for lot in till.ask("GET", "/pos/catalogue")[1]["lots"]]

    assert codes == [shop.bowl]


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 19, "9" * 400, "١"])
def test_a_page_of_the_catalogue_that_is_none_is_not_read(
    shop: Shop, till: Till, after: str
) -> None:
    assert till.ask("GET", f"/pos/catalogue?after={after}")[0] == 400


def test_one_lot_is_told_by_its_code(shop: Shop, till: Till) -> None:
    status, told = till.ask("GET", f"/pos/lots/{shop.bowl}")

    assert (status, told["code"], told["list"]) == (200, shop.bowl, mad(95))


@pytest.mark.parametrize(
    ("regime", "is_mandate"),
    [(Regime.MANDATE, True), (Regime.COMMISSIONNAIRE, False), (Regime.FIRM, False)],
)
def test_a_till_is_told_in_whose_name_it_sells(
    shop: Shop, till: Till, regime: Regime, is_mandate: bool
) -> None:
    with transaction() as session:
        hub = session.get_one(Hub, shop.hub_id)
        maker = make_maker(session, hub, Terms(regime, 0 if regime is Regime.FIRM else 2_500))
        maker.ice = "002345678000045"
        code = make_lot(session, hub, maker, mad(120), unit_cost=mad(60)).code

    [listed] = [one for one in till.ask("GET", "/pos/catalogue")[1]["lots"] if one["code"] == code]
    scanned = till.ask("GET", f"/pos/lots/{code}")[1]

    assert listed == scanned
    assert (scanned["mandate"], scanned["ice"]) == (is_mandate, "002345678000045")


@pytest.mark.parametrize("code", ["2000000099994", "x", "%E0%A4", "a" * 300, "%20"])
def test_a_code_that_no_lot_has_is_nothing_found(shop: Shop, till: Till, code: str) -> None:
    status, told = till.ask("GET", f"/pos/lots/{code}")

    assert (status, told["reason"]) == (404, "unknown")


def test_another_hub_s_lot_is_nothing_found(shop: Shop, till: Till) -> None:
    with transaction() as session:
        rabat = make_hub(session, code="rabat")
        theirs = make_maker(session, rabat)
        lots = [make_lot(session, rabat, theirs, mad(50)) for _ in range(3)]
        code = lots[-1].code
    assert ask("SELECT COUNT(*) FROM lot WHERE code = ?", code) == [(1,)]

    told = till.ask("GET", "/pos/catalogue")[1]["lots"]

    assert {lot["code"] for lot in told} == {shop.pot, shop.bowl}
    assert till.ask("GET", f"/pos/lots/{code}")[0] == 404


def test_a_disabled_product_is_told_as_not_on_sale(shop: Shop, till: Till) -> None:
    with transaction() as session:
        for product in session.query(Product):
            product.disabled_at = datetime.now(UTC)

    assert till.ask("GET", f"/pos/lots/{shop.pot}")[1]["on_sale"] is False


def test_a_scan_sees_at_once_what_became_of_the_till_and_of_the_piece(
    shop: Shop, till: Till
) -> None:
    path = f"/pos/lots/{shop.pot}"
    assert [till.ask("GET", path)[1]["qty"] for _ in range(2)] == [1_000, 1_000]

    till.sell(line(shop.pot, mad(280)))
    till.send()
    assert till.ask("GET", path)[1]["qty"] == 999

    with transaction() as session:  # the till stands elsewhere from now on: nothing is there
        site = Site(hub_id=shop.hub_id, code="gueliz", name="Guéliz")
        session.add(site)
        session.flush()
        set_up_places(session, site.id)
        session.query(Register).filter_by(code="T1").one().site_id = site.id
    assert till.ask("GET", path)[1]["qty"] == 0

    with transaction() as session:
        session.query(Epoch).one().state = EpochState.LOST
    assert till.ask("GET", path)[1]["reason"] == "epoch_ended"
