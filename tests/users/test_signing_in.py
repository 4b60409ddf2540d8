"""Coming in, being kept out, and being shown the door."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.http import parse_date

from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.users.devices import known_device
from almakane.users.models import Role, SignInAttempt, User, UserSession
from almakane.users.pins import hash_pin
from almakane.users.queries import SIGN_IN
from almakane.users.services import (
    ACCOUNT_FAILURES,
    ADDRESS_FAILURES,
    FAILURES,
    UNTRIED,
    account_name,
    check_password,
    create_user,
    end_sessions,
    hash_password,
    open_session,
    record_attempt,
    renewed_hash,
    shut_until,
    whence,
)
from almakane.web.sessions import LONG_IDLE
from tests.door import PASSWORD, browser, come_in, make_person
from tests.factories import make_hub, make_maker

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def attempts(app: Flask) -> list[bool]:
    with app.app_context():
        return list(db.session.scalars(select(SignInAttempt.succeeded).order_by(SignInAttempt.id)))


def test_the_right_password_opens(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    answer = come_in(client)
    assert (answer.status_code, answer.location) == (303, "/today")
    assert "Sortir" in client.get("/").get_data(as_text=True)
    assert attempts(app) == [True]


def test_a_name_is_the_same_in_capitals_and_with_other_accents(app: Flask) -> None:
    make_person(app, "Zoé")
    assert come_in(browser(app), " ZOE\u0301 ").status_code == 303


def test_a_wrong_password_and_an_unknown_name_are_told_alike(app: Flask) -> None:
    make_person(app)
    wrong = come_in(browser(app), password="another one")
    unknown = come_in(browser(app), login="nobody")
    assert wrong.status_code == unknown.status_code == 422
    word = "Le nom ou le mot de passe n’est pas le bon."
    assert word in wrong.get_data(as_text=True)
    assert word in unknown.get_data(as_text=True)
    assert PASSWORD not in wrong.get_data(as_text=True)


def test_an_empty_form_says_what_is_missing(app: Flask) -> None:
    answer = browser(app).post("/sign-in", data={})
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count("Il manque quelque chose ici.") == 2
    assert attempts(app) == []


@pytest.mark.parametrize("login", ["a\0b", "x" * 500, "\u202enimda", "' OR 1=1 --"])
def test_a_strange_name_is_refused_with_a_sentence(app: Flask, login: str) -> None:
    assert come_in(browser(app), login=login).status_code == 422


def test_one_goes_on_to_where_one_wanted_to_go(app: Flask) -> None:
    make_person(app)
    data = {"login": "salma", "password": PASSWORD, "next": "/-/health"}
    assert browser(app).post("/sign-in", data=data).location == "/-/health"


def test_one_never_goes_on_to_another_site(app: Flask) -> None:
    make_person(app)
    data = {"login": "salma", "password": PASSWORD, "next": "//evil.example/"}
    assert browser(app).post("/sign-in", data=data).location == "/today"


def test_after_five_failures_even_the_right_password_waits(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    for _ in range(5):
        assert come_in(client, password="another one").status_code == 422
    answer = come_in(client)
    assert answer.status_code == 429
    assert "réessayez à" in answer.get_data(as_text=True)
    assert answer.headers["Retry-After"].endswith("GMT")
    assert attempts(app) == [False] * 5  # a refused try does not make the wait longer


def test_the_door_opens_again_when_a_failure_is_old_enough(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    for _ in range(5):
        come_in(client, password="another one")
    with app.app_context(), transaction() as session:
        first = session.scalars(select(SignInAttempt).order_by(SignInAttempt.id)).first()
        assert first is not None
        first.at -= timedelta(minutes=16)
    assert come_in(client).status_code == 303


def test_a_success_wipes_the_slate_of_its_own_account_only(books: Flask) -> None:
    def try_it(account: str, minute: int, succeeded: bool = False) -> datetime | None:
        now = NOW + timedelta(minutes=minute)
        with transaction() as session:
            attempt = record_attempt(session, account, "10.0.0.1", now)
        with transaction() as session:
            until = shut_until(session, attempt, now)
            if succeeded and until is None:
                session.get_one(SignInAttempt, attempt).succeeded = True
            return until

    for _ in range(4):
        try_it("salma", 0)
        try_it("karim", 0)
    assert try_it("salma", 1, succeeded=True) is None
    assert try_it("salma", 2) is None
    assert try_it("karim", 2) is None
    assert try_it("salma", 3) is None
    assert try_it("karim", 3) == NOW + timedelta(minutes=15)


def test_an_address_that_tries_many_names_waits_too(books: Flask) -> None:
    for n in range(20):
        with transaction() as session:
            record_attempt(session, f"name{n}", "10.0.0.1", NOW)
    with transaction() as session:
        here = record_attempt(session, "salma", "10.0.0.1", NOW)
        elsewhere = record_attempt(session, "salma", "10.0.0.2", NOW)
    with transaction() as session:
        assert shut_until(session, here, NOW) == NOW + timedelta(minutes=15)
        assert shut_until(session, elsewhere, NOW) is None


@pytest.mark.parametrize(
    ("addresses", "most"), [(1, FAILURES), (2 * ACCOUNT_FAILURES, ACCOUNT_FAILURES)]
)
def test_of_many_tries_sent_at_once_none_slips_through(
    books: Flask, addresses: int, most: int
) -> None:
    with transaction() as session:
        tries = [
            record_attempt(session, "salma", f"10.0.0.{n % addresses}", NOW)
            for n in range(2 * ACCOUNT_FAILURES)
        ]
    with transaction() as session:
        let_through = [attempt for attempt in tries if shut_until(session, attempt, NOW) is None]
    assert len(let_through) <= most


def test_who_only_knows_a_name_shuts_nobody_out_elsewhere(app: Flask) -> None:
    make_person(app)
    stranger, person = browser(app), browser(app)
    person.environ_base["REMOTE_ADDR"] = "10.0.0.2"
    for _ in range(FAILURES):
        come_in(stranger, password="another one")
    assert come_in(stranger).status_code == 429
    assert come_in(person).status_code == 303


def test_a_device_where_one_came_in_is_shut_out_by_no_stranger(app: Flask) -> None:
    """Not by those at the same address, nor by any number of them."""
    make_person(app)
    person, stranger = browser(app), browser(app)
    come_in(person)
    person.post("/sign-out")
    with app.app_context(), transaction() as session:
        for n in range(ACCOUNT_FAILURES):
            record_attempt(session, "salma", f"10.0.1.{n}", datetime.now(UTC))
    for n in range(ADDRESS_FAILURES):
        come_in(stranger, login=f"name{n}", password="another one")
    stranger.environ_base["REMOTE_ADDR"] = "10.0.0.3"
    assert come_in(stranger).status_code == 429
    assert come_in(person).status_code == 303


def test_a_device_that_is_known_guesses_no_more_than_another(app: Flask) -> None:
    make_person(app)
    person = browser(app)
    come_in(person)
    for _ in range(FAILURES):
        assert come_in(person, password="another one").status_code == 422
    person.environ_base["REMOTE_ADDR"] = "10.0.0.2"
    assert come_in(person).status_code == 429


def test_a_device_is_known_for_the_account_that_came_in_on_it_alone(app: Flask) -> None:
    make_person(app)
    [cookie] = [
        cookie
        for cookie in come_in(browser(app)).headers.getlist("Set-Cookie")
        if cookie.startswith("device-")
    ]
    known = cookie.partition(";")[0]
    assert "salma" not in known
    with app.test_request_context(headers={"Cookie": known}):
        assert known_device("salma")
        assert known_device("karim") is None
    with app.test_request_context(headers={"Cookie": f"{known}x"}):
        assert known_device("salma") is None


@pytest.mark.parametrize(
    ("address", "device", "counts_as"),
    [
        ("10.0.0.1", None, "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", None, "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", None, "10.0.0.1"),
        ("::1", None, "::/64"),
        ("fe80::1%eth0", None, "fe80::/64"),
        ("10.0.0.1", "abc", "device:abc"),
        ("device:abc", None, "-"),
        (None, None, "-"),
    ],
)
def test_what_counts_together(address: str | None, device: str | None, counts_as: str) -> None:
    assert whence(address, device) == counts_as


def test_tries_are_forgotten_after_a_day(books: Flask) -> None:
    with transaction() as session:
        record_attempt(session, "salma", "10.0.0.1", NOW - timedelta(days=2))
    with transaction() as session:
        record_attempt(session, "salma", "10.0.0.1", NOW)
        assert len(session.scalars(select(SignInAttempt)).all()) == 1


def test_going_out_closes_the_door(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    come_in(client)
    assert client.post("/sign-out").status_code == 303
    assert "Sortir" not in client.get("/").get_data(as_text=True)


def test_going_out_ends_that_session_alone_and_every_copy_of_its_cookie(app: Flask) -> None:
    make_person(app)
    here, there, copied = browser(app), browser(app), browser(app)
    come_in(here)
    come_in(there)
    stolen = here.get_cookie("almakane")
    assert stolen
    copied.set_cookie("almakane", stolen.value)
    assert "Sortir" in copied.get("/").get_data(as_text=True)
    here.post("/sign-out")
    assert "Sortir" not in copied.get("/").get_data(as_text=True)
    assert copied.get("/makers").status_code == 303
    assert "Sortir" in there.get("/").get_data(as_text=True)
    assert copied.post("/sign-out").status_code == 303


def test_sessions_are_forgotten_when_no_cookie_of_theirs_lives(app: Flask) -> None:
    person = make_person(app)
    with app.app_context():
        for days in (100, 89, 0):
            with transaction() as session:
                open_session(session, person, f"{days} days", NOW - timedelta(days=days))
        with transaction() as session:
            open_session(session, person, "now", NOW)
            kept = session.scalars(select(UserSession.device).order_by(UserSession.at)).all()
    assert kept == ["89 days", "0 days", "now"]
    assert app.permanent_session_lifetime == LONG_IDLE


@pytest.mark.parametrize(
    ("is_long", "hours", "is_in"),
    [(False, 11, True), (False, 13, False), (True, 13, True), (True, 90 * 24 + 1, False)],
)
def test_a_session_that_nobody_used_ends_by_itself(
    app: Flask, *, is_long: bool, hours: int, is_in: bool
) -> None:
    person, now = make_person(app), datetime.now(UTC)
    client = browser(app)
    with app.app_context(), transaction() as session:
        key = open_session(session, person, "", now - timedelta(hours=hours), is_long=is_long)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie[SIGN_IN] = person.session_token, key
    assert ("Sortir" in client.get("/").get_data(as_text=True)) is is_in
    with app.app_context():
        seen = db.session.scalars(select(UserSession.seen_at)).one()
    assert (seen >= now) is is_in


def test_a_cookie_lives_for_hours_unless_it_is_of_a_persons_own_phone(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    [cookie] = [
        cookie
        for cookie in come_in(client).headers.getlist("Set-Cookie")
        if cookie.startswith("almakane=")
    ]
    until = parse_date(re.search(r"Expires=([^;]+)", cookie)[1])  # type: ignore[index]
    assert until is not None
    assert timedelta(hours=11) < until - datetime.now(UTC) <= timedelta(hours=12)


def test_whoever_comes_in_on_an_open_session_ends_it(app: Flask) -> None:
    make_person(app)
    client, copied = browser(app), browser(app)
    come_in(client)
    stolen = client.get_cookie("almakane")
    assert stolen
    copied.set_cookie("almakane", stolen.value)
    come_in(client)
    assert "Sortir" in client.get("/").get_data(as_text=True)
    assert "Sortir" not in copied.get("/").get_data(as_text=True)


def test_a_cookie_that_was_planted_is_not_the_one_that_opens(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    with client.session_transaction() as planted:
        planted[SIGN_IN] = "planted by somebody"
        planted["colour"] = "red"
    come_in(client)
    with client.session_transaction() as cookie:
        assert cookie[SIGN_IN] != "planted by somebody"
        assert "colour" not in cookie


def test_ending_the_sessions_signs_out_everywhere(app: Flask) -> None:
    person = make_person(app)
    here, there = browser(app), browser(app)
    come_in(here)
    come_in(there)
    with app.app_context(), transaction() as session:
        end_sessions(session, session.get_one(User, person.id), NOW)
    for client in (here, there):
        assert "Sortir" not in client.get("/").get_data(as_text=True)


def test_an_account_that_is_closed_opens_nothing_and_ends_at_once(app: Flask) -> None:
    person = make_person(app)
    client = browser(app)
    come_in(client)
    with app.app_context(), transaction() as session:
        session.execute(update(User).where(User.id == person.id).values(disabled_at=NOW))
    assert "Sortir" not in client.get("/").get_data(as_text=True)
    answer = come_in(client)
    assert answer.status_code == 422
    assert "n’est pas le bon" in answer.get_data(as_text=True)


def test_the_cookie_names_no_person(app: Flask) -> None:
    person = make_person(app)
    client = browser(app)
    come_in(client)
    with client.session_transaction() as session:
        assert session["_user_id"] == person.session_token


def test_whoever_is_in_needs_no_door(app: Flask) -> None:
    make_person(app)
    client = browser(app)
    come_in(client)
    assert client.get("/sign-in").status_code == 303


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"login": " "}, "login"),
        ({"login": "SALMA"}, "login"),
        ({"password": "short"}, "password"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "password"),
        ({"password": "x y" * 200}, "password"),
        ({"login": "a long name here", "password": "A Long Name Here"}, "password"),
        ({"role": Role.MAKER}, "role"),
        ({"role": Role.ARTISAN}, "role"),
        ({"maker_id": 1}, "role"),
        ({"name": "x" * 121}, "name"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    app: Flask, changed: dict[str, object], field: str
) -> None:
    person = make_person(app)
    wanted: dict[str, object] = {
        "hub_id": person.hub_id,
        "login": "karim",
        "name": "Karim",
        "role": Role.CASHIER,
        "password": PASSWORD,
        "cost": UNTRIED,
    }
    with app.app_context(), pytest.raises(Refusal) as refused, transaction() as session:
        create_user(session, **{**wanted, **changed})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_maker_has_an_account_of_their_own(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        user = create_user(
            session,
            hub_id=hub.id,
            login="tifawin",
            name="Coopérative Tifawin",
            role=Role.MAKER,
            password=PASSWORD,
            cost=UNTRIED,
            maker_id=maker.id,
        )
    assert user.maker_id == maker.id


def test_a_password_is_kept_as_argon2id_and_renewed_when_the_cost_rises(app: Flask) -> None:
    person = make_person(app)
    assert person.password_hash.startswith("$argon2id$")
    assert renewed_hash(person, PASSWORD, UNTRIED) is None
    new = renewed_hash(person, PASSWORD, 2)
    assert new
    assert "t=2" in new


def test_what_people_may_guess_at_costs_memory_at_any_setting() -> None:
    for cost in (1, 3):
        for kept in (hash_password(PASSWORD, "salma", cost), hash_pin(Role.CASHIER, "4082", cost)):
            assert kept.startswith(f"$argon2id$v=19$m={19 * 1024},t={cost},p=1$")


def test_a_hash_made_at_any_cost_is_checked(app: Flask) -> None:
    person = make_person(app)
    with app.app_context():
        with transaction() as session:
            user = session.get_one(User, person.id)
            user.password_hash = hash_password(PASSWORD, "salma", 2)
        found = check_password(db.session(), "salma", PASSWORD, 1)
        assert found is not None
        assert found.id == person.id


def test_a_login_is_cut_to_what_its_column_holds() -> None:
    assert len(account_name("ß" * 64)) == 64
