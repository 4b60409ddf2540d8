"""A manager's PIN at a till."""

from datetime import UTC, datetime

from flask import Flask

from almakane.db import transaction
from almakane.users.pins import pin_shut_until, try_pin
from almakane.users.services import ACCOUNT_FAILURES, account_name, record_attempt, shut_until


def test_nobody_on_the_internet_can_shut_a_pin(books: Flask) -> None:
    now = datetime.now(UTC)
    for typed in ("pin/1/hind", "PIN/1/hind"):
        with transaction() as session:
            for n in range(ACCOUNT_FAILURES):
                record_attempt(session, account_name(typed), f"10.0.{n}.1", now)
            stranger = record_attempt(session, account_name(typed), "10.1.0.1", now)
            assert shut_until(session, stranger, now) is not None

    with transaction() as session:
        tried = try_pin(session, 1, "hind", "casa/T1", now)
        assert pin_shut_until(session, tried, now) is None
