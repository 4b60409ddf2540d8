"""Links: given to one person, opened by a button, ended by use; and what strangers try."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from almakane.cooperatives.models import Artisan, Maker
from almakane.db import db, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.users.links import Access, find_link, give_access, give_link, opens_yet, use_link
from almakane.users.models import AccessLink, AccountChange, Act, LinkKind, Role, User, UserSession
from almakane.users.second_factor import reset
from almakane.users.services import ADDRESS_FAILURES, end_sessions
from tests.door import PASSWORD, browser, come_in, give_factor, make_colleague, make_person
from tests.factories import make_maker

NEW = "trois mots bleus"


def given(app: Flask, *, to_artisan: bool = False) -> Access:
    """A maker with an artisan, and the access of one of them."""
    make_person(app, "hind", Role.MANAGER)
    with app.app_context(), transaction() as session:
        maker = make_maker(session, session.scalars(select(Hub)).one(), artisans=1)
        return give_access(
            session,
            maker=None if to_artisan else maker,
            artisan=maker.artisans[0] if to_artisan else None,
            actor="hind",
            now=datetime.now(UTC),
        )


def words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def a_password_link(app: Flask, login: str = "salma") -> str:
    with app.app_context(), transaction() as session:
        user = session.scalars(select(User).where(User.login == login)).one()
        return give_link(session, user, LinkKind.PASSWORD, actor="hind", now=datetime.now(UTC))


# Coming in


def test_a_link_shows_a_name_and_opens_by_a_button(app: Flask) -> None:
    access = given(app)
    client, preview = browser(app), browser(app)
    for _ in range(3):
        page = preview.get(f"/enter/{access.token}")
        assert page.status_code == 200
    assert access.user.name in words(page)
    assert "Sortir" not in words(preview.get("/"))

    answer = client.post(f"/enter/{access.token}")
    assert answer.status_code == 303
    assert client.get("/me").status_code == 200
    again = browser(app).post(f"/enter/{access.token}")
    assert again.status_code == 410
    assert "votre argent" in words(again)


def test_a_link_tells_no_cache_no_search_and_no_other_site(app: Flask) -> None:
    headers = browser(app).get(f"/enter/{given(app).token}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["Referrer-Policy"] == "same-origin"


def test_another_site_cannot_open_a_link_in_somebodys_browser(app: Flask) -> None:
    access = given(app)
    answer = browser(app).post(f"/enter/{access.token}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert browser(app).post(f"/enter/{access.token}").status_code == 303


@pytest.mark.parametrize(("own", "is_long"), [("yes", True), ("", False)])
def test_on_ones_own_phone_the_session_stays_for_months(
    app: Flask, own: str, *, is_long: bool
) -> None:
    access, client = given(app, to_artisan=True), browser(app)
    client.post(f"/enter/{access.token}", data={"own": own})
    with app.app_context():
        [kept] = db.session.scalars(select(UserSession))
        assert kept.is_long is is_long


def test_coming_in_by_a_link_ends_whoever_was_in_here(app: Flask) -> None:
    access, client = given(app), browser(app)
    come_in(client, "hind")
    client.post(f"/enter/{access.token}")
    assert client.get("/people").status_code == 403
    with app.app_context():
        ended = db.session.scalars(select(UserSession.ended_at).order_by(UserSession.id)).all()
    assert [one is not None for one in ended] == [True, False]


def test_of_two_who_open_a_link_at_once_one_is_in(app: Flask) -> None:
    access = given(app)
    clients = [browser(app) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: one.post(f"/enter/{access.token}"), clients))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410]


@pytest.mark.parametrize("how", ["late", "revoked", "newer", "closed"])
def test_a_link_that_has_ended_opens_nothing(app: Flask, how: str) -> None:
    access, now = given(app), datetime.now(UTC)
    with app.app_context(), transaction() as session:
        user = session.get_one(User, access.user.id)
        if how == "late":
            session.execute(update(AccessLink).values(expires_at=now - timedelta(seconds=1)))
        elif how == "revoked":
            session.execute(update(AccessLink).values(ended_at=now))
        elif how == "newer":
            give_link(session, user, LinkKind.ENTRY, actor="hind", now=now)
        else:
            user.disabled_at = now
    for method in ("GET", "POST"):
        answer = browser(app).open(f"/enter/{access.token}", method=method)
        assert answer.status_code == 410
    with app.app_context():
        assert db.session.scalars(select(UserSession)).all() == []


def test_what_is_kept_of_a_link_is_not_the_link(app: Flask) -> None:
    access = given(app)
    with app.app_context():
        [link] = db.session.scalars(select(AccessLink))
        assert access.token not in (link.token_hash, link.made_by)
    assert browser(app).get(f"/enter/{link.token_hash}").status_code == 404


def test_who_guesses_links_finds_nothing_and_is_slowed_down(app: Flask) -> None:
    access, thief = given(app), browser(app)
    tried = [thief.get(f"/enter/{n}").status_code for n in range(ADDRESS_FAILURES + 2)]
    assert tried == [404] * ADDRESS_FAILURES + [429] * 2
    assert thief.get(f"/enter/{access.token}").status_code == 429
    assert thief.post("/new-password/x").status_code == 429


def test_a_link_of_one_kind_is_none_of_the_other(app: Flask) -> None:
    access = given(app)
    assert browser(app).get(f"/new-password/{access.token}").status_code == 404


def test_only_those_of_the_portal_come_in_by_a_link(books: Flask) -> None:
    person = make_person(books)
    with pytest.raises(Refusal, match="makers and artisans"), transaction() as session:
        give_link(session, person, LinkKind.ENTRY, actor="hind", now=datetime.now(UTC))


def test_access_is_given_to_the_same_account_again(app: Flask) -> None:
    access = given(app)
    with app.app_context(), transaction() as session:
        maker = session.get_one(Maker, access.user.maker_id)
        again = give_access(session, maker=maker, actor="hind", now=datetime.now(UTC))
        assert again.user.id == access.user.id
        artisan = session.scalars(select(Artisan)).one()
        other = give_access(session, artisan=artisan, actor="hind", now=datetime.now(UTC))
        assert other.user.role is Role.ARTISAN
        told = session.scalars(select(AccountChange.what).order_by(AccountChange.id)).all()
    assert told == [Act.CREATED, Act.ENTRY_LINK, Act.ENTRY_LINK, Act.CREATED, Act.ENTRY_LINK]


def test_an_account_without_a_password_is_told_as_one_that_is_not_there(app: Flask) -> None:
    access = given(app)
    for password in ("", "x", NEW):
        answer = come_in(browser(app), access.user.login, password)
        assert answer.status_code == 422


def test_a_link_may_be_given_for_more_than_once(books: Flask) -> None:
    access, now = given(books), datetime.now(UTC)
    with transaction() as session:
        user = session.get_one(User, access.user.id)
        token = give_link(session, user, LinkKind.ENTRY, actor="hind", now=now, is_once=False)
        assert use_link(session, LinkKind.ENTRY, token, now)
        assert use_link(session, LinkKind.ENTRY, token, now)
        held = find_link(session, LinkKind.ENTRY, token)
        assert held
        assert opens_yet(held, now)


# Choosing a password


def test_a_link_lets_its_holder_choose_a_password_once(app: Flask) -> None:
    make_person(app)
    client, there = browser(app), browser(app)
    come_in(there)
    token = a_password_link(app)
    assert "salma" in words(client.get(f"/new-password/{token}"))
    weak = client.post(f"/new-password/{token}", data={"password": "short"})
    assert weak.status_code == 422
    done = client.post(f"/new-password/{token}", data={"password": NEW})
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert "Sortir" not in words(there.get("/"))
    assert client.post(f"/new-password/{token}", data={"password": NEW}).status_code == 410
    assert come_in(browser(app)).status_code == 422
    assert come_in(browser(app), password=NEW).status_code == 303


def test_a_new_password_leaves_the_second_factor_as_it_was(strict: Flask) -> None:
    make_person(strict)
    give_factor(strict)
    token, client = a_password_link(strict), browser(strict)
    client.post(f"/new-password/{token}", data={"password": NEW})
    assert come_in(client, password=NEW).location == "/sign-in/code"


def test_nobody_gives_themselves_a_link_nor_one_whose_factor_they_reset(books: Flask) -> None:
    salma = make_person(books)
    hind = make_colleague(books, salma, "hind", Role.MANAGER)
    give_factor(books)
    now = datetime.now(UTC)
    with transaction() as session:
        reset(session, session.get_one(User, salma.id), actor="hind", now=now)
    for user, said in ((hind, "own page"), (salma, "two people")):
        with pytest.raises(Refusal, match=said), transaction() as session:
            give_link(session, user, LinkKind.PASSWORD, actor="hind", now=now)


# One's own page


def test_one_sees_where_one_is_in_and_ends_what_is_not_theirs(app: Flask) -> None:
    make_person(app)
    here, there, third = browser(app), browser(app), browser(app)
    here.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Android 14) Gecko/121.0 Firefox/121.0"
    for client in (here, there, third):
        come_in(client)
    page = words(here.get("/me"))
    assert "Firefox, Android" in page
    named = re.findall(r'name="session" value="(\d+)"', page)
    assert len(named) == 2
    here.post("/me/endings", data={"session": named[0]})
    assert [("Sortir" in words(one.get("/"))) for one in (here, there, third)].count(True) == 2
    here.post("/me/endings", data={"session": "others"})
    assert ["Sortir" in words(one.get("/")) for one in (here, there, third)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("named", ["", "x", "-1", "0", "999999999999999999999", "١"])
def test_a_session_that_is_none_is_not_found(app: Flask, named: str) -> None:
    make_person(app)
    client = browser(app)
    come_in(client)
    assert client.post("/me/endings", data={"session": named}).status_code == 404


def test_nobody_ends_anothers_session(app: Flask) -> None:
    hind = make_person(app, "hind")
    make_colleague(app, hind, "nadia")
    one, other = browser(app), browser(app)
    come_in(one, "hind")
    come_in(other, "nadia")
    with app.app_context():
        mine = db.session.scalars(
            select(UserSession.id).where(UserSession.user_id == hind.id)
        ).one()
    assert other.post("/me/endings", data={"session": mine}).status_code == 404
    assert "Sortir" in words(one.get("/"))


def test_a_password_is_changed_by_the_old_one_and_ends_the_other_sessions(app: Flask) -> None:
    make_person(app)
    here, there = browser(app), browser(app)
    come_in(here)
    come_in(there)
    wrong = here.post("/me/password", data={"password": "another one", "new": NEW})
    assert wrong.status_code == 422
    weak = here.post("/me/password", data={"password": PASSWORD, "new": "salma"})
    assert weak.status_code == 422
    done = here.post("/me/password", data={"password": PASSWORD, "new": NEW})
    assert (done.status_code, done.location) == (303, "/me")
    assert "Sortir" in words(here.get("/"))
    assert "Sortir" not in words(there.get("/"))
    assert come_in(browser(app), password=NEW).status_code == 303


def test_whoever_was_signed_out_everywhere_is_out_on_their_own_phone_too(app: Flask) -> None:
    access, client = given(app), browser(app)
    client.post(f"/enter/{access.token}", data={"own": "yes"})
    with app.app_context(), transaction() as session:
        end_sessions(session, session.get_one(User, access.user.id), datetime.now(UTC))
    assert client.get("/me").status_code == 303


def test_the_door_of_a_link_speaks_the_language_of_whom_it_was_given_to(app: Flask) -> None:
    access = given(app)
    with app.app_context(), transaction() as session:
        session.get_one(User, access.user.id).language = "ar"
    stranger = browser(app)
    stranger.set_cookie("language", "fr")
    page = words(stranger.get(f"/enter/{access.token}"))
    assert 'lang="ar" dir="rtl"' in page
