"""Sections 7 and 12: what a till is told helps it, and is never a promise that does not hold."""

from datetime import UTC, datetime
from typing import Any

import pytest

from almakane.db import transaction
from almakane.journal.enrolment import open_enrolment
from tests.factories import mad, make_hub
from tests.journal.shop import Shop, ask
from tests.till.client import Till, back_of, line
from tests.till.journal import sha256

UID = "01a2027a-ec20-7000-8000-0000000000aa"


def waiting(told: Any) -> list[tuple[str, str]]:
    """Reason and field of what a delivery's answer says is quarantined."""
    return [
        (result["reason"], result["field"])
        for result in told["results"]
        if result["outcome"] == "quarantined"
    ]


def taking(till: Till) -> tuple[int, Any]:
    wanted = {"uid": UID, "kind": "gift_card", "ref": sha256("card"), "amount": mad(280)}
    return till.ask("POST", "/pos/takings", wanted)


def test_a_taking_that_was_given_back_is_not_promised_again(shop: Shop, till: Till) -> None:
    till.sell(line(sha256("card"), mad(500), what="gift_card", title="", tax_code=""))
    till.send()
    assert taking(till)[0] == 201
    assert till.ask("POST", f"/pos/takings/{UID}/void")[0] == 204

    status, told = taking(till)

    assert (status, told["reason"], told["field"]) == (422, "voided", "uid")


def test_a_card_that_has_not_so_much_says_what_it_has(shop: Shop, till: Till) -> None:
    status, told = taking(till)  # nobody sold it
    assert (status, told["reason"], told["left"]) == (422, "not_enough", 0)
    till.sell(line(sha256("card"), mad(120), what="gift_card", title="", tax_code=""))
    till.send()

    status, told = taking(till)

    assert (status, told["reason"], told["left"]) == (422, "not_enough", mad(120))


def test_a_card_of_another_hub_holds_nothing_here(shop: Shop, till: Till) -> None:
    till.sell(line(sha256("card"), mad(500), what="gift_card", title="", tax_code=""))
    till.send()
    with transaction() as session:
        hub = make_hub(session, code="rabat")
        code = open_enrolment(session, hub.id, "T1", by="hind", now=datetime.now(UTC))
    other = Till(shop.wire())
    assert other.enrol(code)[0] == 201

    status, told = taking(other)

    assert (status, told["reason"], told["left"]) == (422, "not_enough", 0)


def test_a_taking_that_a_ticket_spent_is_the_same_taking(shop: Shop, till: Till) -> None:
    till.sell(line(sha256("card"), mad(500), what="gift_card", title="", tax_code=""))
    till.send()
    assert taking(till) == (201, {"auth": UID, "left": mad(220)})
    tender = {"kind": "gift_card", "amount": mad(280), "ref": sha256("card"), "auth": UID}
    till.sell(line(shop.pot, mad(280)), tenders=[tender])
    [(_, told)] = till.send()
    assert told["results"][0]["outcome"] == "recorded"

    assert taking(till) == (201, {"auth": UID, "left": mad(220)})


@pytest.mark.parametrize("right", ["refunds", "Refund", "sell"])
def test_a_right_that_nobody_has_is_not_granted(shop: Shop, till: Till, right: str) -> None:
    told = till.ask("POST", "/pos/grants", {"right": right, "by": "hind", "pin": "730416"})

    assert (told[0], told[1]["reason"], told[1]["field"]) == (400, "bad_value", "body.right")
    assert ask("SELECT COUNT(*) FROM manager_grant") == [(0,)]


def test_a_claim_of_too_many_names_the_field_that_was_sent(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)))
    till.send()
    of = {"uid": back_of(sale)["of"]["uid"], "line": 1}

    status, told = till.ask("POST", "/pos/claims", {"uid": UID, "of": of, "qty": 2})

    assert (status, told["reason"], told["field"]) == (422, "claimed", "qty")


def test_a_line_is_named_by_where_it_stands_whatever_its_number(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)), line(shop.pot, mad(280)))
    first, unknown = back_of(sale), back_of(sale, 2)
    unknown["of"]["line"] = 9
    till.give_back({**first, "n": 7}, {**unknown, "n": 3})
    uid = "01a2027a-ec20-7000-8000-00000000000f"
    till.give_back({**unknown, "of": {**unknown["of"], "uid": uid}})
    till.sell(line(shop.pot, mad(100), tax=mad(101)), line(shop.pot, mad(100), tax=mad(99)))

    [(_, told)] = till.send()

    assert waiting(told) == [
        ("bad_value", "body.returns[1]"),
        (f"needs:{uid}", "body.returns[0]"),
        ("does_not_add_up", "body.lines[0]"),
    ]


def test_a_second_shift_or_count_is_told_by_a_field_that_the_body_has(
    shop: Shop, till: Till
) -> None:
    first = till.shift
    till.open_shift()
    till.shift = first
    till.close_shift(mad(500))
    till.close_shift(mad(500), counted=mad(499), left=mad(400))

    [(_, told)] = till.send()

    assert waiting(told) == [("bad_value", "body.shift"), ("bad_value", "body.counts")]
