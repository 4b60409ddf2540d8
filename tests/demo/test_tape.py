"""The tape of the demo's printer hangs where cashiers and managers may look, and nobody else."""

from collections.abc import Iterator

import pytest
from flask import Flask

from almakane.db import transaction
from almakane.demo.tape import open_tape
from almakane.gateways.paper import KICK
from almakane.gateways.printer import to_escpos
from almakane.gateways.virtual_printer import VirtualPrinter, send
from almakane.hubs.queries import the_hub
from almakane.users.models import Role
from almakane.users.services import UNTRIED, create_user
from tests.door import PASSWORD, browser, come_in, make_person
from tests.factories import Sold, a_line, a_ticket, mad, make_lot, make_maker, tell
from tests.papers import papers

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def tape(new_app: Flask) -> Iterator[VirtualPrinter]:
    """The tape, in a shop that has sold one thing."""
    make_person(new_app, "hind", Role.MANAGER)
    with new_app.app_context():
        with transaction() as session:
            hub = the_hub(session)
            lot = make_lot(session, hub, make_maker(session, hub), mad(340))
            tell(session, hub, a_ticket(a_line(1, Sold(lot, mad(340), mad(340)))))
        printer = open_tape(new_app)
    printer.wait(1)
    yield printer
    printer.stop()
    printer.check()


def test_the_last_ticket_hangs_there_from_the_start(new_app: Flask, tape: VirtualPrinter) -> None:
    client = browser(new_app)
    come_in(client, "hind")
    html = client.get("/-/tape").get_data(as_text=True)
    assert html.count('<img src="/-/tape/1.png"') == 1
    picture = client.get("/-/tape/1.png")
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")


def test_what_is_printed_hangs_first(new_app: Flask, tape: VirtualPrinter) -> None:
    send(tape.host, tape.port, to_escpos(KICK) + to_escpos(papers()["sale"]))
    tape.wait(2)
    client = browser(new_app)
    come_in(client, "hind")
    html = client.get("/-/tape").get_data(as_text=True)
    assert html.index("/-/tape/3.png") < html.index("Le tiroir s’est ouvert")
    assert html.index("Le tiroir s’est ouvert") < html.index("/-/tape/1.png")


def test_what_a_printer_would_misread_is_told(new_app: Flask, tape: VirtualPrinter) -> None:
    send(tape.host, tape.port, b"\x1b@Merci\n\x1bz")
    tape.wait(2)
    client = browser(new_app)
    come_in(client, "hind")
    assert "1b 7a is no command" in client.get("/-/tape").get_data(as_text=True)
    tape.errors.clear()


def test_a_paper_that_never_was_is_not_found(new_app: Flask, tape: VirtualPrinter) -> None:
    client = browser(new_app)
    come_in(client, "hind")
    assert client.get("/-/tape/99.png").status_code == 404


@pytest.mark.parametrize("path", ["/-/tape", "/-/tape/1.png"])
def test_nobody_else_looks_at_it(new_app: Flask, tape: VirtualPrinter, path: str) -> None:
    assert browser(new_app).get(path).status_code == 303
    make_staff(new_app)
    client = browser(new_app)
    come_in(client, "nadia")
    assert client.get(path).status_code == 403


def make_staff(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        create_user(
            session,
            hub_id=the_hub(session).id,
            login="nadia",
            name="Nadia",
            role=Role.ACCOUNTANT,
            password=PASSWORD,
            cost=UNTRIED,
        )
