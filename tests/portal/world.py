"""A small trade that every kind of reader has a part in, and the browsers they read it in."""

from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.models import Artisan, Maker, MakerKind
from almakane.hubs.models import Hub
from almakane.inventory.deliveries import return_to_maker
from almakane.inventory.losses import record_loss
from almakane.inventory.models import LossKind, Lot
from almakane.portal.queries import Whose
from almakane.users.models import Role
from almakane.users.services import UNTRIED, create_user
from tests.door import PASSWORD, browser, come_in
from tests.factories import (
    Done,
    Sold,
    a_deed,
    a_line,
    a_return,
    mad,
    make_lot,
    make_maker,
    refund,
    sell,
)

MEMBERS = Terms(Regime.MANDATE, 2_500, paid_to=PaidTo.MEMBERS)


@dataclass
class House:
    """A hub with a cooperative that is paid as one, one that pays members, and one alone."""

    hub: Hub
    as_one: Maker
    by_member: Maker
    alone: Maker
    dish: Lot  # of the first: two makers, four dishes
    rug: Lot  # of the second: three makers, one rug
    jar: Lot  # of the third
    sold: dict[str, Done]


def open_house(session: Session, hub: Hub) -> House:
    """Deliveries, sales, a refund, a loss and a return, all of today."""
    as_one = make_maker(session, hub, artisans=2)
    by_member = make_maker(session, hub, MEMBERS, artisans=3)
    alone = make_maker(session, hub, MEMBERS, artisans=1)
    alone.kind = MakerKind.ARTISAN
    aicha, zohra = as_one.artisans
    dish = make_lot(
        session, hub, as_one, mad(180), quantity=6, floor=mad(150), weights={aicha: 2, zohra: 1}
    )
    rug = make_lot(session, hub, by_member, mad(1000), weights=dict.fromkeys(by_member.artisans, 1))
    jar = make_lot(session, hub, alone, mad(400), weights=dict.fromkeys(alone.artisans, 1))
    sold = {
        "dishes": sell(session, hub, a_line(1, Sold(dish, mad(180), mad("175.55"), 3))),
        "rug": sell(session, hub, a_line(1, Sold(rug, mad(1000), mad(1000)))),
        "jar": sell(session, hub, a_line(1, Sold(jar, mad(400), mad(400)))),
    }
    refund(session, hub, a_return(1, sold["dishes"].ticket, 1, mad("175.55")))
    record_loss(session, a_deed(session, hub), dish.id, 1, LossKind.DAMAGED, "tombé")
    return_to_maker(session, a_deed(session, hub), as_one, [(dish.id, 1)])
    return House(hub, as_one, by_member, alone, dish, rug, jar, sold)


def let_in(session: Session, login: str, whose: Maker | Artisan) -> None:
    """Give a maker or an artisan an account."""
    is_maker = isinstance(whose, Maker)
    create_user(
        session,
        hub_id=whose.hub_id,
        login=login,
        name=login.title(),
        role=Role.MAKER if is_maker else Role.ARTISAN,
        password=PASSWORD,
        cost=UNTRIED,
        maker_id=whose.id if is_maker else None,
        artisan_id=None if is_maker else whose.id,
        language="en",
    )


def reads(app: Flask, login: str) -> FlaskClient:
    """A reader's browser, signed in; it speaks English."""
    client = browser(app)
    client.get("/?lang=en")
    assert come_in(client, login).location == "/portal"
    return client


def whose_of(owner: Maker | Artisan) -> Whose:
    """What the portal asks the books with, for one reader."""
    if isinstance(owner, Maker):
        return Whose(owner.hub_id, owner.id)
    return Whose(owner.hub_id, owner.maker_id, owner.id)
