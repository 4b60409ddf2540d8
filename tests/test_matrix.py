"""
Every door, who may come in there, and whose things they find behind it.

`ROWS` has a row for each endpoint. A new one needs a single line:

    "intake.show_delivery": row(OFFICE, number="consignment"),

first the roles that may (or `EVERYBODY`, `TOKEN`), then for each part of its address, and for each
argument in `query={...}`, which kind of thing it names: `tests/world.py` has the kinds, and makes
one of each for us, for another maker, and for another hub. What is tried, for every role and for
nobody, with every method of the endpoint:

- who signed in nowhere is sent to the door, or told 401 where something was to be done;
- a role that is not named gets 403;
- a role that is named finds its own, and 404 for another hub's; makers and artisans find 404 for
  another maker's too, if it is one that the row names by `whose="maker"` (all of theirs, unless it
  says `whose="hub"`);
- and never, for anybody, a 500.

`tests/test_web.py` asks that no endpoint is without its row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from almakane.shop.law_pages import PAGES, TONGUES
from almakane.users.models import Role
from tests.door import browser, come_in
from tests.world import OTHER_HUB, OTHER_MAKER, OWN, World, open_world

OFFICE = frozenset({Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT})
BOOKS = frozenset({Role.MANAGER, Role.ACCOUNTANT})
MANAGER = frozenset({Role.MANAGER})
STAFF = frozenset({Role.HUB_STAFF, Role.MANAGER})
HOUSE = OFFICE | {Role.CASHIER}
PORTAL = frozenset({Role.MAKER, Role.ARTISAN})
ALL = HOUSE | PORTAL
EVERYBODY = ALL | {None}  # signed in or not
# Who gave a password and no code yet; everybody else is sent to the door.
HALF_IN: frozenset[Role | None] = frozenset({None})
LAW = tuple(f"{page}_{tongue}" for page in PAGES for tongue in TONGUES)
TOKEN: frozenset[Role | None] = frozenset()  # a device's token opens it, and no person's cookie


@dataclass(frozen=True)
class Row:
    """Who may use an endpoint, and what its address names."""

    roles: frozenset[Role | None]
    parts: Mapping[str, str]  # of the address: the kind of thing that stands there
    query: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)  # sent as it is
    whose: str = "maker"
    is_open: bool = False  # its things are for everybody who knows the address


def row(
    roles: frozenset[Role | None],
    *,
    query: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
    whose: str = "maker",
    is_open: bool = False,
    **parts: str,
) -> Row:
    """A row of the table; `parts` are named as the endpoint's arguments."""
    return Row(roles, parts, query or {}, data or {}, whose, is_open)


ROWS: dict[str, Row] = {
    # Machines of the house
    "agents.create_lease": row(TOKEN),
    "agents.create_pairing": row(EVERYBODY),
    "agents.create_report": row(TOKEN, uid="uid"),
    "house.show_health": row(EVERYBODY),
    "lookups.create_sign_in": row(TOKEN),
    "lookups.create_x": row(TOKEN),
    "lookups.list_lots": row(TOKEN),
    "lookups.list_people": row(TOKEN),
    "lookups.search_lots": row(TOKEN),
    "lookups.show_lot": row(TOKEN, code="lot"),
    "lookups.show_papers": row(TOKEN),
    "lookups.show_ticket": row(TOKEN, called="ticket_key"),
    "till.create_claim": row(TOKEN),
    "till.create_epoch": row(EVERYBODY),
    "till.create_events": row(TOKEN),
    "till.create_grant": row(TOKEN),
    "till.create_heartbeat": row(TOKEN),
    "till.create_strays": row(TOKEN),
    "till.create_taking": row(TOKEN),
    "till.delete_taking": row(TOKEN, uid="uid"),
    "till.retire_epoch": row(TOKEN),
    "till.show_heads": row(TOKEN),
    "till.show_till": row(EVERYBODY),
    "till.update_customer": row(TOKEN, uid="uid"),
    # The street
    "settings.create_identity": row(MANAGER),
    "settings.edit_site": row(MANAGER, code="site"),
    "settings.update_site": row(MANAGER, code="site"),
    "settings.create_habits": row(MANAGER),
    "settings.create_opening": row(MANAGER),
    "settings.create_rules": row(MANAGER),
    "settings.new_identity": row(MANAGER),
    "settings.new_habits": row(MANAGER),
    "settings.new_opening": row(MANAGER),
    "settings.new_rules": row(MANAGER),
    "settings.show_settings": row(MANAGER),
    "tariffs.create_tariff": row(MANAGER),
    "tariffs.new_tariff": row(MANAGER),
    "shop.home": row(EVERYBODY),
    "shop.list_artisans": row(EVERYBODY),
    "shop.list_pieces": row(EVERYBODY),
    "shop.show_artisan": row(EVERYBODY, code="maker", whose="hub"),
    "shop.show_map": row(EVERYBODY, part="map", is_open=True),
    "shop.show_maps": row(EVERYBODY),
    "shop.show_robots": row(EVERYBODY),
    "shop.show_sheets": row(EVERYBODY, names="sheets", is_open=True),
    "shop.show_piece": row(EVERYBODY, code="product", whose="hub"),
    "shop.show_maker": row(EVERYBODY, hub="hub", code="maker", is_open=True),
    "basket.create_checkout": row(EVERYBODY),
    "basket.create_line": row(EVERYBODY),
    "basket.show_basket": row(EVERYBODY),
    "basket.update_line": row(EVERYBODY, product_id="product_id", is_open=True),
    "checkout.create_order": row(EVERYBODY),
    "checkout.show_checkout": row(EVERYBODY),
    "checkout.show_recap": row(EVERYBODY),
    **{f"law.show_{page}": row(EVERYBODY) for page in LAW},
    "order.create_cancellation": row(EVERYBODY, key="order_key", is_open=True),
    "order.show_order": row(EVERYBODY, key="order_key", is_open=True),
    "tickets.show_ticket": row(EVERYBODY, key="ticket_key", is_open=True),
    # The door of the house
    "entry.create_password": row(EVERYBODY, token="password_link", is_open=True),
    "entry.create_session": row(EVERYBODY, token="entry_link", is_open=True),
    "entry.new_password": row(EVERYBODY, token="password_link", is_open=True),
    "entry.show_link": row(EVERYBODY, token="entry_link", is_open=True),
    "me.create_ending": row(ALL, data={"session": "others"}),
    "me.create_recovery_codes": row(ALL),
    "me.create_second_factor": row(ALL),
    "me.new_second_factor": row(ALL),
    "me.show_account": row(ALL),
    "me.update_pin": row(STAFF | {Role.CASHIER}),
    "me.update_password": row(ALL),
    "people.create_closing": row(MANAGER, user_id="user_id"),
    "people.create_ending": row(MANAGER, user_id="user_id"),
    "people.create_link": row(MANAGER, user_id="user_id"),
    "people.create_opening": row(MANAGER, user_id="user_id"),
    "people.create_person": row(MANAGER),
    "people.create_pin": row(MANAGER, user_id="user_id"),
    "people.create_portal_person": row(MANAGER),
    "people.create_reset": row(MANAGER, user_id="user_id"),
    "people.create_revocation": row(MANAGER, user_id="user_id", link_id="link_id"),
    "people.delete_pin": row(MANAGER, user_id="user_id"),
    "people.list_people": row(MANAGER),
    "people.show_person": row(MANAGER, user_id="user_id"),
    "people.update_role": row(MANAGER, user_id="user_id", data={"role": "cashier"}),
    "users.create_second_factor": row(HALF_IN),
    "users.create_session": row(EVERYBODY),
    "users.create_step": row(HALF_IN),
    "users.delete_session": row(EVERYBODY),
    "users.new_second_factor": row(HALF_IN),
    "users.new_session": row(EVERYBODY),
    "users.new_step": row(HALF_IN),
    "users.update_language": row(EVERYBODY),
    "users.update_theme": row(EVERYBODY),
    # Papers of the desk
    "desk.show_invoice": row(HOUSE, number="ticket"),
    "desk.show_report": row(HOUSE, uid="shift"),
    # Deliveries
    "intake.create_arrival": row(STAFF, intake_id="intake_id"),
    "intake.create_counts": row(STAFF, intake_id="intake_id"),
    "intake.create_delivery": row(STAFF),
    "intake.create_dropping": row(STAFF, intake_id="intake_id"),
    "consignments.create_later_signature": row(STAFF, number="consignment"),
    "intake.create_line": row(STAFF, intake_id="intake_id"),
    "intake.create_restoration": row(STAFF, intake_id="intake_id", line_id="intake_line_id"),
    "sheets.create_sheet": row(STAFF, intake_id="intake_id"),
    "sheets.create_sheet_lines": row(STAFF, intake_id="intake_id", sheet_id="sheet_id"),
    "consignments.create_signature": row(STAFF, intake_id="intake_id"),
    "intake.delete_line": row(STAFF, intake_id="intake_id", line_id="intake_line_id"),
    "intake.edit_line": row(STAFF, intake_id="intake_id", line_id="intake_line_id"),
    "intake.list_deliveries": row(STAFF),
    "intake.new_delivery": row(STAFF),
    "sheets.new_first_sheet": row(STAFF),
    "sheets.create_first_sheet": row(STAFF),
    "intake.new_dropping": row(STAFF, intake_id="intake_id"),
    "sheets.new_sheet": row(STAFF, intake_id="intake_id"),
    "consignments.new_signature": row(STAFF, intake_id="intake_id"),
    "consignments.show_consignment": row(STAFF, number="consignment"),
    "intake.show_delivery": row(STAFF, intake_id="intake_id"),
    "sheets.show_empty_sheet": row(STAFF),
    "sheets.show_sheet": row(STAFF, intake_id="intake_id", sheet_id="sheet_id"),
    "sheets.show_sheet_problems": row(STAFF, intake_id="intake_id", sheet_id="sheet_id"),
    "intake.update_count": row(STAFF, intake_id="intake_id", line_id="intake_line_id"),
    "intake.update_line": row(STAFF, intake_id="intake_id", line_id="intake_line_id"),
    # Papers of the goods
    "inventory.show_count_sheet": row(OFFICE, code="maker"),
    "inventory.show_deposit_slip": row(OFFICE, number="consignment"),
    "inventory.show_label_commands": row(OFFICE, query={"lots": "lot"}),
    "inventory.show_labels": row(OFFICE, query={"lots": "lot"}),
    "inventory.show_return_slip": row(OFFICE, number="return"),
    # Products and their photographs
    "media.show_picture": row(EVERYBODY, name="picture", is_open=True),
    "products.create_offer": row(STAFF, product_id="product_id"),
    "products.create_photo_retirement": row(STAFF, product_id="product_id", photo_id="photo_id"),
    "products.create_photos": row(STAFF, product_id="product_id"),
    "products.create_price": row(STAFF, product_id="product_id"),
    "products.create_product": row(STAFF),
    "products.delete_photo_retirement": row(STAFF, product_id="product_id", photo_id="photo_id"),
    "products.list_products": row(OFFICE, query={"maker": "maker"}),
    "products.new_product": row(OFFICE),
    "products.show_product": row(OFFICE, product_id="product_id"),
    "products.show_split": row(OFFICE, product_id="product_id"),
    "products.update_facts": row(STAFF, product_id="product_id"),
    "products.update_photo_place": row(STAFF, product_id="product_id", photo_id="photo_id"),
    "products.update_photo_words": row(STAFF, product_id="product_id", photo_id="photo_id"),
    "products.update_texts": row(STAFF, product_id="product_id"),
    # Makers, artisans and agreements
    "makers.create_agreement": row(MANAGER, code="maker"),
    "makers.create_artisan": row(STAFF, code="maker"),
    "makers.create_departure": row(STAFF, code="maker", artisan_id="artisan_id"),
    "makers.create_maker": row(STAFF),
    "makers.create_rib": row(BOOKS, code="maker"),
    "makers.delete_departure": row(STAFF, code="maker", artisan_id="artisan_id"),
    "makers.edit_artisan": row(OFFICE, code="maker", artisan_id="artisan_id"),
    "makers.list_agreements": row(OFFICE, code="maker"),
    "makers.new_agreement": row(MANAGER, code="maker"),
    "makers.new_maker": row(STAFF),
    "makers.show_profile": row(OFFICE, code="maker"),
    "makers.update_artisan": row(STAFF, code="maker", artisan_id="artisan_id"),
    "makers.update_profile": row(STAFF, code="maker"),
    "portraits.create_portrait_retirement": row(STAFF, code="maker", photo_id="portrait_id"),
    "portraits.create_portraits": row(STAFF, code="maker"),
    "portraits.delete_portrait_retirement": row(STAFF, code="maker", photo_id="portrait_id"),
    "portraits.list_portraits": row(OFFICE, code="maker"),
    "portraits.update_portrait_place": row(STAFF, code="maker", photo_id="portrait_id"),
    "portraits.update_portrait_words": row(STAFF, code="maker", photo_id="portrait_id"),
    # Makers' money
    "office.search": row(OFFICE),
    "office.show_today": row(OFFICE),
    "payouts.create_cost": row(BOOKS),
    "payouts.create_cost_repeat": row(BOOKS, data={"month": "2026-10"}),
    "payouts.create_cost_reversal": row(BOOKS, cost_id="cost_id"),
    "payouts.create_statements": row(BOOKS),
    "payouts.list_costs": row(OFFICE),
    "payouts.list_craft_share_file": row(OFFICE),
    "payouts.list_craft_shares": row(OFFICE),
    "payouts.list_maker_share_file": row(OFFICE),
    "payouts.list_maker_shares": row(OFFICE),
    "payouts.list_makers": row(OFFICE),
    "payouts.list_share_file": row(OFFICE),
    "payouts.list_shares": row(OFFICE),
    "payouts.list_statements": row(OFFICE, query={"maker": "maker"}),
    "payouts.show_maker": row(OFFICE, code="maker"),
    "payouts.show_cost_file": row(OFFICE),
    "payouts.show_path": row(OFFICE),
    "payouts.show_path_file": row(OFFICE),
    "payouts.show_share": row(OFFICE, month="month", is_open=True),
    "payouts.show_share_file": row(OFFICE, month="month", is_open=True),
    "payouts.show_statement": row(OFFICE, number="statement"),
    "payouts.show_statement_file": row(OFFICE, number="statement"),
    "payouts.show_statement_paper": row(OFFICE, number="statement"),
    # The makers' pages
    "portal.create_announcement": row(frozenset({Role.MAKER})),
    "portal.create_withdrawal": row(frozenset({Role.MAKER}), intake_id="announcement_id"),
    "portal.list_deliveries": row(frozenset({Role.MAKER})),
    "portal.list_pieces": row(PORTAL),
    "portal.list_sales": row(PORTAL),
    "portal.new_announcement": row(frozenset({Role.MAKER}), query={"product": "product"}),
    "portal.show_announcement": row(frozenset({Role.MAKER}), intake_id="announcement_id"),
    "portal.show_deposit_slip": row(frozenset({Role.MAKER}), number="consignment"),
    "portal.show_home": row(PORTAL),
    "portal.show_money": row(PORTAL),
    "portal.show_piece": row(PORTAL, code="product"),
    "portal.show_return_slip": row(frozenset({Role.MAKER}), number="return"),
    "portal.show_sale": row(PORTAL, earning_id="earning_id"),
    "portal.show_statement": row(PORTAL, number="own_statement"),
    "portal.show_statement_file": row(PORTAL, number="own_statement"),
    "portal.show_statement_paper": row(PORTAL, number="own_statement"),
    # Printers
    "printing.create_agent": row(MANAGER),
    "printing.create_answer": row(STAFF, job_id="job_id"),
    "printing.create_copy": row(STAFF, job_id="job_id"),
    "printing.create_exclusion": row(MANAGER, agent_id="agent_id"),
    "printing.list_jobs": row(STAFF),
    "printing.update_register": row(MANAGER, code="register"),
    # Stock
    "counts.create_cancellation": row(STAFF, number="count"),
    "counts.create_closing": row(MANAGER, number="count"),
    "counts.create_count": row(STAFF),
    "counts.create_scan": row(STAFF, number="count"),
    "counts.delete_scan": row(STAFF, number="count", scan_id="scan_id"),
    "counts.list_counts": row(OFFICE),
    "counts.new_count": row(STAFF),
    "counts.show_count": row(OFFICE, number="count"),
    "counts.show_review": row(OFFICE, number="count"),
    "losses.create_finding": row(MANAGER, number="loss"),
    "losses.create_loss": row(MANAGER, code="lot"),
    "losses.new_loss": row(MANAGER, code="lot"),
    "losses.show_loss": row(OFFICE, number="loss"),
    "couriers.create_slip": row(STAFF, courier="courier", whose="hub"),
    "couriers.list_couriers": row(OFFICE),
    "order_lookups.list_orders": row(TOKEN),
    "order_lookups.show_order": row(TOKEN, number="order"),
    **{
        f"orders.{name}": row(STAFF, number="order", whose="hub")
        for name in (
            *("create_cancellation", "create_pick", "create_refund", "create_refusal"),
            *("create_returned_money", "create_shipment", "create_transfer"),
        )
    },
    "orders.create_act": row(STAFF, number="order", act="order_act", whose="hub"),
    "orders.create_hand_over": row(STAFF | {Role.CASHIER}, number="order", whose="hub"),
    "orders.list_orders": row(HOUSE),
    "orders.show_note": row(HOUSE, number="order", whose="hub"),
    "orders.show_order": row(HOUSE, number="order", whose="hub"),
    "returns.create_return": row(STAFF, code="maker"),
    "returns.create_signature": row(STAFF, number="return"),
    "returns.list_due": row(OFFICE),
    "returns.new_return": row(STAFF, code="maker"),
    "returns.show_return": row(OFFICE, number="return"),
    "stock.create_settlement": row(MANAGER, code="lot"),
    "stock.list_lots": row(OFFICE, query={"maker": "maker"}),
    "stock.show_lot": row(OFFICE, code="lot"),
    "transfers.create_move": row(STAFF, number="transfer"),
    "transfers.create_transfer": row(STAFF),
    "transfers.delete_move": row(STAFF, number="transfer", move_id="move_id"),
    "transfers.list_transfers": row(OFFICE),
    "transfers.new_transfer": row(STAFF),
    "transfers.show_transfer": row(OFFICE, number="transfer"),
    # Registers
    "registers.create_adoption": row(MANAGER, event_id="event_id"),
    "registers.create_closing": row(MANAGER, code="register"),
    "registers.create_dismissal": row(MANAGER, event_id="event_id"),
    "registers.create_enrolment": row(MANAGER, code="register"),
    "registers.create_file": row(MANAGER, code="register"),
    "registers.create_flag_ends": row(MANAGER),
    "registers.create_loss": row(MANAGER, code="register", data={"epoch": "1"}),
    "registers.create_retries": row(MANAGER),
    "registers.create_retry": row(MANAGER, event_id="event_id"),
    "registers.create_revocation": row(MANAGER, code="register", data={"epoch": "1"}),
    "registers.create_sightings": row(MANAGER),
    "registers.create_stray_adoption": row(MANAGER, stray_id="stray_id"),
    "registers.create_stray_dismissal": row(MANAGER, stray_id="stray_id"),
    "registers.create_stray_ends": row(MANAGER),
    "registers.list_flags": row(OFFICE),
    "registers.list_registers": row(OFFICE),
    "registers.list_waiting": row(OFFICE),
    "registers.show_event": row(OFFICE, event_id="event_id"),
    "registers.show_register": row(OFFICE, code="register"),
    "registers.show_stray": row(OFFICE, stray_id="stray_id"),
    "registers.show_ticket": row(OFFICE, sale_id="sale_id"),
    "registers.show_ticket_called": row(OFFICE, number="ticket"),
}

# Behind these a person may end sessions: each try has one of its own.
_ENDS = {"entry", "me", "users"}
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


BLUEPRINTS = sorted({name.rpartition(".")[0] for name in ROWS})


@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_a_door_opens_for_its_people_and_their_things(app: Flask, blueprint: str) -> None:
    world = open_world(app)
    known = (
        {} if blueprint in _ENDS else {role: _client(app, world, role) for role in (None, *Role)}
    )
    wrong = [
        f"{method} {path} ({rule.endpoint}) as {role or 'nobody'}, {whose} thing: {found},"
        f" wanted {wanted}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint.rpartition(".")[0] == blueprint
        for method, role, whose in _cases(rule, ROWS[rule.endpoint])
        for path, found, wanted in [_try(app, world, known, rule, method, role, whose)]
        if found != wanted
    ]
    assert not wrong, "\n".join(wrong)


def _cases(rule: Rule, asked: Row) -> Iterator[tuple[str, Role | None, str]]:
    names_things = bool(asked.parts or asked.query)
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        for role in (None, *Role):
            yield method, role, OWN
            if names_things and role in asked.roles and role is not None and not asked.is_open:
                yield method, role, OTHER_HUB
                if role in PORTAL and asked.whose == "maker":
                    yield method, role, OTHER_MAKER


def _try(
    app: Flask,
    world: World,
    known: Mapping[Role | None, FlaskClient],
    rule: Rule,
    method: str,
    role: Role | None,
    whose: str,
) -> tuple[str, str, str]:
    asked, things = ROWS[rule.endpoint], world.things[whose]
    client = known.get(role) or _client(app, world, role)
    with app.test_request_context():
        parts = {part: _of_role(things[kind], role) for part, kind in asked.parts.items()}
        query = {name: things[kind] for name, kind in asked.query.items()}
        path = app.url_for(rule.endpoint, **parts, **query)
    data = dict(asked.data) if method in _UNSAFE else None
    answer = client.open(path, method=method, data=data)
    answer.close()
    return path, _outcome(answer), _wanted(asked, method, role, whose)


def _of_role(thing: Any, role: Role | None) -> Any:
    """What stands in the address: of some things each of a maker's people has one of their own."""
    return thing.get(role, thing[Role.MAKER]) if isinstance(thing, dict) else thing


def _client(app: Flask, world: World, role: Role | None) -> FlaskClient:
    client = browser(app)
    if role is not None:
        assert come_in(client, world.people[role]).status_code == 303
    return client


def _wanted(asked: Row, method: str, role: Role | None, whose: str) -> str:
    if asked.roles == TOKEN:
        return "401"
    if asked.roles is HALF_IN:
        return "the door"
    if role not in asked.roles:
        return "403" if role else "401" if method in _UNSAFE else "the door"
    return "its own" if whose == OWN else "404"


def _outcome(answer: TestResponse) -> str:
    """Its own may be refused for what was sent, but never for who asked or as if not there."""
    if answer.status_code == 303 and answer.location.startswith("/sign-in"):
        return "the door"
    fine = answer.status_code in {200, 201, 204, 303, 400, 409, 413, 415, 422, 429}
    return "its own" if fine else str(answer.status_code)
