"""
A till that tells the same tickets each time it is started, for a test that kills it.

`python -m tests.journeys.till <database> <folder> <first> <count>` records one ticket after the
other and prints a number only when its commit has come back, as a till's server answers.
"""

import sys
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.app import create_app
from almakane.cooperatives.agreement import Discounts, PaidTo, Regime, Terms
from almakane.db import transaction
from almakane.hubs.models import Hub
from almakane.hubs.queries import the_hub
from almakane.inventory.models import Lot
from almakane.money import inside
from almakane.sales.services import Recorded, record_sale
from almakane.sales.ticket import Ticket
from almakane.settings import Settings
from almakane.users.services import UNTRIED
from tests.factories import (
    NOW,
    Sold,
    a_line,
    a_return,
    a_ticket,
    card,
    cash,
    mad,
    make_hub,
    make_lot,
    make_maker,
)

PRICES = (mad(120), mad(80), mad(333))
PLENTY = 100_000
VAT_BP = 2_000


def set_up(session: Session) -> Hub:
    """A hub with plenty of three things: of members who are paid, of the house, of a mandate."""
    hub = make_hub(session)
    cooperative = make_maker(
        session, hub, Terms(Regime.MANDATE, 2_500, paid_to=PaidTo.MEMBERS), artisans=3
    )
    weights = dict.fromkeys(cooperative.artisans, 1)
    make_lot(session, hub, cooperative, PRICES[0], quantity=PLENTY, weights=weights)
    bought = make_maker(session, hub, Terms(Regime.FIRM, 0, maker_vat_liable=True))
    make_lot(session, hub, bought, PRICES[1], quantity=PLENTY, unit_cost=mad(40))
    young = make_maker(session, hub, Terms(Regime.COMMISSIONNAIRE, 3_000, Discounts.HUB))
    make_lot(session, hub, young, PRICES[2], quantity=PLENTY)
    return hub


def the_lots(session: Session) -> list[Lot]:
    """The three, in the order in which they came."""
    return list(session.scalars(select(Lot).order_by(Lot.id)))


def ticket(lots: list[Lot], n: int) -> Ticket:
    """The ticket of that number, always the same: a sale, and each fourth one takes it back."""
    uid = f"till-{n:06d}"
    if n % 4 == 3:
        sale = ticket(lots, n - 1)
        [first, *_] = sale.lines
        return a_ticket(returns=(a_return(1, sale, 1, first.total, first.qty),), uid=uid)
    lines = []
    for at, (lot, price) in enumerate(zip(lots, PRICES, strict=True), 1):
        sold = Sold(lot, price, price - n % 7 * 100, 1 + n % 2)
        tax = inside(sold.unit * sold.qty, VAT_BP) if lot.regime is not Regime.MANDATE else 0
        lines.append(a_line(at, sold, tax=tax))
    goods = sum(line.total for line in lines)
    return a_ticket(*lines, uid=uid, tenders=(card(mad(50)), cash(goods - mad(50))))


def record(session: Session, hub_id: int, told: Ticket) -> Recorded:
    """Tell one ticket, always at the same moment."""
    return record_sale(session, hub_id, told, now=NOW)


def main(database_url: str, data_dir: str, first: int, count: int) -> None:
    """Record tickets, each in its own transaction, and say so of each."""
    settings = Settings(database_url, Path(data_dir), secret_key="test", argon2_cost=UNTRIED)
    with create_app(settings).app_context():
        with transaction() as session:
            hub_id, lots = the_hub(session).id, the_lots(session)
        for n in range(first, first + count):
            with transaction() as session:
                recorded = record(session, hub_id, ticket(lots, n))
            sys.stdout.write(f"{n} {recorded.number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
