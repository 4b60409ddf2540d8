"""A till at the demo's counter that sends what its pages wait for: kept, set aside, and unknown."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from flask import Flask
from sqlalchemy import select

from almakane.db import rows, transaction
from almakane.hubs.models import Hub
from almakane.journal.enrolment import open_enrolment
from tests.till.client import Till, line


def open_counter(app: Flask, url: str) -> None:
    """
    Enrol a device at the second till, and let it send.

    A sale, one with a colour that no ticket has, one of a label that nobody knows, and a slip of
    paper that is no event at all.
    """
    now = datetime.now(UTC)
    with app.app_context(), transaction() as session:
        hub = session.scalars(select(Hub)).one()
        [(code, price)] = rows(
            session,
            "SELECT lot.code, product.price FROM lot JOIN product ON product.id = lot.product_id "
            "JOIN stock_level l ON l.lot_id = lot.id JOIN place ON place.id = l.place_id "
            "WHERE lot.hub_id = ? AND place.kind = 'shelf' AND l.quantity > 2 AND lot.regime = 'B' "
            "ORDER BY lot.id LIMIT 1",
            (hub.id,),
        )
        key = open_enrolment(session, hub.id, "T2", by="hind", now=now)

    def wire(
        method: str, path: str, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, Any]:
        asked = Request(url + path, data=body, headers=headers, method=method)  # noqa: S310 - ours
        try:
            with urlopen(asked) as answer:  # noqa: S310 - the same
                return answer.status, json.loads(answer.read() or "null")
        except HTTPError as error:
            return error.code, json.loads(error.read() or "null")

    till = Till(wire, now=now - timedelta(minutes=5))
    status, told = till.enrol(key)
    assert status == 201, told
    till.open_shift()
    till.sell(line(code, price))
    till.sell(line(code, price), colour="red")
    till.sell(line("2999999999999", 120_00, title="Pot sans étiquette"))
    till.send()
    till.heartbeat()
    stray = till.live.sign("no event at all")
    till.ask("POST", "/pos/journal/strays", {"why": "found", "events": [stray]})
