"""PINs of the tills: chosen by their owner, given or ended by a manager, in nobody's history."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.db import db
from almakane.users.models import AccountChange, Act, Role, User
from almakane.users.pins import draw_pin, pin_is_right, shortest_pin
from tests.door import PASSWORD, browser, code_of, come_in, give_factor, make_colleague, make_person


def account(app: Flask, login: str) -> User:
    with app.app_context():
        return db.session.query(User).filter_by(login=login).one()


def acts(app: Flask, login: str) -> list[tuple[Act, str, str]]:
    user = account(app, login)
    with app.app_context():
        found = db.session.query(AccountChange).filter_by(user_id=user.id).order_by("id")
        return [(one.what, one.told, one.actor) for one in found]


def house(app: Flask) -> tuple[FlaskClient, FlaskClient]:
    """The browsers of a manager and of a cashier."""
    hind = make_person(app, "hind", Role.MANAGER)
    make_colleague(app, hind, "amina", Role.CASHIER)
    manager, cashier = browser(app), browser(app)
    come_in(manager, "hind")
    come_in(cashier, "amina")
    return manager, cashier


def choose(client: FlaskClient, pin: str, password: str = PASSWORD) -> int:
    return client.post("/me/pin", data={"password": password, "pin": pin}).status_code


def test_a_cashier_chooses_a_pin_with_their_password(app: Flask) -> None:
    _, cashier = house(app)
    assert "Sans code PIN" in cashier.get("/me").text

    assert choose(cashier, "4082") == 303

    assert pin_is_right(account(app, "amina"), "4082")
    assert acts(app, "amina") == [(Act.PIN, "", "amina")]
    assert "4082" not in cashier.get("/me").text


@pytest.mark.parametrize(
    "pin", ["", "408", "1111", "1234", "4321", "40a2", "٤٠٨٢", "4" * 13, "-408"]
)
def test_a_pin_that_is_none_or_is_easy_is_refused(app: Flask, pin: str) -> None:
    _, cashier = house(app)

    assert choose(cashier, pin) == 422
    assert account(app, "amina").pin_hash is None


def test_a_manager_s_own_has_six_digits(app: Flask) -> None:
    manager, _ = house(app)

    assert choose(manager, "4082") == 422
    assert choose(manager, "730416") == 303


def test_without_the_password_no_pin_is_kept(app: Flask) -> None:
    _, cashier = house(app)

    assert choose(cashier, "4082", "another password") == 422
    assert account(app, "amina").pin_hash is None


def test_whoever_has_a_second_factor_types_its_code_too(app: Flask) -> None:
    _, cashier = house(app)
    secret = give_factor(app, "amina")

    assert choose(cashier, "4082") == 422
    data = {"password": PASSWORD, "pin": "4082", "code": code_of(secret)}
    assert cashier.post("/me/pin", data=data).status_code == 303


@pytest.mark.parametrize("role", [Role.ACCOUNTANT])
def test_whoever_does_not_sell_has_no_pin(app: Flask, role: Role) -> None:
    hind = make_person(app, "hind", Role.MANAGER)
    nadia = make_colleague(app, hind, "nadia", role)
    manager, client = browser(app), browser(app)
    come_in(manager, "hind")
    come_in(client, "nadia")

    assert "/me/pin" not in client.get("/me").text
    assert choose(client, "4082") == 403
    assert manager.post(f"/people/{nadia.id}/pins").status_code == 303
    assert account(app, "nadia").pin_hash is None


def test_a_manager_gives_a_pin_that_is_shown_once_and_ends_it(app: Flask) -> None:
    manager, _ = house(app)
    amina = account(app, "amina")

    given = manager.post(f"/people/{amina.id}/pins")
    assert given.status_code == 201
    found = re.search(r">(\d{4})</strong>", given.text)
    assert found
    assert pin_is_right(account(app, "amina"), found[1])
    assert found[1] not in manager.get(f"/people/{amina.id}").text

    assert manager.post(f"/people/{amina.id}/pin-ending").status_code == 303
    assert account(app, "amina").pin_hash is None
    assert acts(app, "amina") == [(Act.PIN, "", "hind"), (Act.PIN, "ended", "hind")]
    assert "Code PIN supprimé" in manager.get(f"/people/{amina.id}").text


def test_ending_a_pin_that_is_not_there_tells_nothing(app: Flask) -> None:
    manager, _ = house(app)

    manager.post(f"/people/{account(app, 'amina').id}/pin-ending")

    assert acts(app, "amina") == []


def test_nobody_gives_themselves_a_pin_without_their_password(app: Flask) -> None:
    manager, _ = house(app)

    assert manager.post(f"/people/{account(app, 'hind').id}/pins").status_code == 303
    assert account(app, "hind").pin_hash is None


@pytest.mark.parametrize("role", [Role.CASHIER, Role.HUB_STAFF, Role.MANAGER])
def test_a_drawn_pin_has_its_digits_and_is_not_easy(role: Role) -> None:
    for _ in range(200):
        pin = draw_pin(role)
        assert len(pin) == shortest_pin(role)
        assert len(set(pin)) >= 3
