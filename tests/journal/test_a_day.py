"""A till that was written from the page alone sells a day, and the books are right."""

from flask import Flask

from tests.factories import mad
from tests.journal.shop import ask, broken, open_shop
from tests.till.client import back_of, line


def test_a_day_at_a_till(books: Flask) -> None:
    shop = open_shop(books)
    till = shop.till()
    till.open_shift()
    sale = till.sell(line(shop.pot, mad(280)), line(shop.bowl, mad(95), qty=2))
    till.sell(line(shop.bowl, mad(95)))
    till.give_back(back_of(sale, 2, qty=1))
    till.close_shift(mad(500) + mad(470) + mad(95) - mad(95))

    [(status, told)] = till.send()

    assert status == 200, told
    assert [one["outcome"] for one in told["results"]] == [
        *("recorded", "recorded", "recorded", "flagged", "recorded")
    ], told
    assert told["results"][3]["flags"] == ["approved_offline"]
    assert told["held"] == {"seq": 5, "hash": till.live.head}
    assert ask("SELECT number, kind, due FROM sale ORDER BY id") == [
        ("T1-1-000001", "sale", mad(470)),
        ("T1-1-000002", "sale", mad(95)),
        ("T1-1-000003", "refund", -mad(95)),
    ]
    assert broken() == []
