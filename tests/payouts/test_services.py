"""Statements: cut by entry id, one after another, to the centime; and what is read with them."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.db import db, retried, rows, transaction
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.losses import record_loss
from almakane.inventory.models import LossKind
from almakane.ledger import chart
from almakane.ledger.book import pair
from almakane.ledger.models import Release
from almakane.ledger.queries import balances
from almakane.ledger.services import Fact, post
from almakane.payouts import queries
from almakane.payouts.models import Statement
from almakane.payouts.queries import (
    Share,
    by_month,
    hub_share,
    maker_accounts,
    maker_balances,
    statement_members,
    statement_rows,
    statement_totals,
    statement_waits,
)
from almakane.payouts.services import draw_statements
from almakane.sales.sealing import seal_day
from almakane.sales.ticket import Tender, TenderKind
from tests.counting import counted
from tests.factories import (
    NOW,
    TODAY,
    Done,
    Sold,
    a_deed,
    a_line,
    a_return,
    card,
    mad,
    make_hub,
    make_lot,
    make_maker,
    new_uid,
    refund,
    sell,
    service_line,
)

TOMORROW = TODAY + timedelta(days=1)
MEMBERS = Terms(Regime.MANDATE, 2_500, paid_to=PaidTo.MEMBERS)


def sold(session: Session, hub: Hub, maker: Maker, price: int, **changed: object) -> Done:
    """A piece of a maker's comes in and is sold at once."""
    weights = dict.fromkeys(maker.artisans, 1)
    lot = make_lot(session, hub, maker, price, weights=weights)
    return sell(session, hub, a_line(1, Sold(lot, price, price)), **changed)


def draw(hub: Hub, day: date = TODAY) -> list[Statement]:
    with transaction() as session:
        return draw_statements(session, hub.id, day, now=NOW, actor="nadia")


def draw_for(hub: Hub, maker: Maker, day: date = TODAY) -> Statement:
    """The statement of a maker's own account among all that are drawn."""
    [statement] = [s for s in draw(hub, day) if s.maker_id == maker.id and s.artisan_id is None]
    return statement


def correct(session: Session, hub: Hub, account: str, amount: int) -> None:
    """Take something from an account by an entry without a piece: money that was sent."""
    uid = new_uid()
    fact = Fact(hub.id, None, "payout", "V-1", NOW, TODAY, NOW, "nadia", uid, uid)
    post(session, fact, pair(account, chart.IN_TRANSIT, amount))


def a_whole_month(session: Session, hub: Hub) -> list[Maker]:
    """Makers under every kind of terms, with all that can happen to their accounts."""
    cooperative = make_maker(session, hub)
    members = make_maker(session, hub, MEMBERS, artisans=3)
    commissionnaire = make_maker(
        session, hub, Terms(Regime.COMMISSIONNAIRE, 2_500, maker_vat_liable=True)
    )
    firm = make_maker(session, hub, Terms(Regime.FIRM, 0))
    generous = make_maker(
        session,
        hub,
        Terms(
            Regime.MANDATE,
            3_000,
            discounts=Discounts.HUB,
            card_fee_bp=200,
            card_fee_maker_bp=5_000,
            loss_bearer=Bearer.HUB,
        ),
    )
    sold(session, hub, cooperative, mad(1000))
    back = sold(session, hub, cooperative, mad(300.05))
    refund(session, hub, a_return(1, back.ticket, 1, mad(100)))
    for price in (mad(1000), mad(77.77)):
        done = sold(session, hub, members, price)
    refund(session, hub, a_return(1, done.ticket, 1, mad(77.77)))
    lost = make_lot(session, hub, members, mad(500), weights=dict.fromkeys(members.artisans, 1))
    record_loss(session, a_deed(session, hub), lost.id, 1, LossKind.LOST, "tombé")
    lot = make_lot(session, hub, commissionnaire, mad(1200))
    sell(session, hub, a_line(1, Sold(lot, mad(1200), mad(1200)), tax_bp=2_000, tax=mad(200)))
    make_lot(session, hub, firm, mad(800), unit_cost=mad(400))
    lot = make_lot(session, hub, generous, mad(1000))
    line = a_line(1, Sold(lot, mad(1000), mad(900)))
    sell(session, hub, line, tenders=(card(mad(900)),))
    correct(session, hub, chart.owed_maker(cooperative.id), mad(50))
    return [cooperative, members, commissionnaire, firm, generous]


def prove(session: Session, statements: list[Statement]) -> None:
    """Each comes out: opening, rows and closing; columns; waiting; shares of members."""
    for statement in statements:
        found = list(statement_rows(session, statement))
        totals = statement_totals(session, statement)
        assert statement.opening + sum(row.amount for row in found) == statement.closing
        assert totals.rows == len(found)
        for part in totals._fields[1:-1]:
            column = [getattr(row, part) for row in found]
            assert getattr(totals, part) == sum(column)
            assert (part in totals.used) == any(column)
        for row in found:
            if row.kind in ("sale", "refund", "loss"):
                added = row.gross + row.promotion + row.vat_in
                taken = row.commission + row.commission_vat + row.fees + row.fees_vat
                assert added - taken == row.amount + row.onward
        assert sum(wait.amount for wait in statement_waits(session, statement)) == statement.waiting
        assert statement.available == statement.closing - statement.waiting
        if statement.artisan_id is None:
            lines = [row for row in found if row.kind in ("sale", "refund", "loss")]
            members = statement_members(session, statement)
            if members:
                assert sum(members.values()) == sum(row.amount + row.onward for row in lines)


def test_statements_come_out_for_every_kind_of_terms(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        makers = a_whole_month(session, hub)
    statements = draw(hub)
    with transaction() as session:
        owed = balances(session, hub.id, "owed:")
        prove(session, statements)
    assert {statement.closing for statement in statements} == {-amount for amount in owed.values()}
    assert len(statements) == len(owed) == len(makers) + 3
    assert [statement.number for statement in statements] == [
        f"REL-{n:06d}" for n in range(1, len(statements) + 1)
    ]


def test_the_next_begins_where_the_last_ended_and_no_row_is_told_twice(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        first_makers = a_whole_month(session, hub)
    first = draw(hub)
    with transaction() as session:
        a_whole_month(session, hub)
        sold(session, hub, session.get_one(Maker, first_makers[0].id), mad(10))
    second = draw(hub, TOMORROW)
    told: dict[int, list[object]] = defaultdict(list)
    with transaction() as session:
        prove(session, [*first, *second])
        for statement in (*first, *second):
            told[statement.account_id] += list(statement_rows(session, statement))
    endings = {s.account_id: (s.closing, s.to_entry_id) for s in first}
    for statement in second:
        opening, start = endings.get(statement.account_id, (0, 0))
        assert (statement.opening, statement.from_entry_id) == (opening, start)
    for found in told.values():
        assert len(found) == len({id(row) for row in found}) == len(set(found))


def test_a_late_ticket_falls_on_the_next_statement_with_its_own_day(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        sold(session, hub, maker, mad(100))
    first = draw_for(hub, maker)
    late = TODAY - timedelta(days=3)
    with transaction() as session:
        sold(session, hub, maker, mad(200), day=late, at=NOW - timedelta(days=3))
    second = draw_for(hub, maker, TOMORROW)
    with transaction() as session:
        assert [row.day for row in statement_rows(session, second)] == [late]
    assert second.opening == first.closing == mad(70)
    assert second.closing == mad(210)


def test_drawing_again_draws_nothing(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        a_whole_month(session, hub)
    assert draw(hub)
    assert draw(hub) == []
    assert draw(hub, TOMORROW) == []


def test_drawing_again_on_one_day_leaves_alone_what_did_not_move(books: Flask) -> None:
    """A second click while the tills sell must not give every maker another paper."""
    with transaction() as session:
        hub = make_hub(session)
        still, moving = make_maker(session, hub), make_maker(session, hub)
        sold(session, hub, still, mad(100))
        sold(session, hub, moving, mad(100))
    draw(hub)
    with transaction() as session:
        sold(session, hub, moving, mad(10))
    assert [statement.maker_id for statement in draw(hub)] == [moving.id]


def test_an_account_that_holds_money_is_told_so_again(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        still, moving = make_maker(session, hub), make_maker(session, hub)
        empty = make_maker(session, hub)
        sold(session, hub, still, mad(100))
        done = sold(session, hub, empty, mad(100))
        refund(session, hub, a_return(1, done.ticket, 1, mad(100)))
    draw(hub)
    with transaction() as session:
        sold(session, hub, moving, mad(10))
    again = draw(hub, TOMORROW)
    assert {statement.maker_id for statement in again} == {still.id, moving.id}
    with transaction() as session:
        [carried] = [statement for statement in again if statement.maker_id == still.id]
        assert (carried.opening, carried.closing) == (mad(70), mad(70))
        assert list(statement_rows(session, carried)) == []


def test_two_who_draw_at_once_draw_once(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        hub = make_hub(session)
        a_whole_month(session, hub)

    def click(_n: int) -> int:
        with app.app_context():
            try:
                return len(retried(lambda: draw(hub)))
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as clicks:
        drawn = sorted(clicks.map(click, range(4)))
    assert drawn == [0, 0, 0, 8]
    with app.app_context():
        numbers = db.session.scalars(select(Statement.number)).all()
        assert sorted(numbers) == [f"REL-{n:06d}" for n in range(1, 9)]


def test_each_hub_draws_its_own_and_numbers_its_own(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        sold(session, hub, make_maker(session, hub), mad(100))
        other = open_hub(session, "fes", "Fès", sites={})
        maker = make_maker(session, other)
        uid = new_uid()
        fact = Fact(other.id, None, "payout", "X", NOW, TODAY, NOW, "nadia", uid, uid)
        post(session, fact, pair(chart.BANK, chart.owed_maker(maker.id), mad(5)))
    [ours], [theirs] = draw(hub), draw(other)
    assert (ours.number, theirs.number) == ("REL-000001", "REL-000001")
    assert (ours.closing, theirs.closing) == (mad(70), mad(5))
    with transaction() as session:
        assert [b.owed for b in maker_balances(session, other.id, TODAY)] == [mad(5)]
        assert [row.kind for row in statement_rows(session, theirs)] == ["payout"]


def test_what_waits_is_told_with_its_day_and_stays_as_it_was(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, till_wait_days=7)
        maker = make_maker(session, hub)
        sold(session, hub, maker, mad(1000))
        sold(session, hub, maker, mad(500), day=TODAY - timedelta(days=8))
        done = sold(session, hub, maker, mad(200), day=TODAY - timedelta(days=2))
    statement = draw_for(hub, maker)
    assert (statement.closing, statement.waiting) == (mad(1190), mad(840))
    with transaction() as session:
        refund(session, hub, a_return(1, done.ticket, 1, mad(200)))
        waits = statement_waits(session, statement)
        now = maker_accounts(session, session.get_one(Maker, maker.id), TODAY)
    assert waits == [
        (TODAY + timedelta(days=5), 1, mad(140)),
        (TODAY + timedelta(days=7), 1, mad(700)),
    ]
    assert now.waits == [(TODAY + timedelta(days=7), 1, mad(700))]
    assert (now.own.owed, now.own.waiting, now.own.available) == (mad(1050), mad(700), mad(350))


def test_what_nobody_knows_the_day_of_waits_until_it_is_told(books: Flask) -> None:
    """A cheque may bounce; a release is read as it stood when the statement was drawn."""
    cheque = Tender(TenderKind.CHEQUE, mad(1000), "0004471")
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        done = sold(session, hub, maker, mad(1000), tenders=(cheque,))
    statement = draw_for(hub, maker)
    assert statement.waiting == mad(700)
    with transaction() as session:
        [(earning,)] = rows(session, "SELECT id FROM earning")
        session.add(
            Release(
                earning_id=earning,
                available_on=TODAY,
                because=f"{done.ticket.uid} is cleared",
                actor="nadia",
                recorded_at=NOW + timedelta(hours=1),
            )
        )
    with transaction() as session:
        assert statement_waits(session, statement) == [(None, 1, mad(700))]
        [balance] = maker_balances(session, hub.id, TODAY)
        assert (balance.owed, balance.waiting, balance.available) == (mad(700), 0, mad(700))


def test_members_are_owed_on_their_own_accounts(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, MEMBERS, artisans=3)
        sold(session, hub, maker, mad(1000))
    own, *members = draw(hub)
    assert (own.artisan_id, own.closing) == (None, 0)
    assert [member.closing for member in members] == [mad(233.34), mad(233.33), mad(233.33)]
    with transaction() as session:
        prove(session, [own, *members])
        assert statement_totals(session, own).onward == mad(700)
        assert list(statement_members(session, own).values()) == [
            member.closing for member in members
        ]
        [balance] = maker_balances(session, hub.id, TODAY)
    assert (balance.owed, balance.waiting) == (mad(700), mad(700))


def test_an_overdrawn_account_is_told_as_it_is(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, till_wait_days=0)
        maker = make_maker(session, hub)
        done = sold(session, hub, maker, mad(100))
        correct(session, hub, chart.owed_maker(maker.id), mad(70))
        refund(session, hub, a_return(1, done.ticket, 1, mad(100)))
    statement = draw_for(hub, maker)
    assert (statement.closing, statement.waiting, statement.available) == (mad(-70), 0, mad(-70))
    with transaction() as session:
        [balance] = maker_balances(session, hub.id, TODAY)
        assert balance.available == mad(-70)
        kinds = [row.kind for row in statement_rows(session, statement)]
    assert kinds == ["sale", "payout", "refund"]


def test_pages_and_portions_are_the_same_rows(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Portions end within tickets of many lines, and none is lost or told twice."""
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        for _ in range(3):
            lots = [make_lot(session, hub, maker, mad(n), quantity=9) for n in range(1, 14)]
            lines = [a_line(n, Sold(lot, mad(n), mad(n))) for n, lot in enumerate(lots, 1)]
            done = sell(session, hub, *lines)
            refund(
                session,
                hub,
                *(a_return(n, done.ticket, n, line.total) for n, line in enumerate(lines, 1)),
            )
    statement = draw_for(hub, maker)
    with transaction() as session:
        whole = list(statement_rows(session, statement))
        monkeypatch.setattr(queries, "_PAGE", 5)
        assert list(statement_rows(session, statement)) == whole
        for size in (1, 4, 7):
            paged = [
                list(statement_rows(session, statement, limit=size, offset=at))
                for at in range(0, len(whole) + size, size)
            ]
            assert [row for page in paged for row in page] == whole
    assert len(whole) == 78
    assert [row.gross for row in whole[:13]] == [mad(n) for n in range(1, 14)]


def test_every_kind_of_account_is_the_same_in_any_portions(
    books: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a maker's lines a member may have few, and the next portion is looked for behind them."""
    with transaction() as session:
        hub = make_hub(session)
        makers = a_whole_month(session, hub)
        lone = make_lot(session, hub, makers[1], mad(90), weights={makers[1].artisans[0]: 1})
        sell(session, hub, a_line(1, Sold(lone, mad(90), mad(90))))
        for price in (mad(5), mad(6)):
            correct(session, hub, chart.owed_maker(makers[0].id), price)
    statements = draw(hub)
    with transaction() as session:
        wholes = {
            statement.id: list(statement_rows(session, statement)) for statement in statements
        }
        for size in (1, 2, 3):
            monkeypatch.setattr(queries, "_PAGE", size)
            for statement in statements:
                whole = wholes[statement.id]
                assert list(statement_rows(session, statement)) == whole
                for at in range(len(whole) + 1):
                    page = statement_rows(session, statement, limit=size, offset=at)
                    assert list(page) == whole[at : at + size]


@pytest.mark.engines("sqlite")
def test_drawing_asks_no_more_for_more_makers(books: Flask) -> None:
    asked = []
    for _ in range(2):
        with transaction() as session:
            hub = db.session.scalar(select(Hub)) or make_hub(session)
            for _ in range(6):
                sold(session, hub, make_maker(session, hub, MEMBERS, artisans=2), mad(100))
        with counted(db.engine) as sent:
            draw(hub)
        asked.append(len([sql for sql in sent if not sql.startswith("INSERT INTO statement")]))
    assert 0 < asked[1] <= asked[0] < 15


# The share of the house


def test_the_share_is_the_income_less_the_cost_by_its_parts(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        a_whole_month(session, hub)
        own = make_lot(
            session,
            hub,
            make_maker(session, hub, Terms(Regime.FIRM, 0)),
            mad(600),
            unit_cost=mad(200),
        )
        sell(session, hub, a_line(1, Sold(own, mad(600), mad(600)), tax_bp=2_000, tax=mad(100)))
        sell(session, hub, service_line(1, "delivery", mad(36), mad(6)))
        shares = hub_share(session, hub.id, TODAY, TODAY)
        accounts = balances(session, hub.id)
    [(day, share)] = shares.items()
    assert day == TODAY
    assert share.total == -sum(
        amount for code, amount in accounts.items() if code in queries._PART_OF
    )
    assert share.services == mad(30)
    assert share.promotion == mad(100)
    # Bought at 200, sold at 500 net; A keeps a quarter of 1 000 net.
    assert share.margin == mad(300) + mad(250)
    assert share.fees == mad(9)


def test_the_share_is_the_same_before_and_after_the_seal(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        a_whole_month(session, hub)
        before = hub_share(session, hub.id, TODAY, TODAY)
        seal_day(session, hub.id, TODAY, now=NOW, actor="hind")
    with transaction() as session:
        assert hub_share(session, hub.id, TODAY, TODAY) == before
        assert hub_share(session, hub.id, TOMORROW, TOMORROW) == {}


def test_months_add_up_their_days() -> None:
    days = {
        date(2026, 10, 30): Share(commission=100, promotion=30),
        date(2026, 10, 31): Share(commission=50, fees=1),
        date(2026, 11, 1): Share(margin=7),
    }
    months = by_month(days)
    assert months == {
        date(2026, 10, 1): Share(commission=150, fees=1, promotion=30),
        date(2026, 11, 1): Share(margin=7),
    }
    assert months[date(2026, 10, 1)].total == 121
