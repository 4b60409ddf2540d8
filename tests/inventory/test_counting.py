"""A count while the shop sells: what is missing is owed for, what strayed moves, once."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.cooperatives.agreement import Bearer, Regime, Terms
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.counting import (
    Decided,
    cancel_count,
    close_count,
    open_count,
    scan,
    undo_scan,
)
from almakane.inventory.counts import Review, find_count, review
from almakane.inventory.losses import record_loss
from almakane.inventory.models import (
    CountLine,
    LossKind,
    Lot,
    PlaceKind,
    StockCount,
)
from almakane.inventory.queries import levels_of, on_hand, places_of
from almakane.inventory.services import transfer
from almakane.ledger.queries import balance
from almakane.sales.flags import ShortFlags, open_flags
from tests.accounts import count_rows
from tests.factories import (
    NOW,
    Sold,
    a_deed,
    a_line,
    a_return,
    mad,
    make_hub,
    make_lot,
    make_maker,
    new_uid,
    refund,
    sell,
    the_site,
)

SHELF, RESERVE = PlaceKind.SHELF, PlaceKind.RESERVE
SHORT = ShortFlags()
FACTS = {"stock_move", "loss", "finding", "entry", "posting", "earning", "count_line"}


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def see(session: Session, count: StockCount, lot: Lot, quantity: int = 1, at: int = 5) -> int:
    told: dict[str, Any] = {"actor": "salma", "now": later(at)}
    return scan(session, count.id, new_uid(), lot.code, quantity, None, **told).id


def shelf_count(session: Session, hub: Hub, **told: Any) -> StockCount:
    return open_count(session, a_deed(session, hub), place=SHELF, **told)


def look(session: Session, count: StockCount) -> Review:
    return review(session, count, SHORT, later(60))


def close(session: Session, hub: Hub, count: StockCount, **told: Any) -> None:
    decided = Decided(look(session, count).token, "introuvable", **told)
    deed = a_deed(session, hub)._replace(recorded_at=later(60), happened_at=later(60))
    close_count(session, deed, count.id, SHORT, decided)


def lines(session: Session) -> list[tuple[bool, int, str, str]]:
    found = session.scalars(select(CountLine).order_by(CountLine.count_id, CountLine.n))
    return [(line.missing, line.quantity, line.outcome.value, line.document) for line in found]


def sold_one(session: Session, hub: Hub, lot: Lot, at: int, quantity: int = 1) -> Any:
    line = a_line(1, Sold(lot, mad(100), mad(100), quantity))
    return sell(session, hub, line, at=later(at))


def standing(session: Session, hub: Hub, lot: Lot, place: PlaceKind) -> int:
    where = places_of(session, the_site(session, hub).id)[place]
    return levels_of(session, [lot.id]).get((lot.id, where), 0)


def test_what_is_not_there_is_lost_and_its_maker_owed_in_one_breath(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        there = make_lot(session, hub, maker, mad(100))
        gone = make_lot(session, hub, maker, mad(1000), quantity=3)
        count = shelf_count(session, hub)
        see(session, count, there)
        see(session, count, gone, 2)
        assert look(session, count).owed == mad(700)
        close(session, hub, count)

        assert lines(session) == [(True, 1, "lost", "PV-000001")]
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-700)
        assert (on_hand(session, gone.id), on_hand(session, there.id)) == (2, 1)
        assert prove(session.connection()) == []


def test_a_count_without_differences_moves_nothing(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=4)
        count = shelf_count(session, hub)
        for quantity in (1, 3):
            see(session, count, lot, quantity)
        before = count_rows(session)
        close(session, hub, count)
        after = count_rows(session)
        assert {
            name: after[name] - before[name] for name in after if after[name] != before[name]
        } == {"count_end": 1}


def test_closing_twice_is_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=2)
        count = shelf_count(session, hub)
        see(session, count, lot)
        decided, deed = Decided(look(session, count).token, "introuvable"), a_deed(session, hub)
        first = close_count(session, deed, count.id, SHORT, decided)
        before = count_rows(session)
        assert close_count(session, deed, count.id, SHORT, decided).end == first.end
        again = close_count(session, a_deed(session, hub), count.id, SHORT, decided)
        assert again.end == first.end
        assert count_rows(session) == before
        with pytest.raises(Refusal, match="has ended"):
            cancel_count(session, count.id, "zut", actor="hind", now=later(70))
        with pytest.raises(Refusal, match="has ended"):
            see(session, count, lot)


def test_selling_between_two_scans_makes_no_difference(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        batch = make_lot(session, hub, maker, mad(100), quantity=9)
        piece = make_lot(session, hub, maker, mad(100))
        late = make_lot(session, hub, maker, mad(100))
        count = shelf_count(session, hub)
        see(session, count, piece, at=1)
        see(session, count, batch, 4, at=2)
        sold_one(session, hub, batch, 3, 2)
        sold_one(session, hub, piece, 4)
        see(session, count, batch, 3, at=5)
        sold_one(session, hub, late, 6)
        sold_one(session, hub, batch, 7)
        assert look(session, count).lines == []
        close(session, hub, count)
        assert prove(session.connection()) == []


def test_a_sale_that_is_told_late_is_replayed_when_it_happened(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=3)
        count = shelf_count(session, hub)
        see(session, count, lot, 2, at=10)
        assert [line.told.quantity for line in look(session, count).lines] == [1]
        sold_one(session, hub, lot, 5)  # its till had no network
        assert look(session, count).lines == []


def test_what_comes_back_while_we_count_need_not_be_scanned(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=2)
        ticket = sold_one(session, hub, lot, -30).ticket
        count = shelf_count(session, hub)
        see(session, count, lot, at=1)
        refund(session, hub, a_return(1, ticket, 1, mad(100)), at=later(2))
        assert look(session, count).lines == []
        see(session, count, lot, at=3)
        assert look(session, count).lines == []


def test_what_strayed_within_the_house_moves_and_nobody_is_owed(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=5)
        transfer(session, a_deed(session, hub), lot.id, 2, SHELF, RESERVE)
        count = shelf_count(session, hub)
        see(session, count, lot, 4)
        close(session, hub, count)
        assert lines(session) == [(False, 1, "moved", "TR-000002")]
        assert (standing(session, hub, lot, SHELF), standing(session, hub, lot, RESERVE)) == (4, 1)

        whole = open_count(session, a_deed(session, hub))
        told: dict[str, Any] = {"actor": "salma", "now": later(90)}
        scan(session, whole.id, new_uid(), lot.code, 2, SHELF, **told)
        scan(session, whole.id, new_uid(), lot.code, 3, RESERVE, **told)
        close(session, hub, whole)
        assert lines(session)[1:] == [
            (True, 2, "moved", "TR-000003"),
            (False, 2, "moved", "TR-000003"),
        ]
        assert (standing(session, hub, lot, SHELF), standing(session, hub, lot, RESERVE)) == (2, 3)
        assert prove(session.connection()) == []


def test_a_place_where_nothing_was_scanned_is_not_compared(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=5)
        transfer(session, a_deed(session, hub), lot.id, 2, SHELF, RESERVE)
        count = open_count(session, a_deed(session, hub))
        scan(session, count.id, new_uid(), lot.code, 3, SHELF, actor="x", now=later(1))
        assert look(session, count).lines == []
        with pytest.raises(Refusal, match="where you are counting"):
            scan(session, count.id, new_uid(), lot.code, 3, None, actor="x", now=later(1))


def test_what_was_sold_beyond_the_books_is_settled_and_its_flag_ended(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(100), quantity=2)
        first = sold_one(session, hub, lot, -50, 2)
        sold_one(session, hub, lot, -40, 2)  # nothing was left by the books
        refund(session, hub, a_return(1, first.ticket, 1, mad(200), qty=2), at=later(-30))
        other = make_lot(session, hub, maker, mad(100))
        count = shelf_count(session, hub)
        see(session, count, other)
        close(session, hub, count)
        assert lines(session) == [(True, 2, "settled", "TR-000001")]
        assert open_flags(session, hub.id) == []
        assert standing(session, hub, lot, PlaceKind.OVERSOLD) == 0
        assert prove(session.connection()) == []


def test_what_had_been_written_off_is_found_and_the_compensation_taken_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(1000), quantity=2)
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "Vol")
        count = shelf_count(session, hub)
        see(session, count, lot, 3)
        close(session, hub, count)
        assert lines(session) == [(False, 1, "found", "RT-000001"), (False, 1, "left", "")]
        assert balance(session, hub.id, f"owed:m{maker.id}") == 0
        assert prove(session.connection()) == []


def test_a_manager_may_leave_what_is_missing_for_somebody_to_look_again(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, loss_bearer=Bearer.MAKER)
        gone, kept = (make_lot(session, hub, maker, mad(1000)) for _ in range(2))
        there = make_lot(session, hub, maker, mad(5))
        count = shelf_count(session, hub)
        see(session, count, there)
        found = look(session, count)
        assert (found.owed, [line.bearer for line in found.lines]) == (0, [Bearer.MAKER] * 2)
        close(session, hub, count, kept={found.lines[1].key})
        assert lines(session) == [(True, 1, "lost", "PV-000001"), (True, 1, "left", "")]
        assert (on_hand(session, gone.id), on_hand(session, kept.id)) == (0, 1)
        assert prove(session.connection()) == []


def test_a_cancelled_count_changes_nothing(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=4)
        count = shelf_count(session, hub)
        see(session, count, lot)
        before = count_rows(session)
        with pytest.raises(Refusal, match="why"), session.begin_nested():
            cancel_count(session, count.id, " ", actor="hind", now=later(20))
        for _ in range(2):
            cancel_count(session, count.id, "trop de monde", actor="hind", now=later(20))
        after = count_rows(session)
        assert {n: after[n] - before[n] for n in after if after[n] != before[n]} == {"count_end": 1}
        with pytest.raises(Refusal, match="has ended"):
            close(session, hub, count)


def test_the_same_scan_again_adds_nothing_and_an_undone_one_does_not_count(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=2)
        count = shelf_count(session, hub)
        told: dict[str, Any] = {"actor": "salma", "now": later(1)}
        uid = new_uid()
        first = scan(session, count.id, uid, lot.code, 2, None, **told)
        assert scan(session, count.id, uid, lot.code, 2, None, **told).id == first.id
        wrong = see(session, count, lot, 7)
        assert [line.told.quantity for line in look(session, count).lines] == [7]
        undone = undo_scan(session, count.id, wrong, new_uid(), **told)
        assert undo_scan(session, count.id, wrong, new_uid(), **told).id == undone.id
        assert look(session, count).lines == []
        assert look(session, count).tally.scans == 2
        for seen in (undone.id, 999_999):
            with pytest.raises(Refusal, match="no such scan"):
                undo_scan(session, count.id, seen, new_uid(), **told)
        with pytest.raises(Refusal, match="already used"):
            scan(session, count.id, undone.uid, lot.code, 2, None, **told)


@pytest.mark.parametrize(
    ("code", "quantity", "said"),
    [
        ("0000000000000", 1, "Nobody knows"),
        ("'; DROP TABLE lot", 1, "Nobody knows"),
        ("x" * 500, 1, "Nobody knows"),
        (None, 0, "One scan is of"),
        (None, 10_001, "One scan is of"),
        ("hers", 1, "not in this count"),
        ("bought", 1, "not in this count"),
    ],
)
def test_a_code_that_is_not_of_the_count_is_told_at_once_and_not_kept(
    books: Flask, code: str | None, quantity: int, said: str
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad(100))
        hers = make_lot(session, hub, make_maker(session, hub), mad(100))
        count = shelf_count(session, hub, maker_id=maker.id)
        codes = {None: lot.code, "hers": hers.code, "bought": hers.code}
        told: dict[str, Any] = {"actor": "salma", "now": later(1)}
        with pytest.raises(Refusal, match=said):
            scan(session, count.id, new_uid(), codes.get(code, code or ""), quantity, None, **told)
        assert look(session, count).tally.scans == 0


def test_what_the_house_bought_is_not_in_a_makers_count(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0))
        own = make_lot(session, hub, maker, mad(100), unit_cost=mad(50))
        count = shelf_count(session, hub, maker_id=maker.id)
        with pytest.raises(Refusal, match="not in this count"):
            see(session, count, own)


def test_a_craft_is_counted_by_itself(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        rug = make_lot(session, hub, maker, mad(900), category="rug")
        make_lot(session, hub, maker, mad(100))
        count = shelf_count(session, hub, craft="rug")
        see(session, count, rug)
        assert look(session, count).lines == []


def test_the_same_pieces_are_not_counted_twice_at_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        one, other = make_maker(session, hub), make_maker(session, hub)
        deed = a_deed(session, hub)
        count = open_count(session, deed, place=SHELF, maker_id=one.id)
        assert open_count(session, deed, place=SHELF, maker_id=one.id).id == count.id
        with pytest.raises(Refusal, match="already used"):
            open_count(session, deed, place=SHELF)
        for told in ({}, {"place": SHELF}, {"maker_id": one.id}, {"craft": "rug"}):
            with pytest.raises(Refusal, match="IN-000001 is open"):
                open_count(session, a_deed(session, hub), **told)
        open_count(session, a_deed(session, hub), place=RESERVE, maker_id=one.id)
        open_count(session, a_deed(session, hub), maker_id=other.id)


@pytest.mark.parametrize(
    "told",
    [
        *(
            {"place": place}
            for place in PlaceKind
            if place.value in {"maker", "buyer", "lost", "damaged", "oversold", "transit"}
        ),
        {"maker_id": 999_999},
        {"craft": "x" * 25},
    ],
)
def test_only_what_stands_in_the_house_is_counted(books: Flask, told: dict[str, Any]) -> None:
    with transaction() as session:
        hub = make_hub(session)
        with pytest.raises(Refusal):
            open_count(session, a_deed(session, hub), **told)


@pytest.mark.parametrize("act", ["sell", "scan"])
def test_what_changed_since_the_review_was_read_is_shown_again(books: Flask, act: str) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100), quantity=3)
        count = shelf_count(session, hub)
        see(session, count, lot, 1)
        token = look(session, count).token
        if act == "sell":
            sold_one(session, hub, lot, 20)
        else:
            see(session, count, lot, 1, at=20)
        with pytest.raises(Refusal, match="look again"), session.begin_nested():
            close_count(
                session, a_deed(session, hub), count.id, SHORT, Decided(token, "introuvable")
            )
        assert find_count(session, hub.id, count.number) == (count, None)


def test_a_count_of_nothing_is_not_closed(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        make_lot(session, hub, make_maker(session, hub), mad(100), quantity=3)
        count = shelf_count(session, hub)
        with pytest.raises(Refusal, match="Nothing was scanned"):
            close(session, hub, count)


# Random histories, against pieces that one can take into the hand


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["scan", "scan", "sell", "refund", "away", "home", "steal"]),
        st.integers(0, 10**6),
    ),
    max_size=14,
)


class Floor:
    """A shop whose pieces one can take into the hand, and the count that goes on in it."""

    def __init__(self, session: Session, gone: int) -> None:
        self.session = session
        self.hub = session.scalars(select(Hub)).first() or make_hub(session)
        maker = make_maker(session, self.hub)
        self.lots = [make_lot(session, self.hub, maker, mad(100), quantity=4) for _ in range(4)]
        for lot in self.lots:
            transfer(session, a_deed(session, self.hub), lot.id, 1, SHELF, RESERVE)
        chance = Random(gone)  # noqa: S311 - a shop of a test
        none = dict.fromkeys([lot.id for lot in self.lots], 0)
        self.gone, self.scanned, self.moved = none.copy(), none.copy(), none.copy()
        for _ in range(gone):
            self.gone[chance.choice(self.lots).id] += 1
        self.unseen = {lot.id: 3 - self.gone[lot.id] for lot in self.lots}
        self.tickets: dict[int, list[Any]] = {lot.id: [] for lot in self.lots}
        first = make_lot(session, self.hub, maker, mad(1))
        self.count = shelf_count(session, self.hub, maker_id=maker.id)
        self.minute = 0
        see(session, self.count, first, at=0)

    def act(self, name: str, number: int) -> None:
        self.minute += 1
        getattr(self, f"_{name}")(self.lots[number % 4], number)

    def see_the_rest(self) -> None:
        for lot in self.lots:
            if self.unseen[lot.id]:
                see(self.session, self.count, lot, self.unseen[lot.id], at=self.minute + 1)

    def _scan(self, lot: Lot, _number: int) -> None:
        if self.unseen[lot.id]:
            see(self.session, self.count, lot, at=self.minute)
            self.unseen[lot.id] -= 1
            self.scanned[lot.id] += 1

    def _sell(self, lot: Lot, number: int) -> None:
        if self._takes(lot, number):
            self.tickets[lot.id].append(sold_one(self.session, self.hub, lot, self.minute).ticket)

    def _away(self, lot: Lot, number: int) -> None:
        if self._takes(lot, number):
            self._carry(lot, SHELF, RESERVE)

    def _refund(self, lot: Lot, number: int) -> None:
        if self.tickets[lot.id]:
            back = a_return(1, self.tickets[lot.id].pop(), 1, mad(100))
            refund(self.session, self.hub, back, at=later(self.minute))
            self._puts(lot, number)

    def _home(self, lot: Lot, number: int) -> None:
        if standing(self.session, self.hub, lot, RESERVE):
            self._carry(lot, RESERVE, SHELF)
            self._puts(lot, number)

    def _steal(self, lot: Lot, _number: int) -> None:
        if self.unseen[lot.id]:  # before she came to it
            self.unseen[lot.id] -= 1
            self.gone[lot.id] += 1

    def _takes(self, lot: Lot, number: int) -> bool:
        """A hand takes a piece that was scanned, or one that was not; if there is one."""
        full = [side for side in (self.unseen, self.scanned) if side[lot.id]]
        if not full:
            return False
        full[number % len(full)][lot.id] -= 1
        self.moved[lot.id] += 1
        return True

    def _puts(self, lot: Lot, number: int) -> None:
        """Before the counter, or behind her back."""
        (self.unseen if number % 3 else self.scanned)[lot.id] += 1
        self.moved[lot.id] += 1

    def _carry(self, lot: Lot, source: PlaceKind, target: PlaceKind) -> None:
        deed = a_deed(self.session, self.hub)._replace(happened_at=later(self.minute))
        transfer(self.session, deed, lot.id, 1, source, target)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(ACTS, st.integers(0, 3))
def test_a_count_writes_off_no_more_than_is_gone_and_all_of_it_where_nothing_moved(
    books: Flask, acts: list[tuple[str, int]], gone: int
) -> None:
    """Some pieces are gone before the count begins; then the shop lives while one counts."""
    with transaction() as session:
        floor = Floor(session, gone)
        for name, number in acts:
            floor.act(name, number)
        floor.see_the_rest()
        told = dict.fromkeys(floor.gone, 0)
        for line in look(session, floor.count).lines:
            assert line.told.missing
            told[line.told.lot_id] += line.told.quantity
        for lot_id, missing in told.items():
            assert missing <= floor.gone[lot_id]
            assert missing == floor.gone[lot_id] or floor.moved[lot_id]
        close(session, floor.hub, floor.count)
        for lot in floor.lots:
            assert standing(session, floor.hub, lot, PlaceKind.LOST) == told[lot.id]
        assert prove(session.connection()) == []
        session.rollback()
