"""The second copy of a till's journal: what a dead till had still arrives, and nothing twice."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from almakane.agent.copies import Copies, deliver_when_silent
from almakane.agent.server import Server, Unanswered
from tests.agent.site import Counter
from tests.factories import mad
from tests.journal.shop import ask, broken
from tests.scale import count
from tests.till.client import back_of, line


@pytest.fixture
def kept(counter: Counter, data_dir: Path) -> Copies:
    """Copies of all that the till has written so far."""
    found = Copies(data_dir / "journal")
    for event in counter.till.live.events:
        found.keep(event)
    return found


def sell_some(counter: Counter, kept: Copies, many: int) -> None:
    """Sales that the till keeps to itself but for the copy."""
    for n in range(many):
        sale = counter.till.sell(line(counter.shop.pot, mad(280)))
        kept.keep(sale)
        if n % 4 == 3:
            kept.keep(counter.till.give_back(back_of(sale)))


def held() -> list[tuple[str, str, str]]:
    return [tuple(row) for row in ask("SELECT text, hash, sig FROM journal_event ORDER BY seq")]


def written(counter: Counter) -> list[tuple[str, str, str]]:
    return [(one["text"], one["hash"], one["sig"]) for one in counter.till.live.events]


def test_what_a_dead_till_had_is_delivered(counter: Counter, kept: Copies) -> None:
    sell_some(counter, kept, count(8, 250))

    delivered = kept.deliver("casa/T1", counter.server)

    assert delivered == len(counter.till.live.events) - 1
    assert held() == written(counter)
    assert kept.deliver("casa/T1", counter.server) == 0
    assert ask("SELECT DISTINCT deliverer FROM journal_event ORDER BY 1") == [
        ("agent/comptoir",),
        ("casa/T1",),
    ]
    assert broken() == []


def test_a_till_that_comes_back_meanwhile_doubles_nothing(counter: Counter, kept: Copies) -> None:
    for _ in range(count(3, 30)):
        sell_some(counter, kept, 6)
        again = threading.Thread(target=lambda: kept.deliver("casa/T1", counter.server))
        again.start()
        counter.till.send(most=2)
        again.join()
        kept.deliver("casa/T1", counter.server)
    assert held() == written(counter)
    assert ask("SELECT COUNT(*) FROM stray") == [(0,)]
    assert broken() == []


def test_a_copy_that_was_spoilt_brings_no_lie(
    counter: Counter, kept: Copies, data_dir: Path
) -> None:
    sell_some(counter, kept, 3)
    path = data_dir / "journal" / "casa.T1.jsonl"
    path.write_text(path.read_text("utf-8").replace('\\"amina\\"', '\\"omar\\"'), "utf-8")

    kept.deliver("casa/T1", counter.server)

    assert ask("SELECT COUNT(*) FROM sale") == [(0,)]
    assert kept.deliver("casa/T1", counter.server) == 0
    counter.till.send()
    assert held() == written(counter)
    assert broken() == []


def test_what_was_kept_is_known_after_a_restart(
    counter: Counter, kept: Copies, data_dir: Path
) -> None:
    sell_some(counter, kept, 2)
    path = data_dir / "journal" / "casa.T1.jsonl"
    with path.open("a") as file:
        file.write('{"text": "cut sho')
    again = Copies(data_dir / "journal")
    assert again.registers() == ["casa/T1"]
    assert again.last("casa/T1") == kept.last("casa/T1")
    sale = counter.till.sell(line(counter.shop.pot, mad(280)))
    again.keep(sale)
    assert again.deliver("casa/T1", counter.server) == len(counter.till.live.events) - 1
    assert held() == written(counter)


def test_a_silent_tills_copy_goes_by_itself_and_a_busy_ones_waits(
    counter: Counter, kept: Copies, data_dir: Path
) -> None:
    sell_some(counter, kept, 2)
    stop = threading.Event()
    worker = threading.Thread(
        target=deliver_when_silent, args=(kept, counter.server, stop), kwargs={"silence": 2.0}
    )
    worker.start()
    time.sleep(1)
    assert len(held()) == 1
    long_ago = time.time() - 3
    os.utime(data_dir / "journal" / "casa.T1.jsonl", (long_ago, long_ago))
    until = time.monotonic() + 10
    while len(held()) == 1 and time.monotonic() < until:
        time.sleep(0.1)
    stop.set()
    worker.join()
    assert held() == written(counter)


def test_without_a_network_nothing_is_lost(counter: Counter, kept: Copies) -> None:
    sell_some(counter, kept, 1)
    with pytest.raises(Unanswered):
        kept.deliver("casa/T1", Server("http://127.0.0.1:9", "token"))
    assert kept.deliver("casa/T1", counter.server) == 1


def test_the_training_mode_has_a_chain_of_its_own(counter: Counter, kept: Copies) -> None:
    sell_some(counter, kept, 1)
    training = counter.till.ticket(
        "sale", [line(counter.shop.pot, mad(280))], [], journal="training"
    )
    kept.keep(training)
    assert kept.deliver("casa/T1", counter.server) == 2
    assert json.loads(training["text"])["mode"] == "training"
    assert ask("SELECT COUNT(*) FROM sale") == [(1,)]
