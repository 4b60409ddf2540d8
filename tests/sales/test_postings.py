"""
The worked postings, number by number: the tables below are those that the accountant agreed to.

Each row debits the first account and credits the second, and a column is one entry. A `=` row is
what the entry adds to a balance. `m` is the maker, `a1 a2 a3` her artisans, `r1` the register.
"""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import (
    Discounts,
    PaidTo,
    PricedLine,
    Regime,
    Shares,
    Terms,
    share,
)
from almakane.cooperatives.models import Maker
from almakane.db import rows, transaction
from almakane.hubs.models import Hub
from almakane.inventory.deliveries import Delivered, buy_out, receive_consignment
from almakane.inventory.losses import record_loss
from almakane.inventory.models import LossKind, Lot, LotKind, TaxClass
from almakane.inventory.queries import lock_lots
from almakane.inventory.services import add_product
from almakane.ledger import chart
from almakane.ledger.book import Posting, pair
from almakane.ledger.queries import balance, balances
from almakane.ledger.services import Fact, post_once
from almakane.sales.postings import BookedLine, line_postings
from almakane.sales.services import ShiftState
from almakane.sales.ticket import What
from tests.accounts import (
    Column,
    Row,
    added,
    column,
    document_rows,
    entry_rows,
    sale_rows,
    turned_round,
)
from tests.factories import (
    NOW,
    TODAY,
    Done,
    Sold,
    a_deed,
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
    store_credit,
    tell,
)

# Section 1. Regime B (mandate): a sale, and who bears a discount of 100.00. In the last column it
# was sold offline at 800.00 under a floor of 900.00 without consent.
MANDATE = """
| debit | credit | full price | to members | shared | hub | maker | under floor |
|---|---|---|---|---|---|---|---|
| cash:r1 | clearing | 1000.00 | 1000.00 | 900.00 | 900.00 | 900.00 | 800.00 |
| clearing | owed:m | 1000.00 | 1000.00 | 900.00 | 900.00 | 900.00 | 800.00 |
| expense:promotion | owed:m | | | | 100.00 | | 100.00 |
| owed:m | income:commission | 250.00 | 250.00 | 225.00 | 250.00 | 250.00 | 225.00 |
| owed:m | vat:out | 50.00 | 50.00 | 45.00 | 50.00 | 50.00 | 45.00 |
| owed:m | owed:a1 | | 233.34 | | | | |
| owed:m | owed:a2 | | 233.33 | | | | |
| owed:m | owed:a3 | | 233.33 | | | | |
| = owed:m | | 700.00 | 0.00 | 630.00 | 700.00 | 600.00 | 630.00 |
"""

# Section 2. Regime B: refunds of the column of the same name above.
MANDATE_REFUNDS = """
| debit | credit | 400 of full price | the other 600 | 450 of hub | all, to store credit |
|---|---|---|---|---|---|
| owed:m | clearing | 400.00 | 600.00 | 450.00 | 1000.00 |
| owed:m | expense:promotion | | | 50.00 | |
| income:commission | owed:m | 100.00 | 150.00 | 125.00 | 250.00 |
| vat:out | owed:m | 20.00 | 30.00 | 25.00 | 50.00 |
| clearing | cash:r1 | 400.00 | 600.00 | 450.00 | |
| clearing | credit:c1 | | | | 1000.00 |
| = owed:m | | -280.00 | -420.00 | -350.00 | -700.00 |
"""

# Section 3. Tenders.
TENDERS = """
| debit | credit | gift card sold | mixed, 999.96 | card, fee shared | settled | exchange up |
|---|---|---|---|---|---|---|
| cash:r1 | clearing | 500.00 | 300.00 | | | 200.00 |
| card:acquirer | clearing | | 500.00 | 1000.00 | | |
| giftcard:g1 | clearing | | 200.00 | | | |
| clearing | giftcard:g1 | 500.00 | | | | |
| clearing | rounding | | 0.04 | | | |
| clearing | owed:m | | 999.96 | 1000.00 | | 1200.00 |
| owed:m | income:commission | | 249.99 | 250.00 | | 300.00 |
| owed:m | vat:out | | 50.00 | 50.00 | | 60.00 |
| owed:m | income:fees | | | 10.00 | | |
| owed:m | vat:out | | | 2.00 | | |
| owed:m | clearing | | | | | 1000.00 |
| income:commission | owed:m | | | | | 250.00 |
| vat:out | owed:m | | | | | 50.00 |
| bank | card:acquirer | | | | 980.00 | |
| expense:card_fees | card:acquirer | | | | 20.00 | |
| = owed:m | | 0.00 | 699.97 | 688.00 | 0.00 | 140.00 |
"""

# Section 4. Regimes A (commissionnaire) and C (own goods).
OWN_NAME = """
| debit | credit | A | A, maker liable | 400 back of it | A, hub bears 100 | C bought | C sold | buy-out of B |
|---|---|---|---|---|---|---|---|---|
| cash:r1 | clearing | 1000.00 | 1000.00 | | 900.00 | | 1000.00 | |
| clearing | income:sales | 833.33 | 833.33 | | 750.00 | | 833.33 | |
| clearing | vat:out | 166.67 | 166.67 | | 150.00 | | 166.67 | |
| cost:consigned | owed:m | 833.33 | 833.33 | | 750.00 | | | |
| expense:promotion | owed:m | | | | 83.33 | | | |
| owed:m | cost:consigned | 208.33 | 208.33 | | 208.33 | | | |
| vat:in | owed:m | | 125.00 | | | 100.00 | | |
| stock:own | owed:m | | | | | 500.00 | | 700.00 |
| cost:own | stock:own | | | | | | 500.00 | |
| income:sales | clearing | | | 333.33 | | | | |
| vat:out | clearing | | | 66.67 | | | | |
| clearing | cash:r1 | | | 400.00 | | | | |
| owed:m | cost:consigned | | | 333.33 | | | | |
| cost:consigned | owed:m | | | 83.33 | | | | |
| owed:m | vat:in | | | 50.00 | | | | |
| = owed:m | | 625.00 | 750.00 | -300.00 | 625.00 | 600.00 | 0.00 | 700.00 |
"""  # noqa: E501 - a table is read across

# Section 5. The web: one piece of 1 000.00, delivery 30.00.
WEB = """
| debit | credit | paid by card | handed over | settled | cancelled instead | COD remitted | COD banked |
|---|---|---|---|---|---|---|---|
| card:psp | deposit:o1 | 1030.00 | | | | | |
| deposit:o1 | card:psp | | | | 1030.00 | | |
| deposit:o1 | clearing | | 1030.00 | | | | |
| cod:courier | clearing | | | | | 1030.00 | |
| clearing | owed:m | | 1000.00 | | | 1000.00 | |
| clearing | income:shipping | | 25.00 | | | 25.00 | |
| clearing | vat:out | | 5.00 | | | 5.00 | |
| owed:m | income:commission | | 250.00 | | | 250.00 | |
| owed:m | vat:out | | 50.00 | | | 50.00 | |
| bank | card:psp | | | 996.52 | | | |
| expense:card_fees | card:psp | | | 33.48 | | | |
| bank | cod:courier | | | | | | 985.00 |
| expense:delivery | cod:courier | | | | | | 37.50 |
| vat:in | cod:courier | | | | | | 7.50 |
| = owed:m | | 0.00 | 700.00 | 0.00 | 0.00 | 700.00 | 0.00 |
"""  # noqa: E501 - a table is read across

# Section 6. The maker's money and the house's, told as one story: what is left of it at the end.
STORY = """
| case | debit | credit | MAD |
|---|---|---|---|
| two pieces are lost; the hub bears it | expense:loss | owed:m | 700.00 |
| and | expense:loss | owed:m | 700.00 |
| payout sent | owed:m | in_transit | 700.00 |
| confirmed by a bank line | in_transit | bank | 700.00 |
| another, sent | owed:m | in_transit | 100.00 |
| rejected instead | in_transit | owed:m | 100.00 |
| advance sent | advance:m | in_transit | 500.00 |
| and confirmed | in_transit | bank | 500.00 |
| advance recovered, 700.00 available, at most 25 % | owed:m | advance:m | 175.00 |
| withholding, where a dated setting asks for it | owed:m | state:withheld | 30.00 |
| paid in cash from the safe, against a signed receipt | owed:m | cash:safe | 495.00 |
| float into a drawer | cash:r1 | cash:safe | 500.00 |
| counted 20.00 short | over_short | cash:r1 | 20.00 |
| the takings back | cash:safe | cash:r1 | 480.00 |
| to the bank | bank | cash:safe | 100.00 |
| stamp duty of a month | expense:stamp_duty | state:stamp_duty | 2.50 |
"""
STORY_ENDS = {
    "advance:m": 325_00,
    "bank": -1100_00,
    "cash:r1": 0,
    "cash:safe": -615_00,
    "expense:loss": 1400_00,
    "expense:stamp_duty": 2_50,
    "in_transit": 0,
    "over_short": 20_00,
    "owed:m": 0,
    "state:stamp_duty": -2_50,
    "state:withheld": -30_00,
}

# Section 7. Accounts and their numbers in the Moroccan chart; `?` is for the accountant to confirm.
CHART = """
cash:r1 5161 · cash:safe 5161 · bank 5141 · card:psp 5118 · card:acquirer 5118 · cod:courier 5118 ·
in_transit 5115 · suspense 4497 · owed:m1 4488 · owed:a1 4488 · advance:m1 3411? · debt:m1 3488? ·
deposit:o1 4421 · giftcard:g1 4421 · credit:c1 4421 · vat:out 4455 · vat:in 34552 ·
state:stamp_duty 4457 · state:withheld 4457 · grant:f1 4491? · stock:own 3111? ·
income:commission 71272 · income:fees 71276? · income:sales 7111 · income:shipping 71276 ·
income:grant 7161 · cost:consigned 6111 · cost:own 6114? · expense:card_fees 6147 ·
expense:delivery 6142? · expense:stamp_duty 6167?
"""

MANDATE_TERMS = Terms(Regime.MANDATE, 2_500)
TAX_OF_1000 = mad("166.67")


def house_share(entry: list[Row]) -> int:
    """The hub's share of a line: income less cost less promotion."""
    income = sum(added(entry, f"income:{kind}") for kind in ("commission", "sales", "fees"))
    cost = added(entry, "cost:consigned") + added(entry, "cost:own")
    return income - cost - added(entry, "expense:promotion")


def assert_books(entry: list[Row], wanted: Column) -> None:
    """The entry has exactly the column's rows, and adds what it says."""
    assert entry == wanted.rows
    assert {name: added(entry, name) for name in wanted.adds} == wanted.adds
    assert added(entry, "clearing") == 0


def one_piece(
    session: Session, hub: Hub, terms: Terms = MANDATE_TERMS, *, floor: int = 0, artisans: int = 0
) -> tuple[Maker, Lot]:
    """A maker and her one piece, 1 000.00 on the label."""
    maker = make_maker(session, hub, terms, artisans=artisans)
    weights = dict.fromkeys(maker.artisans, 1)
    return maker, make_lot(session, hub, maker, mad(1000), floor=floor, weights=weights)


def sell_at(session: Session, hub: Hub, lot: Lot, paid: int, tax: int = 0) -> Done:
    return sell(session, hub, a_line(1, Sold(lot, mad(1000), paid), tax=tax))


def names_of(maker: Maker) -> dict[str, int]:
    """Who `m`, `a1`, `a2` and so on are."""
    return {"m": maker.id} | {f"a{n}": one.id for n, one in enumerate(maker.artisans, 1)}


def a_fact(hub: Hub, kind: str, document: str) -> Fact:
    return Fact(hub.id, None, kind, document, NOW, TODAY, NOW, "hind", f"{kind}/{new_uid()}", "-")


# 1. Who bears a discount


@pytest.mark.parametrize(
    ("title", "changed", "paid", "floor"),
    [
        ("full price", {}, 1000, 0),
        ("to members", {"paid_to": PaidTo.MEMBERS}, 1000, 0),
        ("shared", {"discounts": Discounts.SHARED}, 900, 0),
        ("hub", {"discounts": Discounts.HUB}, 900, 0),
        ("maker", {"discounts": Discounts.MAKER}, 900, 0),
        ("under floor", {}, 800, 900),
    ],
)
def test_a_sale_under_a_mandate_is_booked_as_the_table_says(
    books: Flask, title: str, changed: dict[str, object], paid: int, floor: int
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        terms = replace(MANDATE_TERMS, **changed)  # type: ignore[arg-type]
        artisans = 3 if terms.paid_to is PaidTo.MEMBERS else 0
        maker, lot = one_piece(session, hub, terms, floor=mad(floor), artisans=artisans)

        sold = sell_at(session, hub, lot, mad(paid))

        assert_books(
            sale_rows(session, sold.recorded.sale_id), column(MANDATE, title, **names_of(maker))
        )
        assert sold.flags == (["below_floor"] if floor else [])


def test_a_house_without_vat_gives_the_maker_750(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, vat_liable=False)
        maker, lot = one_piece(session, hub)

        sold = sell_at(session, hub, lot, mad(1000))

        assert sold.flags == []
        assert sale_rows(session, sold.recorded.sale_id) == [
            ("cash:T1", "clearing", mad(1000)),
            ("clearing", f"owed:m{maker.id}", mad(1000)),
            (f"owed:m{maker.id}", "income:commission", mad(250)),
        ]
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-750)


# 2. Refunds under a mandate


def test_a_refund_in_two_parts_leaves_every_account_at_zero(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)
        sold = sell_at(session, hub, lot, mad(1000)).ticket

        first = refund(session, hub, a_return(1, sold, 1, mad(400), 0))
        second = refund(session, hub, a_return(1, sold, 1, mad(600)))

        for done, title in ((first, "400 of full price"), (second, "the other 600")):
            wanted = column(MANDATE_REFUNDS, title, m=maker.id)
            assert done.flags == []
            assert_books(sale_rows(session, done.recorded.sale_id), wanted)
        assert set(balances(session, hub.id).values()) == {0}


def test_a_refund_takes_the_promotion_first(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub, replace(MANDATE_TERMS, discounts=Discounts.HUB))
        sold = sell_at(session, hub, lot, mad(900)).ticket

        half = refund(session, hub, a_return(1, sold, 1, mad(450), 0))

        assert_books(
            sale_rows(session, half.recorded.sale_id),
            column(MANDATE_REFUNDS, "450 of hub", m=maker.id),
        )


def test_a_refund_may_become_store_credit(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)
        sold = sell_at(session, hub, lot, mad(1000)).ticket

        back = a_return(1, sold, 1, mad(1000))
        done = refund(session, hub, back, tenders=(store_credit("c1", mad(-1000), auth=None),))

        assert done.flags == []
        assert_books(
            sale_rows(session, done.recorded.sale_id),
            column(MANDATE_REFUNDS, "all, to store credit", m=maker.id),
        )


def test_members_give_back_by_what_is_left_of_each(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        terms = replace(MANDATE_TERMS, paid_to=PaidTo.MEMBERS)
        maker, lot = one_piece(session, hub, terms, artisans=3)
        sold = sell_at(session, hub, lot, mad(1000)).ticket

        done = refund(session, hub, a_return(1, sold, 1, mad(400), 0))

        entry = sale_rows(session, done.recorded.sale_id)
        taken = [-added(entry, f"owed:a{artisan.id}") for artisan in maker.artisans]
        assert taken == [mad("93.34"), mad("93.33"), mad("93.33")]
        assert added(entry, f"owed:m{maker.id}") == 0

        refund(session, hub, a_return(1, sold, 1, mad(600)))
        assert set(balances(session, hub.id).values()) == {0}


# 3. Tenders


def test_a_gift_card_has_no_vat_and_no_maker_until_it_is_spent(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)

        sold = sell(session, hub, gift_card_line(1, "g1", mad(500)))

        entry = sale_rows(session, sold.recorded.sale_id)
        assert_books(entry, column(TENDERS, "gift card sold", m=1))
        assert sold.flags == []


def test_cash_is_rounded_after_all_other_tenders_and_only_cash_gives_change(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        lot = make_lot(session, hub, maker, mad("999.96"))
        sell(session, hub, gift_card_line(1, "g1", mad(200)))
        before = balances(session, hub.id)

        tenders = (card(mad(500)), gift_card("g1", mad(200)), cash(mad(350)))
        paid = {"tenders": tenders, "rounding": 4, "change": mad(50)}
        line = a_line(1, Sold(lot, mad("999.96"), mad("999.96")))
        sold = sell(session, hub, line, **paid)

        entry = sale_rows(session, sold.recorded.sale_id)
        assert_books(entry, column(TENDERS, "mixed, 999.96", m=maker.id))
        assert sold.flags == []

        back = a_return(1, sold.ticket, 1, mad("999.96"))
        own = (card(mad(-500)), gift_card("g1", mad(-200)), cash(mad(-300)))
        done = refund(session, hub, back, tenders=own, rounding=-4)

        assert done.flags == []
        assert sale_rows(session, done.recorded.sale_id) == turned_round(entry)
        assert {name: amount for name, amount in balances(session, hub.id).items() if amount} == {
            name: amount for name, amount in before.items() if amount
        }


def test_an_agreed_card_fee_is_frozen_at_the_sale_and_the_real_one_is_the_hubs(
    books: Flask,
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        terms = replace(MANDATE_TERMS, card_fee_bp=200, card_fee_maker_bp=5_000)
        maker, lot = one_piece(session, hub, terms)

        line = a_line(1, Sold(lot, mad(1000), mad(1000)))
        sold = sell(session, hub, line, tenders=(card(mad(1000)),))
        settled = column(TENDERS, "settled", m=maker.id)
        entry_id = post_once(session, a_fact(hub, "settlement", "CMI-1"), _as_postings(settled))

        entry = sale_rows(session, sold.recorded.sale_id)
        assert_books(entry, column(TENDERS, "card, fee shared", m=maker.id))
        assert_books(entry_rows(session, entry_id), settled)
        assert balance(session, hub.id, "card:acquirer") == 0
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-688)


def test_an_exchange_up_is_one_entry_and_an_even_one_has_no_tender_row(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)
        dear = make_lot(session, hub, maker, mad(1200))
        even = make_lot(session, hub, maker, mad(1200))
        sold = sell_at(session, hub, lot, mad(1000)).ticket

        back = (a_return(1, sold, 1, mad(1000)),)
        up = sell(session, hub, a_line(1, Sold(dear, mad(1200), mad(1200))), returns=back)
        same = (a_return(1, up.ticket, 1, mad(1200)),)
        for_even = sell(session, hub, a_line(1, Sold(even, mad(1200), mad(1200))), returns=same)

        assert_books(
            sale_rows(session, up.recorded.sale_id), column(TENDERS, "exchange up", m=maker.id)
        )
        touched = {
            name for row in sale_rows(session, for_even.recorded.sale_id) for name in row[:2]
        }
        assert touched == {"clearing", "income:commission", "vat:out", f"owed:m{maker.id}"}
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-840)


# 4. In the hub's own name


@pytest.mark.parametrize(
    ("title", "changed", "paid", "tax", "house"),
    [
        ("A", {}, 1000, "166.67", "208.33"),
        ("A, maker liable", {"maker_vat_liable": True}, 1000, "166.67", "208.33"),
        ("A, hub bears 100", {"discounts": Discounts.HUB}, 900, "150.00", "125.00"),
    ],
)
def test_a_commissionnaire_sells_in_its_own_name(
    books: Flask, title: str, changed: dict[str, object], paid: int, tax: str, house: str
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        terms = replace(Terms(Regime.COMMISSIONNAIRE, 2_500), **changed)  # type: ignore[arg-type]
        maker, lot = one_piece(session, hub, terms)

        sold = sell_at(session, hub, lot, mad(paid), mad(tax))

        entry = sale_rows(session, sold.recorded.sale_id)
        assert_books(entry, column(OWN_NAME, title, m=maker.id))
        assert house_share(entry) == mad(house)
        assert sold.flags == []


def test_a_refund_in_regime_a_divides_vat_off_first_and_closes_at_zero(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        terms = Terms(Regime.COMMISSIONNAIRE, 2_500, maker_vat_liable=True)
        maker, lot = one_piece(session, hub, terms)
        sold = sell_at(session, hub, lot, mad(1000), TAX_OF_1000).ticket

        part = refund(session, hub, a_return(1, sold, 1, mad(400), 0, tax=mad("66.67")))
        entry = sale_rows(session, part.recorded.sale_id)
        assert_books(entry, column(OWN_NAME, "400 back of it", m=maker.id))
        assert house_share(entry) == mad("-83.33")

        refund(session, hub, a_return(1, sold, 1, mad(600), tax=mad(100)))
        assert set(balances(session, hub.id).values()) == {0}


def test_own_goods_are_owed_when_bought_and_cost_when_sold(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0, maker_vat_liable=True))
        product = add_product(
            session, maker, "VASE", category="pottery", price=mad(1000), tax_class=TaxClass.STANDARD
        )
        bought = receive_consignment(
            session,
            a_deed(session, hub),
            maker,
            [Delivered(product.id, 1, LotKind.PIECE, unit_cost=mad(500))],
        )
        entry = document_rows(session, bought.number)
        assert_books(entry, column(OWN_NAME, "C bought", m=maker.id))

        lot = session.query(Lot).filter_by(consignment_id=bought.id).one()
        sold = sell_at(session, hub, lot, mad(1000), TAX_OF_1000)
        entry = sale_rows(session, sold.recorded.sale_id)
        assert_books(entry, column(OWN_NAME, "C sold", m=maker.id))
        assert house_share(entry) == mad("333.33")
        assert balance(session, hub.id, "stock:own") == 0

        refund(session, hub, a_return(1, sold.ticket, 1, mad(1000), tax=TAX_OF_1000))
        assert balance(session, hub.id, "stock:own") == mad(500)
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-600)
        assert balance(session, hub.id, "income:sales") == 0


def test_a_buy_out_owes_the_maker_for_what_becomes_the_hubs_own(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)
        [facts] = lock_lots(session, hub.id, ids=[lot.id])

        bought = buy_out(session, a_deed(session, hub), facts, 1, mad(700))

        entry = document_rows(session, bought.number)
        assert_books(entry, column(OWN_NAME, "buy-out of B", m=maker.id))
        assert house_share(entry) == 0


def test_a_commissionnaire_without_vat_works_from_the_whole_price(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, vat_liable=False)
        terms = Terms(Regime.COMMISSIONNAIRE, 2_500, maker_vat_liable=True)
        maker, lot = one_piece(session, hub, terms)

        sold = sell_at(session, hub, lot, mad(1000))

        entry = sale_rows(session, sold.recorded.sale_id)
        assert sold.flags == []
        assert not any("vat" in name for row in entry for name in row[:2])
        assert added(entry, "income:sales") == mad(1000)
        assert added(entry, f"owed:m{maker.id}") == mad(750)


# 5. The web


def test_a_web_order_is_a_deposit_until_it_is_handed_over(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)

        handed = _post(
            session, hub, [*pair("deposit:o1", "clearing", mad(1030)), *_web_lines(maker)]
        )
        assert_books(handed, column(WEB, "handed over", m=maker.id))
        for title in ("paid by card", "settled"):
            _post(session, hub, _as_postings(column(WEB, title, m=maker.id)))

        assert balances(session, hub.id) == {
            "bank": mad("996.52"),
            "card:psp": 0,
            "clearing": 0,
            "deposit:o1": 0,
            "expense:card_fees": mad("33.48"),
            "income:commission": mad(-250),
            "income:shipping": mad(-25),
            f"owed:m{maker.id}": mad(-700),
            "vat:out": mad(-55),
        }


def test_a_cancelled_order_gives_its_deposit_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        for title in ("paid by card", "cancelled instead"):
            _post(session, hub, _as_postings(column(WEB, title)))

        assert balances(session, hub.id) == {"card:psp": 0, "deposit:o1": 0}


def test_cash_on_delivery_is_the_couriers_until_he_brings_it(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)

        remitted = _post(
            session, hub, [*pair("cod:courier", "clearing", mad(1030)), *_web_lines(maker)]
        )
        assert_books(remitted, column(WEB, "COD remitted", m=maker.id))
        _post(session, hub, _as_postings(column(WEB, "COD banked", m=maker.id)))

        assert balance(session, hub.id, "cod:courier") == 0
        assert balance(session, hub.id, "bank") == mad(985)
        assert balance(session, hub.id, f"owed:m{maker.id}") == mad(-700)


# 6. The maker's money and the house's


@pytest.mark.parametrize("kind", list(LossKind))
def test_a_piece_lost_in_custody_owes_its_net_without_commission(
    books: Flask, kind: LossKind
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)

        loss = record_loss(session, a_deed(session, hub), lot.id, 1, kind, "Tombé de l'étagère")

        assert document_rows(session, loss.number) == [
            ("expense:loss", f"owed:m{maker.id}", mad(700))
        ]


def test_a_month_of_the_makers_money_comes_out_to_the_centime(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        for line in STORY.strip().splitlines()[2:]:
            _case, debit, credit, amount = (cell.strip() for cell in line.split("|")[1:-1])
            fact = a_fact(hub, "worked", "W-1")
            posting = Posting(_real(debit), _real(credit), mad(amount))
            first = post_once(session, fact, [posting])
            assert post_once(session, fact, [posting]) == first  # said twice, it happened once

        assert balances(session, hub.id) == {
            _real(name): amount for name, amount in STORY_ENDS.items()
        }


def test_a_payout_is_in_transit_until_the_bank_says_so(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)
        owed = f"owed:m{maker.id}"
        sell_at(session, hub, lot, mad(1000))

        _post(session, hub, pair(owed, chart.IN_TRANSIT, mad(700)))
        assert _some(session, hub, owed, "in_transit", "bank") == [0, mad(-700), 0]
        _post(session, hub, pair(chart.IN_TRANSIT, chart.BANK, mad(700)))
        assert _some(session, hub, owed, "in_transit", "bank") == [0, 0, mad(-700)]

        _post(session, hub, pair(chart.BANK, chart.IN_TRANSIT, mad(700)))
        _post(session, hub, pair(chart.IN_TRANSIT, owed, mad(700)))
        assert _some(session, hub, owed, "in_transit", "bank") == [mad(-700), 0, 0]


def test_a_debt_after_a_payout_is_set_apart_and_recovered_in_parts(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)
        owed, debt = f"owed:m{maker.id}", f"debt:m{maker.id}"
        sold = sell_at(session, hub, lot, mad(1000)).ticket
        _post(session, hub, pair(owed, chart.SAFE, mad(700)))  # in cash, against a receipt

        refund(session, hub, a_return(1, sold, 1, mad(1000)))
        assert balance(session, hub.id, owed) == mad(700)
        _post(session, hub, pair(debt, owed, mad(700)))
        assert _some(session, hub, owed, debt) == [0, mad(700)]

        again = make_lot(session, hub, maker, mad(2000))
        sell(session, hub, a_line(1, Sold(again, mad(2000), mad(2000))))
        available = -balance(session, hub.id, owed)
        _post(session, hub, pair(owed, debt, min(available * 25 // 100, mad(700))))
        assert _some(session, hub, owed, debt) == [mad(-1050), mad(350)]


def test_a_grant_is_income_only_with_the_expense_that_it_funds(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        _post(session, hub, pair(chart.BANK, "grant:f1", mad(1000)))
        assert balance(session, hub.id, chart.GRANTS) == 0
        _post(session, hub, pair("expense:training", chart.BANK, mad(400)))
        _post(session, hub, pair("grant:f1", chart.GRANTS, mad(400)))

        assert balances(session, hub.id) == {
            "bank": mad(600),
            "expense:training": mad(400),
            "grant:f1": mad(-600),
            "income:grant": mad(-400),
        }


def test_a_late_sale_of_a_counted_shift_takes_the_over_back(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        _maker, lot = one_piece(session, hub)
        _post(session, hub, pair(chart.cash_of("T1"), chart.OVER_SHORT, mad(1000)))  # counted over

        ticket = a_ticket(a_line(1, Sold(lot, mad(1000), mad(1000))))
        late = tell(session, hub, ticket, shift=ShiftState.CLOSED)

        assert late.flags == ["shift_closed"]
        entry = sale_rows(session, late.recorded.sale_id)
        assert ("over_short", "cash:T1", mad(1000)) in entry
        assert _some(session, hub, "cash:T1", "over_short") == [mad(1000), 0]


def test_takings_that_nobody_can_attribute_wait_in_suspense(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        _maker, lot = one_piece(session, hub)
        line = a_line(1, Sold(lot, mad(1000), mad(1000)), code="2999999999994")

        unknown = sell(session, hub, line)

        assert unknown.flags == ["lot_unknown"]
        assert sale_rows(session, unknown.recorded.sale_id) == [
            ("cash:T1", "clearing", mad(1000)),
            ("clearing", "suspense", mad(1000)),
        ]


def test_what_is_refunded_beyond_what_was_left_is_the_hubs_difference(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker, lot = one_piece(session, hub)
        sold = sell_at(session, hub, lot, mad(1000)).ticket

        beyond = refund(session, hub, a_return(1, sold, 1, mad(1400)))

        entry = sale_rows(session, beyond.recorded.sale_id)
        assert beyond.flags == ["over_refund"]
        assert ("differences", "clearing", mad(400)) in entry
        assert added(entry, f"owed:m{maker.id}") == mad(-700)
        assert balance(session, hub.id, "differences") == mad(400)


def test_a_gift_card_spent_without_its_taking_is_not_touched(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        _maker, lot = one_piece(session, hub)
        sell(session, hub, gift_card_line(1, "g1", mad(400)))

        tenders = (gift_card("g1", mad(400), auth=None), cash(mad(600)))
        line = a_line(1, Sold(lot, mad(1000), mad(1000)))
        offline = sell(session, hub, line, tenders=tenders)

        assert offline.flags == ["tender_unsecured"]
        entry = sale_rows(session, offline.recorded.sale_id)
        assert ("differences", "clearing", mad(400)) in entry
        assert balance(session, hub.id, "giftcard:g1") == mad(-400)


# 7. The chart


@pytest.mark.parametrize("item", [item.strip() for item in CHART.split("·")])
def test_an_account_has_its_number_in_the_moroccan_chart(item: str) -> None:
    name, number = item.split()
    assert chart.describe(name)[1] == number


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ("cash:T1 cash:safe bank card:psp cod:x advance:m1 debt:m1 vat:in stock:own", "asset"),
        ("owed:m1 owed:a1 deposit:o giftcard:g credit:c grant:f", "liability"),
        ("vat:out state:withheld state:stamp_duty suspense in_transit", "liability"),
        ("income:commission income:fees income:sales income:shipping income:grant", "income"),
        ("cost:own expense:loss expense:promotion differences rounding over_short", "expense"),
        ("clearing", "clearing"),
    ],
)
def test_an_account_lies_on_its_side_of_the_books(names: str, kind: str) -> None:
    assert {chart.describe(name)[0] for name in names.split()} == {kind}


@pytest.mark.parametrize("name", ["", "vat", "income:magic", "maker:7", "cost", "stock:theirs"])
def test_a_name_of_no_family_is_nobodys_account(name: str) -> None:
    with pytest.raises(ValueError, match="No account"):
        chart.describe(name)


def test_an_account_is_opened_with_its_kind_its_number_and_the_hubs_currency(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        _post(session, hub, pair("advance:m7", chart.IN_TRANSIT, mad(500)))
        found = rows(session, "SELECT code, kind, pcge, currency FROM account ORDER BY code")
        assert [tuple(row) for row in found] == [
            ("advance:m7", "asset", "3411?", "MAD"),
            ("in_transit", "liability", "5115", "MAD"),
        ]


def _as_postings(wanted: Column) -> list[Posting]:
    return [Posting(*row) for row in wanted.rows]


def _post(session: Session, hub: Hub, postings: list[Posting]) -> list[Row]:
    """Post an entry of its own and read it back."""
    entry_id = post_once(session, a_fact(hub, "worked", "W-1"), postings)
    return entry_rows(session, entry_id)


def _real(name: str) -> str:
    """The account that a table calls by a short name."""
    return {"owed:m": "owed:m7", "advance:m": "advance:m7", "cash:r1": "cash:T1"}.get(name, name)


def _some(session: Session, hub: Hub, *names: str) -> list[int]:
    return [balance(session, hub.id, name) for name in names]


def _web_lines(maker: Maker) -> list[Posting]:
    """A piece of 1 000.00 under a mandate, and its delivery for 30.00."""
    shares = share(PricedLine(mad(1000), mad(1000)), MANDATE_TERMS, 2_000)
    piece = BookedLine(1, What.LOT, shares, Regime.MANDATE, maker.id)
    delivery = BookedLine(2, What.SERVICE, Shares(gross=mad(25), tax=mad(5)), code="delivery")
    return [*line_postings(piece), *line_postings(delivery)]
