"""The page of print jobs: what waits for a word, who may say it, and who chooses printers."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.db import rows, transaction
from almakane.gateways.agents import open_pairing, pair
from almakane.gateways.models import JobKind
from almakane.gateways.spool import Job, lease, report, spool
from almakane.hubs.models import Hub
from almakane.pos.printers import bind_register
from almakane.users.models import Role
from tests.door import browser
from tests.factories import mad
from tests.journal.shop import Shop, add_person, ask, open_shop
from tests.till.client import line


@pytest.fixture
def shop(books: Flask) -> Shop:
    """A shop with an agent that prints for T1, and one sale of which nobody knows."""
    shop = open_shop(books)
    now = datetime.now(UTC)
    with transaction() as session:
        hub = session.get_one(Hub, shop.hub_id)
        for login, role in (("salma", Role.HUB_STAFF), ("nadia", Role.ACCOUNTANT)):
            add_person(session, hub, login, role)
        [(site_id,)] = rows(session, "SELECT id FROM site")
        code = open_pairing(session, hub.id, site_id, "comptoir", by="hind", now=now)
        pair(session, code, app="", now=now)
        [(agent_id,)] = rows(session, "SELECT id FROM print_agent")
        bind_register(session, hub.id, "T1", agent_id)
    till = shop.till(now=now)
    till.open_shift()
    till.sell(line(shop.pot, mad(280)), lang="ar")
    till.send()
    [(uid, number)] = ask("SELECT uid, number FROM sale")
    for kind in (JobKind.RECEIPT, JobKind.DRAWER):
        with transaction() as session:
            job = Job(
                *(shop.hub_id, agent_id, None, kind, uid, 0, number, b"x", "amina"),
                now.replace(year=2099),
            )
            spool(session, job, now=now)
            leased = lease(session, agent_id, "disk", now=now)
            assert leased
            report(session, agent_id, leased.uid, leased.lease, "disk", "unknown", told="", now=now)
    return shop


def come_in(shop: Shop, login: str) -> FlaskClient:
    client = browser(shop.app)
    client.post("/sign-in", data={"login": login, "password": f"pass of {login} 2026"})
    return client


def state(kind: str = "receipt") -> str:
    [(found,)] = ask("SELECT state FROM print_job WHERE kind = ? AND copy = 0", kind)
    return str(found)


@pytest.mark.parametrize(
    ("login", "status"), [("hind", 200), ("salma", 200), ("amina", 403), ("nadia", 403)]
)
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_staff_and_managers_come_in(shop: Shop, login: str, status: int, language: str) -> None:
    client = come_in(shop, login)
    client.post("/language", data={"language": language})
    assert client.get("/print-jobs").status_code == status


def test_a_stranger_stays_outside(shop: Shop) -> None:
    assert browser(shop.app).get("/print-jobs").status_code == 303
    assert browser(shop.app).post("/print-jobs/1/answers").status_code == 401


def test_an_unknown_paper_came_out(shop: Shop) -> None:
    client = come_in(shop, "salma")
    [(job_id,)] = ask("SELECT id FROM print_job WHERE kind = 'receipt'")
    page = client.get("/print-jobs").get_data(as_text=True)
    assert f"/print-jobs/{job_id}/answers" in page
    assert client.post(f"/print-jobs/{job_id}/answers", data={"came_out": "yes"}).status_code == 303
    assert state() == "confirmed"
    [(actor,)] = ask("SELECT actor FROM print_job_step WHERE state = 'confirmed'")
    assert actor == "salma"
    client.post(f"/print-jobs/{job_id}/answers", data={"came_out": "yes"})
    assert "déjà" in client.get("/print-jobs").get_data(as_text=True)


def test_an_unknown_paper_is_printed_again_as_a_duplicate(shop: Shop) -> None:
    client = come_in(shop, "salma")
    [(job_id,)] = ask("SELECT id FROM print_job WHERE kind = 'receipt'")
    for _ in range(2):  # a double click: the first is on its way
        client.post(f"/print-jobs/{job_id}/copies")
    assert state() == "failed"
    found = ask("SELECT copy, state, asked_by FROM print_job WHERE copy > 0 ORDER BY copy")
    assert found[0] == (1, "queued", "salma")


def test_a_drawer_is_answered_and_never_kicked_again(shop: Shop) -> None:
    client = come_in(shop, "salma")
    [(job_id,)] = ask("SELECT id FROM print_job WHERE kind = 'drawer'")
    client.post(f"/print-jobs/{job_id}/copies")
    assert state("drawer") == "unknown"
    client.post(f"/print-jobs/{job_id}/answers", data={"came_out": "no"})
    assert state("drawer") == "failed"
    assert ask("SELECT COUNT(*) FROM print_job WHERE kind = 'drawer'") == [(1,)]


def test_a_manager_pairs_an_agent_and_chooses_it(shop: Shop) -> None:
    client = come_in(shop, "hind")
    [(site_id,)] = ask("SELECT id FROM site")
    answer = client.post("/print-jobs/agents", data={"name": "Réserve", "site": site_id})
    assert answer.status_code == 201
    found = re.search(r"--code ([A-Z2-9]{8})", answer.get_data(as_text=True))
    assert found
    told = shop.app.test_client().post("/agent/pairing", json={"code": found[1], "app": "x"})
    assert told.status_code == 201
    [(agent_id,)] = ask("SELECT id FROM print_agent WHERE name = 'Réserve'")
    client.post("/print-jobs/registers/T2", data={"agent": agent_id})
    assert ask(
        "SELECT agent_id FROM register_printer printer JOIN register ON "
        "register.id = printer.register_id WHERE register.code = 'T2'"
    ) == [(agent_id,)]
    client.post("/print-jobs/registers/T2", data={"agent": ""})
    assert ask("SELECT COUNT(*) FROM register_printer") == [(1,)]
    client.post(f"/print-jobs/agents/{agent_id}/exclusion")
    assert ask("SELECT token_hash FROM print_agent WHERE name = 'Réserve'") == [(None,)]


@pytest.mark.parametrize("data", [{}, {"name": "x"}, {"name": "", "site": "1"}, {"site": "99"}])
def test_a_pairing_that_lacks_something_is_refused(shop: Shop, data: dict[str, str]) -> None:
    assert come_in(shop, "hind").post("/print-jobs/agents", data=data).status_code == 422


def test_staff_choose_no_printers(shop: Shop) -> None:
    client = come_in(shop, "salma")
    [(site_id,)] = ask("SELECT id FROM site")
    for path, data in (
        ("/print-jobs/agents", {"name": "x", "site": str(site_id)}),
        ("/print-jobs/agents/1/exclusion", {}),
        ("/print-jobs/registers/T1", {"agent": ""}),
    ):
        assert client.post(path, data=data).status_code == 403
    assert ask("SELECT COUNT(*) FROM register_printer") == [(1,)]


def test_what_is_of_nobody_is_not_found(shop: Shop) -> None:
    client = come_in(shop, "hind")
    for path in ("/print-jobs/999/answers", "/print-jobs/999/copies", "/print-jobs/registers/T9"):
        assert client.post(path, data={"came_out": "yes", "agent": "1"}).status_code == 404
    assert client.post("/print-jobs/registers/T1", data={"agent": "x"}).status_code == 404
