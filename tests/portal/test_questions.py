"""How often a page asks the database: no more for a long history than for a short one."""

import pytest
from flask import Flask

from almakane.cooperatives.models import Artisan, Maker
from almakane.db import db, transaction
from almakane.hubs.queries import the_hub
from almakane.inventory.models import Product
from almakane.ledger.models import Earning
from almakane.payouts.services import draw_statements
from tests.counting import counted
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_line,
    a_return,
    mad,
    make_hub,
    make_lot,
    refund,
    sell,
)
from tests.portal.world import House, let_in, open_house, reads

PAGES = ("", "/pieces", "/pieces?where=sold", "/sales", "/money")


def more_trade(app: Flask, house: House) -> None:
    """Three times as much of everything, and a statement of it."""
    with app.app_context(), transaction() as session:
        hub = the_hub(session)
        for maker in (house.as_one, house.by_member):
            for _ in range(12):
                weights = dict.fromkeys(maker.artisans, 1)
                lot = make_lot(session, hub, maker, mad(100), quantity=4, weights=weights)
                done = sell(session, hub, a_line(1, Sold(lot, mad(100), mad(100), 2)))
                refund(session, hub, a_return(1, done.ticket, 1, mad(100)))


@pytest.mark.engines("sqlite")
def test_a_page_asks_no_more_for_a_long_history(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            house = open_house(session, make_hub(session))
            owners: dict[str, Maker | Artisan] = {
                "hassan": house.as_one,
                "malika": house.as_one.artisans[0],
                "fadma": house.by_member,
                "rkia": house.by_member.artisans[0],
            }
            for login, owner in owners.items():
                let_in(session, login, owner)
            of_dish, of_rug = (
                [
                    f"/sales/{session.query(Earning).filter_by(lot_code=lot.code).first().id}",  # type: ignore[union-attr]
                    f"/pieces/{session.get_one(Product, lot.product_id).code}",
                ]
                for lot in (house.dish, house.rug)
            )
        engine = db.engine
        db.session.remove()
    clients = {login: reads(app, login) for login in owners}
    asked: list[dict[str, int]] = []
    for day in range(2):
        with app.app_context(), transaction() as session:
            draw_statements(session, house.hub.id, TODAY, now=NOW, actor="nadia")
        asked.append({})
        for login, client in clients.items():
            for path in (*PAGES, *(of_dish if login in ("hassan", "malika") else of_rug)):
                with counted(engine) as sent:
                    answer = client.get(f"/portal{path}")
                assert answer.status_code == 200, (login, path)
                asked[day][f"{login} {path}"] = len(sent)
        if not day:
            more_trade(app, house)
    assert asked[1] == asked[0]
    assert max(asked[0].values()) <= 24, asked[0]
