"""What is left of a ticket, for whoever gives something back."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from almakane.db import db, transaction
from tests.factories import mad
from tests.journal.shop import Shop
from tests.till.client import Till, back_of, line
from tests.till.journal import Event, sha256

CLAIM = "01a2027a-ec20-7000-8000-0000000000aa"
OTHER = "01a2027a-ec20-7000-8000-0000000000ab"


@pytest.fixture
def sold(shop: Shop, till: Till) -> Event:
    """Three pots and a bowl."""
    sale = till.sell(line(shop.pot, mad(280), qty=3), line(shop.bowl, mad(95)))
    till.send()
    return sale


def body(sale: Event) -> Any:
    return json.loads(sale["text"])["body"]


def look(till: Till, called: str) -> tuple[int, Any]:
    return till.ask("GET", f"/pos/tickets/{called}")


def left(till: Till, sale: Event) -> list[tuple[int, int]]:
    status, told = look(till, body(sale)["number"])
    assert status == 200
    return [(one["left_qty"], one["left_total"]) for one in told["lines"]]


def test_a_ticket_is_found_by_its_number_and_by_its_key(till: Till, sold: Event) -> None:
    by_number, by_key = look(till, body(sold)["number"]), look(till, body(sold)["key"])

    assert by_number == by_key
    status, told = by_number
    assert (status, told["number"], told["total"]) == (200, "T1-1-000001", mad(935))
    assert told["tenders"] == [{"kind": "cash", "amount": mad(935), "ref": "", "left": mad(935)}]
    assert told["lines"][0] == {
        "n": 1,
        "what": "lot",
        "code": told["lines"][0]["code"],
        "title": "Théière « Fès » إبريق",
        "qty": 3,
        "total": mad(840),
        "tax": 0,
        "left_qty": 3,
        "left_total": mad(840),
        "left_tax": 0,
        "claims": [],
    }
    assert told["at"].endswith("Z")


def test_what_was_given_back_is_not_left(till: Till, sold: Event) -> None:
    till.give_back(back_of(sold, 1, 2), back_of(sold, 2))
    till.send()

    assert left(till, sold) == [(1, mad(280)), (0, 0)]


def test_what_another_till_claims_is_not_left_and_one_s_own_claim_is_named(
    shop: Shop, till: Till, sold: Event
) -> None:
    of = {"uid": json.loads(sold["text"])["uid"], "line": 1}
    other = shop.till("T2")
    assert other.ask("POST", "/pos/claims", {"uid": OTHER, "of": of, "qty": 1})[0] == 201
    assert till.ask("POST", "/pos/claims", {"uid": CLAIM, "of": of, "qty": 2})[0] == 201

    [first, _] = look(till, body(sold)["number"])[1]["lines"]
    [theirs, _] = look(other, body(sold)["number"])[1]["lines"]

    assert (first["left_qty"], first["left_total"]) == (2, mad(560))
    assert [(one["uid"], one["qty"]) for one in first["claims"]] == [(CLAIM, 2)]
    assert (theirs["left_qty"], theirs["left_total"]) == (1, mad(280))


def test_a_claim_that_ran_out_takes_nothing(
    till: Till, shop: Shop, sold: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = {"uid": json.loads(sold["text"])["uid"], "line": 1}
    shop.till("T2").ask("POST", "/pos/claims", {"uid": OTHER, "of": of, "qty": 3})
    assert left(till, sold)[0] == (0, 0)
    later = datetime(2027, 1, 1, tzinfo=UTC)
    monkeypatch.setattr("almakane.pos.lookups._now", lambda: later)

    assert left(till, sold)[0] == (3, mad(840))


@pytest.mark.parametrize(
    "called", ["T1-1-000009", "x", "%F0%9F", "A" * 22, "a" * 300, "T1/2", "%0A"]
)
def test_a_ticket_that_is_none_is_nothing_found(till: Till, sold: Event, called: str) -> None:
    status, told = look(till, called)

    assert (status, told["reason"]) == (404, "unknown")


def test_another_hub_s_ticket_is_nothing_found(till: Till, sold: Event) -> None:
    session = db.session()
    session.rollback()
    with transaction() as writing:
        writing.execute(
            text(
                "INSERT INTO hub (code, name, currency, zone) "
                "VALUES ('fes', 'Fes', 'MAD', 'Africa/Casablanca')"
            )
        )
        writing.execute(
            text(
                "UPDATE register SET hub_id = (SELECT id FROM hub WHERE code = 'fes')"
                " WHERE code = 'T1'"
            )
        )

    for called in (body(sold)["number"], body(sold)["key"]):
        assert look(till, called)[0] == 404


def test_of_a_gift_card_only_what_it_still_holds_can_come_back(shop: Shop, till: Till) -> None:
    card, uid = sha256("card"), "01a2027a-ec20-7000-8000-0000000000ab"
    sold = till.sell(line(card, mad(500), what="gift_card", title="", tax_code=""))
    till.send()
    wanted = {"uid": uid, "kind": "gift_card", "ref": card, "amount": mad(280)}
    assert till.ask("POST", "/pos/takings", wanted)[0] == 201

    assert left(till, sold) == [(1, mad(220))]  # the rest is promised
    tender = {"kind": "gift_card", "amount": mad(280), "ref": card, "auth": uid}
    till.sell(line(shop.pot, mad(280)), tenders=[tender])
    till.send()
    assert left(till, sold) == [(1, mad(220))]
    till.ask("POST", "/pos/takings", {**wanted, "uid": uid[:-1] + "c", "amount": mad(220)})
    assert left(till, sold) == [(0, 0)]


def test_money_that_went_back_by_a_tender_is_not_left_of_it(till: Till, sold: Event) -> None:
    till.give_back(back_of(sold, total=mad(280), qty=1))
    till.send()

    told = look(till, body(sold)["number"])[1]["tenders"]

    assert [(one["amount"], one["left"]) for one in told] == [(mad(935), mad(655))]
