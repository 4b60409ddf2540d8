"""A refund takes back of what is left, in parts or whole, and closes every account at zero."""

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import agree
from almakane.db import rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.models import Lot, PlaceKind
from almakane.inventory.queries import levels_of, on_hand, places_of
from almakane.ledger.models import Earning, EarningChange
from almakane.ledger.queries import balance, balances
from almakane.sales.models import RefundLine, Register, RegisterKind
from almakane.sales.ticket import Return, Ticket
from tests.accounts import assert_sound, count_rows, sale_rows, turned_round
from tests.factories import (
    Sold,
    a_line,
    a_return,
    a_ticket,
    card,
    cash,
    gift_card,
    gift_card_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    new_uid,
    refund,
    sell,
    service_line,
    store_credit,
    tell,
    the_site,
)
from tests.scale import count


def sold_at_1000(session: Session, qty: int = 1, **terms: Any) -> tuple[Hub, Lot, Ticket]:
    """A hub that has sold so many pieces of a lot, at 1 000.00 each."""
    hub = make_hub(session)
    lot = make_lot(session, hub, make_maker(session, hub, **terms), mad(1000), quantity=max(qty, 2))
    ticket = sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000), qty))).ticket
    return hub, lot, ticket


def stands(session: Session, hub: Hub, lot: Lot, kind: PlaceKind, site: str = "medina") -> int:
    place = places_of(session, the_site(session, hub, site).id)[kind]
    return levels_of(session, [lot.id]).get((lot.id, place), 0)


def open_balances(session: Session, hub: Hub) -> dict[str, int]:
    """The accounts that are not at zero."""
    return {name: amount for name, amount in balances(session, hub.id).items() if amount}


# Where the piece goes


def test_a_returned_piece_is_back_on_the_shelf_of_its_maker(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session)
        refund(session, hub, a_return(1, sold, 1, mad(1000)))
        assert stands(session, hub, lot, PlaceKind.SHELF) == 2
        assert stands(session, hub, lot, PlaceKind.BUYER) == 0
        assert_sound(session)


def test_a_piece_that_comes_back_broken_is_not_for_sale(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session)
        refund(session, hub, a_return(1, sold, 1, mad(1000), restock=False, why="fendu"))
        assert stands(session, hub, lot, PlaceKind.DAMAGED) == 1
        assert on_hand(session, lot.id) == 1
        assert session.query(RefundLine).one().why == "fendu"
        assert_sound(session)


def test_a_goodwill_gesture_leaves_the_piece_with_the_buyer(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session)
        refund(session, hub, a_return(1, sold, 1, mad(100), 0))
        assert stands(session, hub, lot, PlaceKind.BUYER) == 1
        assert balance(session, hub.id, f"owed:m{lot.maker_id}") == mad(-630)
        assert_sound(session)


def test_a_piece_may_come_back_without_money(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session)
        done = refund(session, hub, a_return(1, sold, 1, 0))
        assert done.flags == []
        assert on_hand(session, lot.id) == 2
        assert balance(session, hub.id, f"owed:m{lot.maker_id}") == mad(-700)
        assert_sound(session)


def test_a_piece_sold_here_may_come_back_there(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, sites=("medina", "port"))
        port = the_site(session, hub, "port")
        session.add(Register(hub_id=hub.id, site_id=port.id, code="P1", kind=RegisterKind.TILL))
        session.flush()
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        sold = sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000)))).ticket

        refund(session, hub, a_return(1, sold, 1, mad(1000)), register="P1")
        assert stands(session, hub, lot, PlaceKind.BUYER) == 0
        assert stands(session, hub, lot, PlaceKind.SHELF, "port") == 1
        assert_sound(session)

        again = a_line(1, Sold(lot, mad(1000), mad(1000)))
        assert sell(session, hub, again, register="P1").flags == []


def test_what_was_oversold_comes_back_to_the_shelf(books: Flask) -> None:
    with transaction() as session:
        hub, lot, _sold = sold_at_1000(session, 3)
        short = sell(session, hub, a_line(1, Sold(lot, mad(1000), mad(1000), 1))).ticket
        refund(session, hub, a_return(1, short, 1, mad(1000)))
        assert stands(session, hub, lot, PlaceKind.SHELF) == 1
        assert stands(session, hub, lot, PlaceKind.OVERSOLD) == -1
        assert stands(session, hub, lot, PlaceKind.BUYER) == 3
        assert_sound(session)


def test_a_piece_exchanged_for_itself_is_sold_again(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        line = a_line(1, Sold(lot, mad(1000), mad(1000)))
        sold = sell(session, hub, line).ticket
        again = sell(session, hub, line, returns=(a_return(1, sold, 1, mad(1000)),))
        assert again.flags == []
        assert on_hand(session, lot.id) == 0
        assert_sound(session)


# How much


def test_k_of_n_units_give_back_what_was_left_of_each(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad("33.33"), quantity=3)
        line = a_line(1, Sold(lot, mad("33.33"), mad("33.33"), 3))
        sold = sell(session, hub, line, tenders=(card(mad("99.99")),)).ticket
        for total in ("33.33", "33.33", "33.33"):
            back = a_return(1, sold, 1, mad(total))
            assert refund(session, hub, back, tenders=(card(mad(total) * -1),)).flags == []
            assert_sound(session)
        assert open_balances(session, hub) == {}
        assert on_hand(session, lot.id) == 3


def test_a_line_may_come_back_several_times_in_one_ticket(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session, 3, paid_to=PaidTo.COOPERATIVE)
        back = (
            a_return(1, sold, 1, mad(1000)),
            a_return(2, sold, 1, mad(700), restock=False),
            a_return(3, sold, 1, mad(1500)),
        )
        done = refund(session, hub, *back)
        assert done.flags == ["over_refund"]  # 200.00 more than was left
        assert balance(session, hub.id, "differences") == mad(200)
        assert balance(session, hub.id, f"owed:m{lot.maker_id}") == 0
        assert stands(session, hub, lot, PlaceKind.DAMAGED) == 1
        assert_sound(session)


def test_nothing_beyond_what_is_left_touches_the_maker_or_the_stock(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session)
        refund(session, hub, a_return(1, sold, 1, mad(1000)))
        for _ in range(2):
            done = refund(session, hub, a_return(1, sold, 1, mad(300)))
            assert done.flags == ["over_refund"]
            assert sale_rows(session, done.recorded.sale_id) == [
                ("clearing", "cash:T1", mad(300)),
                ("differences", "clearing", mad(300)),
            ]
        assert on_hand(session, lot.id) == 2
        assert open_balances(session, hub) == {"cash:T1": mad(-600), "differences": mad(600)}
        assert_sound(session)


def test_more_pieces_than_were_sold_do_not_come_back(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session, 2)
        done = refund(session, hub, a_return(1, sold, 1, mad(2000), 9_999))
        assert done.flags == ["over_refund"]
        assert on_hand(session, lot.id) == 2
        line = session.query(RefundLine).one()
        assert (line.quantity, line.booked_quantity, line.booked) == (9_999, 2, mad(2000))
        assert_sound(session)


def test_a_line_given_away_gives_back_what_the_hub_added_by_the_unit(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, discounts=Discounts.HUB)
        lot = make_lot(session, hub, maker, mad(1000), quantity=4)
        free = a_line(1, Sold(lot, mad(1000), mad(1000), 4), discount=mad(4000), total=0)
        sold = sell(session, hub, free).ticket
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-2800)

        refund(session, hub, a_return(1, sold, 1, 0, 1))
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-2100)
        refund(session, hub, a_return(1, sold, 1, 0, 3))
        assert open_balances(session, hub) == {}
        assert_sound(session)


def test_a_new_agreement_changes_nothing_of_what_was_sold_before(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session)
        maker = session.get_one(Maker, lot.maker_id)
        agree(session, maker, Terms(Regime.MANDATE, 8_000), valid_from=date(2026, 1, 1))
        refund(session, hub, a_return(1, sold, 1, mad(1000)))
        assert open_balances(session, hub) == {}


# What it was


def test_a_gift_card_that_comes_back_is_no_longer_owed(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        sold = sell(session, hub, gift_card_line(1, "g1", mad(500)))
        done = refund(session, hub, a_return(1, sold.ticket, 1, mad(500)))
        assert done.flags == []
        assert sale_rows(session, done.recorded.sale_id) == turned_round(
            sale_rows(session, sold.recorded.sale_id)
        )


def test_a_delivery_that_comes_back_gives_its_vat_back_in_parts_too(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        sold = sell(session, hub, service_line(1, "delivery", mad(30), tax=mad(5))).ticket
        assert balance(session, hub.id, "income:shipping") == mad(-25)
        refund(session, hub, a_return(1, sold, 1, mad(10), 0))
        assert balance(session, hub.id, "vat:out") == mad("-3.33")
        refund(session, hub, a_return(1, sold, 1, mad(20)))
        assert open_balances(session, hub) == {}


def test_a_piece_that_nobody_knew_gives_its_takings_back_from_suspense(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1000))
        unknown = a_line(1, Sold(lot, mad(1000), mad(1000)), code="2000000099990")
        sold = sell(session, hub, unknown).ticket
        refund(session, hub, a_return(1, sold, 1, mad(400), 0))
        assert open_balances(session, hub) == {"cash:T1": mad(600), "suspense": mad(-600)}
        refund(session, hub, a_return(1, sold, 1, mad(600)))
        assert open_balances(session, hub) == {}


def test_own_goods_come_back_at_what_they_cost(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0))
        lot = make_lot(session, hub, maker, mad(100), quantity=3, unit_cost=mad("33.35"))
        line = a_line(1, Sold(lot, mad(100), mad(100), 3), tax=mad(50))
        sold = sell(session, hub, line).ticket
        assert balance(session, hub.id, "stock:own") == 0

        refund(session, hub, a_return(1, sold, 1, mad(50), 0))
        assert balance(session, hub.id, "stock:own") == 0
        for n in (1, 2, 3):
            refund(session, hub, a_return(1, sold, 1, mad(80), 1))
            assert balance(session, hub.id, "stock:own") == n * mad("33.35")
        assert balance(session, hub.id, "income:sales") == mad("-8.33")  # 10.00 were kept
        assert_sound_but_purchases(session)


def assert_sound_but_purchases(session: Session) -> None:
    """Own goods give their maker no earning: what she is owed is their purchase."""
    [(earnings,)] = rows(session, "SELECT COUNT(*) FROM earning")
    assert earnings == 0


def test_a_refund_keeps_what_it_took_beside_the_earning(books: Flask) -> None:
    with transaction() as session:
        hub, _lot, sold = sold_at_1000(session)
        done = refund(session, hub, a_return(1, sold, 1, mad(400), 0))
        change = session.query(EarningChange).one()
        assert change.earning_id == session.query(Earning).one().id
        assert (change.gross, change.net, change.commission, change.commission_vat) == (
            mad(400),
            mad(280),
            mad(100),
            mad(20),
        )
        assert (change.line, change.document) == (f"{done.ticket.uid}/r1", done.recorded.number)


# Which sale


def test_a_return_waits_for_its_sale(books: Flask) -> None:
    with transaction() as session:
        hub, lot, _sold = sold_at_1000(session)
        before = count_rows(session)
        coming = a_ticket(a_line(1, Sold(lot, mad(1000), mad(1000))))
        back = a_ticket(returns=(a_return(1, coming, 1, mad(1000)),))
        with pytest.raises(Refusal) as refused:
            tell(session, hub, back)
        assert refused.value.reason == f"needs:{coming.uid}"
        assert count_rows(session) == before

        tell(session, hub, coming)
        assert tell(session, hub, back).flags == []
        assert_sound(session)


def test_a_return_of_a_line_that_the_sale_does_not_have_never_fits(books: Flask) -> None:
    with transaction() as session:
        hub, _lot, sold = sold_at_1000(session)
        no_line = replace(a_return(1, sold, 1, mad(10)), of_line=7)
        refunded = refund(session, hub, a_return(1, sold, 1, mad(10), 0)).ticket
        of_a_refund = Return(1, refunded.uid, "", 1, "x", 1, mad(10))
        for back in (no_line, of_a_refund):
            with pytest.raises(Refusal) as refused:
                refund(session, hub, back)
            assert refused.value.reason == "bad_value"


@pytest.mark.parametrize("of_line", [0, -1, 2**63, 10**30])
def test_a_line_number_that_no_sale_has_is_refused(books: Flask, of_line: int) -> None:
    with transaction() as session:
        hub, _lot, sold = sold_at_1000(session)
        with pytest.raises(Refusal):
            refund(session, hub, replace(a_return(1, sold, 1, mad(10)), of_line=of_line))


# What it is paid with


def test_each_tender_gets_its_own_back(books: Flask) -> None:
    with transaction() as session:
        hub, lot, _ = sold_at_1000(session)
        sell(session, hub, gift_card_line(1, "g1", mad(300)))
        before = open_balances(session, hub)
        tenders = (gift_card("g1", mad(300)), card(mad(200)), cash(mad(500)))
        line = a_line(1, Sold(lot, mad(1000), mad(1000)))
        sold = sell(session, hub, line, tenders=tenders).ticket
        back = (gift_card("g1", mad(-300), auth=None), card(mad(-200)), cash(mad(-500)))
        done = refund(session, hub, a_return(1, sold, 1, mad(1000)), tenders=back)
        assert done.flags == []
        assert open_balances(session, hub) == before


def test_a_store_credit_is_spent_as_a_gift_card_is(books: Flask) -> None:
    with transaction() as session:
        hub, lot, sold = sold_at_1000(session)
        back = a_return(1, sold, 1, mad(1000))
        refund(session, hub, back, tenders=(store_credit("c1", mad(-1000), auth=None),))
        assert balance(session, hub.id, "credit:c1") == mad(-1000)
        line = a_line(1, Sold(lot, mad(1000), mad(1000)))
        spent = sell(session, hub, line, tenders=(store_credit("c1", mad(1000)),))
        assert spent.flags == []
        assert balance(session, hub.id, "credit:c1") == 0


# Whatever the parts


TERMS = [
    Terms(Regime.MANDATE, 2_500),
    Terms(Regime.MANDATE, 3_333, Discounts.HUB, paid_to=PaidTo.MEMBERS),
    Terms(Regime.MANDATE, 4_000, Discounts.MAKER, card_fee_bp=275, card_fee_maker_bp=5_000),
    Terms(Regime.COMMISSIONNAIRE, 2_750, maker_vat_liable=True),
    Terms(Regime.COMMISSIONNAIRE, 1_999, Discounts.HUB, paid_to=PaidTo.MEMBERS),
    Terms(Regime.FIRM, 0),
]


@pytest.mark.parametrize("seed", range(count(3, 60)))
def test_whatever_comes_back_in_whichever_parts_every_account_closes(
    books: Flask, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - the same each time
    with transaction() as session:
        hub = make_hub(session, cash_step=1)
        lines, lots = [], []
        for n, terms in enumerate(TERMS, 1):
            maker = make_maker(session, hub, terms, artisans=3)
            price, qty = chance.randint(1, 99_999), chance.randint(1, 5)
            lot = make_lot(
                session,
                hub,
                maker,
                price,
                quantity=9,
                floor=price // 2,
                unit_cost=chance.randint(0, price),
                weights={artisan: chance.randint(1, 3) for artisan in maker.artisans},
            )
            lots.append(lot)
            discount = chance.choice([0, price * qty, chance.randint(0, price * qty)])
            total = price * qty - discount
            lines.append(a_line(n, Sold(lot, price, price, qty), discount=discount, total=total))
        bought = balances(session, hub.id)
        goods = sum(line.total for line in lines)
        by_card = chance.randint(0, goods)
        tenders = tuple(
            tender for tender in (card(by_card), cash(goods - by_card)) if tender.amount
        )
        sold = sell(session, hub, *lines, tenders=tenders).ticket
        assert_clean(session, hub)

        left = {line.n: [line.qty, line.total] for line in lines}
        while any(any(rest) for rest in left.values()):
            back = []
            for n, (units, money) in left.items():
                taken = chance.choice([0, chance.randint(0, units), units])
                amount = chance.choice([0, chance.randint(0, money), money])
                if taken or amount:
                    back.append(a_return(n, sold, n, amount, taken))
                    left[n] = [units - taken, money - amount]
            if back:
                done = refund(session, hub, *back, uid=new_uid())
                assert "over_refund" not in done.flags
                assert_clean(session, hub)

        still = open_balances(session, hub)
        assert still.pop("cash:T1", 0) + still.pop("card:acquirer", 0) == 0
        assert still == {name: amount for name, amount in bought.items() if amount}
        assert [on_hand(session, lot.id) for lot in lots] == [9] * len(lots)


def assert_clean(session: Session, hub: Hub) -> None:
    """Nobody was asked for more than she was given, and nothing hangs in between."""
    assert balance(session, hub.id, "clearing") == 0
    for name, amount in balances(session, hub.id, "owed:").items():
        assert amount <= 0, name
