"""A small hub that has done every kind of business once, sealed twice and stated twice."""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from almakane.app import create_app
from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import agree
from almakane.db import db, rows, transaction
from almakane.hubs.models import Hub, HubHabits
from almakane.hubs.services import set_from, set_identity
from almakane.inventory.counting import (
    Decided,
    cancel_count,
    close_count,
    open_count,
    scan,
    undo_scan,
)
from almakane.inventory.counts import review
from almakane.inventory.deliveries import buy_out, return_to_maker
from almakane.inventory.holds import place_hold
from almakane.inventory.losses import record_finding, record_loss
from almakane.inventory.models import Consignment, HoldKind, Loss, LossKind, Lot, PlaceKind, Product
from almakane.inventory.queries import lock_lots
from almakane.inventory.returning import sign_return
from almakane.inventory.services import transfer
from almakane.inventory.taking_in import Signed, sign, signed_lines_hash
from almakane.journal.ending import By, adopt, dismiss_stray
from almakane.journal.promises import Till, grant
from almakane.ledger.book import Posting
from almakane.ledger.services import Fact, post, release_earnings, reverse_entry
from almakane.payouts.services import draw_statements
from almakane.pos.applying import apply
from almakane.pos.services import close_shift, open_shift
from almakane.sales.deposits import Brought, bank_courier
from almakane.sales.flags import ShortFlags, end_flag, open_flags
from almakane.sales.models import Flag, Register, RegisterKind, Sale
from almakane.sales.sealing import seal_day
from almakane.sales.services import ShiftState
from almakane.sales.ticket import Return, Tender, TenderKind
from almakane.settings import Settings
from almakane.shop.delivery import set_tariff
from almakane.shop.fulfilling import (
    Act,
    act_on,
    cancel,
    confirm,
    hand_over,
    pack,
    pick,
    remit,
    see_transfer,
    send_back,
    ship,
    take_back,
)
from almakane.shop.models import Payment
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
from tests.journal.shop import PEOPLE, Shop, add_person
from tests.postgres import Postgres
from tests.shop.orders import BROUGHT, TARIFF, Counter, a_wish, order
from tests.till.client import back_of, line

TOMORROW = TODAY + timedelta(days=1)


class Trade(NamedTuple):
    """What the tests of breakages need to know of it."""

    hub_id: int
    piece: str  # code of a lot of one, sold twice
    batch: str  # code of a lot of several
    mandate: str  # uid of a sale in regime B
    members: str  # uid of a sale whose money goes to three artisans


@pytest.fixture(scope="session")
def hubs(run_home: Path) -> Iterator[dict[str, tuple[Flask, Trade]]]:
    """The hub of each engine: made once, since nothing that a test does to it is committed."""
    made: dict[str, tuple[Flask, Trade]] = {}
    yield made
    for app, _trade in made.values():
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def trade(
    engine_name: str,
    hubs: dict[str, tuple[Flask, Trade]],
    run_home: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Trade]:
    """Two days of a boutique, sealed and stated, and an hour of the third."""
    if engine_name not in hubs:
        # Of its own: a shop shuts its folder to others, and PostgreSQL's user must pass the run's.
        data_dir = run_home / f"trade-{os.getpid()}-{engine_name}"
        data_dir.mkdir()
        if engine_name == "sqlite":
            path = data_dir / "almakane.sqlite3"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            server: Postgres = request.getfixturevalue("postgres")
            url = server.url(server.create())
        app = create_app(Settings(database_url=url, data_dir=data_dir, secret_key="test"))
        with app.app_context():
            hubs[engine_name] = app, _do_business(app)
            if engine_name == "postgresql":
                _drop_constraints()
    app, told = hubs[engine_name]
    with app.app_context():
        yield told


def _drop_constraints() -> None:
    """What would refuse a breakage; SQLite looks away while it is asked to."""
    connection = db.session.connection()
    for statement in connection.scalars(text(_DROPS)).all():
        connection.execute(text(statement))
    db.session.commit()


_DROPS = """
SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname || ' CASCADE'
FROM pg_constraint
WHERE contype IN ('c', 'u') AND connamespace = 'public'::regnamespace
UNION ALL
SELECT 'DROP INDEX uq_hold_piece'
"""


def _do_business(app: Flask) -> Trade:
    with transaction() as session:
        hub = make_hub(session)
        told = _first_day(session, hub)
    _keep_a_journal(app, hub.id)
    with transaction() as session:
        seal_day(session, hub.id, TODAY, now=NOW, actor="hind")
        draw_statements(session, hub.id, TODAY, now=NOW, actor="hind")
    with transaction() as session:
        _second_day(session, hub)
        seal_day(session, hub.id, TOMORROW, now=NOW, actor="hind")
        draw_statements(session, hub.id, TOMORROW, now=NOW, actor="hind")
    with transaction() as session:
        _after_the_seal(session, hub)
    return told


def _keep_a_journal(app: Flask, hub_id: int) -> None:
    """A till of its own tells what happened, and some of it waits for a person."""
    with transaction() as session:
        hub = session.get_one(Hub, hub_id)
        site = the_site(session, hub)
        for code, kind in (
            ("T8", RegisterKind.TILL),
            ("T9", RegisterKind.TILL),
            ("REPAIR", RegisterKind.SERVER),
        ):
            session.add(Register(hub_id=hub.id, site_id=site.id, code=code, kind=kind))
        lot = make_lot(session, hub, make_maker(session, hub), mad(280), quantity=50)
        for login, role in PEOPLE.items():
            add_person(session, hub, login, role)
        pot = lot.code
    shop = Shop(app, hub_id, pot, pot)
    till = shop.till("T9")
    till.open_shift(day=TODAY.isoformat())
    with transaction() as session:
        register_id = session.query(Register).filter_by(code="T9").one().id
        word = grant(session, Till(hub_id, register_id), "bargain", by="hind", now=NOW)
    sale = till.sell(
        line(pot, mad(200), list=mad(280)), approvals=[till.approval("bargain", grant=word)]
    )
    till.sell(line("b" * 64, mad(500), what="gift_card", title="", tax_code=""))
    till.sell(line(pot, mad(280)), colour="red")
    till.write("drawer_opened", {"shift": till.shift, "why": "", "note": "", "approvals": []})
    till.send()
    taking = {"kind": "gift_card", "ref": "b" * 64, "amount": mad(280)}
    uids = [new_uid() for _ in range(3)]
    for uid in uids[:2]:
        till.ask("POST", "/pos/takings", {**taking, "uid": uid, "amount": mad(280) - mad(100)})
    till.ask("POST", f"/pos/takings/{uids[0]}/void")
    of = {"uid": back_of(sale)["of"]["uid"], "line": 1}
    till.ask("POST", "/pos/claims", {"uid": uids[2], "of": of, "qty": 1})
    clone = till.live.sign(till.live.events[-1]["text"].replace("amina", "omar"))
    till.post([clone])
    by = By("hind", "seen on the film", NOW)
    with transaction() as session:
        [(event,)] = rows(session, "SELECT id FROM journal_event WHERE outcome = 'quarantined'")
        [(text_,)] = rows(session, "SELECT text FROM journal_event WHERE id = ?", (event,))
        body = json.loads(text_)["body"]
        del body["colour"]
        adopt(session, hub_id, event, body, apply, by)
        dismiss_stray(session, hub_id, 1, by)
    other = shop.till("T8")
    other.open_shift(day=TODAY.isoformat())
    sold = other.sell(line(pot, mad(280)))
    till.give_back(back_of(sold))
    till.send()
    other.send()


def _first_day(session: Session, hub: Hub) -> Trade:
    plain = make_maker(session, hub)
    generous = make_maker(session, hub, discounts=Discounts.HUB)
    by_card = make_maker(session, hub, card_fee_bp=200, card_fee_maker_bp=5_000)
    paid = make_maker(session, hub, artisans=3, paid_to=PaidTo.MEMBERS)
    agent = make_maker(
        session, hub, Terms(Regime.COMMISSIONNAIRE, 2_500, maker_vat_liable=True), artisans=2
    )
    own = make_maker(session, hub, Terms(Regime.FIRM, 0, maker_vat_liable=True))

    batch = make_lot(session, hub, plain, mad(100), quantity=20)
    piece = make_lot(session, hub, plain, mad(1000))
    bargain = make_lot(session, hub, generous, mad(1000), quantity=3, floor=mad(850))
    terminal = make_lot(session, hub, by_card, mad(999), quantity=4)
    shared = make_lot(
        session, hub, paid, mad(1000), quantity=6, weights=dict.fromkeys(paid.artisans, 1)
    )
    sent = make_lot(
        session, hub, agent, mad(1000), quantity=5, weights=dict.fromkeys(agent.artisans, 3)
    )
    bought = make_lot(session, hub, own, mad(1000), quantity=5, unit_cost=mad(500))

    shift = new_uid()
    open_shift(session, hub.id, "T1", shift, TODAY, mad(500), at=NOW, by="amina")
    named = {"shift": shift}
    first = sell(session, hub, a_line(1, Sold(batch, mad(100), mad(100), 3)), **named)
    sell(session, hub, a_line(1, Sold(piece, mad(1000), mad(1000))), **named)
    sell(session, hub, a_line(1, Sold(piece, mad(1000), mad(1000))), **named)  # sold twice
    sell(session, hub, a_line(1, Sold(bargain, mad(1000), mad(800))), **named)
    fees = sell(
        session,
        hub,
        a_line(1, Sold(terminal, mad(999), mad("999.96"))),
        service_line(2, "delivery", mad(30), mad(5)),
        service_line(3, "wrapping", mad(12), mad(2)),
        tenders=(card(mad(500)), cash(mad(600))),
        rounding=4,
        change=mad(58),
        **named,
    )
    members = sell(session, hub, a_line(1, Sold(shared, mad(1000), mad(1000), 2)), **named)
    commission = sell(session, hub, a_line(1, Sold(sent, mad(1000), mad(1000), 2)), **named)
    goods = sell(session, hub, a_line(1, Sold(bought, mad(1000), mad(900), 2)), **named)
    sell(session, hub, gift_card_line(1, "g1", mad(500)), **named)
    sell(
        session,
        hub,
        a_line(1, Sold(batch, mad(100), mad(100), 2)),
        a_line(2, Sold(terminal, mad(999), mad(150))),
        tenders=(gift_card("g1", mad(350)),),
        **named,
    )
    sell(session, hub, a_line(1, Sold(batch, mad(100), mad(75)), code="unknown"), **named)

    refund(session, hub, a_return(1, first.ticket, 1, mad(100)), **named)
    refund(session, hub, a_return(1, members.ticket, 1, mad("333.33")), **named)
    refund(session, hub, a_return(1, members.ticket, 1, mad(1000), restock=False), **named)
    refund(session, hub, a_return(1, goods.ticket, 1, mad(900)), **named)
    refund(
        session,
        hub,
        a_return(1, commission.ticket, 1, mad(400), qty=0),
        tenders=(store_credit("c1", mad(-400), auth=None),),
        **named,
    )
    tell(
        session,
        hub,
        a_ticket(
            a_line(1, Sold(bargain, mad(1000), mad(1000))),
            returns=(a_return(1, fees.ticket, 1, mad("999.96")),),
            tenders=(store_credit("c1", mad("0.04")),),
            **named,
        ),
    )
    refund(session, hub, a_return(1, first.ticket, 1, mad(300), qty=3), **named)  # more than left
    record_loss(session, a_deed(session, hub), batch.id, 1, LossKind.LOST, "fell")
    record_loss(session, a_deed(session, hub), shared.id, 1, LossKind.DAMAGED, "wet")
    record_loss(session, a_deed(session, hub), bought.id, 1, LossKind.LOST, "gone")
    record_loss(
        session, a_deed(session, hub), batch.id, 1, LossKind.LOST, "hers", bearer=Bearer.MAKER
    )
    transfer(session, a_deed(session, hub), batch.id, 4, PlaceKind.SHELF, PlaceKind.RESERVE)
    _find_again(session, hub, batch, shared, bought)
    return_to_maker(session, a_deed(session, hub), plain, [(batch.id, 2)])
    [lot] = lock_lots(session, hub.id, ids=[batch.id])
    buy_out(session, a_deed(session, hub), lot, 2, mad(70))
    site = the_site(session, hub)
    place_hold(session, hub.id, site.id, batch.id, 2, HoldKind.PAID, "order/1", NOW)

    opened = open_shift(session, hub.id, "T2", new_uid(), TODAY, mad(200), at=NOW, by="omar")
    sell(session, hub, a_line(1, Sold(batch, mad(100), mad(100), 7)), register="T2")
    close_shift(session, opened.id, mad(880), mad(300), at=NOW, by="omar", why="short")
    late = a_ticket(a_line(1, Sold(sent, mad(1000), mad(1000))), register="T2", shift=opened.uid)
    tell(session, hub, late, shift=ShiftState.CLOSED)
    return Trade(hub.id, piece.code, batch.code, first.ticket.uid, members.ticket.uid)


def _find_again(session: Session, hub: Hub, batch: Lot, shared: Lot, bought: Lot) -> None:
    """Some of what was lost turns up, of each way to be owed for it."""
    first = session.scalars(select(Loss).where(Loss.lot_id == batch.id).order_by(Loss.id)).first()
    assert first is not None
    gone = session.scalars(select(Loss).where(Loss.lot_id == bought.id)).one()
    stolen = record_loss(
        session, a_deed(session, hub), shared.id, 2, LossKind.LOST, "taken", stolen=True
    )
    for loss in (first, gone, stolen):
        record_finding(session, a_deed(session, hub), loss.id, 1, "behind the shelf")


def _count(session: Session, hub: Hub) -> None:
    """One count that finds every kind of difference, one that is cancelled, one that goes on."""
    maker = make_maker(session, hub)
    gone = make_lot(session, hub, maker, mad(90), quantity=3)
    short = make_lot(session, hub, maker, mad(80), quantity=2)
    strayed = make_lot(session, hub, maker, mad(70), quantity=4)
    back = make_lot(session, hub, maker, mad(60), quantity=2)
    sell(session, hub, a_line(1, Sold(short, mad(80), mad(80), 3)), register="T2", day=TOMORROW)
    back_again = a_deed(session, hub)
    record_loss(session, back_again, back.id, 1, LossKind.LOST, "not seen")
    sold = session.scalars(select(Sale).order_by(Sale.id.desc())).first()
    assert sold is not None
    refund(
        session,
        hub,
        Return(1, sold.uid, sold.number, 1, short.code, 1, mad(80)),
        register="T2",
        day=TOMORROW,
    )
    transfer(session, a_deed(session, hub), strayed.id, 1, PlaceKind.SHELF, PlaceKind.RESERVE)
    named: dict[str, Any] = {"actor": "salma", "now": NOW}
    count = open_count(session, a_deed(session, hub), place=PlaceKind.SHELF, maker_id=maker.id)
    for lot, quantity in ((gone, 2), (strayed, 4), (back, 3)):
        scan(session, count.id, new_uid(), lot.code, quantity, None, **named)
    wrong = scan(session, count.id, new_uid(), gone.code, 1, None, **named)
    undo_scan(session, count.id, wrong.id, new_uid(), **named)
    seen = review(session, count, ShortFlags(), NOW)
    decided = Decided(seen.token, "not found at the count", held_by="T2")
    close_count(session, a_deed(session, hub), count.id, ShortFlags(), decided)
    other = open_count(session, a_deed(session, hub), craft="zellige")
    cancel_count(session, other.id, "begun by mistake", **named)
    last = open_count(session, a_deed(session, hub), place=PlaceKind.RESERVE, blind=False)
    scan(session, last.id, new_uid(), strayed.code, 1, PlaceKind.RESERVE, **named)


def _second_day(session: Session, hub: Hub) -> None:
    _count(session, hub)
    shift = new_uid()
    opened = open_shift(session, hub.id, "T2", shift, TOMORROW, mad(300), at=NOW, by="omar")
    maker = make_maker(session, hub, artisans=1)
    agree(
        session, maker, Terms(Regime.MANDATE, 2_000), valid_from=TOMORROW, overrides={"rugs": 3_000}
    )
    lot = make_lot(session, hub, maker, mad(250), quantity=3, weights={maker.artisans[0]: 1})
    for flag in open_flags(session, hub.id):
        if flag.flag == Flag.BELOW_FLOOR:
            named = (flag.sale_id, flag.flag, flag.line)
            end_flag(session, *named, actor="hind", how="a scratch", now=NOW)
    promised = sell(
        session,
        hub,
        a_line(1, Sold(lot, mad(250), mad(250), 2)),
        register="T2",
        day=TOMORROW,
        tenders=(Tender(TenderKind.CHEQUE, mad(300)), Tender(TenderKind.TRANSFER, mad(200))),
        shift=shift,
    )
    paid = [f"{promised.ticket.uid}/1"]
    due = TOMORROW + timedelta(days=7)
    release_earnings(session, hub.id, paid, due, because="cleared", actor="hind", now=NOW)
    close_shift(session, opened.id, mad(300), mad(300), at=NOW, by="omar")
    _sign(session, hub, maker, lot)
    _orders(session, hub)
    fact = Fact(
        *(hub.id, None, "correction", "OD-1", NOW, TOMORROW, NOW, "hind", "correction/1", "0"),
    )
    entry_id = post(session, fact, [Posting("expense:delivery", "bank", mad(20))])
    undo = fact._replace(document="OD-2", key="correction/2", kind="reversal")
    reverse_entry(session, entry_id, undo)


def _sign(session: Session, hub: Hub, maker: Maker, lot: Lot) -> None:
    """A delivery and a return are signed, and the house says who it is."""
    consignment = session.get_one(Consignment, lot.consignment_id)
    signed = Signed("Zohra", signed_lines_hash(session, consignment), "fr", NOW)
    sign(session, consignment, signed, actor="hind", now=NOW)
    slip = return_to_maker(session, a_deed(session, hub, day=TOMORROW), maker, [(lot.id, 1)])
    sign_return(session, slip, "Zohra", "", "hind", NOW)
    told: dict[str, str | int] = dict.fromkeys(
        ("address", "phone", "tax_id", "patente", "rc", "cnss", "ice"), ""
    )
    told |= {"legal_name": "Dar", "city": "Casablanca", "exchange_days": 14, "withdrawal_days": 7}
    set_identity(session, hub.id, TOMORROW, told, today=TODAY, actor="hind", now=NOW)


def _orders(session: Session, hub: Hub) -> None:
    """One order is fetched, one called off, one waits paid; of three parcels one comes back."""
    habits: dict[str, int | str] = {
        **{"cashier_band_bp": 1_000, "staff_band_bp": 2_000, "return_days": 30},
        "label_sheet": "a4-24",
    }
    set_from(
        *(session, hub.id, TOMORROW, habits),
        kind=HubHabits,
        today=TODAY,
        now=NOW,
        actor="hind",
    )
    set_tariff(session, hub.id, TODAY, TARIFF, now=NOW, actor="hind")
    lot = make_lot(session, hub, make_maker(session, hub), mad(250), quantity=9)
    shop = Counter(hub, lot, session.get_one(Product, lot.product_id))

    def act(number: str) -> Act:
        return act_on(session, a_deed(session, hub, day=TOMORROW), number)

    for _ in range(3):
        order(session, a_wish(session, shop, payment=Payment.TRANSFER))
    for number in ("W-000001", "W-000002", "W-000003"):
        see_transfer(act(number), mad(250), "VIR")
    cancel(act("W-000002"), "she called")
    send_back(act("W-000002"), mad(250), "VIR back")
    pick(act("W-000001"), lot.code)
    hand_over(act("W-000001"))
    brought = []
    for number in ("W-000004", "W-000005", "W-000006"):
        order(session, a_wish(session, shop, **BROUGHT))
        confirm(act(number))
        pick(act(number), lot.code)
        pack(act(number))
        ship(act(number), "amana", "CP 1")
        if number != "W-000006":
            brought.append(remit(act(number)))
    [first, _second] = [one.sale_id for one in brought if one]
    deed = a_deed(session, hub, day=TOMORROW)
    bank_courier(session, deed, "amana", Brought((first,), mad(220), mad(30), "BOR 1"))
    take_back(act("W-000006"), mad(30))


def _after_the_seal(session: Session, hub: Hub) -> None:
    lot = make_lot(session, hub, make_maker(session, hub), mad(120), quantity=2)
    sell(session, hub, a_line(1, Sold(lot, mad(120), mad(120))), register="T2", day=TOMORROW)
