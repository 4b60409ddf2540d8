"""Tills that deliver at the same moment share commits, and none feels the others' mistakes."""

import json
import threading
from typing import Any

from flask import Flask

from almakane.db import transaction
from almakane.hubs.models import Hub
from almakane.journal.delivery import Stumbled
from almakane.pos.turns import share_commit
from almakane.sales.models import Register, RegisterKind
from tests.factories import mad, the_site
from tests.journal.shop import Shop, ask, broken
from tests.scale import count
from tests.till.client import Till, back_of, line

TILLS = 4


def another_till(shop: Shop, code: str) -> Till:
    with transaction() as session:
        site = the_site(session, session.get_one(Hub, shop.hub_id))
        session.add(
            Register(hub_id=shop.hub_id, site_id=site.id, code=code, kind=RegisterKind.TILL)
        )
    till = shop.till(code)
    till.open_shift()
    return till


def test_tills_that_deliver_at_once_are_each_answered_rightly(books: Flask, shop: Shop) -> None:
    tills = [another_till(shop, f"A{n}") for n in range(TILLS)]
    for till in tills:
        for n in range(count(12, 200)):
            if n % 5 == 3:
                till.sell(line(shop.pot, mad(280)), colour="red")  # waits for a person
            elif n % 5 == 4:
                till.sell(line("2000000009998", mad(10)))
            else:
                sale = till.sell(line(shop.pot, mad(280)), line(shop.bowl, mad(95)))
                if n % 5 == 2:
                    till.give_back(back_of(sale, 2))
    answers: list[list[tuple[int, Any]]] = [[] for _ in tills]

    def deliver(at: int) -> None:
        answers[at] = tills[at].send(most=1)

    threads = [threading.Thread(target=deliver, args=(at,)) for at in range(TILLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for till, told in zip(tills, answers, strict=True):
        assert {status for status, _ in told} == {200}
        kinds = [
            (json.loads(event["text"])["kind"], json.loads(event["text"])["body"])
            for event in till.live.events
        ]
        waits = [
            one["seq"]
            for _, answer in told
            for one in answer["results"]
            if one["outcome"] == "quarantined"
        ]
        assert waits == [at for at, (_, body) in enumerate(kinds, 1) if "colour" in body]
    assert ask("SELECT COUNT(*) FROM journal_event") == [(sum(t.live.seq for t in tills),)]
    assert broken() == []


def test_work_that_fails_spoils_no_other(books: Flask, shop: Shop) -> None:
    """Several jobs in one transaction: one stumbles, one is refused for good, two go on."""
    done: dict[int, Any] = {}
    ready = threading.Barrier(4)

    def add(n: int) -> None:
        def careful(session: Any) -> int:
            if n == 1:
                raise ZeroDivisionError
            session.add(
                Register(hub_id=shop.hub_id, site_id=1, code=f"B{n}", kind=RegisterKind.TILL)
            )
            session.flush()
            return n

        def bold(session: Any) -> int:
            if n == 2:
                careful(session)
                raise Stumbled
            return careful(session)

        with books.app_context():
            ready.wait()
            try:
                done[n] = share_commit(careful, bold)
            except ZeroDivisionError:
                done[n] = "refused"

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert done == {0: 0, 1: "refused", 2: 2, 3: 3}
    assert ask("SELECT code FROM register WHERE code LIKE 'B%' ORDER BY code") == [
        *(("B0",), ("B2",), ("B3",))
    ]
