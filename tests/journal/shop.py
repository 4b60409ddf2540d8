"""A shop with people, stock and a till at its door, for the tests of the journal."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.db import db, rows, transaction
from almakane.hubs.models import Hub
from almakane.journal.enrolment import open_enrolment
from almakane.sales.models import Register, RegisterKind
from almakane.users.models import Role, User
from almakane.users.services import UNTRIED, create_user
from tests.factories import mad, make_hub, make_lot, make_maker, the_site
from tests.till.client import Till, Wire

PEOPLE = {"hind": Role.MANAGER, "amina": Role.CASHIER}


@dataclass
class Shop:
    """A hub with lots at 280.00 and at 95.00, plenty of each, of a maker without VAT."""

    app: Flask
    hub_id: int
    pot: str
    bowl: str

    def wire(self, address: str = "127.0.0.1") -> Wire:
        """The shop's door as an address comes to it, without a network between."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address

        def send(
            method: str, path: str, headers: dict[str, str], data: bytes | None
        ) -> tuple[int, Any]:
            answer = client.open(path, method=method, headers=headers, data=data)
            text = answer.get_data(as_text=True)
            return answer.status_code, json.loads(text) if text else None

        return send

    def code(self, register: str = "T1") -> str:
        """Let a device enrol at a register."""
        with transaction() as session:
            return open_enrolment(session, self.hub_id, register, by="hind", now=datetime.now(UTC))

    def till(self, register: str = "T1", **changed: Any) -> Till:
        """A till that is enrolled."""
        till = Till(self.wire(), **changed)
        status, told = till.enrol(self.code(register))
        assert status == 201, told
        return till


def open_shop(app: Flask, quantity: int = 1_000) -> Shop:
    """A shop on an empty database."""
    with transaction() as session:
        hub = make_hub(session)
        site = the_site(session, hub)
        session.add(
            Register(hub_id=hub.id, site_id=site.id, code="REPAIR", kind=RegisterKind.SERVER)
        )
        maker = make_maker(session, hub)
        pot = make_lot(session, hub, maker, mad(280), quantity=quantity)
        bowl = make_lot(session, hub, maker, mad(95), quantity=quantity)
        for login, role in PEOPLE.items():
            add_person(session, hub, login, role)
        return Shop(app, hub.id, pot.code, bowl.code)


def add_person(session: Session, hub: Hub, login: str, role: Role) -> User:
    """Somebody with an account."""
    return create_user(
        session,
        hub_id=hub.id,
        login=login,
        name=login.title(),
        role=role,
        password=f"pass of {login} 2026",
        cost=UNTRIED,
    )


def ask(sql: str, *values: Any) -> list[Any]:
    """What the books hold."""
    session = db.session()
    try:
        return list(rows(session, sql, values))
    finally:
        session.rollback()


def broken() -> list[str]:
    """What the prover finds."""
    try:
        return [str(violation) for violation in prove(db.session.connection())]
    finally:
        db.session.rollback()
