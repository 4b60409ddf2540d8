"""What changed since a till asked: all of it, and no more than that."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from almakane.cooperatives.amending import By
from almakane.cooperatives.models import Maker
from almakane.db import db, transaction
from almakane.hubs.models import Hub, HubRules, Site
from almakane.inventory.holds import end_hold, place_hold
from almakane.inventory.models import HoldEnd, HoldKind, Lot, Product
from almakane.inventory.products import Words, offer, set_price, write_texts
from tests.counting import counted
from tests.factories import mad, make_hub, make_lot, make_maker
from tests.journal.shop import Shop
from tests.till.client import Till, line


def ask(till: Till, since: int | None = None, after: int = 0) -> Any:
    wish = f"?after={after}" + (f"&since={since}" if since is not None else "")
    status, told = till.ask("GET", f"/pos/catalogue{wish}")
    assert status == 200
    return told


def codes(told: Any) -> list[str]:
    return [lot["code"] for lot in told["lots"]]


def product_of(session: Any, code: str) -> Product:
    found: Product = session.query(Product).join(Lot).filter(Lot.code == code).one()
    return found


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock of the till's door, five minutes on."""
    now = datetime.now(UTC) + timedelta(minutes=5)
    monkeypatch.setattr("almakane.pos.lookups._now", lambda: now)
    return now


def by(now: datetime) -> By:
    return By("hind", now)


def test_nothing_changed_tells_no_lot(shop: Shop, till: Till, soon: datetime) -> None:
    told = ask(till, since=ask(till)["cursor"])

    assert (told["whole"], told["lots"], told["next"]) == (False, [], None)


def test_a_price_is_told(shop: Shop, till: Till, soon: datetime) -> None:
    cursor = ask(till)["cursor"]
    with transaction() as session:
        pot = product_of(session, shop.pot)
        set_price(session, pot, mad(300), day=soon.date(), by=by(soon))

    told = ask(till, since=cursor)

    assert (told["whole"], codes(told)) == (False, [shop.pot])
    assert told["lots"][0]["list"] == mad(300)


def test_a_sale_is_told_though_nothing_is_left(shop: Shop, till: Till) -> None:
    with transaction() as session:
        maker = session.query(Maker).one()
        hub = session.get_one(Hub, shop.hub_id)
        only = make_lot(session, hub, maker, mad(70))
        code = only.code
    cursor = ask(till)["cursor"]
    till.sell(line(code, mad(70)))
    till.send()

    told = ask(till, since=cursor)

    [lot] = [lot for lot in told["lots"] if lot["code"] == code]
    assert (told["whole"], lot["qty"]) == (False, 0)


def test_what_goes_off_sale_or_is_called_otherwise_is_told(
    shop: Shop, till: Till, soon: datetime
) -> None:
    cursor = ask(till)["cursor"]
    with transaction() as session:
        offer(session, product_of(session, shop.pot), "all", by(soon), is_open=False)
        write_texts(session, product_of(session, shop.bowl), {"fr": Words("Bol")}, by(soon))

    told = ask(till, since=cursor)

    assert codes(told) == [shop.pot, shop.bowl]
    assert [lot["on_sale"] for lot in told["lots"]] == [False, True]


def test_a_claim_is_told_when_it_begins_when_it_ends_and_when_it_runs_out(
    shop: Shop, till: Till, soon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = ask(till)["cursor"]
    with transaction() as session:
        pot = session.query(Lot).filter_by(code=shop.pot).one().id
        bowl = session.query(Lot).filter_by(code=shop.bowl).one().id
        first = place_hold(session, shop.hub_id, 1, pot, 2, HoldKind.PICKUP, "order/1", soon).id
        place_hold(session, shop.hub_id, 1, bowl, 3, HoldKind.CHECKOUT, "order/2", soon)
    told = ask(till, since=cursor)
    assert [lot["held"] for lot in told["lots"]] == [2, 3]

    much_later = soon + timedelta(minutes=30)
    monkeypatch.setattr("almakane.pos.lookups._now", lambda: much_later)
    cursor = ask(till)["cursor"]
    with transaction() as session:
        end_hold(session, first, HoldEnd.RELEASED, much_later)
    told = ask(till, since=cursor)
    assert [(lot["code"], lot["held"]) for lot in told["lots"]] == [(shop.pot, 0)]

    monkeypatch.setattr("almakane.pos.lookups._now", lambda: soon + timedelta(minutes=37))
    told = ask(till, since=cursor)
    assert [lot["held"] for lot in told["lots"]] == [0, 0]


def test_other_rules_of_tax_make_all_of_it_new(shop: Shop, till: Till, soon: datetime) -> None:
    cursor = ask(till)["cursor"]
    with transaction() as session:
        rules = session.query(HubRules).one()
        session.add(
            HubRules(
                hub_id=shop.hub_id,
                valid_from=rules.valid_from + timedelta(days=1),
                vat_liable=True,
                vat_bp=1_900,
                vat_reduced_bp=900,
                cash_step=10,
                cash_limit=2_000_000,
                till_wait_days=7,
                web_wait_days=14,
                actor="hind",
                set_at=soon,
            )
        )

    assert ask(till, since=cursor)["whole"] is True


@pytest.mark.parametrize("wrong", [1, 481, 2**62])
def test_a_cursor_that_is_old_or_of_nowhere_gets_all_of_it(
    shop: Shop, till: Till, wrong: int
) -> None:
    told = ask(till, since=wrong)

    assert (told["whole"], codes(told)) == (True, [shop.pot, shop.bowl])


def test_another_hub_s_changes_are_not_told(shop: Shop, till: Till, soon: datetime) -> None:
    cursor = ask(till)["cursor"]
    with transaction() as session:
        rabat = make_hub(session, code="rabat")
        lot = make_lot(session, rabat, make_maker(session, rabat), mad(50))
        product = session.get_one(Product, lot.product_id)
        set_price(session, product, mad(60), day=date(2026, 11, 21), by=by(soon))
        site = session.query(Site).filter_by(hub_id=rabat.id).one()
        place_hold(session, rabat.id, site.id, lot.id, 1, HoldKind.PICKUP, "o/1", soon)

    assert ask(till, since=cursor)["lots"] == []


def test_pages_follow_one_another_until_the_last(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("almakane.pos.lookups.AT_ONCE", 1)
    first = ask(till)
    second = ask(till, after=first["next"])

    assert (codes(first), codes(second)) == ([shop.pot], [shop.bowl])
    assert second["next"] is None


@pytest.mark.engines("sqlite")
def test_the_questions_to_the_books_do_not_grow_with_the_catalogue(
    shop: Shop, till: Till, soon: datetime
) -> None:
    def asked(since: int | None = None) -> int:
        with counted(db.engine) as sent:
            ask(till, since)
        return len(sent)

    def bring(count: int) -> None:
        with transaction() as session:
            maker = session.query(Maker).one()
            hub = session.get_one(Hub, shop.hub_id)
            for _ in range(count):
                lot = make_lot(session, hub, maker, mad(30))
                product = session.get_one(Product, lot.product_id)
                set_price(session, product, mad(31), day=soon.date(), by=by(soon))

    cursor = ask(till)["cursor"]
    bring(1)
    few, few_since = asked(), asked(cursor)
    bring(12)

    assert len(ask(till, cursor)["lots"]) == 13
    assert (asked(), asked(cursor)) == (few, few_since)
    assert few <= 12
    assert few_since <= 17
