"""Whatever goes wrong with the printer: the sale stays, the paper comes once or is asked about."""

import random
import threading
import time
from datetime import UTC, datetime

import pytest

from almakane.db import db, transaction
from almakane.gateways.spool import answer
from almakane.gateways.virtual_printer import VirtualPrinter
from almakane.pos.printing import print_again
from tests.agent.site import URL, Counter
from tests.journal.shop import ask, broken
from tests.scale import count

BLOCK = 1024
QUESTIONS = 9  # bytes of the status that is asked before


@pytest.fixture
def papers(printer: VirtualPrinter) -> list[int]:
    """How many papers came out, however many they are."""
    came = [0]

    def note(printed: object) -> None:
        came[0] += 1

    printer.on_printed = note
    return came


def job_id(uid: str) -> int:
    [(found,)] = ask("SELECT id FROM print_job WHERE uid = ?", uid)
    return int(found)


def length_of(uid: str) -> int:
    [(length,)] = ask("SELECT length(data) FROM print_job WHERE uid = ?", uid)
    return int(length)


def sales() -> int:
    [(found,)] = ask("SELECT COUNT(*) FROM sale")
    return int(found)


@pytest.mark.parametrize("fault", ["paper_out", "offline", "cover_open"])
def test_what_cannot_be_printed_waits_until_it_can(counter: Counter, fault: str) -> None:
    counter.printer.set(**{fault: True})
    uid = counter.sell()
    counter.rounds()
    assert counter.state(uid) == "queued"
    assert ask("SELECT printer FROM print_agent") == [(fault,)]

    counter.printer.set(**{fault: False})
    counter.rounds()

    assert counter.state(uid) == "confirmed"
    assert len(counter.printer.papers()) == 1


def test_a_printer_that_is_not_there_gets_nothing_and_loses_nothing(counter: Counter) -> None:
    counter.printer.stop()
    uid = counter.sell()
    counter.rounds()
    assert counter.state(uid) == "queued"
    assert ask("SELECT printer FROM print_agent") == [("unreachable",)]
    assert ask("SELECT COUNT(*) FROM print_job_step") == [(1,)]


def test_a_connection_that_breaks_prints_once_or_asks(counter: Counter, papers: list[int]) -> None:
    """Cut after each block, within each, and while the printer is asked before and after."""
    first = counter.sell()
    whole = QUESTIONS + length_of(first)
    counter.rounds()
    blocks = [*range(0, whole, BLOCK), *range(1, QUESTIONS + 8), *range(whole - 3, whole + 5)]
    more = random.Random(8).choices(range(whole), k=count(5, 100))  # noqa: S311 - no secret
    asked = 0
    for cut in [*random.Random(9).sample(blocks, k=min(count(12, 999), len(blocks))), *more]:  # noqa: S311
        before = papers[0]
        counter.printer.set(cut_after=cut)
        uid = counter.sell()
        counter.rounds()
        counter.printer.set(cut_after=None)
        counter.rounds()
        state, came = counter.state(uid), papers[0] - before
        assert state in ("confirmed", "unknown"), (cut, state)
        assert came <= 1, cut
        assert state == "unknown" or came == 1, cut
        if state == "unknown":
            asked += 1
            again_or_came_out(counter, uid, came)
            assert counter.state(uid) in ("confirmed", "failed")
    assert asked
    assert ask("SELECT COUNT(*) FROM print_job WHERE state NOT IN ('confirmed', 'failed')") == [
        (0,)
    ]
    assert sales() == len(counter.till.live.events) - 1
    assert broken() == []


def again_or_came_out(counter: Counter, uid: str, came: int) -> None:
    """What a cashier does who looks at the printer."""
    if came:
        with transaction() as session:
            now = datetime.now(UTC)
            answer(session, counter.shop.hub_id, job_id(uid), by="amina", now=now)
        return
    again = print_again(counter.shop.hub_id, job_id(uid), URL, by="amina", now=datetime.now(UTC))
    counter.rounds()
    assert again == f"{uid[:-1]}1"
    assert counter.state(again) == "confirmed"


@pytest.mark.parametrize("fault", ["paper_out", "offline", "cover_open"])
def test_a_fault_in_the_middle_of_a_paper_is_asked_about(counter: Counter, fault: str) -> None:
    counter.printer.set(seconds_per_chunk=0.1)
    uid = counter.sell()
    start = counter.printer.received

    def break_it() -> None:
        while counter.printer.received < start + BLOCK:
            time.sleep(0.01)
        counter.printer.set(**{fault: True})

    breaker = threading.Thread(target=break_it)
    breaker.start()
    counter.rounds()
    breaker.join()
    assert counter.state(uid) == "unknown"
    assert counter.printer.papers() == []

    counter.printer.set(**{fault: False, "seconds_per_chunk": 0})
    counter.rounds()
    assert len(counter.printer.papers()) == 1, "it had it in its memory"
    assert counter.state(uid) == "unknown"


def test_a_printer_that_is_too_slow_is_asked_about_and_prints_once(counter: Counter) -> None:
    counter.printer.set(seconds_per_chunk=0.6)
    uid = counter.sell()
    counter.rounds()
    assert counter.state(uid) == "unknown"
    counter.printer.set(seconds_per_chunk=0)
    counter.printer.wait(1, seconds=20)
    counter.rounds()
    assert len(counter.printer.papers()) == 1
    db.session.rollback()


def test_low_paper_prints_and_is_told(counter: Counter) -> None:
    counter.printer.set(paper_low=True)
    uid = counter.sell()
    counter.rounds()
    assert counter.state(uid) == "confirmed"
    assert ask("SELECT printer FROM print_agent") == [("paper_low",)]
