"""Every door that a till's token opens: to whom it stays shut, and what may be thrown at it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from almakane.db import db, transaction
from almakane.hubs.models import Site
from almakane.inventory.services import set_up_places
from almakane.journal.enrolment import open_enrolment
from almakane.journal.models import Epoch, EpochState
from almakane.sales.models import Register, RegisterKind
from almakane.users.models import Role, User
from almakane.users.pins import set_pin
from almakane.users.services import UNTRIED
from tests.factories import mad, make_hub
from tests.journal.shop import Shop, add_person, ask
from tests.till.client import Till, line
from tests.till.journal import sha256

UID = "01a2027a-ec20-7000-8000-0000000000aa"
_ROOMS = ("till", "lookups", "order_lookups")
_WITHOUT_TOKEN = {"till.show_till", "till.create_epoch"}
_OF_A_LOST_ONE = {"/pos/journal", "/pos/journal/head", "/pos/journal/strays"}  # to bring the rest
_IN_ADDRESSES = {"code": "2000000000015", "called": "T1-1-000001", "number": "W-000001", "uid": UID}


def doors(app: Flask) -> list[tuple[str, str]]:
    """Method and path of all that asks for a token: whatever is added is asked too."""
    with app.test_request_context():
        urls = app.url_map.bind("")
        return sorted(
            (
                method,
                urls.build(rule.endpoint, {name: _IN_ADDRESSES[name] for name in rule.arguments}),
            )
            for rule in app.url_map.iter_rules()
            if rule.endpoint.partition(".")[0] in _ROOMS and rule.endpoint not in _WITHOUT_TOKEN
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        )


def knock(till: Till, method: str, path: str) -> tuple[int, Any]:
    return till.ask(method, path, None if method == "GET" else {})


def test_a_token_that_nobody_gave_opens_no_door(shop: Shop) -> None:
    for token in ("", "x", "é", "A" * 43, "A" * 5_000):
        till = Till(shop.wire(), token=token)
        for method, path in doors(shop.app):
            status, told = knock(till, method, path)
            assert (status, told["reason"]) == (401, "unknown_token"), (token, path)


@pytest.mark.parametrize("state", ["lost", "retired"])
def test_an_enrolment_that_ended_opens_the_journal_and_nothing_else(
    shop: Shop, till: Till, state: str
) -> None:
    with transaction() as session:
        session.query(Epoch).one().state = EpochState(state)
    for method, path in doors(shop.app):
        if path in _OF_A_LOST_ONE | {"/pos/retire"}:
            continue
        status, told = knock(till, method, path)
        assert (status, told["reason"]) == (403, "epoch_ended"), path
    assert till.ask("GET", "/pos/journal/head")[0] == 200


def test_a_token_that_was_taken_away_opens_nothing_from_then_on(shop: Shop, till: Till) -> None:
    for method, path in doors(shop.app):
        assert knock(till, method, path)[0] != 401, path
    with transaction() as session:
        session.query(Epoch).one().token_hash = None
    for method, path in doors(shop.app):
        assert knock(till, method, path)[0] == 401, path


@pytest.fixture
def stranger(shop: Shop) -> Till:
    """A till of another hub on the same server, its shift open."""
    with transaction() as session:
        rabat = make_hub(session, code="rabat")
        site = Site(hub_id=rabat.id, code="agdal", name="Agdal")
        session.add(site)
        session.flush()
        set_up_places(session, site.id)
        session.add(Register(hub_id=rabat.id, site_id=site.id, code="T9", kind=RegisterKind.TILL))
        add_person(session, rabat, "karim", Role.CASHIER)
        session.flush()
        code = open_enrolment(session, rabat.id, "T9", by="karim", now=datetime.now(UTC))
    till = Till(shop.wire(), cashier="karim")
    assert till.enrol(code)[0] == 201
    till.open_shift()
    till.send()
    return till


def test_another_hub_s_till_sees_and_does_nothing_here(
    shop: Shop, till: Till, stranger: Till
) -> None:
    with transaction() as session:
        hind = session.query(User).filter_by(hub_id=shop.hub_id, login="hind").one()
        set_pin(session, hind, "730416", cost=UNTRIED)
    card = line(sha256("card"), mad(500), what="gift_card", title="", tax_code="")
    sale = till.sell(line(shop.pot, mad(280)), card)
    till.send()
    told = json.loads(sale["text"])
    number, uid, key = told["body"]["number"], told["uid"], told["body"]["key"]

    assert stranger.ask("GET", "/pos/catalogue")[1]["lots"] == []
    assert stranger.ask("GET", f"/pos/lots/{shop.pot}")[0] == 404
    for words in (shop.pot, shop.pot[:6], "1", "pot"):
        assert stranger.ask("GET", f"/pos/search?q={words}")[1] == {"lots": []}
    for called in (number, key, uid):
        assert stranger.ask("GET", f"/pos/tickets/{called}")[0] == 404
    people = stranger.ask("GET", "/pos/people")[1]["people"]
    assert [one["login"] for one in people] == ["karim"]
    assert stranger.ask("GET", "/pos/papers")[1]["house"]["site"] == "Agdal"
    wrong = {"cashier": "hind", "pin": "730416"}
    assert stranger.ask("POST", "/pos/sign-ins", wrong)[0] == 403
    leave = {"right": "refund", "by": "hind", "pin": "730416"}
    assert stranger.ask("POST", "/pos/grants", leave)[0] == 403
    paper = {"uid": UID, "shift": till.shift}
    assert stranger.ask("POST", "/pos/reports/x", paper)[1]["reason"] == "unknown"
    claim = {"uid": UID, "of": {"uid": uid, "line": 1}, "qty": 1}
    assert stranger.ask("POST", "/pos/claims", claim)[1]["reason"] == "unknown"
    taking = {"uid": UID, "kind": "gift_card", "ref": sha256("card"), "amount": mad(10)}
    assert stranger.ask("POST", "/pos/takings", taking)[1]["reason"] == "not_enough"
    assert stranger.post([sale])[0] == 403
    assert stranger.ask("GET", "/pos/journal/head")[1]["register"] == "rabat/T9"


def test_what_one_hub_reserved_under_a_number_another_cannot_touch_or_break(
    shop: Shop, till: Till, stranger: Till
) -> None:
    card = line(sha256("card"), mad(500), what="gift_card", title="", tax_code="")
    sales = []
    for one in (till, stranger):
        sales.append(json.loads(one.sell(card)["text"])["uid"])
        one.send()
    taking = {"uid": UID, "kind": "gift_card", "ref": sha256("card"), "amount": mad(10)}
    claims = [{"uid": UID[:-1] + "b", "of": {"uid": uid, "line": 1}, "qty": 1} for uid in sales]
    assert till.ask("POST", "/pos/takings", taking)[0] == 201
    assert till.ask("POST", "/pos/claims", claims[0])[0] == 201

    assert stranger.ask("POST", "/pos/takings", taking)[1]["reason"] == "refused"
    assert stranger.ask("POST", f"/pos/takings/{UID}/void")[1]["reason"] == "unknown"
    assert stranger.ask("POST", "/pos/claims", claims[1])[1]["reason"] == "refused"
    assert till.ask("POST", "/pos/takings", taking) == (201, {"auth": UID, "left": mad(490)})
    assert till.ask("PUT", f"/pos/customers/{UID}", {"name": "Nadia", "phone": ""})[0] == 204
    assert stranger.ask("PUT", f"/pos/customers/{UID}", {"name": "X", "phone": ""})[0] == 204
    assert ask("SELECT name FROM customer WHERE hub_id = ?", shop.hub_id) == [("Nadia",)]


# What may be thrown at them

_DEEP = 100_000
WILD = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "no JSON": b"{",
    "no number": b"NaN",
    "no text": b"\xff\xfe\x00",
    "half a letter": b'{"\\ud800": "\\udfff"}',
    "a NUL": b'{"\\u0000": "\\u0000"}',
    "deep": b"[" * _DEEP + b"]" * _DEEP,
    "deep objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "a long number": b"9" * 10_000,
    "ten megabytes": b'{"a":"' + b"a" * 10 * 1024 * 1024 + b'"}',
}
# Whatever stands where a text, a number or an object is awaited.
WILD_VALUES: list[Any] = [
    *(None, True, -1, 0, 10**18, 2**63, 10**30, 1.5, 1e308, "", "\x00", "\ud800", "\u202e" * 9),
    *("x" * 70_000, [], {}, [[[[]]]], {"a": {}}, UID, "9999-12-31T23:59:59.999Z"),
]
_WHOLE: dict[str, Any] = {
    "/pos/sign-ins": {"cashier": "amina", "pin": "4082"},
    "/pos/grants": {"right": "refund", "by": "hind", "pin": "730416"},
    "/pos/claims": {"uid": UID, "of": {"uid": UID, "line": 1}, "qty": 1},
    "/pos/takings": {"uid": UID, "kind": "credit", "ref": sha256("x"), "amount": 1},
    f"/pos/customers/{UID}": {"name": "Nadia", "phone": "0612345678"},
    "/pos/reports/x": {"uid": UID, "shift": UID},
    "/pos/heartbeat": {
        "heads": {mode: {"seq": 0, "hash": "0" * 64} for mode in ("live", "training")},
        **{"unsent": 0, "oldest_unsent_at": None, "at": "2026-11-20T10:00:00.000Z"},
        **{"app": "x", "persisted": True, "free_bytes": None},
    },
    "/pos/retire": {
        "heads": {mode: {"seq": 0, "hash": "0" * 64} for mode in ("live", "training")},
        "proof": "A" * 86,
    },
    "/pos/journal": {"events": [{"text": "{}", "hash": "0" * 64, "sig": "A" * 86}]},
    "/pos/journal/strays": {
        "why": "x",
        "events": [{"text": "{}", "hash": "0" * 64, "sig": "A" * 86}],
    },
    "/pos/enrol": {"code": "AAAAAAAA", "key": "B" + "A" * 86, "proof": "A" * 86, "app": "x"},
}


def written(shop: Shop) -> list[tuple[str, str]]:
    """The doors that take a body."""
    void = f"/pos/takings/{UID}/void"
    found = [door for door in doors(shop.app) if door[0] != "GET" and door[1] != void]
    return [*found, ("POST", "/pos/enrol")]


def test_no_body_breaks_a_door(shop: Shop, till: Till) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {till.token}"}
    for what, body in WILD.items():
        for method, path in written(shop):
            status, told = till.wire(method, path, headers, body)
            assert 400 <= status < 500, (what, path, told)


def test_no_value_in_a_body_breaks_a_door(shop: Shop, till: Till) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {till.token}"}
    tried = set()
    for method, path in written(shop):
        tried.add(path)
        whole = _WHOLE[path]
        for name in whole:
            for value in WILD_VALUES:
                body = json.dumps({**whole, name: value}).encode()
                status, told = till.wire(method, path, headers, body)
                assert status < 500, (path, name, value, told)
    assert tried == set(_WHOLE)
    db.session.rollback()


def test_nothing_in_an_address_breaks_a_door(shop: Shop, till: Till) -> None:
    client, headers = shop.app.test_client(), {"Authorization": f"Bearer {till.token}"}
    letters = ("%00", "%ff%fe", "%ED%A0%80", "%E2%80%AE", "%2e%2e%2f", "'", "%25")
    for said in (*letters, "x" * 5_000, "9" * 400, "1e9"):
        for path in (
            *(f"/pos/lots/{said}", f"/pos/tickets/{said}", f"/pos/orders/{said}"),
            *(f"/pos/search?q={said}", f"/pos/orders?q={said}"),
            *(f"/pos/catalogue?since={said}", f"/pos/catalogue?after={said}"),
            f"/pos/journal/head?register={said}",
        ):
            assert client.get(path, headers=headers).status_code < 500, path
        void, customer = f"/pos/takings/{said}/void", f"/pos/customers/{said}"
        assert 300 <= client.post(void, headers=headers).status_code < 500, void
        told = {"name": "", "phone": ""}
        assert 300 <= client.put(customer, json=told, headers=headers).status_code < 500, customer
