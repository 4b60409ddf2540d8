"""
Two hubs with one of everything in each: what tests that ask "whose is it?" walk through.

`open_world` makes the same things three times: for a maker, for another maker of the same hub, and
for a maker of another hub. Whoever adds a kind of thing adds a line to `_things`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.db import db, insert_rows, rows, transaction
from almakane.gateways.agents import open_pairing, pair
from almakane.gateways.media import keep_drawing
from almakane.gateways.models import JobKind
from almakane.gateways.spool import Job, lease, report, spool
from almakane.hubs.models import Hub, SeriesKind, Site
from almakane.hubs.services import open_hub
from almakane.inventory.counting import open_count, scan
from almakane.inventory.deliveries import return_to_maker
from almakane.inventory.intake import Brought, add_line, announce_delivery, start_intake
from almakane.inventory.losses import record_loss
from almakane.inventory.models import Consignment, LossKind, Lot, Photo, PhotoForm, PlaceKind
from almakane.inventory.services import set_up_places, transfer
from almakane.inventory.sheets import keep_sheet
from almakane.payouts.costs import Cost, enter_cost
from almakane.payouts.models import Activity, CostKind, Fund
from almakane.payouts.services import draw_statements
from almakane.sales.models import Register, RegisterKind
from almakane.shop.models import Payment, Way
from almakane.shop.ordering import Asked, Placed, Wish, place_order
from almakane.users.links import give_link, live_links
from almakane.users.models import LinkKind, Role, User
from almakane.users.services import UNTRIED, create_user
from almakane.web import settings
from tests.door import PASSWORD
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_deed,
    a_line,
    mad,
    make_lot,
    make_maker,
    new_uid,
    sell,
    the_site,
)
from tests.journal.shop import Shop
from tests.till.client import line

OWN, OTHER_MAKER, OTHER_HUB = "own", "another maker's", "another hub's"
STAFF = (Role.HUB_STAFF, Role.MANAGER, Role.CASHIER, Role.ACCOUNTANT)

# Members are paid, so that an artisan has statements of her own.
_TERMS = Terms(Regime.MANDATE, 2_500, paid_to=PaidTo.MEMBERS)

Things = dict[str, Any]  # what differs by who asks is a dict of roles


@dataclass(frozen=True)
class World:
    """Who knocks, by role, all of one hub; and by owner the things that they ask for."""

    people: dict[Role, str]  # to the name that each signs in with
    things: dict[str, Things]


def open_world(app: Flask) -> World:
    """Two hubs on an empty database."""
    with app.app_context():
        try:
            return _open(app)
        finally:
            db.session.remove()


def _open(app: Flask) -> World:
    with transaction() as session:
        casa = _open_hub(session, "casa", ("T1", "T2"), first=1)
        fes = _open_hub(session, "fes", ("T7", "T8"), first=501)
        ours, theirs, strangers = (
            make_maker(session, hub, _TERMS, artisans=1) for hub in (casa, casa, fes)
        )
        people = {role: _person(session, casa, role, role.value).login for role in STAFF}
        at_home = _people_of(session, casa, ours, "ours")
        people |= {role: user.login for role, user in at_home.items()}
        portals = {
            OWN: at_home,
            OTHER_MAKER: _people_of(session, casa, theirs, "theirs"),
            OTHER_HUB: _people_of(session, fes, strangers, "strangers"),
        }
        _person(session, fes, Role.MANAGER, "omar")
        lots = {maker.id: _lot_of(session, maker) for maker in (ours, theirs, strangers)}
        for maker, register in ((ours, "T1"), (theirs, "T1"), (strangers, "T7")):
            hub, lot = session.get_one(Hub, maker.hub_id), lots[maker.id]
            sold = Sold(lot, mad(120), mad(120))
            sell(session, hub, a_line(1, sold), register=register)
        for hub in (casa, fes):
            draw_statements(session, hub.id, TODAY, now=NOW, actor="nadia")
    tills = {hub.id: _till_of(app, hub, register) for hub, register in ((casa, "T1"), (fes, "T7"))}
    with transaction() as session:
        return World(
            people,
            {
                whose: _things(session, maker, lots[maker.id], portals[whose])
                | tills[maker.hub_id]
                | _colleague(session, maker.hub_id)
                for whose, maker in ((OWN, ours), (OTHER_MAKER, theirs), (OTHER_HUB, strangers))
            },
        )


_STATEMENT = "SELECT number FROM statement WHERE maker_id = ? AND artisan_id {}"


def _things(session: Session, maker: Maker, lot: Lot, portal: dict[Role, User]) -> Things:
    """One maker's own, by kind: each is what an address says of it."""

    def one(sql: str, *values: object) -> Any:
        return rows(session, sql, values)[0][0]

    def link(user: User, kind: LinkKind) -> str:
        return give_link(session, user, kind, actor="hind", now=datetime.now(UTC), is_once=False)

    hub = session.get_one(Hub, maker.hub_id)
    back = return_to_maker(session, a_deed(session, hub), maker, [(lot.id, 1)])
    table = start_intake(session, maker, "amina", uid=new_uid(), now=NOW)
    told = add_line(session, table, Brought("a", title="Bol"))
    to_come = announce_delivery(
        session, maker, [Brought("a", title="Bol")], "ours", uid=new_uid(), now=NOW, by_maker=True
    )
    moved = transfer(session, a_deed(session, hub), lot.id, 1, PlaceKind.SHELF, PlaceKind.RESERVE)
    lost = record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "?")
    count = open_count(session, a_deed(session, hub), maker_id=maker.id)
    seen = scan(session, count.id, new_uid(), lot.code, 1, PlaceKind.SHELF, actor="salma", now=NOW)
    ordered = _order_of(session, hub, lot)
    sale_id = one("SELECT sale_id FROM sale_line WHERE lot_id = ?", lot.id)
    return {
        "hub": hub.code,
        "site": the_site(session, hub).code,
        "maker": maker.code,
        "maker_id": maker.id,
        "artisan_id": maker.artisans[0].id,
        "lot": lot.code,
        "lot_id": lot.id,
        "product_id": lot.product_id,
        "photo_id": (photo := _photo_of(session, maker, product_id=lot.product_id)).id,
        "portrait_id": _photo_of(session, maker, maker_id=maker.id).id,
        "picture": f"{photo.key}.svg",
        "map": "pages",
        "sheets": "tokens+base",
        "consignment": session.get_one(Consignment, lot.consignment_id).number,
        "return": back.number,
        "transfer": moved,
        "move_id": one("SELECT id FROM stock_move WHERE document = ?", moved),
        "loss": lost.number,
        "count": count.number,
        "scan_id": seen.id,
        "intake_id": table.id,
        "intake_line_id": told.id,
        "sheet_id": keep_sheet(session, table, "a", b"Titre\nPlat\n", by="amina", now=NOW).id,
        "announcement_id": to_come.id,
        "order": ordered.order.number,
        "order_key": ordered.key,
        "order_act": "misses",
        "courier": "amana" if hub.code == "casa" else "theirs",  # each house has the same ones
        "sale_id": sale_id,
        "ticket": one("SELECT number FROM sale WHERE id = ?", sale_id),
        "statement": one("SELECT number FROM statement WHERE maker_id = ?", maker.id),
        "own_statement": {
            Role.MAKER: one(_STATEMENT.format("IS NULL"), maker.id),
            Role.ARTISAN: one(_STATEMENT.format("IS NOT NULL"), maker.id),
        },
        "product": one("SELECT code FROM product WHERE id = ?", lot.product_id),
        "earning_id": one("SELECT id FROM earning WHERE maker_id = ?", maker.id),
        "month": f"{TODAY:%Y-%m}",
        "cost_id": _cost_of(session, hub.id),
        "portal_user_id": portal[Role.MAKER].id,
        "entry_link": link(portal[Role.MAKER], LinkKind.ENTRY),
        "password_link": link(portal[Role.MAKER], LinkKind.PASSWORD),
    }


def _order_of(session: Session, hub: Hub, lot: Lot) -> Placed:
    """Somebody from afar wants one of the maker's."""
    wish = Wish(
        hub_id=hub.id,
        site_id=the_site(session, hub).id,
        uid=new_uid(),
        language="fr",
        name="Nadia Berrada",
        phone="0661234567",
        way=Way.PICKUP,
        payment=Payment.SHOP,
        lines=(Asked(lot.product_id, 1, mad(120)),),
    )
    return place_order(session, wish, secret=settings().vault_secret, now=datetime.now(UTC))


def _cost_of(session: Session, hub_id: int) -> int:
    rent = Cost(TODAY.replace(day=1), CostKind.RENT, Activity.HOUSE, Fund.OWN, mad(3_500))
    told = {"uid": "the rent", "today": TODAY, "now": NOW, "actor": "nadia"}
    return enter_cost(session, hub_id, rent, **told).id  # type: ignore[arg-type]


def _photo_of(session: Session, maker: Maker, **of: int) -> Photo:
    """A picture of a product of the maker's, or of herself."""
    drawn = keep_drawing("<svg/>", settings().data_dir / "media", 400, 500)
    photo = Photo(
        hub_id=maker.hub_id,
        **of,
        form=PhotoForm.DRAWING,
        key=drawn.key,
        width=drawn.width,
        height=drawn.height,
        position=1,
        taken_in_at=NOW,
        actor="salma",
    )
    session.add(photo)
    session.flush()
    return photo


def _open_hub(session: Session, code: str, tills: tuple[str, ...], *, first: int) -> Hub:
    """A hub whose documents are numbered from `first` on, so that no number is another hub's."""
    hub = open_hub(session, code, code.title(), sites={f"{code}-1": "Médina"})
    set_up_places(session, the_site(session, hub).id)
    numbers = [
        (hub.id, kind.value, register, first)
        for kind in SeriesKind
        for register in (tills if kind is SeriesKind.TICKET else ("",))
    ]
    insert_rows(session, "number_series", ("hub_id", "kind", "register", "next"), numbers)
    site = the_site(session, hub)
    kinds = dict.fromkeys(tills, RegisterKind.TILL) | dict.fromkeys(
        ("WEB", "DESK", "REPAIR"), RegisterKind.SERVER
    )
    session.add_all(
        Register(hub_id=hub.id, site_id=site.id, code=code, kind=kind)
        for code, kind in kinds.items()
    )
    session.flush()
    return hub


def _person(session: Session, hub: Hub, role: Role, login: str, **whose: Any) -> User:
    return create_user(
        session,
        hub_id=hub.id,
        login=login,
        name=login.title(),
        role=role,
        password=PASSWORD,
        cost=UNTRIED,
        **whose,
    )


def _people_of(session: Session, hub: Hub, maker: Maker, login: str) -> dict[Role, User]:
    artisan = maker.artisans[0]
    return {
        Role.MAKER: _person(session, hub, Role.MAKER, f"{login} maker", maker_id=maker.id),
        Role.ARTISAN: _person(
            session, hub, Role.ARTISAN, f"{login} artisan", artisan_id=artisan.id
        ),
    }


def _colleague(session: Session, hub_id: int) -> Things:
    """Somebody who works in a hub besides those who knock."""
    user = session.query(User).filter_by(hub_id=hub_id, login="yasmine").first()
    if user is None:
        user = _person(session, session.get_one(Hub, hub_id), Role.CASHIER, "yasmine")
        give_link(session, user, LinkKind.PASSWORD, actor="hind", now=datetime.now(UTC))
    [link] = live_links(session, user.id, datetime.now(UTC))
    return {"user_id": user.id, "link_id": link.id}


def _lot_of(session: Session, maker: Maker) -> Lot:
    hub = session.get_one(Hub, maker.hub_id)
    return make_lot(
        session, hub, maker, mad(120), quantity=9, weights=dict.fromkeys(maker.artisans, 1)
    )


def _till_of(app: Flask, hub: Hub, register: str) -> Things:
    """A hub's till at work: an open shift, what waits, and a paper of which nobody knows."""
    shop, now = Shop(app, hub.id, "2999999999999", ""), datetime.now(UTC)
    till = shop.till(register, now=now)
    till.open_shift()
    sold = till.sell(line(shop.pot, mad(10)))
    till.sell(line(shop.pot, mad(10)), colour="red")  # a word that no ticket has: it waits
    till.ask("POST", "/pos/journal/strays", {"why": "found", "events": [till.live.sign("no")]})
    till.send()
    uid = f"019a0000-0000-7000-8000-0000000a{hub.id:04x}"
    with transaction() as session:
        site = session.query(Site).filter_by(hub_id=hub.id).one()
        pair(
            session,
            open_pairing(session, hub.id, site.id, f"comptoir {hub.code}", by="hind", now=now),
            app="",
            now=now,
        )
        agent = rows(session, "SELECT id FROM print_agent WHERE hub_id = ?", (hub.id,))[0][0]
        job = Job(
            *(hub.id, agent, None, JobKind.RECEIPT, uid, 0, "T-1", b"x", "amina"),
            now.replace(year=2099),
        )
        spool(session, job, now=now)
        leased = lease(session, agent, "disk", now=now)
        assert leased
        report(session, agent, leased.uid, leased.lease, "disk", "unknown", told="", now=now)
    with transaction() as session:
        where = "WHERE register_id IN (SELECT id FROM register WHERE hub_id = ?)"
        ask = {
            "stray_id": f"SELECT MAX(id) FROM stray {where}",
            "shift": f"SELECT MAX(uid) FROM shift {where}",
            "job_id": "SELECT MAX(id) FROM print_job WHERE hub_id = ?",
            "event_id": (
                "SELECT MAX(e.id) FROM journal_event e JOIN chain c ON c.id = e.chain_id"
                f" JOIN epoch ON epoch.id = c.epoch_id {where}"
            ),
        }
        found = {name: rows(session, sql, (hub.id,))[0][0] for name, sql in ask.items()}
        assert all(found.values()), found
        key = json.loads(sold["text"])["body"]["key"]
        return {"register": register, "agent_id": agent, "uid": uid, "ticket_key": key, **found}
