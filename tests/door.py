"""Coming in as somebody: for tests that go through the doors."""

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from almakane.db import transaction
from almakane.users.models import Role, User
from almakane.users.services import create_user
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
        hub = make_hub(session)
        return create_user(
            session,
            hub_id=hub.id,
            login=login,
            name=login.title(),
            role=role,
            password=PASSWORD,
            cost=1,
        )


def come_in(client: FlaskClient, login: str = "salma", password: str = PASSWORD) -> TestResponse:
    """Fill in the form at the door and send it."""
    return client.post("/sign-in", data={"login": login, "password": password})
