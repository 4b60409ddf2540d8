"""Shifts: the same one again is the same, and its number is not another's."""

from datetime import date, timedelta

import pytest
from flask import Flask

from almakane.db import transaction
from almakane.errors import Refusal
from almakane.ledger.queries import balance
from almakane.pos.services import open_shift
from tests.factories import NOW, TODAY, mad, make_hub, new_uid


def test_a_shift_that_is_opened_again_is_the_same(books: Flask) -> None:
    uid = new_uid()
    with transaction() as session:
        hub = make_hub(session)
        first = open_shift(session, hub.id, "T1", uid, TODAY, mad(500), at=NOW, by="amina")

    with transaction() as session:
        again = open_shift(session, hub.id, "T1", uid, TODAY, mad(500), at=NOW, by="amina")

        assert again.id == first.id
        assert balance(session, hub.id, "cash:T1") == mad(500)


@pytest.mark.parametrize(
    ("register", "day", "amount"),
    [
        ("T2", TODAY, mad(500)),
        ("T1", TODAY + timedelta(days=1), mad(500)),
        ("T1", TODAY, mad(501)),
    ],
)
def test_the_number_of_a_shift_is_not_given_to_another(
    books: Flask, register: str, day: date, amount: int
) -> None:
    uid = new_uid()
    with transaction() as session:
        hub = make_hub(session)
        open_shift(session, hub.id, "T1", uid, TODAY, mad(500), at=NOW, by="amina")

    with pytest.raises(Refusal, match="already used"), transaction() as session:
        open_shift(session, hub.id, register, uid, day, amount, at=NOW, by="amina")
