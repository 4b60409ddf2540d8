"""How what waits ends: what a person takes is judged again as if it had just come."""

import json
from datetime import UTC, datetime

import pytest

from almakane.db import transaction
from almakane.journal.ending import By, adopt, adopt_stray, retry
from almakane.journal.epochs import lose
from almakane.journal.event import Unfit
from almakane.pos.applying import apply
from tests.factories import mad
from tests.journal.shop import Shop, ask, broken
from tests.till.client import Till, line


def by() -> By:
    return By("hind", "it happened", datetime.now(UTC))


def waiting_id() -> int:
    [(event_id,)] = ask("SELECT MAX(id) FROM journal_event WHERE reason IS NOT NULL")
    return int(event_id)


def test_training_that_is_taken_as_it_is_touches_no_book(shop: Shop, till: Till) -> None:
    till.send()
    till.sell(line(shop.pot, mad(280)), journal="training")
    with transaction() as session:
        [(epoch_id,)] = ask("SELECT id FROM epoch WHERE key <> ''")
        lose(session, shop.hub_id, epoch_id, by="hind", now=datetime.now(UTC))
    [(_, told)] = till.send("training")
    assert told["results"][0]["reason"] == "epoch_lost"
    event_id = waiting_id()
    with transaction() as session:
        assert retry(session, shop.hub_id, event_id, apply, by()) == ()
    assert ask("SELECT COUNT(*) FROM sale") == [(0,)]
    assert ask("SELECT how FROM event_end") == [("retried",)]
    assert broken() == []


def test_a_number_of_another_series_is_not_taken_later_either(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)), number="T2-1-000001")
    [(_, told)] = till.send()
    assert told["results"][-1]["field"] == "body.number"
    body = json.loads(till.live.events[-1]["text"])["body"]
    event_id = waiting_id()
    with pytest.raises(Unfit), transaction() as session:
        retry(session, shop.hub_id, event_id, apply, by())
    with pytest.raises(Unfit), transaction() as session:
        adopt(session, shop.hub_id, event_id, body, apply, by())
    with transaction() as session:
        adopt(session, shop.hub_id, event_id, {**body, "number": "T1-1-000001"}, apply, by())
    assert ask("SELECT number FROM sale") == [("T1-1-000001",)]
    assert broken() == []


def test_a_stray_of_another_series_is_not_adopted(shop: Shop, till: Till) -> None:
    till.send()
    event = till.sell(line(shop.pot, mad(280)), number="T2-1-000001")
    till.ask("POST", "/pos/journal/strays", {"why": "found", "events": [event]})
    [(stray_id,)] = ask("SELECT id FROM stray")
    with pytest.raises(Unfit), transaction() as session:
        adopt_stray(session, shop.hub_id, stray_id, None, apply, by())
    assert ask("SELECT COUNT(*) FROM sale") == [(0,)]


def test_a_count_is_adopted_with_its_coins(shop: Shop, till: Till) -> None:
    """A body within a body is one deeper than what a till may write."""
    till.close_shift(mad(500))
    body = json.loads(till.live.events.pop()["text"])["body"]
    till.write("shift_closed", {**body, "colour": "red"})
    till.send()
    body["counts"][0]["pieces"] = [[20_000, 2], [10_000, 1]]
    with transaction() as session:
        adopt(session, shop.hub_id, waiting_id(), body, apply, by())
    assert ask("SELECT counted FROM shift_closing") == [(mad(500),)]
    assert broken() == []
