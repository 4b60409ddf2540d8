"""An X and a Z say what the journal of the shift says, and nothing of another's."""

from datetime import UTC, datetime

from flask import Flask

from almakane.db import db
from almakane.pos.shift_figures import figures_of
from almakane.sales.ticket import TenderKind
from tests.door import browser, come_in
from tests.factories import mad
from tests.journal.shop import Shop, open_shop
from tests.till.client import Till, back_of, line


def a_day(shop: Shop) -> Till:
    till = shop.till()
    till.open_shift()
    till.sell(line(shop.bowl, mad(95)))
    till.close_shift(mad(595))
    till.open_shift(mad(500))
    sale = till.sell(
        line(shop.pot, mad(252), list=mad(280)),
        line(shop.bowl, mad(95), qty=2),
        tenders=[
            {"kind": "terminal", "amount": mad(200), "ref": "4213", "auth": None},
            {"kind": "cash", "amount": mad(300), "ref": "", "auth": None},
        ],
        change=mad(58),
    )
    till.give_back(back_of(sale, 2, qty=1))
    till.sell(line(shop.pot, mad(280)), colour="red")
    moved = {"direction": "out", "amount": mad(100), "why": "too much"}
    till.write("cash_moved", {"shift": till.shift, **moved, "note": "", "approvals": []})
    till.write("drawer_opened", {"shift": till.shift, "why": "", "note": "", "approvals": []})
    till.send()
    return till


def figures(shop: Shop, shift: str) -> object:
    found = figures_of(db.session(), shop.hub_id, shift, by="Hind", now=datetime.now(UTC))
    db.session.rollback()
    return found and found[0]


def test_a_shift_that_runs(books: Flask) -> None:
    shop = open_shop(books)
    till = a_day(shop)

    found = figures_of(db.session(), shop.hub_id, till.shift, by="Hind", now=datetime.now(UTC))

    assert found is not None
    told, _ = found
    assert (told.tickets, told.first, told.last) == (2, "T1-1-000002", "T1-1-000003")
    assert (told.goods, told.returned, told.discounts) == (mad(442), mad(95), mad(28))
    assert told.by_tender == (
        (TenderKind.CASH, mad(300) - mad(58) - mad(95)),
        (TenderKind.TERMINAL, mad(200)),
    )
    assert [(one.number, one.total) for one in told.quarantined] == [("T1-1-000004", mad(280))]
    assert [one.amount for one in told.cash_moved] == [-mad(100)]
    assert (told.drawer_openings, told.refunds, told.closing) == (1, 1, None)
    assert [(one.right, one.offline) for one in told.approvals] == [("refund", True)]
    assert (told.head, told.chain) == (till.live.head, f"T1-1, {till.live.seq}")


def test_a_shift_that_is_closed(books: Flask) -> None:
    shop = open_shop(books)
    till = a_day(shop)
    till.close_shift(mad(547), mad(540), left=mad(500))
    till.send()

    found = figures_of(db.session(), shop.hub_id, till.shift, by="Hind", now=datetime.now(UTC))

    assert found is not None
    closing = found[0].closing
    assert closing is not None
    assert (closing.expected, closing.counted, closing.left) == (mad(547), mad(540), mad(500))
    assert found[0].tickets == 2


def test_a_page_shows_it_to_the_house_alone(app: Flask) -> None:
    with app.app_context():
        till = a_day(open_shop(app))
    path, client = f"/shifts/{till.shift}/report", browser(app)
    assert client.get(path).status_code == 303
    come_in(client, "hind", "pass of hind 2026")

    page = client.get(f"{path}?lang=fr")

    assert page.status_code == 200
    assert "T1-1-000004" in page.get_data(as_text=True)
    assert client.get("/shifts/01a2027a-ec20-7000-8000-000000000001/report").status_code == 404


def test_a_shift_that_nobody_knows_has_no_figures(books: Flask) -> None:
    shop = open_shop(books)
    assert figures(shop, "01a2027a-ec20-7000-8000-000000000001") is None


def test_a_closing_that_waits_does_not_end_the_shift(books: Flask) -> None:
    shop = open_shop(books)
    till = a_day(shop)
    closing = till.close_shift(mad(547))
    till.live.events.pop()
    till.live.keep(closing["text"].replace('"v":1}', '"v":2}'))
    till.sell(line(shop.bowl, mad(95)))
    till.send()

    found = figures_of(db.session(), shop.hub_id, till.shift, by="Hind", now=datetime.now(UTC))

    assert found is not None
    assert (found[0].closing, found[0].tickets) == (None, 3)
