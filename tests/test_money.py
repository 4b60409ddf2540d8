"""Centimes come out to the last one, whichever way they are rounded, divided or typed."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.errors import Refusal
from almakane.money import (
    BASIS,
    LARGEST,
    allocate,
    divide,
    inside,
    parse_amount,
    rate,
    to_step,
    write_amount,
)

amounts = st.integers(-LARGEST, LARGEST)
rates = st.integers(0, BASIS)


def half_up(exact: Fraction) -> int:
    """Half away from zero, as school teaches it, worked out in decimals."""
    exact_enough = Decimal(exact.numerator * 10**30 // exact.denominator) / Decimal(10**30)
    return int(exact_enough.quantize(Decimal(1), ROUND_HALF_UP))


@given(st.integers(0, LARGEST), st.integers(1, 10**6))
def test_a_quotient_is_rounded_half_away_from_zero(numerator: int, denominator: int) -> None:
    assert divide(numerator, denominator) == half_up(Fraction(numerator, denominator))
    assert divide(-numerator, denominator) == -divide(numerator, denominator)


@pytest.mark.parametrize(
    ("numerator", "rounded"), [(1, 1), (2, 1), (3, 2), (5, 3), (-1, -1), (-3, -2)]
)
def test_a_half_is_never_rounded_to_the_even_number(numerator: int, rounded: int) -> None:
    assert divide(numerator, 2) == rounded


@pytest.mark.parametrize("denominator", [0, -1])
def test_nothing_is_divided_by_nothing(denominator: int) -> None:
    with pytest.raises(ValueError, match="not positive"):
        divide(1, denominator)


@given(amounts, rates)
def test_a_rate_takes_its_part_and_the_other_rate_the_rest(amount: int, basis_points: int) -> None:
    part, rest = rate(amount, basis_points), rate(amount, BASIS - basis_points)
    assert abs(part + rest - amount) <= 1  # one centime, where both were a half
    assert abs(part * BASIS - amount * basis_points) * 2 <= BASIS


@given(st.integers(0, LARGEST), rates)
def test_the_tax_inside_a_price_is_the_rate_of_what_is_left(gross: int, basis_points: int) -> None:
    tax = inside(gross, basis_points)
    assert 0 <= tax <= gross
    assert abs(rate(gross - tax, basis_points) - tax) <= 1


def test_a_thousand_dirhams_contain_166_67_at_twenty_per_cent() -> None:
    assert inside(1000_00, 2_000) == 166_67


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any))
def test_what_is_divided_sums_to_the_whole(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(total * weight, sum(weights))
        assert abs(part - exact) < 1
        assert weight or part == 0
        assert part * total >= 0  # nobody pays while others are paid
    assert allocate(-total, weights) == [-part for part in parts]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.data())
def test_a_part_of_what_is_there_is_never_more_than_is_there(
    there: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(0, sum(there)))
    assert all(part <= most for part, most in zip(allocate(total, there), there, strict=True))


def test_a_tie_goes_to_the_earliest() -> None:
    assert allocate(700_00, [1, 1, 1]) == [233_34, 233_33, 233_33]
    assert allocate(280_00, [233_34, 233_33, 233_33]) == [93_34, 93_33, 93_33]
    assert allocate(1, [1, 1]) == [1, 0]


def test_nothing_may_be_divided_among_nobody() -> None:
    assert allocate(0, []) == []
    assert allocate(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (1, [2, -1]), (-1, [2, -1])])
def test_something_needs_somebody_to_be_divided_among(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"nobody|negative"):
        allocate(total, weights)


@given(amounts, st.integers(1, 100))
def test_cash_is_rounded_to_the_nearest_step_and_a_tie_toward_zero(amount: int, step: int) -> None:
    rounded = to_step(amount, step)
    assert rounded % step == 0
    assert abs(rounded - amount) * 2 <= step
    if abs(rounded - amount) * 2 == step:
        assert abs(rounded) < abs(amount)
    assert to_step(-amount, step) == -rounded


@pytest.mark.parametrize(
    ("typed", "centimes"),
    [
        ("1250,50", 1250_50),
        ("1250.50", 1250_50),
        ("1 250,5", 1250_50),
        ("1\u202f250,5", 1250_50),
        ("1\u00a0250", 1250_00),
        (" 0 ", 0),
        ("0,01", 1),
        ("007", 7_00),
        ("999999999,99", LARGEST - 1),
        ("1000000000", LARGEST),
    ],
)
def test_an_amount_is_read_as_people_type_it(typed: str, centimes: int) -> None:
    assert parse_amount(typed) == centimes


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", ",", "1,", ",5", "1,234", "1.2.3", "1,2,3", "-1", "+1", "1e3", "0x10", "1_000"),
        *("١٢", "１２", "²", "1\u200f", "\u202e12", "12\x00", "MAD 12", "12 MAD", "1'250", "NaN"),
        *("1000000000,01", "9999999999", "10000000000", "9" * 10_000),
    ],
)
def test_what_is_not_an_amount_is_refused(typed: str) -> None:
    with pytest.raises(Refusal):
        parse_amount(typed)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_an_amount_or_refused(typed: str) -> None:
    try:
        amount = parse_amount(typed)
    except Refusal:
        return
    assert 0 <= amount <= LARGEST


@given(amounts)
def test_an_amount_that_was_written_is_read_again(amount: int) -> None:
    assert parse_amount(write_amount(amount).removeprefix("-")) == abs(amount)
    assert write_amount(amount).startswith("-") == (amount < 0)
