"""The door on the till's own machine: who may knock, and what is done once."""

import base64
import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from almakane.agent.copies import Copies
from almakane.agent.disk import Disk
from almakane.agent.door import SECRET_HEADER, Door, Keys, kept_secret
from almakane.agent.press import Press
from almakane.gateways.paper import KICK
from almakane.gateways.printer import paper_of, to_escpos
from almakane.gateways.transports import read_way
from almakane.gateways.virtual_printer import VirtualPrinter
from tests.papers import papers
from tests.till.journal import Journal, Key

SHOP = "https://almakane.example"
SECRET = "a secret of this machine"
RECEIPT = "receipt-019a0000-0000-7000-8000-000000000001-0"
DRAWER = "drawer-019a0000-0000-7000-8000-000000000001-0"
SALE = to_escpos(papers()["sale"])


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    """A printer that listens on a port of its own."""
    with VirtualPrinter() as printer:
        yield printer
        printer.check()


@pytest.fixture
def door(printer: VirtualPrinter, tmp_path: Path) -> Iterator[Door]:
    """A door before it."""
    disk = Disk(tmp_path)
    press = Press(read_way(f"network:{printer.host}:{printer.port}", seconds=2), disk)
    copies = Copies(tmp_path / "journal")
    door = Door(0, Keys(SECRET, frozenset({SHOP})), press, copies, paper_of())
    door.open()
    yield door
    door.shut()
    disk.close()


def knock(
    door: Door, method: str, path: str, body: Any = None, **changed: str | None
) -> tuple[int, Any, dict[str, str]]:
    """Knock as a till does, but for the headers that are changed; None leaves one out."""
    headers: dict[str, str | None] = {
        "Host": f"127.0.0.1:{door.port}",
        "Origin": SHOP,
        SECRET_HEADER: SECRET,
        "Content-Type": "application/json",
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = HTTPConnection("127.0.0.1", door.port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        if value is not None:
            connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(data)))
    connection.endheaders(data if body is not None else None)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None, dict(answer.headers)


def job(uid: str = RECEIPT, data: bytes = SALE) -> dict[str, str]:
    return {"uid": uid, "bytes": base64.b64encode(data).decode()}


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://almakane.example.evil.example"},
        {"Origin": "http://almakane.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Host": "evil.example"},
        {"Host": "evil.example:9109"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": None},
        {SECRET_HEADER: "another secret"},
        {SECRET_HEADER: ""},
        {SECRET_HEADER: None},
        {SECRET_HEADER: "é"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": None},
    ],
    ids=str,
)
def test_nobody_else_prints_or_opens_the_drawer(
    door: Door, printer: VirtualPrinter, changed: dict[str, str | None]
) -> None:
    kick = job(DRAWER, to_escpos(KICK))
    for path, body in (("/print", job()), ("/print", kick), ("/events", {})):
        status, told, headers = knock(door, "POST", path, body, **changed)
        assert (status, told) == (403, {"reason": "shut"})
        assert "Access-Control-Allow-Origin" not in headers
    assert printer.printed() == []
    assert door.press.disk.find(RECEIPT) is None


def test_a_name_of_somebodys_own_that_leads_here_is_refused(door: Door) -> None:
    """A page of evil.example whose name was made to mean 127.0.0.1: its own origin, our socket."""
    evil = f"evil.example:{door.port}"
    assert knock(door, "GET", "/status", Host=evil, Origin=f"http://{evil}")[0] == 403


def test_localhost_is_a_name_of_this_machine(door: Door) -> None:
    assert knock(door, "GET", "/status", Host=f"localhost:{door.port}")[0] == 200


@pytest.mark.parametrize(
    ("changed", "status"),
    [({}, 204), ({"Origin": "https://evil.example"}, 403), ({"Origin": None}, 403),
     ({"Host": "evil.example"}, 403)],
)  # fmt: skip
def test_a_browser_that_asks_first_is_answered_for_our_tills_alone(
    door: Door, changed: dict[str, str | None], status: int
) -> None:
    answer = knock(door, "OPTIONS", "/print", **{SECRET_HEADER: None, **changed})
    assert answer[0] == status
    allowed = answer[2].get("Access-Control-Allow-Origin")
    assert allowed == (SHOP if status == 204 else None)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_there_is_nothing_else_to_do(door: Door, method: str) -> None:
    assert knock(door, method, "/print", job())[0] == 404
    assert knock(door, method, "/print", job(), Origin=None)[0] == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        ({"uid": "x", "bytes": ""}, 400),
        ({"uid": RECEIPT}, 400),
        ({"uid": RECEIPT, "bytes": "%%%"}, 400),
        ({"uid": RECEIPT, "bytes": 7}, 400),
        (job(RECEIPT, b"\x1b\x99 nobody knows this"), 400),
        (job(RECEIPT, to_escpos(KICK)), 400),
        (job(DRAWER, SALE), 400),
        ({"uid": RECEIPT, "paper": {"language": "fr", "parts": [{"kind": "kick"}]}}, 400),
        ({"uid": RECEIPT, "paper": {"language": "xx", "parts": []}}, 400),
        ({"uid": RECEIPT, "paper": {"language": "fr", "parts": [{"kind": "bomb"}]}}, 400),
        ({"uid": RECEIPT, "paper": {"language": "fr", "parts": [{"kind": "text"}]}}, 400),
        (
            {
                "uid": RECEIPT,
                "paper": {"language": "fr", "parts": [{"kind": "feed", "lines": 9999}]},
            },
            400,
        ),
        (b" " * (1024 * 1024 + 1), 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_job_is_refused(
    door: Door, printer: VirtualPrinter, body: Any, status: int
) -> None:
    assert knock(door, "POST", "/print", body)[0] == status
    assert printer.printed() == []


@pytest.mark.parametrize(("secret", "status"), [(SECRET, 413), ("somebody else's", 403)])
def test_who_is_refused_before_the_last_byte_still_reads_why(
    door: Door, secret: str, status: int
) -> None:
    body = b" " * (8 * 1024 * 1024)
    for _ in range(5):
        assert knock(door, "POST", "/print", body, **{SECRET_HEADER: secret})[0] == status


def test_a_job_is_printed_once_however_often_it_is_asked(
    door: Door, printer: VirtualPrinter
) -> None:
    answers = list[Any]()
    threads = [
        threading.Thread(target=lambda: answers.append(knock(door, "POST", "/print", job())))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _, _ in answers] == [200] * 5
    assert {told["said"] for _, told, _ in answers} == {"confirmed"}
    assert len(printer.papers()) == 1


def test_paper_told_in_parts_is_drawn_here(door: Door, printer: VirtualPrinter) -> None:
    parts = [
        {"kind": "text", "text": "Almakane", "align": "centre", "bold": True, "size": "large"},
        {"kind": "row", "label": "Théière", "amounts": ["280,00"]},
        {"kind": "rule", "heavy": True},
        {"kind": "qr", "data": "https://almakane.example/t/x"},
        {"kind": "barcode", "code": "T1-2-000001", "symbology": "code128"},
        {"kind": "cut"},
    ]
    told = {"uid": RECEIPT, "paper": {"language": "fr", "parts": parts}}
    assert knock(door, "POST", "/print", told)[:2] == (
        200,
        {"uid": RECEIPT, "said": "confirmed", "told": "ready"},
    )
    assert len(printer.papers()) == 1


def test_the_drawer_opens_by_its_own_job(door: Door, printer: VirtualPrinter) -> None:
    assert knock(door, "POST", "/print", job(DRAWER, to_escpos(KICK)))[0] == 200
    assert knock(door, "POST", "/print", job(DRAWER, to_escpos(KICK)))[0] == 200
    assert [one.picture for one in printer.printed()] == [None]


def test_a_printer_without_paper_is_told_and_the_job_may_come_again(
    door: Door, printer: VirtualPrinter
) -> None:
    printer.set(paper_out=True)
    status, told, _ = knock(door, "POST", "/print", job())
    assert (status, told) == (503, {"reason": "not_begun", "printer": "paper_out"})
    assert knock(door, "GET", "/status")[1] == {"printer": "paper_out", "prints": False, "held": {}}
    printer.set(paper_out=False)
    assert knock(door, "POST", "/print", job())[0] == 200
    assert len(printer.papers()) == 1


def test_an_event_is_on_the_disk_before_it_is_answered(door: Door, tmp_path: Path) -> None:
    journal = Journal(Key(), "casa/T1", 2, "live", "{}")
    event = journal.keep('{"epoch":2,"mode":"live","register":"casa/T1","seq":1,"text":"إبريق"}')
    status, told, _ = knock(door, "POST", "/events", event)
    assert (status, told) == (201, {"kept": event["hash"]})
    [line] = (tmp_path / "journal" / "casa.T1.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line) == event
    assert knock(door, "GET", "/status")[1]["held"] == {"casa/T1": [[2, "live", 1]]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[" * 2_000,
        '{"epoch":2,"mode":"live","register":"../../etc/T1","seq":1}',
        '{"epoch":2,"mode":"live","register":"casa/t1","seq":1}',
        '{"epoch":0,"mode":"live","register":"casa/T1","seq":1}',
        '{"epoch":2,"mode":"other","register":"casa/T1","seq":1}',
        '{"epoch":2,"mode":"live","register":"casa/T1","seq":true}',
    ],
)
def test_what_does_not_say_whose_it_is_is_not_kept(door: Door, tmp_path: Path, text: str) -> None:
    event = {"text": text, "hash": "", "sig": ""}
    assert knock(door, "POST", "/events", event)[0] == 400
    assert list((tmp_path / "journal").iterdir()) == []


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    assert kept_secret(tmp_path) == kept_secret(tmp_path)
    assert (tmp_path / "pairing-secret").stat().st_mode & 0o077 == 0
