"""
Money of web orders: section 5 of the worked postings, through the services that the shop uses.

One piece of 1 000.00 under a mandate, delivery for 30.00; `o1` is the order W-000001.
"""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.cooperatives.models import Maker
from almakane.db import db, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.models import Lot, PlaceKind
from almakane.inventory.queries import levels_of, places_of
from almakane.inventory.services import transfer
from almakane.journal.bodies import check_body
from almakane.journal.event import Unfit
from almakane.journal.models import Chain, JournalEvent
from almakane.journal.server import WEB, new_key, take_turn, write_ticket
from almakane.ledger.models import Earning, Release
from almakane.ledger.queries import balance, balances
from almakane.money import inside
from almakane.sales.deposits import (
    Brought,
    bank_courier,
    charge_refused,
    deposited,
    give_deposit_back,
    take_deposit,
    with_courier,
)
from almakane.sales.models import Sale
from almakane.sales.postings import courier_postings
from almakane.sales.services import record_sale
from almakane.sales.ticket import Tender, TenderKind, Ticket
from tests.accounts import assert_sound, document_rows, sale_rows
from tests.factories import (
    NOW,
    TODAY,
    Done,
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
    service_line,
    tell,
    the_site,
)

ORDER, COURIER = "W-000001", "amana"


class Shop(NamedTuple):
    """A hub with one piece of 1 000.00 that somebody wants."""

    hub: Hub
    maker: Maker
    lot: Lot


def a_shop(session: Session) -> Shop:
    hub = make_hub(session)
    maker = make_maker(session, hub)
    return Shop(hub, maker, make_lot(session, hub, maker, mad(1000)))


def deposit_tender(amount: int = mad(1030)) -> Tender:
    return Tender(TenderKind.DEPOSIT, amount, ORDER)


def cod(amount: int = mad(1030), courier: str = COURIER) -> Tender:
    return Tender(TenderKind.COD, amount, courier)


def hand_over(
    session: Session, shop: Shop, tender: Tender, aside: PlaceKind = PlaceKind.SHELF
) -> Done:
    """The piece and its delivery, as a ticket of WEB."""
    ticket = a_ticket(
        a_line(1, Sold(shop.lot, mad(1000), mad(1000))),
        service_line(2, "delivery", mad(30), mad(5)),
        register="WEB",
        tenders=(tender,),
    )
    return tell(session, shop.hub, ticket, set_aside={shop.lot.id: aside})


def prove_books() -> None:
    db.session.rollback()
    assert prove(db.session.connection()) == []


def test_a_transfer_that_is_seen_is_a_deposit_of_its_order(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)

        take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1030), evidence="VIR 881")

        assert document_rows(session, ORDER) == [("bank", "deposit:W-000001", mad(1030))]
        assert deposited(session, shop.hub.id, ORDER) == mad(1030)
    prove_books()


def test_what_was_paid_ahead_becomes_a_sale_when_it_is_handed_over(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1030))

        done = hand_over(session, shop, deposit_tender())

        owed = f"owed:m{shop.maker.id}"
        assert done.flags == []
        assert sale_rows(session, done.recorded.sale_id) == sorted(
            [
                ("deposit:W-000001", "clearing", mad(1030)),
                ("clearing", owed, mad(1000)),
                ("clearing", "income:shipping", mad(25)),
                ("clearing", "vat:out", mad(5)),
                (owed, "income:commission", mad(250)),
                (owed, "vat:out", mad(50)),
            ]
        )
        assert deposited(session, shop.hub.id, ORDER) == 0
        assert_sound(session)
    prove_books()


def test_a_web_sale_waits_for_the_days_of_the_web_and_tells_its_channel(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1030))
        hand_over(session, shop, deposit_tender())

        earning = session.scalars(select(Earning)).one()
        assert earning.channel == "web"
        assert earning.available_on == TODAY + timedelta(days=14)


def test_cash_on_delivery_is_the_couriers_until_he_brings_it(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        transfer(
            *(session, a_deed(session, shop.hub), shop.lot.id, 1),
            *(PlaceKind.SHELF, PlaceKind.TRANSIT),
        )

        done = hand_over(session, shop, cod(), PlaceKind.TRANSIT)

        owed = f"owed:m{shop.maker.id}"
        assert done.flags == []
        assert sale_rows(session, done.recorded.sale_id) == sorted(
            [
                ("cod:amana", "clearing", mad(1030)),
                ("clearing", owed, mad(1000)),
                ("clearing", "income:shipping", mad(25)),
                ("clearing", "vat:out", mad(5)),
                (owed, "income:commission", mad(250)),
                (owed, "vat:out", mad(50)),
            ]
        )
        place = places_of(session, the_site(session, shop.hub).id)[PlaceKind.TRANSIT]
        assert levels_of(session, [shop.lot.id])[shop.lot.id, place] == 0
        assert session.scalars(select(Earning)).one().available_on is None
    prove_books()


def test_the_courier_brings_it_less_his_fee_and_its_vat(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        sale_id = hand_over(session, shop, cod()).recorded.sale_id
        deed = a_deed(session, shop.hub)._replace(day=TODAY + timedelta(days=3))

        brought = Brought((sale_id,), mad(985), mad(45), "BORDEREAU 7")
        bank_courier(session, deed, COURIER, brought)

        assert document_rows(session, COURIER) == [
            ("bank", "cod:amana", mad(985)),
            ("expense:delivery", "cod:amana", mad("37.50")),
            ("vat:in", "cod:amana", mad("7.50")),
        ]
        assert with_courier(session, shop.hub.id, COURIER) == 0
        assert session.scalars(select(Release)).one().available_on == TODAY + timedelta(days=14)
    prove_books()


def test_money_that_the_courier_brings_late_is_not_paid_before_it_is_in(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        sale_id = hand_over(session, shop, cod()).recorded.sale_id
        late = TODAY + timedelta(days=40)
        deed = a_deed(session, shop.hub)._replace(day=late)

        bank_courier(session, deed, COURIER, Brought((sale_id,), mad(1030), 0))

        assert session.scalars(select(Release)).one().available_on == late


def test_a_parcel_is_banked_once_and_by_whoever_took_its_money(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        sale_id = hand_over(session, shop, cod()).recorded.sale_id
        deed = a_deed(session, shop.hub)
        brought = Brought((sale_id,), mad(400), 0)
        first = bank_courier(session, deed, COURIER, brought)

        assert bank_courier(session, deed, COURIER, brought).id == first.id  # a double click
        for told in (brought, brought._replace(banked=mad(10))):
            with pytest.raises(Refusal), session.begin_nested():
                bank_courier(session, a_deed(session, shop.hub), COURIER, told)
        with pytest.raises(Refusal), session.begin_nested():
            bank_courier(session, deed, COURIER, brought._replace(banked=mad(401)))
        assert with_courier(session, shop.hub.id, COURIER) == mad(630)
        with pytest.raises(Refusal), session.begin_nested():
            bank_courier(session, a_deed(session, shop.hub), "poste", brought)


def test_a_courier_brings_no_more_than_he_holds(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        sale_id = hand_over(session, shop, cod()).recorded.sale_id
        with pytest.raises(Refusal) as refused:
            bank_courier(
                session,
                a_deed(session, shop.hub),
                COURIER,
                Brought((sale_id,), mad(1000), mad(31)),
            )
        assert refused.value.field == "banked"


def test_a_refused_parcel_posts_its_fee_only(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)

        charge_refused(session, a_deed(session, shop.hub), COURIER, ORDER, mad(45))

        assert document_rows(session, ORDER) == [
            ("expense:delivery", "cod:amana", mad("37.50")),
            ("vat:in", "cod:amana", mad("7.50")),
        ]
        assert session.query(Sale).count() == 0
        assert with_courier(session, shop.hub.id, COURIER) == mad(-45)
    prove_books()


def test_a_house_without_vat_recovers_none_from_its_courier(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session, vat_liable=False)
        charge_refused(session, a_deed(session, hub), COURIER, ORDER, mad(45))
        assert document_rows(session, ORDER) == [("expense:delivery", "cod:amana", mad(45))]


def test_a_cancelled_order_gives_its_deposit_back(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1030))

        give_deposit_back(session, a_deed(session, shop.hub), ORDER, mad(1030))

        assert balances(session, shop.hub.id) == {"bank": 0, "deposit:W-000001": 0}
    prove_books()


def test_a_late_deposit_for_a_piece_that_is_gone_goes_back_without_a_sale(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        tell(session, shop.hub, a_ticket(a_line(1, Sold(shop.lot, mad(1000), mad(1000)))))
        take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1030))
        give_deposit_back(session, a_deed(session, shop.hub), ORDER, mad(1030))

        assert session.query(Sale).count() == 1
        assert balance(session, shop.hub.id, "deposit:W-000001") == 0
        assert balance(session, shop.hub.id, f"owed:m{shop.maker.id}") == mad(-700)
    prove_books()


def test_no_more_goes_back_than_is_there_and_not_twice(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1030))
        deed = a_deed(session, shop.hub)
        for amount in (mad(1031), 0, -1, 10**12):
            with pytest.raises(Refusal):
                give_deposit_back(session, deed, ORDER, amount)
        first = give_deposit_back(session, deed, ORDER, mad(1000))
        assert give_deposit_back(session, deed, ORDER, mad(1000)).id == first.id
        with pytest.raises(Refusal):
            give_deposit_back(session, deed, ORDER, mad(30))  # another body under the same uid
        with pytest.raises(Refusal):
            give_deposit_back(session, a_deed(session, shop.hub), ORDER, mad(31))
        assert deposited(session, shop.hub.id, ORDER) == mad(30)


@pytest.mark.parametrize("order", ["", "x" * 65, "a\x00b"])
def test_a_deposit_is_of_an_order(books: Flask, order: str) -> None:
    with transaction() as session:
        shop = a_shop(session)
        with pytest.raises(Refusal):
            take_deposit(session, a_deed(session, shop.hub), order, mad(1))


@pytest.mark.parametrize("courier", ["", "Amana", "a b", "a" * 41, "é", "-"])
def test_a_courier_has_a_name_that_an_account_can_bear(books: Flask, courier: str) -> None:
    with transaction() as session:
        shop = a_shop(session)
        with pytest.raises(Refusal) as refused:
            charge_refused(session, a_deed(session, shop.hub), courier, ORDER, mad(45))
        assert refused.value.field == "courier"


def test_what_is_taken_back_after_the_sale_is_a_deposit_until_it_is_sent(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1030))
        done = hand_over(session, shop, deposit_tender())
        sold = replace(done.ticket, number=done.recorded.number)

        back = a_ticket(
            returns=(a_return(1, sold, 1, mad(1000)),),
            register="WEB",
            tenders=(deposit_tender(-mad(1000)),),
        )
        assert tell(session, shop.hub, back).flags == []

        assert deposited(session, shop.hub.id, ORDER) == mad(1000)
        assert balance(session, shop.hub.id, f"owed:m{shop.maker.id}") == 0
        give_deposit_back(session, a_deed(session, shop.hub), ORDER, mad(1000))
        assert deposited(session, shop.hub.id, ORDER) == 0
    prove_books()


def test_a_ticket_of_the_web_is_chained_with_its_own_number(books: Flask) -> None:
    with transaction() as session:
        first = a_shop(session)
        hub, maker = first.hub, first.maker
    for n in (1, 2):
        with transaction() as session:
            lot = make_lot(session, hub, session.get_one(Maker, maker.id), mad(1000))
            shop = Shop(session.get_one(Hub, hub.id), maker, lot)
            take_deposit(session, a_deed(session, shop.hub), ORDER, mad(1000))
            turn = take_turn(session, shop.hub.id, WEB, NOW)
            assert turn.number == f"WEB-1-{n:06d}"
            ticket = a_ticket(
                a_line(1, Sold(lot, mad(1000), mad(1000))),
                register="WEB",
                number=turn.number,
                tenders=(deposit_tender(mad(1000)),),
                customer=new_uid(),
            )
            recorded = record_sale(session, shop.hub.id, ticket, now=NOW)
            key = new_key()
            write_ticket(session, shop.hub.id, ticket, turn, order=ORDER, key=key, now=NOW)
            assert recorded.number == turn.number
    with transaction() as session:
        chain = session.scalars(select(Chain)).one()
        assert (chain.seq, chain.last_number, chain.sales) == (2, 2, mad(2000))
        event = session.scalars(select(JournalEvent).order_by(JournalEvent.id.desc())).first()
        assert event is not None
        assert '"order":"W-000001"' in event.text
        assert '"kind":"deposit"' in event.text
        assert rows(session, "SELECT COUNT(*) FROM ticket_key")[0][0] == 2
        assert rows(session, "SELECT COUNT(*) FROM effect")[0][0] == 2
    prove_books()


@pytest.mark.parametrize("kind", ["deposit", "cod"])
def test_a_till_cannot_pay_with_what_only_the_house_knows(kind: str) -> None:
    tender = {"kind": kind, "amount": 100, "ref": "x", "auth": None}
    line = {
        **{"n": 1, "what": "lot", "code": "x", "title": "", "qty": 1, "list": 100, "unit": 100},
        **{"discount": 0, "total": 100, "tax_bp": 0, "tax": 0, "tax_code": ""},
    }
    body = {
        **{"shift": new_uid(), "number": "T1-1-000001", "key": "AAECAwQFBgcICQoLDA0ODw"},
        **{"lang": "fr", "customer": None, "catalogue": 0, "lines": [line], "returns": []},
        "totals": {
            **{"goods": 100, "returned": 0, "tax": 0, "total": 100, "rounding": 0, "due": 100}
        },
        **{"tenders": [tender], "change": 0, "approvals": [], "note": ""},
        "perpetual": {"sales": 100, "refunds": 0},
    }
    with pytest.raises(Unfit) as unfit:
        check_body("sale", body)
    assert unfit.value.field == "body.tenders[0].kind"
    check_body("sale", {**body, "shift": None, "order": "W-000001"}, by_server=True)


@given(banked=st.integers(0, 10**9), fee=st.integers(0, 10**7), vat_bp=st.sampled_from([0, 2_000]))
def test_whatever_he_keeps_the_courier_owes_no_centime_more(
    banked: int, fee: int, vat_bp: int
) -> None:
    vat = inside(fee, vat_bp)
    written = courier_postings(COURIER, banked, fee - vat, vat)
    assert sum(one.amount for one in written) == banked + fee
    assert {one.credit for one in written} <= {"cod:amana"}


def test_a_deposit_needs_the_name_of_its_order(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        ticket: Ticket = a_ticket(
            a_line(1, Sold(shop.lot, mad(1000), mad(1000))),
            register="WEB",
            tenders=(Tender(TenderKind.DEPOSIT, mad(1000)),),
        )
        with pytest.raises(Refusal):
            tell(session, shop.hub, ticket)
