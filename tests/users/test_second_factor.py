"""A code besides the password: chosen, asked, lost, reset, and attacked."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from almakane.app import create_app
from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.settings import Settings
from almakane.users import second_factor
from almakane.users.confirming import CODE_FAILURES, confirm_code, confirm_person
from almakane.users.models import (
    MONEY_ROLES,
    AccountChange,
    Act,
    RecoveryCode,
    Role,
    SecondFactor,
    User,
)
from almakane.users.services import FAILURES, UNTRIED, TooManyAttempts, end_sessions, record
from almakane.users.staffing import change_role, disable, enable, take_in_person
from almakane.users.totp import code_at, enrolment_address, new_secret, read_code, step_at, step_of
from almakane.vault import Unreadable, seal, unseal
from tests.door import (
    PASSWORD,
    browser,
    code_of,
    come_in,
    give_factor,
    make_colleague,
    make_person,
    prove,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
VAULT = "test"
# The key of RFC 6238's examples, and its codes there, of which six digits are shown.
RFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def is_in(client: FlaskClient) -> bool:
    return "Sortir" in client.get("/").get_data(as_text=True)


def words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def changes(app: Flask) -> list[tuple[Act, str]]:
    with app.app_context():
        found = db.session.scalars(select(AccountChange).order_by(AccountChange.id))
        return [(one.what, one.actor) for one in found]


def choose_at_the_door(client: FlaskClient) -> tuple[str, list[str]]:
    """Do as the page says; gives the secret and the recovery codes."""
    page = words(client.get("/sign-in/second-factor"))
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")  # type: ignore[index]
    answer = client.post("/sign-in/second-factor", data={"code": code_of(secret)})
    assert answer.status_code == 201
    return secret, re.findall(r"<li>([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})</li>", words(answer))


# Codes


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_that_every_authenticator_makes(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert code_at(RFC, step_at(now)) == code
    assert step_of(RFC, code, now) == step_at(now)


@pytest.mark.parametrize(("late", "opens"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(late: int, *, opens: bool) -> None:
    code = code_at(RFC, step_at(NOW))
    assert (step_of(RFC, code, NOW + timedelta(seconds=late)) is not None) is opens


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("١٢٣٤٥٦", "123456"),
        ("۱۲۳۴۵۶", "123456"),
        ("12345", None),
        ("1234567", None),
        ("12345x", None),
        ("12345²", None),
        ("", None),
    ],
)
def test_a_code_is_read_from_any_keyboard(typed: str, code: str | None) -> None:
    assert read_code(typed) == code


def test_an_authenticator_is_told_whose_secret_it_is() -> None:
    address = enrolment_address(RFC, "hind")
    assert address.startswith("otpauth://totp/Almakane:hind?")
    assert f"secret={RFC}" in address
    assert "issuer=Almakane" in address


# Choosing one


@pytest.mark.parametrize("role", sorted(MONEY_ROLES))
def test_whoever_is_near_money_is_led_to_choose_one_before_anything_else(
    strict: Flask, role: Role
) -> None:
    make_person(strict, "hind", role)
    client = browser(strict)
    assert come_in(client, "hind").location == "/sign-in/second-factor"
    assert client.get("/makers").status_code == 303
    assert not is_in(client)

    _, codes = choose_at_the_door(client)
    assert len(set(codes)) == 10
    assert client.get("/makers").status_code == 200
    assert changes(strict) == [(Act.FACTOR_CHOSEN, "hind")]


@pytest.mark.parametrize("role", [Role.CASHIER])
def test_whoever_is_not_comes_in_with_the_password(strict: Flask, role: Role) -> None:
    make_person(strict, "amina", role)
    client = browser(strict)
    come_in(client, "amina")
    assert is_in(client)


def test_the_way_that_was_asked_for_is_kept_through_both_steps(strict: Flask) -> None:
    make_person(strict)
    data = {"login": "salma", "password": PASSWORD, "next": "/statements"}
    answer = browser(strict).post("/sign-in", data=data)
    assert answer.location == "/sign-in/second-factor?next=/statements"

    secret, client = give_factor(strict), browser(strict)
    answer = client.post("/sign-in", data=data)
    assert answer.location == "/sign-in/code?next=/statements"
    page = words(client.get(answer.location))
    assert 'name="next" type="hidden" value="/statements"' in page
    done = client.post("/sign-in/code", data={"code": code_of(secret), "next": "/statements"})
    assert done.location == "/statements"


@pytest.mark.parametrize("way", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_no_step_leads_to_another_site(strict: Flask, way: str) -> None:
    make_person(strict)
    secret, client = give_factor(strict), browser(strict)
    come_in(client)
    page = words(client.get("/sign-in/code", query_string={"next": way}))
    assert 'name="next" type="hidden" value=""' in page
    done = client.post("/sign-in/code", data={"code": code_of(secret), "next": way})
    assert re.fullmatch(r"/\w+", done.location)


def test_a_wrong_code_chooses_nothing_and_keeps_the_same_secret(strict: Flask) -> None:
    make_person(strict)
    client = browser(strict)
    come_in(client)
    first = words(client.get("/sign-in/second-factor"))
    answer = client.post("/sign-in/second-factor", data={"code": "000000"})
    assert answer.status_code == 422
    secret = re.search(r'<code dir="ltr">[A-Z2-7 ]+</code>', first)
    assert secret
    assert secret[0] in words(answer)
    assert not is_in(client)


def test_a_secret_of_another_persons_cookie_is_not_taken(strict: Flask) -> None:
    make_colleague(strict, make_person(strict, "hind", Role.MANAGER), "nadia", Role.ACCOUNTANT)
    hind, nadia = browser(strict), browser(strict)
    come_in(hind, "hind")
    come_in(nadia, "nadia")
    hind.get("/sign-in/second-factor")
    with hind.session_transaction() as cookie:
        planted = cookie["enrolling"]
    with nadia.session_transaction() as cookie:
        cookie["enrolling"] = planted
    answer = nadia.post("/sign-in/second-factor", data={"code": "123456"})
    assert answer.status_code == 303
    with nadia.session_transaction() as cookie:
        assert planted not in words(nadia.get("/sign-in/second-factor"))
    with strict.app_context():
        assert db.session.scalars(select(SecondFactor)).all() == []


def test_the_page_of_the_first_choice_opens_for_nobody_else(strict: Flask) -> None:
    make_person(strict)
    give_factor(strict)
    stranger, client = browser(strict), browser(strict)
    come_in(client)  # she has one: what is asked is a code, and no second choice
    for who in (stranger, client):
        assert who.get("/sign-in/second-factor").location.startswith("/sign-in")
        answer = who.post("/sign-in/second-factor", data={"code": "123456"})
        assert answer.location.startswith("/sign-in")
    with strict.app_context():
        assert len(db.session.scalars(select(SecondFactor)).all()) == 1


# Asking it


def test_the_password_alone_opens_nothing(strict: Flask) -> None:
    make_person(strict)
    secret, client = give_factor(strict), browser(strict)
    assert come_in(client).location == "/sign-in/code"
    assert client.get("/makers").location.startswith("/sign-in?")
    assert client.post("/statements").status_code == 401
    assert not is_in(client)

    assert prove(client, secret).status_code == 303
    assert client.get("/makers").status_code == 200


def test_whoever_has_one_is_asked_even_where_it_is_not_required(app: Flask) -> None:
    make_person(app, "amina", Role.CASHIER)
    secret, client = give_factor(app, "amina"), browser(app)
    assert come_in(client, "amina").location == "/sign-in/code"
    prove(client, secret)
    assert is_in(client)


def test_a_code_opens_once(strict: Flask) -> None:
    make_person(strict)
    secret, here, there = give_factor(strict), browser(strict), browser(strict)
    for client in (here, there):
        come_in(client)
    code = {"code": code_of(secret)}
    assert here.post("/sign-in/code", data=code).status_code == 303
    answer = there.post("/sign-in/code", data=code)
    assert answer.status_code == 422
    assert "déjà ouvert une fois" in words(answer)
    assert not is_in(there)
    assert prove(there, secret, later=1).status_code == 303


def test_a_code_older_than_the_last_opens_nothing(strict: Flask) -> None:
    make_person(strict)
    secret, here, there = give_factor(strict), browser(strict), browser(strict)
    for client in (here, there):
        come_in(client)
    older = {"code": code_of(secret)}
    assert prove(here, secret, later=1).status_code == 303
    assert there.post("/sign-in/code", data=older).status_code == 422


def test_of_two_that_send_one_code_at_once_one_comes_in(strict: Flask) -> None:
    make_person(strict)
    secret = give_factor(strict)
    clients = [browser(strict) for _ in range(4)]
    for client in clients:
        come_in(client)
    code = {"code": code_of(secret)}
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda one: one.post("/sign-in/code", data=code), clients))
    assert sorted(answer.status_code for answer in answers) == [303, 422, 422, 422]
    assert [is_in(client) for client in clients].count(True) == 1


def test_the_session_of_the_second_step_is_a_new_one(strict: Flask) -> None:
    make_person(strict)
    secret, client, watching = give_factor(strict), browser(strict), browser(strict)
    come_in(client)
    half = client.get_cookie("almakane")
    assert half
    watching.set_cookie("almakane", half.value)
    prove(client, secret)
    assert is_in(client)
    assert not is_in(watching)
    with client.session_transaction() as cookie:
        assert "half" not in cookie


def test_the_first_step_is_forgotten_after_ten_minutes(strict: Flask) -> None:
    make_person(strict)
    secret, client = give_factor(strict), browser(strict)
    come_in(client)
    with client.session_transaction() as cookie:
        cookie["half"] = {**cookie["half"], "at": cookie["half"]["at"] - 601}
    assert client.get("/sign-in/code").location.startswith("/sign-in")
    assert prove(client, secret).location.startswith("/sign-in")
    assert not is_in(client)


def test_the_first_step_ends_with_the_sessions_of_the_person(strict: Flask) -> None:
    person = make_person(strict)
    secret, client = give_factor(strict), browser(strict)
    come_in(client)
    with strict.app_context(), transaction() as session:
        end_sessions(session, session.get_one(User, person.id), NOW)
    assert prove(client, secret).location.startswith("/sign-in")
    assert not is_in(client)


def test_a_code_without_the_password_opens_nothing(strict: Flask) -> None:
    make_person(strict)
    secret, client = give_factor(strict), browser(strict)
    assert prove(client, secret).location.startswith("/sign-in")
    assert not is_in(client)
    come_in(client, password="another one")
    assert prove(client, secret).location.startswith("/sign-in")


# Guessing


def test_after_some_wrong_codes_even_the_right_one_opens_nothing(strict: Flask) -> None:
    make_person(strict)
    secret, client = give_factor(strict), browser(strict)
    come_in(client)
    for _ in range(FAILURES):
        assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 422
    answer = prove(client, secret)
    assert answer.status_code == 429
    assert "Retry-After" in answer.headers
    come_in(client)  # the password again makes the tries no fewer
    assert prove(client, secret).status_code == 429


def test_codes_guessed_from_everywhere_are_few(strict: Flask) -> None:
    person = make_person(strict)
    give_factor(strict)
    with strict.app_context():
        for n in range(CODE_FAILURES):
            with pytest.raises(Refusal):
                confirm_code(person, "000000", f"10.0.{n}.1", vault=VAULT, now=NOW)
        with pytest.raises(TooManyAttempts):
            confirm_code(person, "000000", "10.1.0.1", vault=VAULT, now=NOW)


def test_many_tries_at_once_are_all_counted(strict: Flask) -> None:
    person = make_person(strict)
    give_factor(strict)

    def guess(_: int) -> str:
        with strict.app_context():
            try:
                confirm_code(person, "000000", "10.0.0.1", vault=VAULT, now=NOW)
            except Refusal as refusal:
                return type(refusal).__name__
            finally:
                db.session.remove()
        return "opened"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(24)))
    assert "opened" not in told
    assert told.count("Refusal") <= FAILURES


# Recovery


def test_a_recovery_code_stands_in_for_the_phone_once(strict: Flask) -> None:
    make_person(strict)
    first = browser(strict)
    come_in(first)
    _, codes = choose_at_the_door(first)

    client = browser(strict)
    come_in(client)
    typed = {"code": codes[3].replace("-", " ").lower()}
    answer = client.post("/sign-in/code?with=recovery", data=typed)
    assert answer.status_code == 303
    assert "9" in words(client.get("/"))
    again = browser(strict)
    come_in(again)
    assert again.post("/sign-in/code?with=recovery", data=typed).status_code == 422
    assert not is_in(again)
    assert (Act.CODE_SPENT, "salma") in changes(strict)


def test_a_recovery_code_is_kept_so_that_the_database_alone_cannot_tell_it(strict: Flask) -> None:
    person = make_person(strict)
    client = browser(strict)
    come_in(client)
    secret, codes = choose_at_the_door(client)
    with strict.app_context():
        kept = " ".join(db.session.scalars(select(RecoveryCode.code_hash)))
        [factor] = db.session.scalars(select(SecondFactor))
        assert secret not in factor.secret
        assert unseal(VAULT, factor.secret, f"second factor/{person.id}") == secret
    assert all(code not in kept and code.replace("-", "") not in kept for code in codes)


def test_ones_recovery_code_is_not_anothers(books: Flask) -> None:
    hind = make_person(books, "hind")
    nadia = make_colleague(books, hind, "nadia")
    lists = []
    for person in (hind, nadia):
        secret = new_secret()
        with transaction() as session:
            own = session.get_one(User, person.id)
            code = code_at(secret, step_at(NOW))
            lists.append(second_factor.choose(session, own, secret, code, vault=VAULT, now=NOW))
    with transaction() as session:
        assert not second_factor.open_with(session, nadia, lists[0][0], vault=VAULT, now=NOW)
        assert second_factor.open_with(session, nadia, lists[1][0], vault=VAULT, now=NOW)


def test_new_codes_end_the_old_ones(books: Flask) -> None:
    person, secret = make_person(books), new_secret()
    with transaction() as session:
        own = session.get_one(User, person.id)
        code = code_at(secret, step_at(NOW))
        old = second_factor.choose(session, own, secret, code, vault=VAULT, now=NOW)
        new = second_factor.renew_codes(session, own, vault=VAULT, now=NOW)
        assert second_factor.codes_left(session, own.id) == 10
        assert not second_factor.open_with(session, own, old[0], vault=VAULT, now=NOW)
        assert second_factor.open_with(session, own, new[0], vault=VAULT, now=NOW)


# Losing it


def test_another_manager_resets_it_and_nobody_their_own(books: Flask) -> None:
    person = make_person(books)
    give_factor(books)
    with pytest.raises(Refusal, match="Another manager"), transaction() as session:
        second_factor.reset(session, session.get_one(User, person.id), actor="salma", now=NOW)
    with transaction() as session:
        second_factor.reset(session, session.get_one(User, person.id), actor="hind", now=NOW)
        assert not second_factor.has_factor(session, person.id)
        assert session.get_one(User, person.id).session_token != person.session_token
    assert changes(books) == [(Act.FACTOR_RESET, "hind")]


def test_whoever_gave_a_new_password_does_not_reset_the_factor_too(books: Flask) -> None:
    person = make_person(books)
    give_factor(books)
    with transaction() as session:
        own = session.get_one(User, person.id)
        record(session, own, Act.PASSWORD_LINK, NOW - timedelta(days=6), actor="hind")
    for actor, days, refused in (("hind", 0, True), ("zineb", 0, False)):
        with transaction() as session:
            own, at = session.get_one(User, person.id), NOW + timedelta(days=days)
            if refused:
                with pytest.raises(Refusal, match="two people"):
                    second_factor.reset(session, own, actor=actor, now=at)
            else:
                second_factor.reset(session, own, actor=actor, now=at)


def test_an_account_that_one_has_just_given_away_is_no_other_person(books: Flask) -> None:
    person = make_person(books)
    give_factor(books)
    with transaction() as session:
        for login in ("sock", "shoe"):
            take_in_person(
                *(session, person.hub_id, login, login, Role.MANAGER),
                language=None,
                actor="hind",
                now=NOW,
            )
        own = session.get_one(User, person.id)
        record(session, own, Act.PASSWORD_LINK, NOW, actor="sock")
    for actor in ("sock", "hind", "shoe"):
        with pytest.raises(Refusal, match="two people"), transaction() as session:
            second_factor.reset(session, session.get_one(User, person.id), actor=actor, now=NOW)
    with transaction() as session:
        later = NOW + second_factor.TWO_PEOPLE
        record(session, session.get_one(User, person.id), Act.PASSWORD_LINK, later, actor="sock")
        second_factor.reset(session, session.get_one(User, person.id), actor="hind", now=later)


@pytest.mark.parametrize("raised", ["role", "opening"])
def test_a_manager_whom_one_has_just_raised_is_no_other_person(books: Flask, raised: str) -> None:
    person = make_person(books)
    sock = make_colleague(books, person, "sock", Role.CASHIER)
    give_factor(books)
    with transaction() as session:
        own = session.get_one(User, sock.id)
        if raised == "role":
            change_role(session, own, Role.MANAGER, actor="hind", now=NOW)
        else:
            disable(session, own, actor="zineb", now=NOW)
            enable(session, own, actor="hind", now=NOW)
        record(session, session.get_one(User, person.id), Act.PASSWORD_LINK, NOW, actor="hind")
    with pytest.raises(Refusal, match="two people"), transaction() as session:
        second_factor.reset(session, session.get_one(User, person.id), actor="sock", now=NOW)
    with transaction() as session:
        second_factor.reset(session, session.get_one(User, person.id), actor="zineb", now=NOW)


def test_two_managers_who_both_helped_a_third_person_are_still_two(books: Flask) -> None:
    person = make_person(books)
    amina = make_colleague(books, person, "amina", Role.CASHIER)
    give_factor(books)
    with transaction() as session:
        for actor in ("hind", "zineb"):
            record(session, session.get_one(User, amina.id), Act.PASSWORD_LINK, NOW, actor=actor)
        own = session.get_one(User, person.id)
        record(session, own, Act.PASSWORD_LINK, NOW, actor="hind")
        second_factor.reset(session, own, actor="zineb", now=NOW)


# The vault


def test_what_is_sealed_is_read_with_its_key_and_about_its_thing_alone() -> None:
    sealed = seal("key", "زليج", "about/1")
    assert unseal("key", sealed, "about/1") == "زليج"
    assert seal("key", "زليج", "about/1") != sealed
    for secret, text, about in (
        ("other", sealed, "about/1"),
        ("key", sealed, "about/2"),
        ("key", sealed[:-4], "about/1"),
        ("key", "2" + sealed[1:], "about/1"),
        ("key", "", "about/1"),
        ("key", "1.é", "about/1"),
        ("key", "1.", "about/1"),
    ):
        with pytest.raises(Unreadable):
            unseal(secret, text, about)


def test_under_another_key_a_factor_opens_nothing_and_says_why(
    strict: Flask, settings: Settings
) -> None:
    make_person(strict)
    secret = give_factor(strict)
    other = create_app(replace(settings, vault_key="another key of the house, long enough"))
    client = browser(other)
    come_in(client)
    answer = prove(client, secret)
    assert answer.status_code == 422
    assert "la clé de la maison a changé" in words(answer)
    assert not is_in(client)
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


# Once more, before an act


def test_who_is_asked_once_more_proves_both(books: Flask) -> None:
    person = make_person(books)
    secret = give_factor(books)

    def confirm(password: str, code: str) -> None:
        confirm_person(
            *(person, password, "10.0.0.1"),
            cost=UNTRIED,
            now=datetime.now(UTC),
            vault=VAULT,
            code=code,
        )

    with pytest.raises(Refusal, match="code is not right"):
        confirm(PASSWORD, "")
    with pytest.raises(Refusal, match="password is not right"):
        confirm("another one", code_of(secret))
    confirm(PASSWORD, code_of(secret))
    with pytest.raises(Refusal, match="code is not right"):
        confirm(PASSWORD, code_of(secret))


def test_of_ones_own_accord_the_password_is_asked_once_more(app: Flask) -> None:
    make_person(app, "amina", Role.CASHIER)
    client = browser(app)
    come_in(client, "amina")
    page = words(client.get("/me/second-factor"))
    assert 'name="password"' in page
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")  # type: ignore[index]
    for password in ("", "somebody at an open page"):
        told = {"code": code_of(secret), "password": password}
        assert client.post("/me/second-factor", data=told).status_code == 422
    told = {"code": code_of(secret), "password": PASSWORD}
    assert client.post("/me/second-factor", data=told).status_code == 201
    assert "Il ne vous reste aucun code de secours" not in words(client.get("/me"))
    with app.app_context(), transaction() as session:
        session.execute(delete(RecoveryCode))
    assert "Il ne vous reste aucun code de secours" in words(client.get("/me"))
