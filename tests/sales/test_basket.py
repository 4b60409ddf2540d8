"""What is due for a basket, and what comes back over the counter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.errors import Refusal
from almakane.money import to_step
from almakane.sales.basket import Settled, divide_discount, settle
from tests.factories import mad

totals = st.integers(-(10**7), 10**7)


def test_cash_is_rounded_after_the_other_tenders() -> None:
    assert settle(mad("999.96"), mad(700), mad(350), 10) == Settled(4, mad(1000), mad(50))


def test_a_card_pays_to_the_centime() -> None:
    assert settle(mad("999.96"), mad("999.96"), 0, 10) == Settled(0, mad("999.96"), 0)


def test_cash_beside_a_card_that_pays_all_is_all_change() -> None:
    assert settle(mad(100), mad(100), mad(20), 10) == Settled(0, mad(100), mad(20))


def test_a_few_centimes_may_round_to_nothing() -> None:
    assert settle(4, 0, 10, 10) == Settled(-4, 0, 10)


def test_an_even_exchange_needs_no_tender() -> None:
    assert settle(0, 0, 0, 10) == Settled(0, 0, 0)


def test_a_refund_in_cash_is_rounded_as_a_sale_is() -> None:
    assert settle(mad("-999.96"), mad(-700), mad(-300), 10) == Settled(-4, mad(-1000), 0)


@given(totals, st.integers(1, 100))
def test_what_is_due_in_cash_is_what_the_rounding_says(total: int, step: int) -> None:
    exact = to_step(total, step)
    given_cash = exact or (1 if total else 0)
    if total < 0 and not exact:
        return  # nothing to hand out, so nobody hands anything
    settled = settle(total, 0, given_cash, step)
    assert settled.due == total + settled.rounding == exact
    assert given_cash - settled.change == exact


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(1, 50))
def test_what_is_given_less_the_change_is_what_is_due(
    total: int, others: int, cash: int, step: int
) -> None:
    try:
        settled = settle(total, others, cash, step)
    except Refusal:
        assert others > total or cash < to_step(total - others, step) or not cash
        return
    assert others + cash - settled.change == settled.due == total + settled.rounding
    assert 0 <= settled.change <= cash
    assert abs(settled.rounding) * 2 <= step


@pytest.mark.parametrize(
    ("total", "others", "cash"),
    [
        (mad(100), 0, 0),
        (mad(100), mad(40), 0),
        (mad(100), 0, mad("99.90")),
        (mad(100), mad(100) + 1, 0),
        (0, mad(10), 0),
        (0, mad(-10), mad(10)),
        (mad(100), mad(-50), mad(150)),
        (mad(-100), 0, 0),
        (mad(-100), 0, mad(-90)),
        (mad(-100), 0, mad(-110)),
        (mad(-100), mad(-150), mad(50)),
        (mad(-100), mad(50), mad(-150)),
    ],
)
def test_what_does_not_settle_the_basket_is_refused(total: int, others: int, cash: int) -> None:
    with pytest.raises(Refusal):
        settle(total, others, cash, 10)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30), st.data())
def test_a_discount_on_the_basket_is_divided_and_never_more_than_a_line(
    lines: list[int], data: st.DataObject
) -> None:
    discount = data.draw(st.integers(0, sum(lines)))
    parts = divide_discount(lines, discount)
    assert sum(parts) == discount
    assert all(0 <= part <= line for part, line in zip(parts, lines, strict=True))


def test_the_odd_centime_of_a_discount_is_the_lowest_lines() -> None:
    assert divide_discount([mad(10), mad(10), mad(10)], 100) == [34, 33, 33]


@pytest.mark.parametrize("discount", [-1, mad(10) + 1])
def test_a_discount_is_at_most_the_basket(discount: int) -> None:
    with pytest.raises(Refusal):
        divide_discount([mad(4), mad(6)], discount)
