"""What the hub buys: owed for at once, with the VAT of a maker who is liable."""

import pytest
from flask import Flask

from almakane.cooperatives.agreement import Regime, Terms
from almakane.db import transaction
from almakane.inventory.models import TaxClass
from almakane.ledger.queries import balance
from tests.factories import mad, make_hub, make_lot, make_maker


@pytest.mark.parametrize(
    ("tax_class", "vat"),
    [(TaxClass.STANDARD, mad(100)), (TaxClass.REDUCED, mad(50)), (TaxClass.EXEMPT, 0)],
)
def test_the_vat_of_a_purchase_is_that_of_the_goods(
    books: Flask, tax_class: TaxClass, vat: int
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, Terms(Regime.FIRM, 0, maker_vat_liable=True))

        make_lot(session, hub, maker, mad(1000), unit_cost=mad(500), tax_class=tax_class)

    with transaction() as session:
        assert balance(session, hub.id, "vat:in") == vat
        assert balance(session, hub.id, f"owed:m{maker.id}") == -(mad(500) + vat)
