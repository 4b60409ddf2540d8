"""Every table of docs/stock-book.md, tried on the real services."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy.orm import Session

from almakane.db import rows, transaction
from almakane.inventory.deliveries import buy_out, return_to_maker
from almakane.inventory.holds import LIVES
from almakane.inventory.losses import record_finding, record_loss
from almakane.inventory.models import ON_HAND, UNBOUNDED, HoldEnd, LossKind, Lot, PlaceKind
from almakane.inventory.queries import levels_of, lock_lots, on_hand, places_of
from almakane.inventory.services import settle_oversold, transfer
from almakane.inventory.stocktake import Moved, Outcome, Seen, difference
from tests.docs.pages import Row, table
from tests.docs.story import (
    ANOTHER_SALE,
    THE_LAST_REFUND,
    THE_LOSS,
    THE_REFUND,
    THE_SALE,
    Story,
)
from tests.factories import (
    NOW,
    Sold,
    a_deed,
    a_line,
    a_return,
    a_ticket,
    make_hub,
    make_lot,
    make_maker,
    tell,
    the_site,
)

BOOK = "stock-book"

_MOVES = """
SELECT m.document, m.reason, m.lot_id, m.quantity, source.kind, target.kind FROM stock_move m
JOIN place source ON source.id = m.source_id JOIN place target ON target.id = m.target_id
ORDER BY m.id
"""


def moves(session: Session, after: int = 0) -> list[tuple[str, str, int, int, str, str]]:
    """Every move but the first `after`: document, reason, lot, quantity, from, to."""
    return [tuple(row) for row in rows(session, _MOVES)][after:]


def level(session: Session, site_id: int, lot: Lot, kind: PlaceKind) -> int:
    """How much of a lot is at a place."""
    return levels_of(session, [lot.id]).get((lot.id, places_of(session, site_id)[kind]), 0)


def test_the_places_of_the_page_are_those_of_every_site() -> None:
    told = {row["place"]: row for row in table(BOOK, "Places", "place", "on hand")}
    assert list(told) == [kind.value for kind in PlaceKind]
    assert {PlaceKind(p) for p, row in told.items() if row["on hand"]} == set(ON_HAND)
    below = {PlaceKind(p) for p, row in told.items() if row["may be below zero"]}
    assert below == set(UNBOUNDED)


def test_the_story_moves_what_the_page_says(books: Flask) -> None:
    with transaction() as session:
        story = Story(session)
        story.tell()
        assert moves(session) == [
            (
                *(row["document"], row["reason"], story.lots[row["piece"]].id),
                *(int(row["quantity"]), row["from"], row["to"]),
            )
            for row in table(BOOK, "The story", "document", "piece", "from")
        ]


def test_the_levels_after_each_event_are_those_of_the_page(books: Flask) -> None:
    with transaction() as session:
        story = Story(session)
        events: dict[str, Callable[[], object]] = {
            "The delivery": story.deliver,
            THE_SALE: lambda: story.sell(THE_SALE),
            THE_REFUND: lambda: story.refund(THE_REFUND),
            THE_LOSS: story.lose,
            ANOTHER_SALE: lambda: story.sell(ANOTHER_SALE),
            "The payout": story.pay_out,
            THE_LAST_REFUND: lambda: story.refund(THE_LAST_REFUND),
        }
        told = {row["after"]: row for row in table(BOOK, "The story", "after", "shelf")}
        assert list(told) == list(events)
        site_id = the_site(session, story.hub).id
        for name, happen in events.items():
            happen()
            row, dish = told[name], story.lots["dish"]
            kinds = [PlaceKind(place) for place in row if place not in ("after", "on hand")]
            levels = {kind.value: level(session, site_id, dish, kind) for kind in kinds}
            assert levels == {kind.value: int(row[kind.value]) for kind in kinds}, name
            assert on_hand(session, dish.id) == int(row["on hand"]), name
            assert sum(levels.values()) == 0, name


def test_a_till_may_sell_what_the_books_do_not_know_yet(books: Flask) -> None:
    told = table(BOOK, "A till that knew more than the books", "arrives", "oversold then")
    with transaction() as session:
        hub = make_hub(session)
        site_id = the_site(session, hub).id
        lot = make_lot(session, hub, make_maker(session, hub), 100_00, quantity=2)
        assert_arrived(session, site_id, lot, told[0])

        line = a_line(1, Sold(lot, 100_00, 100_00, qty=2))
        first = tell(session, hub, a_ticket(line))
        assert_arrived(session, site_id, lot, told[1])

        second = tell(session, hub, a_ticket(line, register="T2"))
        assert second.flags == ["stock_short"]
        assert_arrived(session, site_id, lot, told[2])

        back = a_return(1, first.ticket, 1, 200_00, qty=2)
        assert tell(session, hub, a_ticket(returns=(back,))).flags == []
        assert_arrived(session, site_id, lot, told[3])

        settle_oversold(session, a_deed(session, hub), lot.id, 2)
        assert_arrived(session, site_id, lot, told[4])
        assert len(moves(session)) == len(told)


def assert_arrived(session: Session, site_id: int, lot: Lot, row: Row) -> None:
    """The latest move, and the levels after it, are those of the row."""
    [(_document, reason, lot_id, quantity, source, target)] = moves(session)[-1:]
    assert (reason, quantity, source, target) == (
        *(row["reason"], int(row["quantity"])),
        *(row["from"], row["to"]),
    )
    assert lot_id == lot.id
    assert level(session, site_id, lot, PlaceKind.SHELF) == int(row["shelf then"])
    assert level(session, site_id, lot, PlaceKind.OVERSOLD) == int(row["oversold then"])


def test_pieces_go_back_and_elsewhere_as_the_page_says(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, 100_00, quantity=3)
        transfer(session, a_deed(session, hub), lot.id, 1, PlaceKind.SHELF, PlaceKind.RESERVE)
        return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1)], PlaceKind.RESERVE)
        [facts] = lock_lots(session, hub.id, ids=[lot.id])
        buy_out(session, a_deed(session, hub), facts, 2, 70_00)

        told = table(BOOK, "Going back, going elsewhere", "what", "document", "from")
        assert [(m[0], m[1], m[4], m[5]) for m in moves(session, after=1)] == [
            (row["document"], row["reason"], row["from"], row["to"]) for row in told
        ]
        *_, old, new = moves(session)
        assert old[2] == lot.id
        assert new[2] != lot.id


def test_what_is_lost_and_found_again_moves_as_the_page_says(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), 100_00)
        loss = record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "?")
        record_finding(session, a_deed(session, hub), loss.id, 1, "là")
        told = table(BOOK, "Lost, and found again", "what", "document", "from")
        assert [(m[0], m[1], m[4], m[5]) for m in moves(session, after=1)] == [
            (row["document"], row["reason"], row["from"], row["to"]) for row in told
        ]


def test_a_difference_is_what_the_page_says() -> None:
    for row in table(BOOK, "Counting while selling", "there", "then", "difference"):
        moved, seen = [], []
        for minute, (what, quantity) in enumerate(
            happened.split(" ") for happened in row["then"].split(", ")
        ):
            at = NOW + timedelta(minutes=minute)
            if what == "seen":
                seen.append(Seen(at, int(quantity)))
            else:
                moved.append(Moved(at, int(quantity) * {"sold": -1, "came": 1}[what]))
        assert difference(int(row["there"]), moved, seen) == int(row["difference"]), row


def test_the_outcomes_of_a_count_are_those_of_the_page() -> None:
    told = table(BOOK, "Counting while selling", "outcome", "what is written")
    assert {row["outcome"] for row in told} == {outcome.value for outcome in Outcome}


def test_claims_live_as_long_as_the_page_says() -> None:
    told = {row["hold"]: row["minutes"] for row in table(BOOK, "Claims", "hold", "minutes")}
    assert told == {
        kind.value: str(life // timedelta(minutes=1)) if life else ""
        for kind, life in LIVES.items()
    }


def test_the_ends_of_claims_are_those_of_the_page() -> None:
    told = [row["it ended as"] for row in table(BOOK, "Claims", "it ended as", "because")]
    assert told == [end.value for end in HoldEnd]
