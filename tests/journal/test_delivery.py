"""Section 7: a place is decided by signature, seq and prev; what an event says stops nobody."""

import json
import re
from typing import Any

import pytest

from almakane.journal import strays
from almakane.pos import applying
from almakane.sales.services import record_sale
from tests.factories import mad
from tests.journal.shop import Shop, ask, broken
from tests.till.client import Till, back_of, line
from tests.till.journal import Event, Key, canonical, moment, sha256


def outcomes(told: Any) -> list[str]:
    return [one["outcome"] for one in told["results"]]


def changed(event: Event, **fields: Any) -> str:
    """The text of an event with other fields."""
    return canonical({**json.loads(event["text"]), **fields})


def test_what_was_held_is_replayed_with_its_first_outcome(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)))
    till.sell(line("2000000009998", mad(10)))
    first = till.post(till.live.events)

    again = till.post(till.live.events)

    assert outcomes(first[1]) == ["recorded", "recorded", "flagged"]
    assert [(one["outcome"], one["first"]) for one in again[1]["results"]] == [
        *(("replayed", "recorded"), ("replayed", "recorded"), ("replayed", "flagged"))
    ]
    assert again[0] == 200
    assert ask("SELECT COUNT(*) FROM sale") == [(2,)]
    assert broken() == []


def test_another_signature_of_the_same_text_is_the_same_event(shop: Shop, till: Till) -> None:
    till.send()
    again = till.live.sign(till.live.events[0]["text"])
    assert again["sig"] != till.live.events[0]["sig"]

    status, told = till.post([again])

    assert (status, outcomes(told)) == (200, ["replayed"])


def test_an_event_twice_in_one_delivery_is_one_event(shop: Shop, till: Till) -> None:
    status, told = till.post([till.live.events[0]] * 2)

    assert (status, outcomes(told)) == (200, ["recorded", "replayed"])


def test_a_gap_is_told_with_where_to_send_from(shop: Shop, till: Till) -> None:
    till.send()
    till.sell(line(shop.pot, mad(280)))
    till.sell(line(shop.pot, mad(280)))

    status, told = till.post(till.live.events[2:])

    assert status == 409
    assert told["stopped"] == {
        "seq": 3,
        "reason": "gap",
        "expected": {"seq": 2, "prev": told["held"]["hash"]},
    }
    assert told["results"] == []
    assert ask("SELECT COUNT(*) FROM stray") == [(0,)]
    assert till.send()[-1][0] == 200


def test_what_came_before_a_stop_is_kept(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)))
    till.sell(line(shop.pot, mad(280)))
    till.sell(line(shop.pot, mad(280)))

    status, told = till.post([till.live.events[0], sale, till.live.events[3]])

    assert (status, outcomes(told)) == (409, ["recorded", "recorded"])
    assert told["held"]["seq"] == 2
    assert ask("SELECT uid FROM sale") == [(json.loads(sale["text"])["uid"],)]


def test_another_event_in_a_held_place_is_a_fork_and_a_stray(shop: Shop, till: Till) -> None:
    till.send()
    clone = till.live.sign(changed(till.live.events[0], cashier="omar"))

    status, told = till.post([clone])

    assert (status, told["stopped"]["reason"]) == (409, "fork")
    assert ask("SELECT text, hash, sig, verifies FROM stray") == [
        (clone["text"], clone["hash"], clone["sig"], True)
    ]
    till.post([clone])
    assert ask("SELECT COUNT(*) FROM stray") == [(1,)]


def test_an_event_that_does_not_follow_is_a_fork(shop: Shop, till: Till) -> None:
    till.send()
    till.live.write("voided", {}, at=till.tick(), prev="0" * 64)

    status, told = till.post(till.live.events[1:])

    assert (status, told["stopped"]) == (409, {"seq": 2, "reason": "fork"})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda event: {**event, "text": "{}"},
        lambda event: {**event, "text": "no json"},
        lambda event: {**event, "text": "[" * 5_000},
        lambda event: {**event, "text": event["text"].replace("amina", "omar")},
        lambda event: {**event, "hash": "0" * 64},
        lambda event: {**event, "sig": "A" * 86},
        lambda event: {**event, "sig": ""},
        lambda event: {**event, "sig": "é" * 86},
        lambda event: {**event, "sig": event["sig"][:-1]},
        lambda event: {**event, "sig": Key().sign(f"almakane-journal-1:{event['hash']}")},
        lambda event: {**event, "sig": event["sig"] + "="},
    ],
)
def test_what_the_register_did_not_write_is_unverifiable(
    shop: Shop, till: Till, spoil: Any
) -> None:
    till.sell(line(shop.pot, mad(280)))
    spoilt = spoil(till.live.events[1])

    status, told = till.post([till.live.events[0], spoilt])

    assert (status, told["stopped"]["reason"]) == (422, "unverifiable")
    assert outcomes(told) == ["recorded"]
    assert told["held"]["seq"] == 1
    assert ask("SELECT verifies FROM stray") == [(False,)]
    assert till.post(till.live.events)[0] == 200


def test_a_delivery_without_a_readable_event_is_of_the_tokens_own_chain(
    shop: Shop, till: Till
) -> None:
    status, told = till.post([{"text": "?", "hash": "", "sig": ""}])

    assert (status, told["stopped"]) == (422, {"seq": None, "reason": "unverifiable"})
    assert told["held"] == {"seq": 0, "hash": sha256(till.live.genesis)}


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"v": 2}, "unknown_version", "v"),
        ({"v": True}, "unknown_version", "v"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"kind": "dance"}, "unknown_kind", "kind"),
        ({"kind": 7}, "bad_value", "kind"),
        ({"uid": "x"}, "bad_value", "uid"),
        ({"uid": None}, "bad_value", "uid"),
        ({"at": "2026-02-30T10:00:00.000Z"}, "bad_value", "at"),
        ({"at": "2026-11-20 10:00"}, "bad_value", "at"),
        ({"cashier": ""}, "bad_value", "cashier"),
        ({"cashier": "a" * 81}, "bad_value", "cashier"),
        ({"body": []}, "bad_value", "body"),
        ({"body": {}}, "missing_field", "body.shift"),
    ],
)
def test_an_event_that_reads_wrong_keeps_its_place(
    shop: Shop, till: Till, fields: dict[str, Any], reason: str, field: str
) -> None:
    till.send()
    written = till.write("drawer_opened", drawer(till))
    till.live.events.pop()
    till.live.keep(changed(written, **fields))
    till.sell(line(shop.pot, mad(280)))

    [(status, told)] = till.send()

    assert status == 200
    assert told["results"][0] == {
        "seq": 2,
        "outcome": "quarantined",
        "reason": reason,
        "field": field,
    }
    assert outcomes(told)[1] == "recorded"
    assert broken() == []


def drawer(till: Till) -> dict[str, Any]:
    return {"shift": till.shift, "why": "", "note": "", "approvals": []}


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text.replace('{"at"', '{ "at"'),
        lambda text: text.replace('"v":1', '"v":1.0'),
        lambda text: text.replace('"v":1', '"v":NaN'),
        lambda text: text.replace('"v":1', '"v":1e0'),
        lambda text: text.replace('"v":1', '"v":-0'),
        lambda text: text.replace('"v":1', '"v":1,"v":1'),
        lambda text: text.replace('"v":1', '"V":1'),
        lambda text: text.replace('"v":1', '"v":9007199254740993'),
        lambda text: text.replace('"note":""', '"note":"\\ud800"'),
        lambda text: text.replace('"note":""', '"note":"\\u00e9"'),
        lambda text: text.replace('"note":""', '"note":[[[[[[]]]]]]'),
        lambda text: text.replace('"note":""', '"note":"\\/"'),
        lambda text: re.sub('"uid":"[^"]*"', '"uid":"\\\\ud800"', text),
        lambda text: re.sub('"kind":"[^"]*"', '"kind":"\\\\ud800"', text),
    ],
)
def test_a_text_that_is_not_canonical_keeps_its_place(shop: Shop, till: Till, write: Any) -> None:
    event = till.write("drawer_opened", drawer(till))
    till.live.events.pop()
    text = write(event["text"])
    assert text != event["text"]
    till.live.keep(text)
    till.sell(line(shop.pot, mad(280)))

    [(status, told)] = till.send()

    assert status == 200
    assert (told["results"][1]["outcome"], told["results"][1]["reason"]) == (
        *("quarantined", "not_canonical"),
    )
    assert outcomes(told)[2] == "recorded"
    assert ask("SELECT text FROM journal_event WHERE seq = 2") == [(text,)]


def sale_body(till: Till, shop: Shop) -> dict[str, Any]:
    event = till.sell(line(shop.pot, mad(280)))
    till.live.events.pop()
    body: dict[str, Any] = json.loads(event["text"])["body"]
    return body


@pytest.mark.parametrize(
    ("path", "value", "reason", "field"),
    [
        ("colour", 1, "unknown_field", "body.colour"),
        ("lines.0.colour", 1, "unknown_field", "body.lines[0].colour"),
        ("lines.0.qty", 0, "bad_value", "body.lines[0].qty"),
        ("lines.0.qty", 10_000, "bad_value", "body.lines[0].qty"),
        ("lines.0.qty", True, "bad_value", "body.lines[0].qty"),
        ("lines.0.unit", -1, "bad_value", "body.lines[0].unit"),
        ("lines.0.unit", 10**11 + 1, "bad_value", "body.lines[0].unit"),
        ("lines.0.total", 1, "does_not_add_up", "body.lines[0].total"),
        ("lines.0.title", "\x00", "bad_value", "body.lines[0].title"),
        ("lines.0.title", "a" * 201, "bad_value", "body.lines[0].title"),
        ("lines.0.tax", mad(281), "does_not_add_up", "body.totals.tax"),
        ("lines", [], "bad_value", "body.lines"),
        ("totals.goods", 1, "does_not_add_up", "body.totals.goods"),
        ("totals.due", 1, "does_not_add_up", "body.totals.due"),
        ("tenders.0.amount", 1, "does_not_add_up", "body.tenders"),
        ("tenders.0.kind", "shells", "bad_value", "body.tenders[0].kind"),
        ("change", 1, "does_not_add_up", "body.tenders"),
        ("number", "T2-1-000001", "bad_value", "body.number"),
        ("number", "T1-2-000001", "bad_value", "body.number"),
        ("number", "T1-1-X000001", "bad_value", "body.number"),
        ("number", "T1-1-1", "bad_value", "body.number"),
        ("number", "T1-1-٠٠٠٠٠١", "bad_value", "body.number"),
        ("key", "short", "bad_value", "body.key"),
        ("lang", "de", "bad_value", "body.lang"),
        ("customer", "Omar", "bad_value", "body.customer"),
        ("shift", None, "bad_value", "body.shift"),
        ("note", "a" * 501, "bad_value", "body.note"),
    ],
)
def test_a_sale_that_cannot_be_applied_waits_in_its_place(
    shop: Shop, till: Till, path: str, value: object, reason: str, field: str
) -> None:
    body = sale_body(till, shop)
    inner: Any = body
    *way, last = path.split(".")
    for step in way:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    inner[last] = value
    till.write("sale", body)
    till.write("drawer_opened", drawer(till), cashier="hind")

    [(status, told)] = till.send()

    assert status == 200
    assert told["results"][1] == {
        "seq": 2,
        "outcome": "quarantined",
        "reason": reason,
        "field": field,
    }
    assert outcomes(told)[2] == "recorded"
    assert ask("SELECT COUNT(*) FROM sale") == [(0,)]
    assert broken() == []


def test_a_field_that_is_missing_is_named(shop: Shop, till: Till) -> None:
    body = sale_body(till, shop)
    del body["lines"][0]["discount"]
    till.write("sale", body)

    told = till.send()[0][1]

    assert told["results"][1]["reason"] == "missing_field"
    assert told["results"][1]["field"] == "body.lines[0].discount"


def test_a_uid_has_one_effect_over_all_registers(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)))
    uid = json.loads(sale["text"])["uid"]
    till.sell(line(shop.pot, mad(280)), uid=uid)
    other = shop.till("T2")
    other.open_shift()
    other.sell(line(shop.pot, mad(280)), uid=uid)

    told, elsewhere = till.send()[0][1], other.send()[0][1]

    assert told["results"][2]["reason"] == "uid_twice"
    assert elsewhere["results"][1]["reason"] == "uid_twice"
    assert ask("SELECT COUNT(*) FROM sale") == [(1,)]
    assert broken() == []


def test_a_return_waits_for_its_sale_and_then_applies_by_itself(shop: Shop, till: Till) -> None:
    other = shop.till("T2")
    other.open_shift()
    sale = till.sell(line(shop.pot, mad(280)))
    back = other.give_back(back_of(sale))
    uid = json.loads(sale["text"])["uid"]

    early = other.send()[0][1]

    assert early["results"][1]["reason"] == f"needs:{uid}"
    assert ask("SELECT COUNT(*) FROM sale") == [(0,)]

    assert till.send()[0][0] == 200
    assert ask("SELECT uid FROM sale ORDER BY id") == [
        (uid,),
        (json.loads(back["text"])["uid"],),
    ]
    assert ask("SELECT how, actor FROM event_end") == [("retried", "almakane")]
    again = other.post(other.live.events)[1]
    assert again["results"][1] == {"seq": 2, "outcome": "replayed", "first": "quarantined"}
    assert broken() == []


def test_a_defect_of_ours_stops_nobody(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.send()
    till.sell(line(shop.pot, mad(280)))
    till.sell(line(shop.bowl, mad(95)))

    def break_once(session: Any, hub_id: int, ticket: Any, **rest: Any) -> Any:
        recorded = record_sale(session, hub_id, ticket, **rest)
        if ticket.lines[0].code == shop.pot:
            raise ZeroDivisionError
        return recorded

    monkeypatch.setattr(applying, "record_sale", break_once)

    told = till.send()[0][1]

    assert outcomes(told) == ["quarantined", "recorded"]
    assert told["results"][0]["reason"].startswith("could_not_apply:")
    assert ask("SELECT COUNT(*) FROM sale") == [(1,)]
    assert broken() == []


def test_the_answer_says_what_is_held_and_the_time(shop: Shop, till: Till) -> None:
    status, told = till.send()[0]

    assert status == 200
    assert told["register"] == "casa/T1"
    assert (told["epoch"], told["mode"], told["stopped"]) == (1, "live", None)
    assert told["held"] == {"seq": 1, "hash": sha256(till.live.events[0]["text"])}
    assert told["prunable_seq"] == 0
    assert len(told["server_time"]) == len(moment(till.now))
    head = till.ask("GET", "/pos/journal/head")[1]
    assert head["chains"][0]["held"] == told["held"]
    assert [chain["mode"] for chain in head["chains"]] == ["live", "training"]


def test_practice_is_kept_and_touches_nothing(shop: Shop, till: Till) -> None:
    journal = till.journals["training"]
    till.ticket("sale", [line(shop.pot, mad(280))], [], journal="training")

    [(status, told)] = till.send("training")

    assert (status, outcomes(told)) == (200, ["recorded"])
    assert journal.seq == told["held"]["seq"] == 1
    assert ask("SELECT COUNT(*) FROM sale") == ask("SELECT COUNT(*) FROM entry") == [(0,)]
    assert broken() == []


def test_a_register_full_of_strays_still_takes_what_is_in_its_place(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "MOST_BYTES", 10)
    till.sell(line(shop.pot, mad(280)))
    spoilt = {**till.live.events[1], "sig": ""}

    status, told = till.post([till.live.events[0], spoilt])

    assert (status, outcomes(told)) == (422, ["recorded"])
    assert ask("SELECT COUNT(*) FROM stray") == [(0,)]
    status, told = till.ask("POST", "/pos/journal/strays", {"why": "", "events": [spoilt]})
    assert (status, told["reason"]) == (422, "too_many_strays")


def test_a_place_that_is_far_off_is_a_gap(shop: Shop, till: Till) -> None:
    far = till.live.sign(changed(till.live.events[0], seq=2**53 - 1))

    status, told = till.post([till.live.events[0], till.live.events[0], far])

    assert (status, told["stopped"]["reason"]) == (409, "gap")
    assert outcomes(told) == ["recorded", "replayed"]
