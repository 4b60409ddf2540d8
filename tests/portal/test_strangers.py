"""A member never meets another member's things, nor anything that she has no part in."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from almakane.cooperatives.models import Artisan
from almakane.db import db, transaction
from almakane.inventory.models import Product
from almakane.ledger.models import Earning
from almakane.payouts.models import Statement
from almakane.payouts.services import draw_statements
from almakane.users.models import Role
from tests.factories import (
    NOW,
    TODAY,
    Sold,
    a_line,
    mad,
    make_hub,
    make_lot,
    make_maker,
    sell,
)
from tests.portal.world import MEMBERS, let_in, reads
from tests.test_matrix import ROWS


def test_a_member_finds_nothing_of_another_member(app: Flask) -> None:
    """Every page that names a thing is asked by both: hers is there, the other's is not."""
    with app.app_context():
        with transaction() as session:
            hub = make_hub(session)
            maker = make_maker(session, hub, MEMBERS, artisans=2)
            for artisan in maker.artisans:
                lot = make_lot(session, hub, maker, mad(100), weights={artisan: 1})
                sell(session, hub, a_line(1, Sold(lot, mad(100), mad(100))))
            draw_statements(session, hub.id, TODAY, now=NOW, actor="nadia")
            for login, artisan in zip(("rkia", "zahra"), maker.artisans, strict=True):
                let_in(session, login, artisan)
        things = [
            _things(artisan) for artisan in db.session.scalars(select(Artisan).order_by(Artisan.id))
        ]
        db.session.remove()
    named = [  # what a maker alone may ask for is tried by the table of all doors
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("portal.")
        and rule.arguments
        and Role.ARTISAN in ROWS[rule.endpoint].roles
    ]
    clients = {"rkia": reads(app, "rkia"), "zahra": reads(app, "zahra")}
    for login, own, other in (("rkia", things[0], things[1]), ("zahra", things[1], things[0])):
        for rule in named:
            for values, status in ((own, 200), (other, 404)):
                with app.test_request_context():
                    asked = {part: values[part] for part in rule.arguments}
                    path = app.url_for(rule.endpoint, **asked)
                answer = clients[login].get(path)
                assert answer.status_code == status, (login, path)
                answer.close()
    assert len(named) >= 5


def _things(artisan: Artisan) -> dict[str, Any]:
    lines = db.session.scalars(select(Earning).order_by(Earning.id)).all()
    products = db.session.scalars(select(Product).order_by(Product.id)).all()
    statement = db.session.scalar(select(Statement).where(Statement.artisan_id == artisan.id))
    assert statement
    at = artisan.id - min(db.session.scalars(select(Artisan.id)))
    return {
        "earning_id": lines[at].id,
        "code": products[at].code,
        "number": statement.number,
    }
