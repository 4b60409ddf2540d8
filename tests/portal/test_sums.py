"""What the portal says comes to what the office, the statements and the balances say."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.models import Artisan, Maker
from almakane.db import db, transaction
from almakane.hubs.models import Hub
from almakane.hubs.queries import the_hub
from almakane.inventory.losses import record_loss
from almakane.inventory.models import LossKind
from almakane.ledger.queries import balance
from almakane.payouts.models import Statement
from almakane.payouts.queries import maker_accounts, statement_members
from almakane.payouts.services import draw_statements
from almakane.portal.queries import (
    find_sold,
    last_lines,
    lines_of,
    members_of,
    month_of,
    owed_to,
    sums_of,
)
from almakane.sales.ticket import Tender, TenderKind
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    a_return,
    make_hub,
    make_lot,
    make_maker,
    refund,
    sell,
)
from tests.portal.world import whose_of
from tests.scale import count

TERMS = [
    Terms(Regime.MANDATE, 2_500, paid_to=PaidTo.MEMBERS),
    Terms(Regime.MANDATE, 1_875),
    Terms(Regime.COMMISSIONNAIRE, 3_000, maker_vat_liable=True),
    Terms(Regime.MANDATE, 2_500, card_fee_bp=190, card_fee_maker_bp=5_000),
]
ALL = 10_000

# price, pieces, weights, how many days after today, what came back of it, by cheque or not
trades = st.lists(
    st.tuples(
        st.integers(1, 300_000),
        st.integers(1, 4),
        st.lists(st.integers(1, 5), min_size=1, max_size=3),
        st.integers(0, 45),
        st.lists(st.integers(0, 2), max_size=2),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


def trade(session: Session, hub: Hub, maker: Maker, told: Sequence[tuple[object, ...]]) -> None:
    """Sales on several days, refunds of parts of them, and a loss of each lot that has one left."""
    for price, pieces, weights, days, backs, by_cheque in told:
        assert isinstance(price, int)
        assert isinstance(pieces, int)
        assert isinstance(weights, list)
        assert isinstance(backs, list)
        lot = make_lot(
            session,
            hub,
            maker,
            price,
            quantity=pieces + 1,
            weights=dict(zip(maker.artisans, weights, strict=False)),
        )
        when = {"day": TODAY + timedelta(days=int(str(days)))}
        kind = TenderKind.CHEQUE if by_cheque else TenderKind.CASH
        tenders = (Tender(kind, price * pieces),)
        line = a_line(1, Sold(lot, price, price, pieces))
        done = sell(session, hub, line, tenders=tenders, **when)
        left = pieces
        for back in backs:
            if min(back, left):
                total = price * min(back, left)
                refund(session, hub, a_return(1, done.ticket, 1, total, min(back, left)), **when)
                left -= min(back, left)
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "introuvable")


def months() -> list[date]:
    return [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]


def check(session: Session, hub: Hub, maker: Maker, statements: list[Statement]) -> None:
    readers: list[Maker | Artisan] = [maker, *maker.artisans]
    members = [artisan.id for artisan in maker.artisans]
    office = {day: maker_accounts(session, maker, day) for day in days()}
    for owner in readers:
        whose = whose_of(owner)
        periods = [month_of(session, hub.id, month) for month in months()]
        sums = [sums_of(session, whose, period) for period in periods]
        lines = [lines_of(session, whose, period, limit=ALL) for period in periods]
        # A month comes to its lines, and all months to the balances of the book.
        for total, listed in zip(sums, lines, strict=True):
            assert total.rows == len(listed)
            assert total.all == sum(line.amount for line in listed)
        book = -balance(session, hub.id, whose.account)
        own = sum(total.to_members if whose.artisan_id else total.to_maker for total in sums)
        assert own == book
        # Each line, opened, says the same as in the list; what is left of all is the balance.
        latest = last_lines(session, whose, ALL)
        assert sum(line.left for line in latest) == sum(total.all for total in sums)
        for line in latest:
            sold = find_sold(session, whose, line.earning_id)
            assert sold
            left = sold.left if whose.artisan_id is None else sold.left_of(whose.artisan_id)
            assert left == line.left
            assert sold.available_on == line.available_on
        # What is owed and what waits is what the office sees, on any day.
        for day, seen in office.items():
            owed = owed_to(session, whose, members if whose.artisan_id is None else [], day)
            accounts = {account.artisan_id: account for account in (seen.own, *seen.members)}
            there = accounts[whose.artisan_id]
            assert owed.own == (there.owed, there.waiting)
            if whose.artisan_id is None:
                assert owed.all.owed == sum(account.owed for account in accounts.values())
                assert owed.all.waiting == sum(wait.amount for wait in seen.waits)
            assert sum(wait.amount for wait in owed.waits) == owed.all.waiting
        # And the statement closes on it.
        for statement in statements:
            if statement.artisan_id == whose.artisan_id:
                assert statement.closing == book
                assert statement.waiting == owed_to(session, whose, [], statement.day).own.waiting
    # The members' parts of all months are the statement's parts of members.
    parts: dict[int, int] = {}
    for month in months():
        for artisan, amount in members_of(
            session, maker.id, month_of(session, hub.id, month)
        ).items():
            parts[artisan] = parts.get(artisan, 0) + amount
    [own_statement] = [each for each in statements if each.artisan_id is None]
    assert parts == statement_members(session, own_statement)


def days() -> list[date]:
    return [TODAY, TODAY + timedelta(days=8), TODAY + timedelta(days=60)]


@settings(
    max_examples=count(12, 300),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(terms=st.sampled_from(TERMS), told=trades)
def test_all_that_a_reader_is_told_comes_out(
    books: Flask, terms: Terms, told: Sequence[tuple[object, ...]]
) -> None:
    with transaction() as session:
        hub = the_hub(session) if session.query(Hub).count() else make_hub(session)
        maker = make_maker(session, hub, terms, artisans=3)
        trade(session, hub, maker, told)
    with transaction() as session:
        drawn = draw_statements(session, hub.id, TODAY, now=NOW, actor="nadia")
    session = db.session()
    maker = session.get_one(Maker, maker.id)
    check(session, hub, maker, [each for each in drawn if each.maker_id == maker.id])
    session.rollback()
