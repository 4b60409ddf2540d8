"""Who fetches a job, who may not, and how many may wait."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import pytest

from almakane.agent.server import Answer, Server, Unanswered
from almakane.db import db, rows, transaction, utc_text
from almakane.errors import Refusal
from almakane.gateways.agents import open_pairing, shut_out
from almakane.gateways.spool import answer
from almakane.hubs.models import Site
from almakane.pos.printers import bind_register
from almakane.pos.printing import end_what_is_overdue, print_again, print_receipts
from almakane.pos.wrong_codes import MOST
from almakane.web.threads import THREADS, WAITERS
from tests.agent.site import URL, Counter, pair_agent, pass_time
from tests.factories import mad
from tests.journal.shop import Shop, ask
from tests.scale import count
from tests.till.client import line
from tests.till.journal import moment


def fetch(server: Server, disk: str = "a disk", wait: int = 0) -> Any:
    """What a lease gives."""
    told = server.lease(disk, "TM-T88V", "ready", wait)
    assert told.is_good, told
    return told.told


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What several threads come to, in any order."""
    found = list[Any]()
    threads = [threading.Thread(target=lambda work=work: found.append(work())) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_programs_with_one_token_share_no_job(counter: Counter) -> None:
    uids = {counter.sell() for _ in range(count(6, 60))}

    def take_all(disk: str) -> list[str]:
        taken = []
        while job := fetch(counter.server, disk)["job"]:
            taken.append(job["uid"])
        return taken

    taken = at_once(*(lambda n=n: take_all(f"disk {n}") for n in range(4)))

    together = [uid for some in taken for uid in some]
    assert sorted(together) == sorted(uids)


def test_two_workers_make_one_job_of_a_sale(counter: Counter) -> None:
    app = counter.shop.app
    counter.work = lambda: None  # type: ignore[method-assign]
    for _ in range(count(4, 30)):
        counter.sell(cash=True)

    def work() -> None:
        with app.app_context():
            while print_receipts(URL, now=datetime.now(UTC)):
                pass
            db.session.remove()

    at_once(work, work, work)
    sold = ask("SELECT COUNT(*) FROM sale")[0][0]
    assert ask("SELECT kind, COUNT(*) FROM print_job GROUP BY kind ORDER BY kind") == [
        ("drawer", sold),
        ("receipt", sold),
    ]
    assert ask("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL") == [(0,)]


def test_a_worker_that_dies_before_its_commit_has_done_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as armed:
        armed.setattr("almakane.pos.printing.end_errand", die)
        with pytest.raises(KeyboardInterrupt):
            counter.sell()
    assert ask("SELECT COUNT(*) FROM print_job") == [(0,)]
    counter.work()
    counter.work()
    assert ask("SELECT COUNT(*) FROM print_job") == [(1,)]


def test_a_receipt_that_cannot_be_drawn_lets_the_others_pass(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as armed:
        armed.setattr("almakane.pos.printing.receipt_of", lambda *_, **__: 1 / 0)
        uid = counter.sell()
    assert ask("SELECT COUNT(*) FROM print_job") == [(0,)]
    other = counter.sell()
    assert (counter.state(other), ask("SELECT 1 FROM print_job WHERE uid = ?", uid)) == (
        "queued",
        [],
    )


def test_a_paper_that_no_spool_takes_lets_the_others_pass_and_is_named(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as armed:
        armed.setattr("almakane.pos.printing.spool", lambda *_, **__: 1 / 0)
        uid = counter.sell()
    sale = uid.removeprefix("receipt-").removesuffix("-0")
    assert f'receipt {{"sale": "{sale}"' in caplog.text
    other = counter.sell()
    assert (counter.state(other), ask("SELECT 1 FROM print_job WHERE uid = ?", uid)) == (
        "queued",
        [],
    )
    with transaction() as session:
        rows(session, "UPDATE outbox SET due_at = ?", (utc_text(datetime.now(UTC)),))
    counter.work()
    assert counter.state(uid) == "queued", "it is tried again"


def test_an_agent_is_told_of_a_sale_while_it_waits(counter: Counter) -> None:
    def sell_soon() -> str:
        with counter.shop.app.app_context():
            time.sleep(0.3)
            uid = counter.sell()
            db.session.remove()
            return uid

    start = time.monotonic()
    uid, told = sorted(
        at_once(sell_soon, lambda: fetch(counter.server, wait=20)),
        key=lambda found: isinstance(found, dict),
    )
    assert told["job"]["uid"] == uid
    assert time.monotonic() - start < 10


def test_a_quarter_of_the_threads_may_wait_and_no_more(counter: Counter, port: int) -> None:
    def ask_health() -> float:
        start = time.monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/-/health")
        assert connection.getresponse().status == 200
        connection.close()
        return time.monotonic() - start

    def later() -> float:
        time.sleep(0.5)
        return ask_health()

    waits = [lambda: fetch(counter.server, wait=4)["waited"]] * (THREADS * 2)
    found = at_once(*waits, later)
    assert WAITERS * 4 == THREADS
    assert sum(one is True for one in found) == WAITERS
    [seconds] = [one for one in found if isinstance(one, float)]
    assert seconds < 3, "before anybody had waited long enough"


def test_a_lease_without_a_word_asks_and_its_own_disk_may_clear_it(counter: Counter) -> None:
    uid = counter.sell()
    job = fetch(counter.server, "first")["job"]
    assert fetch(counter.server, "first") == {"job": None, "lapsed": [], "waited": False}
    pass_time(31)
    with counter.shop.app.app_context():
        end_what_is_overdue(datetime.now(UTC))
    assert counter.state(uid) == "unknown"
    assert fetch(counter.server, "second")["lapsed"] == []
    assert say(counter.server, job, "second", "not_begun").status == 409
    assert fetch(counter.server, "first")["lapsed"] == [{"uid": uid, "lease": job["lease"]}]
    assert say(counter.server, job, "first", "not_begun").told == {"state": "queued"}
    again = fetch(counter.server, "first")["job"]
    assert again["uid"] == uid
    assert say(counter.server, job, "first", "confirmed").status == 409, "an old lease"
    assert say(counter.server, again, "first", "confirmed").told == {"state": "confirmed"}
    assert say(counter.server, again, "first", "confirmed").told == {"state": "confirmed"}
    assert say(counter.server, again, "first", "unknown").status == 409


def say(server: Server, job: Any, disk: str, said: str) -> Answer:
    return server.report(job["uid"], job["lease"], disk, said, "")


def test_a_person_decides_before_a_late_disk(counter: Counter) -> None:
    uid = counter.sell()
    job = fetch(counter.server, "first")["job"]
    pass_time(31)
    end_what_is_overdue(datetime.now(UTC))
    [(job_id,)] = ask("SELECT id FROM print_job")
    with transaction() as session:
        answer(session, counter.shop.hub_id, job_id, by="amina", now=datetime.now(UTC))
    assert counter.state(uid) == "confirmed"
    assert say(counter.server, job, "first", "not_begun").status == 409
    with pytest.raises(Refusal), transaction() as session:
        answer(session, counter.shop.hub_id, job_id, by="hind", now=datetime.now(UTC))


def test_a_receipt_lives_fifteen_minutes_and_a_drawer_ten_seconds(counter: Counter) -> None:
    uid = counter.sell(cash=True)
    pass_time(11, "expires_at")
    assert fetch(counter.server)["job"]["uid"] == uid
    assert ask("SELECT kind FROM print_job WHERE state = 'expired'") == [("drawer",)]
    late = counter.sell()
    pass_time(15 * 60, "expires_at")
    assert fetch(counter.server)["job"] is None
    assert counter.state(late) == "expired"


def test_a_ticket_that_comes_late_has_no_paper(counter: Counter) -> None:
    counter.till.now = datetime.now(UTC) - timedelta(minutes=20)
    counter.till.sell(line(counter.shop.pot, mad(280)))
    counter.till.send()
    counter.work()
    assert ask("SELECT COUNT(*) FROM sale") == [(1,)]
    assert ask("SELECT COUNT(*) FROM print_job") == [(0,)]
    assert ask("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL") == [(0,)]


def test_a_till_whose_clock_is_slow_prints_all_the_same(counter: Counter) -> None:
    slow = datetime.now(UTC) - timedelta(hours=1)
    assert counter.till.heartbeat(at=moment(slow))[0] == 200
    counter.till.now = slow
    counter.till.sell(line(counter.shop.pot, mad(280)))
    counter.till.send()
    counter.work()
    assert ask("SELECT kind FROM print_job ORDER BY id") == [("drawer",), ("receipt",)]


def test_a_register_without_an_agent_prints_nothing(counter: Counter) -> None:
    with transaction() as session:
        bind_register(session, counter.shop.hub_id, "T1", None)
    counter.sell()
    assert ask("SELECT COUNT(*) FROM print_job") == [(0,)]
    assert ask("SELECT COUNT(*) FROM outbox WHERE done_at IS NULL") == [(0,)]


def test_a_copy_says_so_and_counts(counter: Counter) -> None:
    uid = counter.sell()
    [(job_id,)] = ask("SELECT id FROM print_job")
    now = datetime.now(UTC)
    with pytest.raises(Refusal, match="on its way"):
        print_again(counter.shop.hub_id, job_id, URL, by="hind", now=now)
    counter.rounds()
    for n in (1, 2):
        again = print_again(counter.shop.hub_id, job_id, URL, by="hind", now=now)
        assert again == f"{uid[:-1]}{n}"
        counter.rounds()
    heights = [paper.height for paper in counter.printer.papers()]
    assert len(heights) == 3
    assert heights[0] == heights[1] > heights[2], "a duplicate says that it is one"


def test_a_kick_is_never_replayed(counter: Counter) -> None:
    counter.sell(cash=True)
    counter.rounds()
    [(job_id,)] = ask("SELECT id FROM print_job WHERE kind = 'drawer'")
    with pytest.raises(Refusal):
        print_again(counter.shop.hub_id, job_id, URL, by="hind", now=datetime.now(UTC))
    assert counter.kicks() == 1


# Tokens


@pytest.fixture
def rabat(counter: Counter, port: int) -> Server:
    """An agent of the hub's other site."""
    with transaction() as session:
        session.add(Site(hub_id=counter.shop.hub_id, code="rabat", name="Rabat"))
    return pair_agent(counter.shop, f"http://127.0.0.1:{port}", "rabat", "rabat")


def test_an_agent_of_another_site_gets_and_tells_nothing(counter: Counter, rabat: Server) -> None:
    counter.sell()
    assert fetch(rabat)["job"] is None
    job = fetch(counter.server)["job"]
    assert say(rabat, job, "a disk", "confirmed").status == 404
    assert rabat.ask("GET", "/pos/journal/head?register=casa/T1").status == 403
    assert rabat.ask("POST", "/pos/journal", {"events": counter.till.live.events}).status == 403
    [(agent_id,)] = ask("SELECT id FROM print_agent WHERE name = 'rabat'")
    with pytest.raises(Refusal), transaction() as session:
        bind_register(session, counter.shop.hub_id, "T1", agent_id)


@pytest.mark.parametrize("token", ["", "stolen", "é"])
def test_a_token_that_nobody_gave_opens_nothing(counter: Counter, port: int, token: str) -> None:
    knock_everywhere(Server(f"http://127.0.0.1:{port}", token.encode().decode("latin-1")))


def test_an_agent_that_was_shut_out_stays_out(counter: Counter) -> None:
    with transaction() as session:
        [(agent_id,)] = rows(session, "SELECT id FROM print_agent")
        shut_out(session, counter.shop.hub_id, agent_id)
    knock_everywhere(counter.server)


def test_a_tills_token_fetches_no_job(counter: Counter, port: int) -> None:
    server = Server(f"http://127.0.0.1:{port}", counter.till.token)
    assert server.lease("a disk", "TM-T88V", "ready", 0).status == 401


def knock_everywhere(server: Server) -> None:
    body = {"lease": "x", "disk": "x", "said": "sent", "told": ""}
    for method, path, told in (
        ("POST", "/agent/leases", {"disk": "x", "profile": "TM-T88V", "printer": "ready"}),
        ("POST", "/agent/jobs/receipt-1-0/reports", body),
        ("GET", "/pos/journal/head?register=casa/T1", None),
        ("POST", "/pos/journal", {"events": []}),
        ("POST", "/pos/journal/strays", {"why": "", "events": []}),
        ("POST", "/pos/heartbeat", {}),
    ):
        assert server.ask(method, path, told).status == 401, path


def test_an_agents_token_is_no_tills(counter: Counter) -> None:
    for path in ("/pos/heartbeat", "/pos/grants", "/pos/claims", "/pos/retire"):
        assert counter.server.ask("POST", path, {}).status == 401, path
    strays = {"why": "", "events": counter.till.live.events}
    assert counter.server.ask("POST", "/pos/journal/strays", strays).status == 403
    assert counter.server.ask("GET", "/pos/journal/head").status == 403
    assert counter.server.ask("GET", "/pos/journal/head?register=other/T1").status == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"disk": "x", "profile": "TM-T88V", "printer": "on fire", "wait": 0},
        {"disk": "x", "profile": "TM-T88V", "printer": "ready", "wait": 26},
        {"disk": "", "profile": "TM-T88V", "printer": "ready", "wait": 0},
        {"disk": "x", "profile": "no such printer", "printer": "ready", "wait": 0},
        {"disk": "x", "profile": "TM-T88V", "printer": "ready", "wait": 0, "more": 1},
        [],
    ],
    ids=str,
)
def test_what_is_no_question_is_refused(counter: Counter, body: Any) -> None:
    assert counter.server.ask("POST", "/agent/leases", body).status in (400, 422)


def test_a_code_pairs_once_and_few_are_tried(shop: Shop, port: int) -> None:
    url, now = f"http://127.0.0.1:{port}", datetime.now(UTC)
    with transaction() as session:
        [(site_id,)] = rows(session, "SELECT id FROM site")
        code = open_pairing(session, shop.hub_id, site_id, "a", by="hind", now=now)
    token = Server(url).pair(code)
    assert fetch(Server(url, token))["job"] is None
    with pytest.raises(Refusal):
        Server(url).pair(code)
    with transaction() as session:
        code = open_pairing(session, shop.hub_id, site_id, "a", by="hind", now=now)
    for _ in range(MOST - 1):
        with pytest.raises(Refusal):
            Server(url).pair("WRONG")
    with pytest.raises(Unanswered, match="429"):
        Server(url).pair(code)
    assert fetch(Server(url, token))["job"] is None, "the old token holds until a new one is made"
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    asked = {"code": code, "app": ""}
    told = shop.app.test_client().post("/agent/pairing", json=asked, environ_base=elsewhere)
    assert told.status_code == 201, "wrong codes end nobody else's"
