"""Many tills at once, on real threads: what is there is sold once, and nobody waits for ever."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

import pytest
from flask import Flask

from almakane.db import db, retried, rows, transaction
from almakane.errors import Refusal
from almakane.inventory.holds import place_hold
from almakane.inventory.losses import record_loss
from almakane.inventory.models import HoldKind, LossKind, PlaceKind
from almakane.inventory.queries import levels_of, on_hand, places_of
from almakane.ledger.book import pair
from almakane.ledger.queries import balance
from almakane.ledger.services import Fact, post, reverse_entry
from almakane.sales.models import Flag
from almakane.sales.services import Recorded, record_sale
from almakane.sales.ticket import Ticket
from tests.accounts import assert_sound
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    a_return,
    a_ticket,
    mad,
    make_hub,
    make_lot,
    make_maker,
    new_uid,
    sell,
    the_site,
)

T = TypeVar("T")
THREADS = 8


def at_once(app: Flask, works: list[Callable[[], T]], hands: int | None = None) -> list[T]:
    """
    Do all of it at the same time, each in a thread with a context of its own.

    `hands` is for more than the database has connections for: so many begin in the same moment,
    and whoever comes after them takes the place of one that is done.
    """
    first = min(hands or len(works), len(works))
    start = Barrier(first)

    def run(n: int, work: Callable[[], T]) -> T:
        with app.app_context():
            if n < first:
                start.wait()
            return work()

    db.session.remove()
    with ThreadPoolExecutor(first) as pool:
        begun = [pool.submit(run, n, work) for n, work in enumerate(works)]
        return [done.result(timeout=120) for done in begun]


def telling(hub_id: int, *tickets: Ticket) -> Callable[[], list[Recorded]]:
    """Record tickets one after the other, each in its own transaction, as a door does."""

    def once(ticket: Ticket) -> Recorded:
        with transaction() as session:
            return record_sale(session, hub_id, ticket, now=NOW)

    return lambda: [retried(partial(once, ticket)) for ticket in tickets]


def test_eight_tills_sell_one_batch_and_nothing_is_lost(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(10), quantity=20)
        hub_id, lot_id, maker_id = hub.id, lot.id, lot.maker_id
        line = a_line(1, Sold(lot, mad(10), mad(10)))
        site_id = the_site(session, hub).id
    tickets = [[a_ticket(line, register=f"T{1 + n % 2}") for _ in range(5)] for n in range(THREADS)]
    told = at_once(books, [telling(hub_id, *mine) for mine in tickets])

    recorded = [one for mine in told for one in mine]
    with transaction() as session:
        short = [one for one in recorded if (Flag.STOCK_SHORT, 1) in one.flags]
        assert Counter(one.outcome for one in recorded) == {"recorded": 20, "flagged": 20}
        assert len(short) == 20
        levels, places = levels_of(session, [lot_id]), places_of(session, site_id)
        assert levels[lot_id, places[PlaceKind.SHELF]] == 0
        assert levels[lot_id, places[PlaceKind.OVERSOLD]] == -20
        assert levels[lot_id, places[PlaceKind.BUYER]] == 40
        assert balance(session, hub_id, f"owed:m{maker_id}") == -40 * mad(7)
        numbers = [number for (number,) in rows(session, "SELECT number FROM sale")]
        assert sorted(numbers) == sorted(
            f"{till}-{n:06d}" for till in ("T1", "T2") for n in range(1, 21)
        )
        assert_sound(session)


def test_one_ticket_told_by_eight_doors_is_one_sale(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(10), quantity=20)
        hub_id, lot_id = hub.id, lot.id
        ticket = a_ticket(a_line(1, Sold(lot, mad(10), mad(10))))
    told = at_once(books, [telling(hub_id, ticket)] * THREADS)

    recorded = [one for mine in told for one in mine]
    with transaction() as session:
        assert Counter(one.outcome for one in recorded) == {
            "recorded": 1,
            "replayed": THREADS - 1,
        }
        assert {one.number for one in recorded} == {"T1-000001"}
        assert on_hand(session, lot_id) == 19
        assert rows(session, "SELECT COUNT(*) FROM sale")[0][0] == 1
        assert_sound(session)


def test_tills_that_sell_the_same_pieces_in_other_orders_never_wait_for_each_other_for_ever(
    books: Flask,
) -> None:
    """Without a second try: lots are locked in the order of their numbers."""
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lots = [make_lot(session, hub, maker, mad(10), quantity=100) for _ in range(4)]
        hub_id, lot_ids = hub.id, [lot.id for lot in lots]
        orders = [lots, lots[::-1], lots[1:] + lots[:1], lots[2:] + lots[:2]]
        tickets = [
            a_ticket(
                *(a_line(n, Sold(lot, mad(10), mad(10))) for n, lot in enumerate(order, 1)),
                register=f"T{1 + at % 2}",
            )
            for at, order in enumerate(orders * 4)
        ]

    def once(ticket: Ticket) -> Recorded:
        with transaction() as session:
            return record_sale(session, hub_id, ticket, now=NOW)

    recorded = at_once(books, [partial(once, ticket) for ticket in tickets[:THREADS]])
    recorded += at_once(books, [partial(once, ticket) for ticket in tickets[THREADS:]])
    with transaction() as session:
        assert {one.outcome for one in recorded} == {"recorded"}
        assert [on_hand(session, lot_id) for lot_id in lot_ids] == [84] * 4
        assert_sound(session)


def test_a_line_given_back_at_eight_desks_is_given_back_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        hub_id, lot_id, owed = hub.id, lot.id, f"owed:m{lot.maker_id}"
        sold = sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000)))).ticket
    backs = [a_ticket(returns=(a_return(1, sold, 1, mad(1000)),)) for _ in range(THREADS)]
    told = at_once(books, [telling(hub_id, back) for back in backs])

    with transaction() as session:
        outcomes = Counter(one.outcome for mine in told for one in mine)
        assert outcomes == {"recorded": 1, "flagged": THREADS - 1}
        assert balance(session, hub_id, owed) == 0
        assert balance(session, hub_id, "differences") == (THREADS - 1) * mad(1000)
        assert on_hand(session, lot_id) == 1
        assert_sound(session)


def test_one_number_at_two_tills_is_told_apart(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(10), quantity=20)
        hub_id = hub.id
        line = a_line(1, Sold(lot, mad(10), mad(10)))
    twins = [a_ticket(line, number="T1-1-000001") for _ in range(4)]
    told = at_once(books, [telling(hub_id, twin) for twin in twins])
    numbers = sorted(one.number for mine in told for one in mine)
    assert numbers == ["T1-1-000001", "T1-1-000001/2", "T1-1-000001/3", "T1-1-000001/4"]


def test_the_last_piece_is_claimed_by_one(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(10))
        hub_id, lot_id, site_id = hub.id, lot.id, the_site(session, hub).id

    def claim(uid: str) -> str:
        try:
            with transaction() as session:
                place_hold(session, hub_id, site_id, lot_id, 1, HoldKind.CHECKOUT, uid, NOW)
        except Refusal:
            return "refused"
        return "claimed"

    uids = [new_uid() for _ in range(THREADS)]
    ends = at_once(books, [partial(retried, partial(claim, uid)) for uid in uids])
    assert Counter(ends) == {"claimed": 1, "refused": THREADS - 1}


def test_a_piece_is_lost_or_sold_but_the_shelf_never_owes_one(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(10), quantity=4)
        hub_id, lot_id = hub.id, lot.id
        line = a_line(1, Sold(lot, mad(10), mad(10)))
        deeds = [a_deed(session, hub) for _ in range(4)]

    def lose(n: int) -> str:
        try:
            with transaction() as session:
                record_loss(session, deeds[n], lot_id, 1, LossKind.LOST, "Vol")
        except Refusal:
            return "refused"
        return "lost"

    works: list[Callable[[], object]] = []
    for n in range(4):
        works += [partial(retried, partial(lose, n)), telling(hub_id, a_ticket(line))]
    at_once(books, works)
    with transaction() as session:
        assert on_hand(session, lot_id) == 0
        [(lost,)] = rows(session, "SELECT COUNT(*) FROM loss")
        [(short,)] = rows(session, "SELECT COUNT(*) FROM sale_flag WHERE flag = 'stock_short'")
        assert lost + 4 - short == 4
        assert_sound(session)


def test_an_entry_is_undone_by_one(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        hub_id = hub.id

        def a_fact(kind: str) -> Fact:
            uid = new_uid()
            return Fact(hub_id, None, kind, "W", NOW, TODAY, NOW, "hind", f"{kind}/{uid}", "h")

        entry = post(session, a_fact("worked"), pair("bank", "cash:safe", mad(100)))
        facts = [a_fact("reversal") for _ in range(THREADS)]

    def undo(fact: Fact) -> str:
        try:
            with transaction() as session:
                reverse_entry(session, entry, fact)
        except Refusal:
            return "refused"
        return "undone"

    ends = at_once(books, [partial(retried, partial(undo, fact)) for fact in facts])
    assert Counter(ends) == {"undone": 1, "refused": THREADS - 1}
    with transaction() as session:
        assert balance(session, hub_id, "bank") == 0


@pytest.mark.parametrize("attempts", [1, 4])
def test_what_can_never_succeed_is_not_tried_for_ever(books: Flask, attempts: int) -> None:
    tries = []

    def work() -> None:
        with transaction() as session:
            tries.append(1)
            hub = make_hub(session)
            fact = Fact(hub.id, None, "x", "W", NOW, TODAY, NOW, "hind", "k", "h")
            post(session, fact, [])
            post(session, fact, [])

    with pytest.raises(Exception, match=r"(?i)unique"):
        retried(work, attempts)
    assert len(tries) == attempts
