"""Sections 7 and 8: heads, heartbeats, strays, and how an epoch ends."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from almakane.db import db, rows, transaction
from almakane.journal.customers import erase_customer
from almakane.journal.epochs import lose, revoke_token
from almakane.ledger.queries import balance
from almakane.pos.turns import share_commit
from tests.factories import mad
from tests.journal.shop import Shop, ask, broken
from tests.till.client import Till, back_of, line
from tests.till.journal import Journal, Key, canonical

T = TypeVar("T")


def lost(shop: Shop, epoch: int = 1) -> Any:
    [(epoch_id,)] = ask("SELECT id FROM epoch WHERE epoch = ?", epoch)
    with transaction() as session:
        return lose(session, shop.hub_id, epoch_id, by="hind", now=datetime.now(UTC))


def test_a_heartbeat_tells_what_has_not_arrived(shop: Shop, till: Till) -> None:
    till.send()
    till.sell(line(shop.pot, mad(280)))

    status, told = till.heartbeat()

    assert (status, told["state"]) == (200, "live")
    assert told["heads"]["live"] == {"seq": 1, "hash": till.live.events[0]["hash"]}
    assert ask("SELECT unsent FROM heartbeat") == [(1,)]


def test_an_epoch_ends_in_order(shop: Shop, till: Till) -> None:
    till.close_shift(mad(500))
    till.send()

    assert till.retire()[0] == 200

    assert ask("SELECT state, ended_by FROM epoch") == [("retired", "casa/T1")]
    assert till.retire()[0] == 200
    till.open_shift()
    status, told = till.send()[0]
    assert (status, told["reason"]) == (403, "not_yours")
    assert till.ask("POST", "/pos/journal/strays", {"why": "late", "events": till.live.events})[
        1
    ] == {"kept": 3, "known": 0}


def test_an_epoch_does_not_end_while_something_is_unsent(shop: Shop, till: Till) -> None:
    status, told = till.retire()

    assert (status, told["reason"]) == (409, "heads_differ")
    assert told["heads"]["live"]["seq"] == 0
    assert ask("SELECT state FROM epoch") == [("live",)]


def test_nobody_else_ends_an_epoch(shop: Shop, till: Till) -> None:
    till.send()
    till.key = Key()
    assert till.retire()[0] == 422


def test_the_next_epoch_goes_on_from_the_last(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)))
    till.close_shift(mad(780))
    till.send()
    till.retire()
    head = till.live.head

    second = shop.till()

    assert second.epoch == 2
    assert second.live.sales == mad(280)
    assert second.live.genesis == canonical(
        {
            **{"v": 1, "genesis": "casa/T1", "epoch": 2, "mode": "live"},
            **{"key": second.key.public, "previous": {"epoch": 1, "seq": 3, "hash": head}},
        }
    )
    second.open_shift()
    second.sell(line(shop.pot, mad(280)))
    assert [one["outcome"] for one in second.send()[0][1]["results"]] == ["recorded", "recorded"]
    assert ask("SELECT number FROM sale ORDER BY id") == [("T1-1-000001",), ("T1-2-000001",)]
    assert broken() == []


def test_a_lost_device_is_known_by_its_last_heartbeat(shop: Shop, till: Till) -> None:
    till.send()
    till.sell(line(shop.pot, mad(280)))
    till.sell(line(shop.pot, mad(280)))
    till.heartbeat()

    [missing] = lost(shop)

    assert (missing.mode, missing.had, missing.hold) == ("live", 3, 1)


def test_what_a_lost_device_still_brings_waits_for_a_person(shop: Shop, till: Till) -> None:
    till.send()
    lost(shop)
    till.sell(line(shop.pot, mad(280)))

    status, told = till.send()[0]

    assert status == 200
    assert told["results"] == [
        {"seq": 2, "outcome": "quarantined", "reason": "epoch_lost", "field": None}
    ]
    assert till.heartbeat()[0] == 403
    assert till.retire()[0] == 403
    assert shop.till().epoch == 2


def test_a_token_that_was_taken_away_opens_nothing(shop: Shop, till: Till) -> None:
    [(epoch_id,)] = ask("SELECT id FROM epoch")
    with transaction() as session:
        revoke_token(session, shop.hub_id, epoch_id)

    assert till.send()[0][0] == 401
    assert till.heartbeat()[0] == 401


def test_a_token_that_was_taken_away_opens_nothing_however_often_it_did(
    shop: Shop, till: Till
) -> None:
    for _ in range(3):
        till.sell(line(shop.pot, mad(280)))
        assert till.send()[-1][0] == 200
    held = till.live.held
    [(epoch_id,)] = ask("SELECT id FROM epoch")
    with transaction() as session:
        revoke_token(session, shop.hub_id, epoch_id)
    till.sell(line(shop.pot, mad(280)))

    assert till.send() == [(401, till.post(till.live.events)[1])]
    assert till.post(till.live.events)[1]["reason"] == "unknown_token"
    assert ask("SELECT COUNT(*) FROM journal_event") == [(held,)]
    assert broken() == []


def test_the_next_epochs_token_brings_what_the_lost_one_wrote_until_it_is_taken_away(
    shop: Shop, till: Till
) -> None:
    till.send()
    lost(shop)
    till.sell(line(shop.pot, mad(280)))
    till.sell(line(shop.pot, mad(280)))
    again = shop.till()
    first, second = till.live.events[-2:]
    for _ in range(2):
        assert again.post([first])[0] == 200
    [(epoch_id,)] = ask("SELECT id FROM epoch WHERE epoch = 2")
    with transaction() as session:
        revoke_token(session, shop.hub_id, epoch_id)

    assert again.post([second])[1]["reason"] == "unknown_token"
    assert ask("SELECT COUNT(*) FROM journal_event WHERE seq = 3") == [(0,)]


def test_a_clone_is_led_out_by_a_new_epoch(shop: Shop, till: Till) -> None:
    """Two devices on one key: both sell, one is first, the other's sales are adopted."""
    clone = Till(till.wire, key=till.key, token=till.token, register=till.register, epoch=1)
    clone.shift = till.shift
    clone.journals = {
        mode: Journal(till.key, till.register, 1, mode, journal.genesis, list(journal.events))
        for mode, journal in till.journals.items()
    }
    till.sell(line(shop.pot, mad(280)))
    clone.sell(line(shop.bowl, mad(95)))
    till.send()

    status, told = clone.send()[0]
    kept = clone.ask(
        "POST", "/pos/journal/strays", {"why": "fork", "events": clone.live.events[1:]}
    )

    assert (status, told["stopped"]) == (409, {"seq": 2, "reason": "fork"})
    assert kept == (202, {"kept": 0, "known": 1})
    till.close_shift(mad(780))
    till.send()
    till.retire()
    assert shop.till().epoch == 2


def test_another_registers_token_delivers_nothing(shop: Shop, till: Till) -> None:
    other = shop.till("T2")

    status, told = other.post(till.live.events)

    assert (status, told["reason"]) == (403, "not_yours")
    assert ask("SELECT COUNT(*) FROM journal_event") == [(0,)]


def test_a_server_register_takes_no_delivery(shop: Shop, till: Till) -> None:
    journal = Journal(till.key, "casa/DESK", 1, "live", "{}")
    journal.write("drawer_opened", {}, at=till.now)

    assert till.post(journal.events)[0] == 403


@pytest.mark.parametrize("token", ["", "x", "é"])
def test_a_stranger_is_told_nothing(shop: Shop, till: Till, token: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    for method, path in (
        ("POST", "/pos/journal"),
        ("GET", "/pos/journal/head"),
        ("POST", "/pos/journal/strays"),
        ("POST", "/pos/heartbeat"),
        ("POST", "/pos/retire"),
        ("PUT", "/pos/customers/01a2027a-ec20-7000-8000-000000000001"),
        ("POST", "/pos/grants"),
        ("POST", "/pos/claims"),
        ("POST", "/pos/takings"),
        ("POST", "/pos/takings/01a2027a-ec20-7000-8000-000000000001/void"),
    ):
        status, told = till.wire(method, path, headers, b"{}" if method != "GET" else None)
        assert (status, told["reason"]) == (401, "unknown_token"), path


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({}, 400),
        ({"events": []}, 400),
        ({"events": [1]}, 400),
        ({"events": [{}]}, 400),
        ({"events": [{"text": "", "hash": "", "sig": 1}]}, 400),
        ({"events": [{"text": "", "hash": "", "sig": "", "more": ""}]}, 400),
        ({"events": [{"text": "\x00", "hash": "", "sig": ""}]}, 400),
        ({"events": [{"text": "\ud800", "hash": "", "sig": ""}]}, 400),
        ({"events": [{"text": "a" * 300_000, "hash": "", "sig": ""}]}, 413),
        ({"events": [{"text": "a" * 1_100_000, "hash": "", "sig": ""}]}, 413),
        ({"events": [{"text": "", "hash": "", "sig": ""}] * 101}, 400),
    ],
)
def test_what_is_no_delivery_is_not_kept(shop: Shop, till: Till, body: object, status: int) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {till.token}"}
    data = canonical(body).encode("utf-8", "surrogatepass")
    if b"\xed\xa0\x80" in data:
        data = data.replace(b"\xed\xa0\x80", b"\\ud800")

    answer = till.wire("POST", "/pos/journal", headers, data)

    assert answer[0] == status, answer
    assert ask("SELECT COUNT(*) FROM stray") == [(0,)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/pos/journal/strays", {"events": [{"text": "", "hash": "", "sig": ""}], "why": "\ud800"}),
        (
            "/pos/takings",
            {
                **{"uid": "01a2027a-ec20-7000-8000-0000000000aa", "kind": "gift_card"},
                **{"ref": "c" * 64, "amount": 0},
            },
        ),
    ],
)
def test_what_no_table_keeps_is_no_defect_of_ours(
    shop: Shop, till: Till, path: str, body: object
) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {till.token}"}

    status, told = till.wire("POST", path, headers, json.dumps(body).encode())

    assert (status, told["reason"]) == (400, "bad_value")


def test_events_of_several_chains_are_no_delivery(shop: Shop, till: Till) -> None:
    till.ticket("sale", [line(shop.pot, mad(280))], [], journal="training")

    status, _ = till.post([till.live.events[0], till.journals["training"].events[0]])

    assert status == 400
    assert ask("SELECT COUNT(*) FROM journal_event") == [(0,)]


def test_another_kind_of_body_is_told_so(shop: Shop, till: Till) -> None:
    headers = {"Content-Type": "text/plain", "Authorization": f"Bearer {till.token}"}
    assert till.wire("POST", "/pos/journal", headers, b"{}")[0] == 415
    headers["Content-Type"] = "application/json"
    assert till.wire("POST", "/pos/journal", headers, b"{")[0] == 400
    assert till.wire("POST", "/pos/journal", headers, b"[" * 100_000)[0] == 400


def test_a_customer_is_named_apart_and_can_be_erased(shop: Shop, till: Till) -> None:
    uid = "01a2027a-ec20-7000-8000-00000000000c"
    path = f"/pos/customers/{uid}"

    assert till.ask("PUT", path, {"name": "Rachid", "phone": "+212661234567"})[0] == 204
    till.sell(line(shop.pot, mad(280)), customer=uid)
    till.send()

    assert ask("SELECT customer.name FROM sale JOIN customer ON customer.uid = sale.customer") == [
        ("Rachid",)
    ]
    assert till.ask("PUT", "/pos/customers/rachid", {"name": "", "phone": ""})[0] == 400
    assert till.ask("PUT", path, {"name": "a" * 121, "phone": ""})[0] == 400


def test_a_claimed_line_is_not_given_back_twice(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)))
    till.send()
    other = shop.till("T2")
    of = {"uid": back_of(sale)["of"]["uid"], "line": 1}
    one, two = (f"01a2027a-ec20-7000-8000-0000000000{n}0" for n in (1, 2))

    status, told = till.ask("POST", "/pos/claims", {"uid": one, "of": of, "qty": 1})
    assert (status, told["claim"]) == (201, one)
    assert till.ask("POST", "/pos/claims", {"uid": one, "of": of, "qty": 1})[0] == 201
    refused = other.ask("POST", "/pos/claims", {"uid": two, "of": of, "qty": 1})
    assert (refused[0], refused[1]["reason"]) == (422, "claimed")

    till.give_back(back_of(sale, claim=one))
    assert till.send()[0][1]["results"][0]["flags"] == ["approved_offline"]
    refused = other.ask("POST", "/pos/claims", {"uid": two, "of": of, "qty": 1})
    assert (refused[0], refused[1]["reason"]) == (422, "claimed")
    assert ask("SELECT uid FROM used") == [(one,)]


def test_a_gift_card_is_taken_at_once_and_given_back_by_void(shop: Shop, till: Till) -> None:
    ref = "c" * 64
    till.sell(line(ref, mad(500), what="gift_card", title="", tax_code=""))
    till.send()
    uid = "01a2027a-ec20-7000-8000-0000000000aa"
    ask_for = {"uid": uid, "kind": "gift_card", "ref": ref, "amount": mad(280)}

    assert till.ask("POST", "/pos/takings", ask_for) == (201, {"auth": uid, "left": mad(220)})
    assert till.ask("POST", "/pos/takings", ask_for)[1]["left"] == mad(220)
    more = {**ask_for, "uid": uid.replace("aa", "ab")}
    status, told = till.ask("POST", "/pos/takings", more)
    assert (status, told["reason"]) == (422, "not_enough")
    assert till.ask("POST", f"/pos/takings/{uid}/void")[0] == 204
    assert till.ask("POST", f"/pos/takings/{uid}/void")[0] == 204
    assert till.ask("POST", "/pos/takings", more)[0] == 201

    tender = {"kind": "gift_card", "amount": mad(280), "ref": ref, "auth": more["uid"]}
    till.sell(line(shop.pot, mad(280)), tenders=[tender])
    assert till.send()[0][1]["results"][0]["outcome"] == "recorded"
    status, told = till.ask("POST", f"/pos/takings/{more['uid']}/void")
    assert (status, told["reason"]) == (422, "used")
    assert broken() == []


def test_nothing_comes_after_a_retirement_that_overtook_it(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.send()
    old = replace(till, journals={mode: copy(one) for mode, one in till.journals.items()})
    old.live.events = list(old.live.events)
    till.sell(line(shop.pot, mad(280)))

    def overtaken(*works: Any) -> Any:
        with ThreadPoolExecutor(1) as other:
            assert other.submit(old.retire).result()[0] == 200
        return share_commit(*works)

    monkeypatch.setattr("almakane.pos.journal.share_commit", overtaken)

    assert till.send()[0][0] == 403
    assert ask("SELECT MAX(seq) FROM chain") == [(1,)]


def test_what_was_taken_of_a_gift_card_is_not_given_back_as_well(shop: Shop, till: Till) -> None:
    ref, uid = "c" * 64, "01a2027a-ec20-7000-8000-0000000000aa"
    card = till.sell(line(ref, mad(500), what="gift_card", title="", tax_code=""))
    till.send()
    take = {"uid": uid, "kind": "gift_card", "ref": ref, "amount": mad(280)}
    assert till.ask("POST", "/pos/takings", take)[0] == 201

    till.give_back(back_of(card))
    till.sell(
        line(shop.pot, mad(280)),
        tenders=[{"kind": "gift_card", "amount": mad(280), "ref": ref, "auth": uid}],
    )

    flags = [result.get("flags") for result in till.send()[0][1]["results"]]
    assert flags == [["approved_offline", "over_refund"], None]
    assert broken() == []


def test_a_card_that_is_spent_while_it_is_asked_for_is_not_taken_twice(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tills at once, in the worst order: the ticket commits between the two reads."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer")
    ref, uid = "c" * 64, "01a2027a-ec20-7000-8000-0000000000aa"
    till.sell(line(ref, mad(280), what="gift_card", title="", tax_code=""))
    till.send()
    take = {"uid": uid, "kind": "gift_card", "ref": ref, "amount": mad(280)}
    assert till.ask("POST", "/pos/takings", take)[0] == 201
    till.sell(
        line(shop.pot, mad(280)),
        tenders=[{"kind": "gift_card", "amount": mad(280), "ref": ref, "auth": uid}],
    )
    spent: list[int] = []

    def then_spent(read: Callable[..., T]) -> Callable[..., T]:
        def slowly(*asked: Any) -> T:
            found = read(*asked)
            if not spent and (read is balance or "FROM taking" in asked[1]):
                with ThreadPoolExecutor(1) as other:
                    spent.append(other.submit(till.send).result()[0][0])
            return found

        return slowly

    monkeypatch.setattr("almakane.sales.queries.rows", then_spent(rows))
    monkeypatch.setattr("almakane.sales.queries.balance", then_spent(balance))
    more = {**take, "uid": uid.replace("aa", "ab")}
    status, told = till.ask("POST", "/pos/takings", more)

    assert (spent, status, told["reason"]) == ([200], 422, "not_enough")
    assert broken() == []


def test_a_customer_who_is_erased_stays_so(shop: Shop, till: Till) -> None:
    uid = "01a2027a-ec20-7000-8000-00000000000c"
    till.ask("PUT", f"/pos/customers/{uid}", {"name": "Rachid", "phone": "+212661234567"})
    till.sell(line(shop.pot, mad(280)), customer=uid)
    till.send()
    with transaction() as session:
        erase_customer(session, shop.hub_id, uid, now=datetime.now(UTC))

    assert till.ask("PUT", f"/pos/customers/{uid}", {"name": "Rachid", "phone": ""})[0] == 204

    assert ask("SELECT name, phone FROM customer") == [("", "")]
    assert ask("SELECT customer FROM sale") == [(uid,)]
    assert broken() == []
