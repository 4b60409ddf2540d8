"""A shop with a till at its door, and the office that looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.db import db, transaction
from almakane.users.models import Role
from almakane.users.services import UNTRIED, create_user
from tests.door import browser, come_in
from tests.journal.shop import Shop, ask, broken, open_shop
from tests.till.client import Till

STAFF = {"salma": Role.HUB_STAFF, "nadia": Role.ACCOUNTANT}


def password(login: str) -> str:
    """As the shop of the journal's tests gives them."""
    return f"pass of {login} 2026"


@dataclass
class Office:
    """The shop's app without an open context: one left open would mix up who is signed in."""

    app: Flask
    shop: Shop

    @contextmanager
    def inside(self) -> Iterator[Shop]:
        """The shop, for what speaks to services or is a till."""
        with self.app.app_context():
            try:
                yield self.shop
            finally:
                db.session.remove()

    def till(self, register: str = "T1", *, with_shift: bool = True, **changed: Any) -> Till:
        """An enrolled till, its shift open and sent; it posts by itself from here on."""
        with self.inside() as shop:
            till = shop.till(register, **changed)
            if with_shift:
                till.open_shift()
                [(status, told)] = till.send()
                assert status == 200, told
        return till

    def came_in(self, login: str = "hind") -> FlaskClient:
        """A browser of somebody who works here."""
        client = browser(self.app)
        assert come_in(client, login, password(login)).status_code == 303
        return client

    def ask(self, sql: str, *values: Any) -> list[Any]:
        with self.inside():
            return ask(sql, *values)

    def broken(self) -> list[str]:
        with self.inside():
            return broken()


@pytest.fixture
def office(app: Flask) -> Office:
    """A shop that has opened, with its staff."""
    with app.app_context():
        shop = open_shop(app)
        with transaction() as session:
            for login, role in STAFF.items():
                create_user(
                    session,
                    hub_id=shop.hub_id,
                    login=login,
                    name=login.title(),
                    role=role,
                    password=password(login),
                    cost=UNTRIED,
                )
        db.session.remove()
    return Office(app, shop)
