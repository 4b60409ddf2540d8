"""One contract for every way to pay: what is asked is asked once, and nothing is taken twice."""

import pytest

from almakane.inventory.models import HoldKind
from almakane.shop.models import Payment, Way
from almakane.shop.payments import ADAPTERS, Adapter, Bill, Standing, payments_for

BILL = Bill("019a0000-0000-7000-8000-000000000001", "W-000001", 103_500, "MAD", "fr", "/o/x")


@pytest.fixture(params=sorted(ADAPTERS))
def adapter(request: pytest.FixtureRequest) -> Adapter:
    return ADAPTERS[request.param]


def test_asking_again_answers_the_same(adapter: Adapter) -> None:
    first = adapter.authorise(BILL)
    assert first == adapter.authorise(BILL)
    assert first.standing in (Standing.DUE, Standing.ASKED, Standing.AUTHORISED)
    assert bool(first.page) == (first.standing is Standing.ASKED)


def test_nothing_is_taken_beyond_the_bill_and_nothing_that_was_not_set_aside(
    adapter: Adapter,
) -> None:
    asked = adapter.authorise(BILL)
    taken = adapter.capture(BILL)
    assert taken.amount <= BILL.amount
    if asked.standing is Standing.DUE:  # seen at a till, by a courier or at the bank
        assert (taken.standing, taken.amount) == (Standing.DUE, 0)
    assert taken == adapter.capture(BILL)


def test_what_is_let_go_stays_let_go(adapter: Adapter) -> None:
    adapter.authorise(BILL)
    assert adapter.void(BILL).standing is Standing.VOIDED
    assert adapter.void(BILL) == adapter.void(BILL)
    assert adapter.void(BILL).amount == 0


def test_a_way_to_pay_keeps_its_pieces_for_a_time_that_ends(adapter: Adapter) -> None:
    assert adapter.hold in (HoldKind.CHECKOUT, HoldKind.PICKUP, HoldKind.DELIVERY)
    assert adapter.ways
    assert all(origin.startswith("https://") for origin in adapter.form_action)


def test_the_shop_is_whole_without_a_card_provider() -> None:
    assert payments_for(Way.PICKUP) == [Payment.SHOP, Payment.TRANSFER]
    assert payments_for(Way.DELIVERY) == [Payment.COD, Payment.TRANSFER]
