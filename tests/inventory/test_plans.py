"""Lists of the stock read a page of lots, and not all that there ever were: how SQLite does it."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.db import db, rows, transaction
from almakane.hubs.models import Hub
from almakane.inventory.counts import _THERE_OF_MAKER
from almakane.inventory.lots import State, Wanted, due_by_maker, hers_here, hub_places, list_of
from tests.counting import counted
from tests.factories import TODAY, mad, make_hub, make_lot, make_maker, the_site

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def stock(books: Flask) -> tuple[Session, Hub, int]:
    """A hub with one lot, and its maker."""
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub)
        make_lot(session, hub, maker, mad(100))
        return session, hub, maker.id


def plan_of(session: Session, sent: list[str], about: str) -> list[str]:
    """How the first statement that says this was read."""
    asked = next(sql for sql in sent if about in sql)
    return [step[3] for step in rows(session, f"EXPLAIN QUERY PLAN {asked}")]


@pytest.mark.parametrize("state", [State.ALL, State.ON_HAND, State.SOLD_OUT, State.TO_RETURN])
def test_the_newest_lots_of_a_maker_are_read_in_their_order(
    stock: tuple[Session, Hub, int], state: State
) -> None:
    session, hub, maker_id = stock
    places = hub_places(session, hub.id)
    session.rollback()
    with counted(db.engine) as sent:
        list_of(session, hub.id, Wanted(state, maker_id), places, TODAY, None)
        session.rollback()
    plan = plan_of(session, sent, "ORDER BY lot.id DESC LIMIT")

    assert plan[0] == "SEARCH lot USING INDEX ix_lot_maker_id (maker_id=? AND id<?)"
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_a_window_of_a_hubs_lots_is_found_in_an_index(stock: tuple[Session, Hub, int]) -> None:
    session, hub, _maker = stock
    places = hub_places(session, hub.id)
    session.rollback()
    with counted(db.engine) as sent:
        list_of(session, hub.id, Wanted(State.SOLD_OUT), places, TODAY, None)
        session.rollback()
    plan = plan_of(session, sent, "SELECT MIN(id)")
    found = plan_of(session, sent, "ORDER BY lot.id DESC LIMIT")

    assert any("USING COVERING INDEX ix_lot_hub_id (hub_id=? AND id<?)" in step for step in plan)
    assert not any("TEMP B-TREE" in step for step in found), found


def test_what_is_due_is_read_from_what_is_there(stock: tuple[Session, Hub, int]) -> None:
    session, hub, maker_id = stock
    places = hub_places(session, hub.id)
    site = the_site(session, hub).id
    session.rollback()
    with counted(db.engine) as sent:
        due_by_maker(session, places, TODAY)
        hers_here(session, maker_id, site, places)
        session.rollback()
    of_all = plan_of(session, sent, "GROUP BY lot.maker_id")
    of_one = plan_of(session, sent, "ORDER BY lot.due_back_on")

    assert of_all[0] == "SEARCH level USING COVERING INDEX ix_stock_level_there (place_id=?)"
    assert of_one[0].startswith("SEARCH lot USING INDEX ix_lot_maker (maker_id=?")
    assert "SEARCH level USING PRIMARY KEY (lot_id=?)" in of_one


def test_a_count_of_one_maker_looks_at_her_lots_alone(stock: tuple[Session, Hub, int]) -> None:
    scope = "AND lot.maker_id = 1 AND lot.regime <> 'C'"
    sql = _THERE_OF_MAKER.replace("(??)", "(1)").format(scope=scope)
    plan = [step[3] for step in rows(stock[0], f"EXPLAIN QUERY PLAN {sql}")]

    assert plan[0].startswith("SEARCH lot USING INDEX ix_lot_maker"), plan
    assert all(step.startswith("SEARCH") for step in plan), plan
