"""Coming in as somebody: for tests that go through the doors."""

from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from almakane.db import transaction
from almakane.users.models import Role, User
from almakane.users.queries import users_named
from almakane.users.second_factor import keep
from almakane.users.services import UNTRIED, create_user
from almakane.users.totp import code_at, new_secret, step_at
from tests.factories import make_hub

PASSWORD = "zellige vert 8"


def browser(app: Flask) -> FlaskClient:
    """A browser: it says of each request that our own page made it."""
    client = app.test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return client


def make_person(app: Flask, login: str = "salma", role: Role = Role.HUB_STAFF) -> User:
    """A person of a new hub, with `PASSWORD`."""
    with app.app_context(), transaction() as session:
        return _make(session, make_hub(session).id, login, role)


def make_colleague(app: Flask, of: User, login: str, role: Role = Role.HUB_STAFF) -> User:
    """Another person of the same hub."""
    with app.app_context(), transaction() as session:
        return _make(session, of.hub_id, login, role)


def _make(session: Session, hub_id: int, login: str, role: Role) -> User:
    return create_user(
        session,
        hub_id=hub_id,
        login=login,
        name=login.title(),
        role=role,
        password=PASSWORD,
        cost=UNTRIED,
    )


def come_in(client: FlaskClient, login: str = "salma", password: str = PASSWORD) -> TestResponse:
    """Fill in the form at the door and send it; see `prove` for who needs a code besides."""
    return client.post("/sign-in", data={"login": login, "password": password})


def give_factor(app: Flask, login: str = "salma") -> str:
    """Let a person have a second factor; gives its secret."""
    settings, secret = app.extensions["almakane"], new_secret()
    with app.app_context(), transaction() as session:
        [user] = users_named(session, login)
        keep(session, user, secret, vault=settings.vault_secret, now=datetime.now(UTC))
    return secret


def code_of(secret: str, later: int = 0) -> str:
    """What a phone shows now, or so many half minutes later; one more is taken already."""
    return code_at(secret, step_at(datetime.now(UTC)) + later)


def prove(client: FlaskClient, secret: str, later: int = 0) -> TestResponse:
    """Type the code at the door, after the password."""
    return client.post("/sign-in/code", data={"code": code_of(secret, later)})
