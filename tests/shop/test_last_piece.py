"""The last piece goes to one buyer, however many press the button in the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import text

from almakane.check import prove
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.shop.ordering import Wish, open_checkout
from tests.factories import NOW
from tests.scale import FAULTS
from tests.shop.orders import a_shop, a_wish, another_lot, order

BUYERS = 64
ROUNDS = 1_000 if FAULTS else 20
HANDS = 8  # buyers who press in one moment; the others come right behind them


def test_sixty_four_buyers_want_one_piece_and_one_has_it(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
    with ThreadPoolExecutor(HANDS) as pool:
        for n in range(ROUNDS):
            with transaction() as session:
                here = another_lot(session, shop)
                wishes = [a_wish(session, here) for _ in range(BUYERS)]
            barrier = Barrier(HANDS)

            def buy(wish: Wish, barrier: Barrier = barrier, *, is_quick: bool) -> str:
                with books.app_context():
                    if is_quick:
                        barrier.wait(30)
                    try:
                        return retried(lambda: _order(wish))
                    except Refusal as refusal:
                        return "" if "just taken" in refusal.message else refusal.message
                    finally:
                        db.session.remove()

            tried = [pool.submit(buy, wish, is_quick=i < HANDS) for i, wish in enumerate(wishes)]
            numbers = [one.result() for one in tried]
            assert [number for number in numbers if number] == [f"W-{n + 1:06d}"]
    with transaction() as session:
        held = session.execute(text("SELECT COUNT(*), COUNT(DISTINCT lot_id) FROM hold")).one()
        assert held == (ROUNDS, ROUNDS)
        assert [v for v in prove(session.connection()) if v.invariant in ("I4", "I8")] == []


def _order(wish: Wish) -> str:
    with transaction() as session:
        # Half of them come by the checkout's page, which claims the piece before they confirm.
        if int(wish.uid[-1], 16) % 2:
            open_checkout(session, wish.hub_id, wish.site_id, wish.uid, wish.lines, now=NOW)
        return order(session, wish).order.number


def test_two_who_want_the_same_two_pieces_never_wait_for_each_other_in_a_ring(
    books: Flask,
) -> None:
    with transaction() as session:
        shop = a_shop(session, 99)
        more = another_lot(session, shop, 99)
        there = a_wish(session, shop).lines + a_wish(session, more).lines
        wishes = [
            a_wish(session, shop, lines=there if n % 2 else tuple(reversed(there)))
            for n in range(24)
        ]

    def buy(wish: Wish) -> str:
        with books.app_context():
            try:
                return retried(lambda: _order(wish))
            finally:
                db.session.remove()

    with ThreadPoolExecutor(HANDS) as pool:
        assert len(set(pool.map(buy, wishes))) == len(wishes)


def test_a_claim_that_is_refused_leaves_no_trace(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        order(session, a_wish(session, shop))
    with pytest.raises(Refusal), transaction() as session:
        order(session, a_wish(session, shop))
    assert db.session.scalar(text("SELECT COUNT(*) FROM hold")) == 1
