"""What an order's own page says at each turn: where it is, whose work, what is owed."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.db import transaction
from almakane.inventory.models import Product
from almakane.shop.following import Divided, split_of
from almakane.shop.fulfilling import (
    Act,
    act_on,
    cancel,
    confirm,
    deliver,
    make_ready,
    pack,
    pick,
    refund,
    remit,
    see_transfer,
    send_back,
    ship,
    take_back,
)
from almakane.shop.models import Payment
from tests.door import browser
from tests.factories import a_deed, mad, make_lot, make_maker
from tests.shop.orders import BROUGHT, Counter, a_shop, a_wish, order

LONG_AGO = datetime.now(UTC) - timedelta(hours=60)


def on(session: Session, shop: Counter) -> Act:
    """Somebody of the house acts on the order, now."""
    now = datetime.now(UTC)
    deed = a_deed(session, shop.hub)._replace(happened_at=now, recorded_at=now)
    return act_on(session, deed, "W-000001")


def a_parcel(session: Session, **changed: Any) -> tuple[Counter, str]:
    """An order that a courier is to bring, and the key of its page."""
    shop = a_shop(session)
    placed = order(session, a_wish(session, shop, **BROUGHT | changed), now=datetime.now(UTC))
    return shop, placed.key


def send(session: Session, shop: Counter) -> None:
    pick(on(session, shop), shop.lot.code)
    pack(on(session, shop))
    ship(on(session, shop), "amana", "CP 123 456 MA")


def said(app: Flask, key: str) -> str:
    """The page as it is read, without its marks."""
    page = browser(app).get(f"/o/{key}")
    assert page.status_code == 200
    text = re.sub(r"<[^>]+>", " ", page.get_data(as_text=True).split("<main")[1])
    return " ".join(unescape(text).split())


def lead(app: Flask, key: str) -> str:
    """The sentence under the title."""
    page = browser(app).get(f"/o/{key}").get_data(as_text=True)
    found = re.search(r'<p class="lead">(.*?)</p>', page, re.DOTALL)
    return found[1].strip() if found else ""


def test_a_parcel_that_was_paid_ahead_is_on_its_way_until_somebody_has_it(books: Flask) -> None:
    with transaction() as session:
        shop, key = a_parcel(session, payment=Payment.TRANSFER)
        see_transfer(on(session, shop), mad(1020), "VIR 1")
    assert "Payé" in said(books, key)
    assert "À payer" not in said(books, key)
    with transaction() as session:
        send(session, shop)
    page = said(books, key)
    assert "Votre commande est en route." in page
    assert "CP 123 456 MA" in page
    assert "Amana" in page
    with transaction() as session:
        deliver(on(session, shop))
    assert "entre vos mains" in said(books, key)


def test_a_transfer_is_asked_for_until_it_is_there(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        wish = a_wish(session, shop, payment=Payment.TRANSFER)
        key = order(session, wish, now=datetime.now(UTC)).key
    assert "Faites le virement" in lead(books, key)
    with transaction() as session:
        see_transfer(on(session, shop), mad(1000), "VIR 1")
    page = said(books, key)
    assert "Votre commande est confirmée." in page
    assert "Faites le virement" not in page
    assert "téléphone" not in page.split("Où va votre argent")[0]


def test_every_state_has_its_sentence(books: Flask) -> None:
    told = set()
    with transaction() as session:
        shop, key = a_parcel(session)
    told.add(lead(books, key))
    with transaction() as session:
        confirm(on(session, shop))
    told.add(lead(books, key))
    with transaction() as session:
        send(session, shop)
    told.add(lead(books, key))
    with transaction() as session:
        remit(on(session, shop))
    told.add(lead(books, key))
    assert "" not in told
    assert len(told) == 4
    assert "7" in lead(books, key)  # the days in which it may be given back


def test_a_parcel_that_came_back_owes_nothing(books: Flask) -> None:
    with transaction() as session:
        shop, key = a_parcel(session)
        confirm(on(session, shop))
        send(session, shop)
        take_back(on(session, shop), 0)
    assert "Vous ne devez rien" in lead(books, key)
    assert "À payer" not in said(books, key)


@pytest.mark.parametrize("is_brought", [False, True])
def test_time_that_is_over_is_told_by_what_was_to_happen(books: Flask, is_brought: bool) -> None:
    with transaction() as session:
        shop = a_shop(session)
        placed = order(
            session, a_wish(session, shop, **(BROUGHT if is_brought else {})), now=LONG_AGO
        )
    sentence = lead(books, placed.key)
    assert ("Personne n’est venu" in sentence) is not is_brought
    assert "en vente" in sentence


def test_what_waits_too_long_at_the_counter_is_not_promised_any_more(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        placed = order(session, a_wish(session, shop), now=LONG_AGO)
        deed = a_deed(session, shop.hub)._replace(happened_at=LONG_AGO, recorded_at=LONG_AGO)
        pick(act_on(session, deed, "W-000001"), shop.lot.code)
        make_ready(act_on(session, deed, "W-000001"))
    assert "Appelez-nous" in lead(books, placed.key)


def test_money_that_comes_back_is_told_until_it_was_sent_and_after(books: Flask) -> None:
    with transaction() as session:
        shop, key = a_parcel(session, payment=Payment.TRANSFER)
        see_transfer(on(session, shop), mad(1020), "VIR 1")
    assert "calling-off" not in browser(books).get(f"/o/{key}").get_data(as_text=True)
    with transaction() as session:
        cancel(on(session, shop), "changed their mind")
    assert "Vous revient 1 020,00 MAD" in said(books, key)
    with transaction() as session:
        send_back(on(session, shop), mad(1020), "VIR 2")
    assert "Vous a été rendu 1 020,00 MAD" in said(books, key)


def test_what_was_given_back_after_the_sale_is_told(books: Flask) -> None:
    with transaction() as session:
        shop, key = a_parcel(session, payment=Payment.TRANSFER)
        see_transfer(on(session, shop), mad(1020), "VIR 1")
        send(session, shop)
        deliver(on(session, shop))
        refund(on(session, shop), {1: 1}, "trop petit")
    assert "Vous revient 1 000,00 MAD" in said(books, key)


def test_each_piece_names_its_maker(books: Flask) -> None:
    with transaction() as session:
        shop, key = a_parcel(session)
        name = make_name(session, shop.product)
    page = browser(books).get(f"/o/{key}").get_data(as_text=True)
    assert page.count(name) == 2  # at the piece, and where the money goes


def make_name(session: Session, product: Product) -> str:
    return session.get_one(Maker, product.maker_id).name


def test_a_piece_that_the_house_has_bought_says_that_its_maker_was_paid(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        maker = make_maker(session, shop.hub, Terms(Regime.FIRM, 0))
        lot = make_lot(session, shop.hub, maker, mad(1000), unit_cost=mad(600))
        own = Counter(shop.hub, lot, session.get_one(Product, lot.product_id))
        placed = order(session, a_wish(session, own), now=datetime.now(UTC))
        split = split_of(session, placed.order)
    assert split.is_own
    assert split.maker == mad(600)
    assert split.maker + split.house + split.tax == mad(1000)
    assert "L’artisan, déjà payé 600,00 MAD" in said(books, placed.key)


def test_the_split_of_a_mandate_is_the_sales_own(books: Flask) -> None:
    with transaction() as session:
        shop = a_shop(session)
        placed = order(session, a_wish(session, shop))
        assert split_of(session, placed.order) == Divided(mad(700), mad(250), mad(50), is_own=False)
