"""What happened at a till is a fact: recorded once, in both books, and flagged if it differs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Discounts, PaidTo, Regime, Terms
from almakane.db import rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.holds import place_hold
from almakane.inventory.models import Hold, HoldEnd, HoldKind, Lot, PlaceKind, Product, TaxClass
from almakane.inventory.queries import levels_of, on_hand, places_of
from almakane.inventory.services import transfer
from almakane.ledger.models import Earning, EarningShare
from almakane.ledger.queries import balance, balances
from almakane.money import LARGEST
from almakane.sales.models import Flag
from almakane.sales.sealing import seal_day
from almakane.sales.services import MAKER_CONSENT, ShiftState
from almakane.sales.ticket import Line, Tender, TenderKind
from tests.accounts import added, assert_sound, count_rows, sale_rows
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    a_return,
    a_ticket,
    card,
    cash,
    gift_card_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    new_uid,
    refund,
    sell,
    service_line,
    tell,
    the_site,
)


def at(session: Session, hub: Hub, lot: Lot, kind: PlaceKind) -> int:
    """How much of a lot stands at a kind of place."""
    place = places_of(session, the_site(session, hub).id)[kind]
    return levels_of(session, [lot.id]).get((lot.id, place), 0)


def flagged(session: Session, sale_id: int) -> list[tuple[str, int, int]]:
    """The flags of a sale: flag, line, amount."""
    sql = "SELECT flag, line, amount FROM sale_flag WHERE sale_id = ? ORDER BY flag, line"
    return [tuple(row) for row in rows(session, sql, (sale_id,))]


def a_shop(session: Session, price: int = mad(1000), **lot: Any) -> tuple[Hub, Lot]:
    """A hub with one lot on its shelf."""
    hub = make_hub(session)
    return hub, make_lot(session, hub, make_maker(session, hub), price, **lot)


def of(lot: Lot, unit: int = mad(1000), qty: int = 1, n: int = 1, **changed: Any) -> Line:
    """A line that sells a lot at its list price."""
    return a_line(n, Sold(lot, unit, unit, qty), **changed)


# Once, however often it is told


def test_a_ticket_told_twice_happened_once(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=3)
        line = replace(of(lot), list=mad(1100))
        first = sell(session, hub, line)
    with transaction() as session:
        before = count_rows(session)
        again = tell(session, hub, first.ticket, now=NOW + timedelta(hours=3))

        assert (first.recorded.outcome, again.recorded.outcome) == ("flagged", "replayed")
        assert again.recorded.number == first.recorded.number
        assert again.recorded.sale_id == first.recorded.sale_id
        assert again.recorded.flags == first.recorded.flags == ((Flag.PRICE_OLD, 1),)
        assert count_rows(session) == before
        assert on_hand(session, lot.id) == 2


def test_a_uid_that_comes_again_with_another_ticket_is_refused(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=3)
        first = sell(session, hub, of(lot))
    with transaction() as session:
        before = count_rows(session)
        with pytest.raises(Refusal) as refused:
            tell(session, hub, replace(first.ticket, cashier="hind"))
        assert refused.value.reason == "uid_twice"
        assert count_rows(session) == before


def test_a_ticket_that_is_refused_leaves_nothing_behind(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        before = count_rows(session)
    with pytest.raises(Refusal), transaction() as session:
        sell(session, hub, of(lot), register="T9")
    with transaction() as session:
        assert count_rows(session) == before


def test_numbers_have_no_gap_even_after_a_sale_that_was_rolled_back(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=5)
    for attempt in range(4):
        try:
            with transaction() as session:
                sell(session, hub, of(lot))
                if attempt % 2:
                    raise InterruptedError  # the plug
        except InterruptedError:
            pass
    with transaction() as session:
        sell(session, hub, of(lot), register="T2")
        numbers = rows(session, "SELECT number FROM sale ORDER BY id")
        assert [number for (number,) in numbers] == ["T1-000001", "T1-000002", "T2-000001"]
        assert on_hand(session, lot.id) == 2
        assert_sound(session)


def test_an_account_opened_in_a_savepoint_is_forgotten_with_the_transaction(books: Flask) -> None:
    """Else the next account to take its number would have its money."""
    with transaction() as session:
        hub, lot = a_shop(session, quantity=5)
    try:
        with transaction() as session:
            with session.begin_nested():
                sell(session, hub, of(lot))
            raise InterruptedError  # the plug
    except InterruptedError:
        pass
    with transaction() as session:
        sell(session, hub, gift_card_line(1, "g1", mad(500)))
        sell(session, hub, of(lot))
        owed = f"owed:m{lot.maker_id}"
        assert {name: amount for name, amount in balances(session, hub.id).items() if amount} == {
            "cash:T1": mad(1500),
            "giftcard:g1": mad(-500),
            "income:commission": mad(-250),
            owed: mad(-700),
            "vat:out": mad(-50),
        }


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_ticket(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=5)
        sell(session, hub, of(lot))
        try:
            with session.begin_nested():
                sell(session, hub, gift_card_line(1, "g1", mad(500)))
                raise InterruptedError
        except InterruptedError:
            pass
        sell(session, hub, gift_card_line(1, "g2", mad(300)))
        sell(session, hub, of(lot))
        assert balance(session, hub.id, "giftcard:g2") == mad(-300)
        assert balance(session, hub.id, "giftcard:g1") == 0
        assert balance(session, hub.id, "cash:T1") == mad(2300)
        assert_sound(session)


def test_the_world_is_told_once_and_only_what_the_door_asks(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=2)
        first = sell(session, hub, of(lot))
        silent = a_ticket(of(lot))
        tell(session, hub, silent, tell=())
        tell(session, hub, first.ticket)
        found = rows(session, "SELECT kind, uid FROM outbox")
        assert [tuple(row) for row in found] == [("receipt", f"receipt/{first.ticket.uid}")]


# What differs from the rules is flagged


def test_a_sale_beyond_the_stock_goes_below_zero_at_oversold_only(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=2)
        transfer(session, a_deed(session, hub), lot.id, 1, PlaceKind.SHELF, PlaceKind.RESERVE)
        done = sell(session, hub, of(lot, qty=5))

        assert flagged(session, done.recorded.sale_id) == [("stock_short", 1, 3)]
        assert at(session, hub, lot, PlaceKind.OVERSOLD) == -3
        assert at(session, hub, lot, PlaceKind.BUYER) == 5
        assert on_hand(session, lot.id) == 0
        assert balance(session, hub.id, f"owed:m{lot.maker_id}") == mad(-3500)
        assert_sound(session)


def test_two_lines_of_one_lot_share_what_is_there(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=3)
        done = sell(session, hub, of(lot, qty=2, n=1), of(lot, qty=2, n=2))
        assert flagged(session, done.recorded.sale_id) == [("stock_short", 2, 1)]
        assert_sound(session)


def test_an_old_price_is_the_price_that_was_paid(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, mad(1200))
        done = sell(session, hub, of(lot, mad(1000)))
        assert flagged(session, done.recorded.sale_id) == [("price_old", 1, mad(200))]
        assert balance(session, hub.id, f"owed:m{lot.maker_id}") == mad(-700)


def test_the_makers_consent_lets_a_price_go_under_the_floor(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, floor=mad(900))
        line = a_line(1, Sold(lot, mad(1000), mad(800)))
        done = sell(session, hub, line, approvals=(MAKER_CONSENT,))
        entry = sale_rows(session, done.recorded.sale_id)

        assert done.flags == []
        assert added(entry, "expense:promotion") == 0
        assert added(entry, f"owed:m{lot.maker_id}") == mad(560)


def test_under_the_floor_without_consent_the_hub_bears_it_for_every_unit(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=3, floor=mad(900))
        done = sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(800), 3)))
        assert flagged(session, done.recorded.sale_id) == [("below_floor", 1, mad(300))]
        entry = sale_rows(session, done.recorded.sale_id)
        assert added(entry, "expense:promotion") == mad(300)


def test_a_piece_of_a_disabled_product_is_sold_and_flagged(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        session.get_one(Product, lot.product_id).disabled_at = NOW
        session.flush()
        assert sell(session, hub, of(lot)).flags == ["product_disabled"]


def test_a_piece_of_another_hub_is_unknown_here(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        elsewhere = open_hub(session, "fes", "Fès", sites={"fes": "Fès"})
        _, lot = hub, make_lot(session, hub, make_maker(session, hub), mad(1000))
        done = sell(session, hub, replace(of(lot), code="2000000099990"))
        assert done.flags == ["lot_unknown"]
        with pytest.raises(Refusal, match="no register"):
            sell(session, elsewhere, of(lot))
        assert on_hand(session, lot.id) == 1


def test_a_tax_that_differs_is_flagged_and_the_laws_is_booked(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.COMMISSIONNAIRE, 2_500))
        lot = make_lot(session, hub, maker, mad(1000))
        done = sell(
            session,
            hub,
            of(lot, tax=0),
            service_line(2, "delivery", mad(30), tax=0),
            replace(gift_card_line(3, "g1", mad(100)), tax=mad(10)),
        )
        assert flagged(session, done.recorded.sale_id) == [
            ("tax_differs", 1, mad("166.67")),
            ("tax_differs", 2, mad(5)),
            ("tax_differs", 3, mad(-10)),
        ]
        assert balance(session, hub.id, "vat:out") == -mad("171.67")


@pytest.mark.parametrize(
    ("liable", "tax_class", "tax"),
    [
        (True, TaxClass.STANDARD, "166.67"),
        (True, TaxClass.REDUCED, "90.91"),
        (True, TaxClass.EXEMPT, "0"),
        (False, TaxClass.STANDARD, "0"),
    ],
)
def test_under_a_mandate_the_tax_on_the_ticket_is_the_makers(
    books: Flask, liable: bool, tax_class: TaxClass, tax: str
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, maker_vat_liable=liable)
        lot = make_lot(session, hub, maker, mad(1000), tax_class=tax_class)
        done = sell(session, hub, of(lot, tax=mad(tax)))
        assert done.flags == []
        assert balance(session, hub.id, "vat:out") == mad(-50)  # on the commission alone


def test_a_rounding_that_differs_is_flagged_and_booked_as_it_was(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, mad("999.96"), quantity=3)
        exact = sell(session, hub, of(lot, mad("999.96")))
        rounded = sell(session, hub, of(lot, mad("999.96")), rounding=4)
        by_card = sell(session, hub, of(lot, mad("999.96")), rounding=4, tenders=(card(mad(1000)),))
        assert flagged(session, exact.recorded.sale_id) == [("total_differs", 0, 4)]
        assert rounded.flags == []
        assert flagged(session, by_card.recorded.sale_id) == [("total_differs", 0, -4)]
        assert balance(session, hub.id, "rounding") == -8


def test_four_centimes_in_cash_are_rounded_to_nothing(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, 4)
        done = sell(session, hub, of(lot, 4), rounding=-4)
        assert done.flags == []
        assert balance(session, hub.id, "rounding") == 4
        assert "cash:T1" not in balances(session, hub.id)


@pytest.mark.parametrize(("price", "flags"), [("19999.90", []), ("20000.00", ["cash_limit"])])
def test_much_cash_is_flagged_from_the_limit_on(books: Flask, price: str, flags: list[str]) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, mad(price), quantity=2)
        assert sell(session, hub, of(lot, mad(price))).flags == flags
        assert sell(session, hub, of(lot, mad(price)), tenders=(card(mad(price)),)).flags == []


def test_a_ticket_of_a_closed_shift_takes_the_over_back_and_a_refund_the_short(
    books: Flask,
) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        ticket = a_ticket(of(lot), tenders=(card(mad(400)), cash(mad(700))), change=mad(100))
        tell(session, hub, ticket, shift=ShiftState.CLOSED)
        assert balance(session, hub.id, "over_short") == mad(600)
        assert balance(session, hub.id, "cash:T1") == 0

        back = a_ticket(returns=(a_return(1, ticket, 1, mad(600), 0),))
        assert tell(session, hub, back, shift=ShiftState.CLOSED).flags == ["shift_closed"]
        assert balance(session, hub.id, "over_short") == 0
        assert balance(session, hub.id, "cash:T1") == 0


def test_a_ticket_of_a_shift_that_nobody_opened_is_flagged(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        ticket = a_ticket(of(lot), shift=new_uid())
        assert tell(session, hub, ticket, shift=ShiftState.MISSING).flags == ["shift_missing"]


def test_what_the_door_has_seen_is_kept_with_the_sale(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        seen = [(Flag.CLOCK_SKEW, 0), (Flag.OVER_BAND, 1)]
        done = tell(session, hub, a_ticket(of(lot)), seen=seen)
        assert done.recorded.outcome == "flagged"
        assert flagged(session, done.recorded.sale_id) == [
            ("clock_skew", 0, 0),
            ("over_band", 1, 0),
        ]


def test_a_number_used_again_is_told_apart(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=3)
        done = [sell(session, hub, of(lot), number="T1-1-000007") for _ in range(3)]
        assert [one.recorded.number for one in done] == [
            "T1-1-000007",
            "T1-1-000007/2",
            "T1-1-000007/3",
        ]
        assert [one.flags for one in done] == [[], ["number_twice"], ["number_twice"]]


# Holds


def hold(session: Session, hub: Hub, lot: Lot, kind: HoldKind, quantity: int = 1) -> Hold:
    site = the_site(session, hub)
    return place_hold(session, hub.id, site.id, lot.id, quantity, kind, new_uid(), NOW)


def end_of(session: Session, one: Hold) -> HoldEnd | None:
    session.expire(one)
    return one.ended_by


@pytest.mark.parametrize(
    ("kind", "flag", "end"),
    [
        (HoldKind.CHECKOUT, "hold_preempted", HoldEnd.PREEMPTED),
        (HoldKind.PICKUP, "hold_preempted", HoldEnd.PREEMPTED),
        (HoldKind.DELIVERY, "hold_preempted", HoldEnd.PREEMPTED),
        (HoldKind.PAID, "hold_paid", HoldEnd.BROKEN),
    ],
)
def test_the_till_has_the_piece_in_its_hand(
    books: Flask, kind: HoldKind, flag: str, end: HoldEnd
) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        claim = hold(session, hub, lot, kind)
        done = sell(session, hub, of(lot), at=NOW + timedelta(minutes=5))
        assert flagged(session, done.recorded.sale_id) == [(flag, 1, 1)]
        assert end_of(session, claim) is end


def test_a_claim_that_has_run_out_is_ended_without_a_word(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        claim = hold(session, hub, lot, HoldKind.CHECKOUT)
        done = tell(session, hub, a_ticket(of(lot)), now=NOW + timedelta(minutes=36))
        assert done.flags == []
        assert end_of(session, claim) is HoldEnd.EXPIRED


def test_a_claim_on_a_batch_stands_while_enough_is_left(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=5)
        unpaid = hold(session, hub, lot, HoldKind.CHECKOUT, 2)
        paid = hold(session, hub, lot, HoldKind.PAID, 2)

        assert sell(session, hub, of(lot)).flags == []
        second = sell(session, hub, of(lot))
        assert flagged(session, second.recorded.sale_id) == [("hold_preempted", 1, 2)]
        assert (end_of(session, unpaid), end_of(session, paid)) == (HoldEnd.PREEMPTED, None)
        third = sell(session, hub, of(lot, qty=2))
        assert flagged(session, third.recorded.sale_id) == [("hold_paid", 1, 2)]
        assert end_of(session, paid) is HoldEnd.BROKEN


def test_the_sale_that_fulfils_a_claim_takes_it(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        claim = hold(session, hub, lot, HoldKind.PAID)
        ticket = a_ticket(of(lot), register="WEB", tenders=(card(mad(1000)),))
        assert tell(session, hub, ticket, fulfils=(claim.uid,)).flags == []
        assert end_of(session, claim) is HoldEnd.TAKEN


def test_a_return_breaks_no_claim(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=2)
        sold = sell(session, hub, of(lot)).ticket
        claim = hold(session, hub, lot, HoldKind.PAID)
        assert refund(session, hub, a_return(1, sold, 1, mad(1000))).flags == []
        assert end_of(session, claim) is None


def test_a_claim_on_what_another_site_has_is_not_broken_by_a_sale_here(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, sites=("medina", "port"))
        port = the_site(session, hub, "port")
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000), quantity=4)
        deed = a_deed(session, hub)
        transfer(session, deed, lot.id, 2, PlaceKind.SHELF, PlaceKind.SHELF, to_site_id=port.id)
        claim = place_hold(session, hub.id, port.id, lot.id, 2, HoldKind.PAID, new_uid(), NOW)

        assert sell(session, hub, of(lot, qty=2)).flags == []
        assert end_of(session, claim) is None


# What a line gives


def test_nothing_is_owed_for_what_was_given_away_unless_the_hub_bears_it(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        shared = make_lot(session, hub, make_maker(session, hub), mad(1000))
        borne = make_lot(session, hub, make_maker(session, hub, discounts=Discounts.HUB), mad(1000))
        for lot, owed in ((shared, 0), (borne, mad(700))):
            free = of(lot, discount=mad(1000), total=0)
            done = sell(session, hub, free)
            assert done.flags == []
            assert -balance(session, hub.id, f"owed:m{lot.maker_id}") == owed
            assert on_hand(session, lot.id) == 0
        assert [row for (row,) in rows(session, "SELECT number FROM sale ORDER BY id")] == [
            "T1-000001",
            "T1-000002",
        ]
        assert_sound(session)


def test_members_of_a_commissionnaires_maker_are_owed_the_whole_net(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        terms = Terms(Regime.COMMISSIONNAIRE, 2_500, maker_vat_liable=True, paid_to=PaidTo.MEMBERS)
        maker = make_maker(session, hub, terms, artisans=3)
        a1, a2, a3 = maker.artisans
        lot = make_lot(session, hub, maker, mad(1000), weights={a1: 3, a2: 2, a3: 1})
        sell(session, hub, of(lot, tax=mad("166.67")))

        owed = [-balance(session, hub.id, f"owed:a{one.id}") for one in (a1, a2, a3)]
        assert owed == [mad(375), mad(250), mad(125)]
        assert balance(session, hub.id, f"owed:m{maker.id}") == 0
        assert_sound(session)


def test_shares_of_a_cooperative_that_is_paid_itself_are_information(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, artisans=2)
        lot = make_lot(session, hub, maker, mad(1000), weights=dict.fromkeys(maker.artisans, 1))
        sell(session, hub, of(lot))
        shares = session.query(EarningShare).order_by(EarningShare.artisan_id).all()
        assert [share.amount for share in shares] == [mad(350), mad(350)]
        assert not any(name.startswith("owed:a") for name in balances(session, hub.id))


def test_a_fee_is_of_what_the_card_paid_and_of_each_line_its_part(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, card_fee_bp=200, card_fee_maker_bp=5_000)
        with_fee = make_lot(session, hub, maker, mad(1000))
        without = make_lot(session, hub, make_maker(session, hub), mad(3000))
        lines = (of(with_fee, mad(1000), n=1), of(without, mad(3000), n=2))
        sell(session, hub, *lines, tenders=(card(mad(2000)), cash(mad(2000))))

        assert balance(session, hub.id, "income:fees") == mad(-5)  # 1 % of 500.00
        assert balance(session, hub.id, f"owed:m{with_fee.maker_id}") == mad(-694)
        assert balance(session, hub.id, f"owed:m{without.maker_id}") == mad(-2100)


@pytest.mark.parametrize(
    ("tender", "register", "available_on"),
    [
        (TenderKind.CASH, "T1", TODAY + timedelta(days=7)),
        (TenderKind.TERMINAL, "T1", TODAY + timedelta(days=7)),
        (TenderKind.TERMINAL, "WEB", TODAY + timedelta(days=14)),
        (TenderKind.CHEQUE, "T1", None),
        (TenderKind.TRANSFER, "DESK", None),
    ],
)
def test_money_is_available_once_it_is_in_and_the_return_window_is_over(
    books: Flask, tender: TenderKind, register: str, available_on: date | None
) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        sell(session, hub, of(lot), tenders=(Tender(tender, mad(1000)),), register=register)
        earning = session.query(Earning).one()
        assert earning.available_on == available_on
        assert earning.channel == ("till" if register == "T1" else register.lower())
        assert (earning.net, earning.commission, earning.list_price) == (
            mad(700),
            mad(250),
            mad(1000),
        )


# A day that is sealed


def test_a_ticket_of_a_sealed_day_is_booked_on_the_day_it_arrives(books: Flask) -> None:
    yesterday = TODAY - timedelta(days=1)
    with transaction() as session:
        hub, lot = a_shop(session, quantity=3)
        seal_day(session, hub.id, yesterday, now=NOW, actor="hind")
        late = sell(session, hub, of(lot), day=yesterday, at=NOW - timedelta(days=1))
        today = sell(session, hub, of(lot))

        assert flagged(session, late.recorded.sale_id) == [("late_day", 0, 0)]
        assert today.flags == []
        found = rows(session, "SELECT told_day, day FROM sale ORDER BY id")
        assert [tuple(str(day) for day in row) for row in found] == [
            (str(yesterday), str(TODAY)),
            (str(TODAY), str(TODAY)),
        ]


def test_a_ticket_that_arrives_on_a_sealed_day_is_the_next_days(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        seal_day(session, hub.id, TODAY, now=NOW, actor="hind")
        sell(session, hub, of(lot))
        [(day,)] = rows(session, "SELECT day FROM sale")
        assert str(day) == str(TODAY + timedelta(days=1))


def test_the_day_of_arrival_is_the_hubs_own(books: Flask) -> None:
    """At half past eleven in Greenwich it is half past midnight in Paris."""
    yesterday = TODAY - timedelta(days=1)
    with transaction() as session:
        hub, lot = a_shop(session)
        hub.zone = "Europe/Paris"
        session.flush()
        seal_day(session, hub.id, yesterday, now=NOW, actor="hind")
        night = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
        tell(session, hub, a_ticket(of(lot), day=yesterday), now=night)
        [(day,)] = rows(session, "SELECT day FROM sale")
        assert str(day) == "2026-11-21"


# At the limits


def test_a_ticket_of_1200_lines_is_one_sale(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lots = [make_lot(session, hub, maker, mad(10), quantity=400) for _ in range(3)]
        lines = [of(lots[n % 3], mad(10), n=n + 1) for n in range(1_200)]
        done = sell(session, hub, *lines)
        assert done.flags == []
        assert balance(session, hub.id, f"owed:m{maker.id}") == -1_200 * mad(7)
        assert [on_hand(session, lot.id) for lot in lots] == [0, 0, 0]
        assert_sound(session)


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "\u202egnp.loB\u202c"},
        {"title": "ⵣ" * 200},
        {"title": ""},
        {"title": "100 % laine ? (oui) %s %(x)s ?? 'soie' \"fil\" \\"},
        {"tax_code": "x" * 16},
        {"list": LARGEST},
        {"list": LARGEST, "unit": LARGEST, "total": LARGEST},
        {"list": 0, "unit": 0, "total": 0},
        {"qty": 9_999, "total": 9_999 * mad(1000)},
        {"code": "x" * 64},
        {"code": "%s ? '; DROP TABLE sale; --"},
    ],
)
def test_a_line_at_the_limits_is_recorded(books: Flask, changed: dict[str, Any]) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        done = sell(session, hub, replace(of(lot), **changed))
        assert done.recorded.outcome in {"recorded", "flagged"}
        assert tell(session, hub, done.ticket).recorded.outcome == "replayed"
        assert_sound(session)


@pytest.mark.parametrize(
    "changed",
    [
        {"note": "n" * 500, "cashier": "é" * 80, "customer": "c" * 36, "shift": "s" * 36},
        {"number": "9" * 26},
        {"number": "T1/?%s"},
        {"lang": ""},
        {"approvals": ("x" * 200,) * 40},
        {"at": datetime(2000, 1, 1, tzinfo=UTC)},
        {"at": datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)},
        {"day": date(2199, 12, 31)},
        {"uid": "?" * 36},
    ],
)
def test_a_ticket_at_the_limits_is_recorded(books: Flask, changed: dict[str, Any]) -> None:
    with transaction() as session:
        hub, lot = a_shop(session, quantity=2)
        done = sell(session, hub, of(lot), **changed)
        assert done.flags == []
        assert tell(session, hub, done.ticket).recorded.outcome == "replayed"
        if "number" in changed:
            again = sell(session, hub, of(lot), **changed)
            assert again.recorded.number == changed["number"] + "/2"


def test_a_day_before_the_hubs_rules_is_refused(books: Flask) -> None:
    with transaction() as session:
        hub, lot = a_shop(session)
        with pytest.raises(Refusal, match="no rules for 2009-12-31"):
            sell(session, hub, of(lot), day=date(2009, 12, 31))
