"""What a shift brings out besides receipts: a Z at its end, an X while it runs, an open drawer."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almakane.db import transaction
from almakane.users.models import User
from almakane.users.pins import set_pin
from almakane.users.services import UNTRIED
from tests.agent.site import Counter
from tests.factories import mad
from tests.journal.shop import Shop, ask
from tests.till.client import Till, line

UID = "01a2027a-ec20-7000-8000-0000000000a1"
OTHER = "01a2027a-ec20-7000-8000-0000000000a2"


def uid_of(event: Any) -> str:
    return str(json.loads(event["text"])["uid"])


def close(counter: Counter) -> str:
    counter.till.now = datetime.now(UTC)
    closed = counter.till.close_shift(50_000)
    for status, told in counter.till.send():
        assert (status, told["results"][-1]["outcome"]) == (200, "recorded"), told
    return uid_of(closed)


def open_drawer(counter: Counter, **changed: Any) -> str:
    counter.till.now = datetime.now(UTC)
    body = {"shift": counter.till.shift, "why": "monnaie", "note": "", "approvals": []}
    opened = counter.till.write("drawer_opened", body, **changed)
    counter.till.send()
    return uid_of(opened)


def jobs() -> list[tuple[str, str]]:
    return [tuple(row) for row in ask("SELECT uid, title FROM print_job ORDER BY id")]


def test_a_shift_that_is_closed_brings_out_its_z_once(counter: Counter) -> None:
    uid = close(counter)
    counter.work()
    counter.work()

    [(job, title)] = jobs()
    day = datetime.now(UTC).date().isoformat()
    assert (job, title) == (f"report-{uid}-0", f"Z T1 {day}")
    counter.rounds()
    assert counter.state(job) in {"sent", "confirmed"}
    assert ask("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL") == [(0,)]


def test_a_z_that_comes_days_later_prints_nothing(counter: Counter) -> None:
    counter.till.now = datetime.now(UTC) - timedelta(hours=2)
    counter.till.close_shift(50_000)
    counter.till.send()
    counter.work()

    assert jobs() == []
    assert ask("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL") == [(0,)]


def test_a_manager_s_drawer_springs_open_and_a_cashier_s_does_not(counter: Counter) -> None:
    open_drawer(counter)
    counter.work()
    assert jobs() == []

    uid = open_drawer(counter, cashier="hind")
    counter.work()

    assert [job for job, _ in jobs()] == [f"drawer-{uid}-0"]
    counter.rounds()
    assert counter.kicks() == 1


def test_a_cashier_s_drawer_springs_open_with_a_manager_s_word(counter: Counter) -> None:
    with transaction() as session:
        set_pin(session, session.query(User).filter_by(login="hind").one(), "730416", cost=UNTRIED)
    asked = {"right": "drawer", "by": "hind", "pin": "730416"}
    status, told = counter.till.ask("POST", "/pos/grants", asked)
    assert status == 201
    counter.till.now = datetime.now(UTC)
    body = {
        "shift": counter.till.shift,
        "why": "monnaie",
        "note": "",
        "approvals": [counter.till.approval("drawer", grant=told["grant"])],
    }
    counter.till.write("drawer_opened", body)
    counter.till.send()
    counter.work()

    assert len(jobs()) == 1


def test_an_x_is_printed_once_however_often_it_is_asked(counter: Counter) -> None:
    counter.sell()
    before = len(jobs())
    for _ in range(3):
        asked = {"uid": UID, "shift": counter.till.shift}
        assert counter.till.ask("POST", "/pos/reports/x", asked) == (
            202,
            {"job": f"report-{UID}-0"},
        )

    [(job, title)] = jobs()[before:]
    assert (job, title[:4]) == (f"report-{UID}-0", "X T1")
    counter.rounds()
    assert counter.state(job) in {"sent", "confirmed"}


def test_an_x_of_another_s_shift_or_of_none_is_refused(counter: Counter, shop: Shop) -> None:
    other = Till(counter.till.wire, now=datetime.now(UTC))
    other.enrol(shop.code("T2"))
    for shift in (counter.till.shift, OTHER):
        status, told = other.ask("POST", "/pos/reports/x", {"uid": UID, "shift": shift})
        assert (status, told["reason"]) == (422, "unknown")


def test_an_x_where_nobody_prints_says_so(counter: Counter, shop: Shop) -> None:
    other = Till(counter.till.wire, now=datetime.now(UTC))
    other.enrol(shop.code("T2"))
    other.open_shift()
    other.send()

    status, told = other.ask("POST", "/pos/reports/x", {"uid": UID, "shift": other.shift})

    assert (status, told["reason"]) == (422, "no_printer")


@pytest.mark.parametrize(
    "body", [{}, {"uid": UID}, {"uid": "x", "shift": UID}, {"uid": UID, "shift": 1}, []]
)
def test_an_x_of_another_shape_is_not_read(counter: Counter, body: Any) -> None:
    assert counter.till.ask("POST", "/pos/reports/x", body)[0] == 400


def test_a_shift_and_its_papers_leave_nothing_open(counter: Counter) -> None:
    counter.till.now = datetime.now(UTC)
    counter.till.sell(line(counter.shop.pot, mad(280)))
    counter.till.send()
    close_uid = uid_of(counter.till.close_shift(50_000 + mad(280)))
    counter.till.send()
    counter.work()
    counter.rounds()

    assert f"report-{close_uid}-0" in [job for job, _ in jobs()]
    assert {state for (state,) in ask("SELECT state FROM print_job")} <= {"sent", "confirmed"}
