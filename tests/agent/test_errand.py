"""From a sale to its paper."""

from pathlib import Path
from typing import Any

import pytest

from almakane.agent.disk import Disk
from almakane.agent.errand import Errand
from almakane.agent.press import Press
from almakane.agent.server import Answer, Server
from almakane.errors import Refusal
from almakane.gateways.printer import WIDE
from almakane.gateways.transports import Unreachable, read_way, way_to
from tests.agent.site import Counter, pass_time
from tests.journal.shop import ask, broken

QUESTIONS = 6  # bytes of the status that is asked of a printer that is well


def test_a_sale_comes_out_once_after_the_drawer(counter: Counter) -> None:
    uid = counter.sell(cash=True)

    counter.rounds()

    assert counter.state(uid) == "confirmed"
    assert [one.picture is None for one in reversed(counter.printer.printed())] == [True, False]
    assert ask("SELECT COUNT(*) FROM print_job WHERE data <> ?", b"") == [(0,)]
    counter.work()
    counter.rounds()
    assert len(counter.printer.papers()) == 1
    assert broken() == []


def test_bytes_that_are_not_those_of_their_hash_are_not_printed(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = counter.sell()
    lease = counter.server.lease

    def spoilt(*args: Any) -> Answer:
        answer = lease(*args)
        if answer.told["job"]:
            answer.told["job"]["data"] = "AAAA"
        return answer

    monkeypatch.setattr(counter.server, "lease", spoilt)
    counter.rounds()
    assert counter.state(uid) == "failed"
    assert counter.printer.received == QUESTIONS * 2, "it was asked how it is, and no more"


def test_a_printer_that_never_says_how_it_is_ends_with_sent(
    counter: Counter, data_dir: Path
) -> None:
    counter.press.disk.close()
    paper = data_dir / "paper.bin"
    counter.press = Press(read_way(f"file:{paper}"), Disk(counter.folder))
    counter.errand = Errand(counter.server, counter.press, WIDE, wait=0)
    uids = [counter.sell() for _ in range(2)]
    counter.rounds()
    assert [counter.state(uid) for uid in uids] == ["sent", "sent"]
    assert paper.read_bytes().count(b"\x1b@") == 2


def test_a_job_that_came_too_late_for_its_drawer_is_put_back(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = counter.sell(cash=True).replace("receipt", "drawer")
    lease = counter.server.lease

    def slow(*args: Any) -> Answer:
        answer = lease(*args)
        if answer.told["job"]:
            answer.told["job"]["expires_in_ms"] = 0
            pass_time(60, "expires_at")
        return answer

    with monkeypatch.context() as slowed:
        slowed.setattr(counter.server, "lease", slow)
        counter.errand.round()
    assert counter.state(uid) == "expired"
    assert counter.kicks() == 0


def test_a_till_beside_the_agent_and_the_spool_print_one_paper(counter: Counter) -> None:
    uid = counter.sell()
    [(data,)] = ask("SELECT data FROM print_job WHERE uid = ?", uid)
    assert counter.press.print(uid, bytes(data)).said == "confirmed"
    counter.rounds()
    assert counter.state(uid) == "confirmed"
    assert len(counter.printer.papers()) == 1


@pytest.mark.parametrize(
    "way",
    ["", "network:", "network:host", "network:host:0", "network:host:99999", "usb:1", "usb:x:y",
     "usb:0:1", "serial:", "file:", "carrier pigeon"],
)  # fmt: skip
def test_what_is_no_way_to_a_printer_is_refused(way: str) -> None:
    with pytest.raises(Refusal):
        read_way(way)


@pytest.mark.parametrize("way", ["usb:0416:5011", "serial:/dev/no-such-line", "file:/no/such/dir"])
def test_a_way_that_leads_nowhere_is_not_reached(way: str) -> None:
    with pytest.raises(Unreachable), way_to(read_way(way)):
        pass


@pytest.mark.parametrize("url", ["http://shop.example", "ftp://127.0.0.1", "shop.example", ""])
def test_a_token_goes_over_https_alone(url: str) -> None:
    with pytest.raises(Refusal):
        Server(url, "token")
