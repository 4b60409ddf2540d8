"""What a seal takes in: each row of each table once, however late it comes."""

from datetime import timedelta
from functools import partial
from threading import Event
from time import sleep

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import agree
from almakane.db import retried, rows, transaction
from almakane.hubs.models import Hub, HubHabits
from almakane.hubs.services import open_hub, set_from
from almakane.inventory.counting import Decided, close_count, open_count, scan
from almakane.inventory.counts import review
from almakane.inventory.deliveries import return_to_maker
from almakane.inventory.losses import record_finding, record_loss
from almakane.inventory.models import Consignment, LossKind, Lot, PlaceKind, Product
from almakane.inventory.returning import sign_return
from almakane.inventory.services import set_up_places
from almakane.inventory.taking_in import Signed, sign, signed_lines_hash
from almakane.ledger.book import pair
from almakane.ledger.models import Seal
from almakane.ledger.services import Fact, post, release_earnings
from almakane.payouts.services import draw_statements
from almakane.pos.services import close_shift, open_shift
from almakane.sales.deposits import Brought, bank_courier, take_deposit
from almakane.sales.flags import ShortFlags, end_flag, open_flags
from almakane.sales.models import Register, RegisterKind
from almakane.sales.sealing import BOOKS, JOURNALS, seal_day
from almakane.sales.ticket import Tender, TenderKind
from almakane.shop.delivery import set_tariff
from almakane.shop.fulfilling import act_on, miss
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    a_return,
    gift_card_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    new_uid,
    refund,
    sell,
    the_site,
)
from tests.sales.test_many_tills import at_once
from tests.shop.orders import TARIFF, Counter, a_wish, order

TOMORROW = TODAY + timedelta(days=1)


def trade_in(session: Session, hub: Hub) -> list[str]:
    """A shift that is left open, a sale by cheque that is flagged, and what came back of it."""
    maker = make_maker(session, hub, artisans=2)
    agree(session, maker, Terms(Regime.MANDATE, 2_000), valid_from=TODAY, overrides={"rugs": 3_000})
    lot = make_lot(
        *(session, hub, maker, mad(500)),
        quantity=4,
        floor=mad(450),
        weights=dict.fromkeys(maker.artisans, 1),
    )
    sign_for(session, lot)
    shift = new_uid()
    open_shift(session, hub.id, "T1", shift, TODAY, mad(500), at=NOW, by="amina")
    by_cheque = (Tender(TenderKind.CHEQUE, mad(800)),)
    line = a_line(1, Sold(lot, mad(500), mad(400), 2))
    sold = sell(session, hub, line, tenders=by_cheque, shift=shift)
    refund(session, hub, a_return(1, sold.ticket, 1, mad(400)), shift=shift)
    slip = return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1)])
    sign_return(session, slip, "Zohra", "", "hind", NOW)
    count_one(session, hub, maker)
    order_one(session, hub)
    draw_statements(session, hub.id, TODAY, now=NOW, actor="hind")
    return [f"{sold.ticket.uid}/1"]


def count_one(session: Session, hub: Hub, maker: Maker) -> None:
    """One of two is lost, found again, and not seen at a count."""
    lot = make_lot(session, hub, maker, mad(100), quantity=2)
    loss = record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "?")
    record_finding(session, a_deed(session, hub), loss.id, 1, "there")
    count = open_count(session, a_deed(session, hub), maker_id=maker.id)
    scan(session, count.id, new_uid(), lot.code, 1, PlaceKind.SHELF, actor="hind", now=NOW)
    token = review(session, count, ShortFlags(), NOW).token
    decided = Decided(token, "not seen")
    close_count(session, a_deed(session, hub), count.id, ShortFlags(), decided)


def order_one(session: Session, hub: Hub) -> None:
    """A deposit of a web order, a step of it, and a courier who brings what he took."""
    set_tariff(session, hub.id, TODAY, TARIFF, now=NOW, actor="hind")
    habits: dict[str, int | str] = {"cashier_band_bp": 0, "staff_band_bp": 0}
    habits |= {"return_days": 30, "label_sheet": "a4-24"}
    set_from(
        *(session, hub.id, TOMORROW, habits),
        kind=HubHabits,
        today=TODAY,
        now=NOW,
        actor="hind",
    )
    lot = make_lot(session, hub, make_maker(session, hub), mad(500))
    shop = Counter(hub, lot, session.get_one(Product, lot.product_id))
    number = order(session, a_wish(session, shop)).order.number
    miss(act_on(session, a_deed(session, hub), number))
    take_deposit(session, a_deed(session, hub), number, mad(500))
    cod = (Tender(TenderKind.COD, mad(500), "amana"),)
    sold = sell(session, hub, gift_card_line(1, "g1", mad(500)), tenders=cod)
    brought = Brought((sold.recorded.sale_id,), mad(455), mad(45))
    bank_courier(session, a_deed(session, hub), "amana", brought)


def sign_for(session: Session, lot: Lot) -> None:
    """Somebody types her name under a delivery."""
    consignment = session.get_one(Consignment, lot.consignment_id)
    signed = Signed("Zohra", signed_lines_hash(session, consignment), "fr", NOW)
    sign(session, consignment, signed, actor="hind", now=NOW)


def finish(session: Session, hub: Hub, lines: list[str]) -> None:
    """What is learnt a day later of what was sealed."""
    [(shift_id,)] = rows(session, "SELECT id FROM shift WHERE hub_id = ?", (hub.id,))
    close_shift(session, shift_id, 0, 0, at=NOW, by="amina", why="to the bank")
    release_earnings(session, hub.id, lines, TOMORROW, because="cleared", actor="hind", now=NOW)
    for flag in open_flags(session, hub.id):
        named = (flag.sale_id, flag.flag, flag.line)
        end_flag(session, *named, actor="hind", how="a scratch", now=NOW)


def counts(session: Session, seal: Seal) -> dict[str, int]:
    found = rows(session, "SELECT book, count FROM seal_part WHERE seal_id = ?", (seal.id,))
    return {book: count for book, count in found if count}


def a_second_hub(session: Session) -> Hub:
    hub = open_hub(session, "fes", "Fès", sites={"medina": "Médina"})
    site = the_site(session, hub)
    set_up_places(session, site.id)
    session.add(Register(hub_id=hub.id, site_id=site.id, code="T1", kind=RegisterKind.TILL))
    return hub


def test_every_row_of_every_hub_is_in_one_seal(books: Flask) -> None:
    with transaction() as session:
        hubs = [make_hub(session), a_second_hub(session)]
        told = [trade_in(session, hub) for hub in hubs]
        seals = [seal_day(session, hub.id, TODAY, now=NOW, actor="hind") for hub in hubs]
        for hub, lines in zip(hubs, told, strict=True):
            finish(session, hub, lines)
        seals += [seal_day(session, hub.id, TOMORROW, now=NOW, actor="hind") for hub in hubs]

        sealed = [counts(session, seal) for seal in seals]
        for stream in BOOKS:
            [(there,)] = rows(session, f"SELECT COUNT(*) FROM {stream.table}")
            assert there == sum(parts.get(stream.table, 0) for parts in sealed), stream.table
            assert there or stream in JOURNALS, stream.table


@pytest.mark.engines("postgresql")
def test_a_seal_and_a_delivery_that_wait_for_each_other_are_both_tried_again(books: Flask) -> None:
    """A delivery of own goods writes its lots before the entry, and a seal locks entries first."""
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
    tries, has_lots = [], Event()

    def deliver() -> None:
        with transaction() as session:
            tries.append("delivery")
            make_lot(session, hub, maker, mad(100))
            has_lots.set()
            sleep(0.3)
            post(session, a_purchase(hub), pair("stock:own", "bank", mad(60)))

    def seal() -> None:
        has_lots.wait()
        with transaction() as session:
            tries.append("seal")
            seal_day(session, hub.id, TODAY, now=NOW, actor="hind")

    at_once(books, [partial(retried, deliver), partial(retried, seal)])

    assert len(tries) > 2, "nobody waited: the test shows nothing"
    with transaction() as session:
        for table in ("entry", "lot", "seal"):
            assert rows(session, f"SELECT COUNT(*) FROM {table}")[0][0] == 1, table


def a_purchase(hub: Hub) -> Fact:
    return Fact(hub.id, None, "worked", "W-1", NOW, TODAY, NOW, "hind", "worked/1", "h")


@pytest.mark.parametrize("table", ["shift_closing", "release", "flag_end"])
def test_what_is_written_after_its_parent_was_sealed_is_in_the_next_seal(
    books: Flask, table: str
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lines = trade_in(session, hub)
        first = seal_day(session, hub.id, TODAY, now=NOW, actor="hind")
        finish(session, hub, lines)
        second = seal_day(session, hub.id, TOMORROW, now=NOW, actor="hind")

        assert counts(session, first).get(table, 0) == 0
        assert counts(session, second)[table] >= 1
