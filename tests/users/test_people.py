"""The page of people: who is let in, as what, by whom; and what no manager can do alone."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.users.models import AccountChange, Act, Role, User
from almakane.users.staffing import disable
from tests.counting import counted
from tests.door import browser, come_in, give_factor, make_colleague, make_person
from tests.factories import make_maker

NEW = "trois mots bleus"


def words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def hind(app: Flask) -> User:
    return make_person(app, "hind", Role.MANAGER)


@pytest.fixture
def office(app: Flask, hind: User) -> FlaskClient:
    client = browser(app)
    come_in(client, "hind")
    return client


def account(app: Flask, login: str) -> User:
    with app.app_context():
        return db.session.scalars(select(User).where(User.login == login)).one()


def done(app: Flask, login: str) -> list[tuple[Act, str, str]]:
    user = account(app, login)
    with app.app_context():
        found = db.session.scalars(
            select(AccountChange).where(AccountChange.user_id == user.id).order_by(AccountChange.id)
        )
        return [(one.what, one.told, one.actor) for one in found]


def test_somebody_new_chooses_their_own_password_by_a_link(app: Flask, office: FlaskClient) -> None:
    typed = {"name": "Zineb", "login": "Zineb", "role": "cashier", "language": "ar"}
    made = office.post("/people", data=typed)
    assert made.status_code == 201
    page = words(made)
    assert "Votre mot de passe pour Almakane" in page
    assert 'lang="ar" dir="rtl"' in page
    path = re.search(r"http://127\.0\.0\.1:8000(/new-password/[\w-]+)", page)
    assert path
    client = browser(app)
    assert client.post(path[1], data={"password": NEW}).status_code == 303
    assert come_in(client, "zineb", NEW).status_code == 303
    assert [act for act, _, _ in done(app, "zineb")] == [
        Act.CREATED,
        Act.PASSWORD_LINK,
        Act.PASSWORD,
    ]
    assert office.post("/people", data=typed).status_code == 422


@pytest.mark.parametrize("role", ["maker", "artisan", "king", ""])
def test_a_role_that_is_none_of_the_staffs_is_refused(office: FlaskClient, role: str) -> None:
    typed = {"name": "Zineb", "login": "zineb", "role": role, "language": "fr"}
    assert office.post("/people", data=typed).status_code == 422


def test_a_maker_is_given_a_card_in_two_languages(app: Flask, office: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        maker = make_maker(session, session.scalars(select(Hub)).one(), artisans=1)
    assert maker.name in words(office.get("/people"))
    made = office.post("/people/portal", data={"whose": f"maker-{maker.id}", "language": "ar"})
    assert made.status_code == 201
    page = words(made)
    assert "Votre porte vers Almakane" in page
    assert "بابكم إلى المكان" in page
    assert "https://wa.me/?text=" in page
    path = re.search(r"http://127\.0\.0\.1:8000(/enter/[\w-]+)", page)
    assert path
    assert browser(app).post(path[1]).status_code == 303
    wrong = office.post("/people/portal", data={"whose": "maker-999", "language": "ar"})
    assert wrong.status_code == 422


def test_an_account_given_by_link_is_named_by_its_person(app: Flask, office: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        maker = make_maker(session, session.scalars(select(Hub)).one(), artisans=1)
        artisan_id = maker.artisans[0].id
        french, arabic = maker.artisans[0].name, maker.artisans[0].name_ar
    made = office.post("/people/portal", data={"whose": f"artisan-{artisan_id}", "language": "ar"})
    card = words(made)
    assert 'href="/people"' in card
    path = re.search(r"http://127\.0\.0\.1:8000(/enter/[\w-]+)", card)
    assert path
    browser(app).post(path[1])
    user = account(app, f"artisan {artisan_id}")
    for address in ("/people", f"/people/{user.id}"):
        page = words(office.get(address))
        assert french in page
        assert user.login not in page, address
    assert f"<bdi>{french}</bdi></td>" in words(office.get(f"/people/{user.id}"))  # came in
    assert arabic in words(office.get("/people?lang=ar"))


def test_a_person_is_given_another_role_and_comes_in_anew(app: Flask, office: FlaskClient) -> None:
    amina = make_colleague(app, account(app, "hind"), "amina", Role.CASHIER)
    client = browser(app)
    come_in(client, "amina")
    office.post(f"/people/{amina.id}/role", data={"role": "accountant"})
    assert account(app, "amina").role is Role.ACCOUNTANT
    assert client.get("/me").status_code == 303
    assert done(app, "amina") == [(Act.ROLE, "cashier > accountant", "hind")]
    assert office.post(f"/people/{amina.id}/role", data={"role": "king"}).status_code == 400
    office.post(f"/people/{amina.id}/role", data={"role": "maker"})
    assert account(app, "amina").role is Role.ACCOUNTANT


def test_a_closed_account_opens_nothing_until_it_is_opened_again(
    app: Flask, office: FlaskClient
) -> None:
    amina = make_colleague(app, account(app, "hind"), "amina", Role.CASHIER)
    client = browser(app)
    come_in(client, "amina")
    office.post(f"/people/{amina.id}/closing")
    assert client.get("/me").status_code == 303
    assert come_in(client, "amina").status_code == 422
    office.post(f"/people/{amina.id}/opening")
    assert come_in(client, "amina").status_code == 303


def test_nobody_closes_their_own_account_or_changes_their_role(
    app: Flask, office: FlaskClient, hind: User
) -> None:
    make_colleague(app, hind, "zineb", Role.MANAGER)
    office.post(f"/people/{hind.id}/closing")
    office.post(f"/people/{hind.id}/role", data={"role": "cashier"})
    office.post(f"/people/{hind.id}/second-factor-reset")
    office.post(f"/people/{hind.id}/links")
    kept = account(app, "hind")
    assert (kept.role, kept.disabled_at) == (Role.MANAGER, None)
    assert done(app, "hind") == []


def test_of_two_managers_who_close_each_other_at_once_one_stays(app: Flask, hind: User) -> None:
    zineb = make_colleague(app, hind, "zineb", Role.MANAGER)

    def close(pair: tuple[int, str]) -> str:
        with app.app_context():
            try:
                with transaction() as session:
                    own = session.get_one(User, pair[0])
                    disable(session, own, actor=pair[1], now=datetime.now(UTC))
            except Refusal as refusal:
                return refusal.message
            finally:
                db.session.remove()
        return "closed"

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(close, [(hind.id, "zineb"), (zineb.id, "hind")]))
    assert told.count("closed") == 1


def test_whose_factor_was_reset_gets_no_link_by_being_somebody_else_meanwhile(
    app: Flask, office: FlaskClient, hind: User
) -> None:
    nadia = make_colleague(app, hind, "nadia", Role.ACCOUNTANT)
    give_factor(app, "nadia")
    office.post(f"/people/{nadia.id}/second-factor-reset")
    office.post(f"/people/{nadia.id}/role", data={"role": "cashier"})
    assert office.post(f"/people/{nadia.id}/links").status_code != 201
    assert Act.PASSWORD_LINK not in [act for act, _, _ in done(app, "nadia")]


def test_a_manager_signs_somebody_out_and_resets_a_lost_factor(
    app: Flask, office: FlaskClient, hind: User
) -> None:
    salma = make_colleague(app, hind, "salma")
    client = browser(app)
    come_in(client, "salma")
    office.post(f"/people/{salma.id}/endings")
    assert client.get("/me").status_code == 303
    give_factor(app)
    office.post(f"/people/{salma.id}/second-factor-reset")
    assert not come_in(client, "salma").location.startswith("/sign-in")
    assert [act for act, _, _ in done(app, "salma")] == [Act.SIGNED_OUT, Act.FACTOR_RESET]
    page = words(office.get(f"/people/{salma.id}"))
    assert "Double vérification réinitialisée" in page


def test_a_link_is_ended_before_anybody_uses_it(
    app: Flask, office: FlaskClient, hind: User
) -> None:
    salma = make_colleague(app, hind, "salma")
    made = words(office.post(f"/people/{salma.id}/links"))
    path = re.search(r"http://127\.0\.0\.1:8000(/new-password/[\w-]+)", made)
    assert path
    shown = words(office.get(f"/people/{salma.id}"))
    revocation = re.search(rf"/people/{salma.id}/links/\d+/revocation", shown)
    assert revocation
    office.post(revocation[0])
    assert browser(app).get(path[1]).status_code == 410


def test_what_is_done_to_an_account_is_never_changed(books: Flask) -> None:
    """The database refuses it, on either engine."""
    hind = make_person(books, "hind", Role.MANAGER)
    zineb = make_colleague(books, hind, "zineb", Role.MANAGER)
    with transaction() as session:
        disable(session, session.get_one(User, zineb.id), actor="hind", now=datetime.now(UTC))
    with pytest.raises(Exception, match="account_change"), transaction() as session:
        session.scalars(select(AccountChange)).one().actor = "nobody"


@pytest.mark.engines("sqlite")
def test_the_list_asks_no_more_for_more_people(app: Flask, office: FlaskClient, hind: User) -> None:
    with app.app_context(), counted(db.engine) as few:
        assert office.get("/people").status_code == 200
    for n in range(6):
        make_colleague(app, hind, f"person {n}", Role.CASHIER)
    with app.app_context(), counted(db.engine) as many:
        assert office.get("/people").status_code == 200
    assert len(few) == len(many) <= 8
