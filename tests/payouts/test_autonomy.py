"""How far the house carries itself, in numbers, and the picture of it; no database."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from almakane.payouts.autonomy import GOAL, Month, carried, planned, stretch, way, whole
from almakane.payouts.months import months_between, months_from, read_month, write_month
from tests.factories import mad

OPENING = date(2025, 8, 1)

amounts = st.integers(0, mad(1_000_000))
costs = st.none() | st.integers(1, mad(1_000_000))
houses = st.lists(st.tuples(amounts, amounts, costs), max_size=60)


def house(*told: tuple[int, int, int | None]) -> list[Month]:
    """Months from the opening on, each with its sales, share and costs in centimes."""
    return [
        Month(months_from(OPENING, n), sold, share, cost)
        for n, (sold, share, cost) in enumerate(told)
    ]


def test_a_share_carries_its_part_of_the_costs() -> None:
    assert carried(mad(64_000), mad(100_000)) == 6_400
    assert carried(mad(107_000), mad(100_000)) == 10_700
    assert carried(-mad(5_000), mad(100_000)) == -500
    assert carried(1, 3) == 3_333
    assert carried(mad(1), 0) is None


def test_the_way_is_straight_and_ends_after_three_years() -> None:
    assert [planned(n) for n in (0, 9, 12, 18, 36, 40)] == [0, 2_500, 3_333, 5_000, 10_000, 10_000]
    assert all(planned(n) < planned(n + 1) for n in range(GOAL))


def test_a_year_is_the_last_twelve_months_and_no_more() -> None:
    months = house(*[(mad(9_999), mad(9_999), mad(1))] * 3, *[(mad(400), mad(100), mad(200))] * 12)
    year = stretch(months)
    assert (year.months, year.missing) == (12, ())
    assert (year.sold, year.share, year.cost) == (mad(4_800), mad(1_200), mad(2_400))
    assert (year.carried, year.lacks, year.kept) == (5_000, mad(100), 2_500)
    assert year.needs_sales == mad(800)


def test_a_month_without_costs_is_left_out_with_its_share() -> None:
    months = house((mad(400), mad(100), mad(200)), (mad(400), mad(100), None))
    year = stretch(months)
    assert (year.months, year.missing) == (1, (months_from(OPENING, 1),))
    assert year.carried == 5_000
    first, second = way(months)
    assert (first.alone, first.year) == (5_000, 5_000)
    assert (second.alone, second.year) == (None, None)


def test_nothing_is_said_of_a_house_without_costs_or_without_sales() -> None:
    silent = stretch(house((mad(400), mad(100), None)))
    assert (silent.carried, silent.lacks, silent.needs_sales) == (None, 0, None)
    idle = stretch(house((0, 0, mad(200))))
    assert (idle.carried, idle.lacks, idle.needs_sales, idle.kept) == (0, mad(200), None, None)


def test_a_sentence_has_no_decimals() -> None:
    assert [whole(rate) for rate in (6_449, 6_450, -6_450, 0)] == [6_400, 6_500, -6_500, 0]


@given(houses)
def test_the_sales_that_are_needed_carry_the_costs_to_the_centime(
    told: list[tuple[int, int, int | None]],
) -> None:
    year = stretch(house(*told))
    if year.needs_sales is None:
        return
    assert year.needs_sales * year.share * year.months >= year.cost * year.sold
    assert (year.needs_sales - 1) * year.share * year.months < year.cost * year.sold


@given(houses)
def test_points_are_numbered_from_the_opening_and_told_only_where_costs_are_known(
    told: list[tuple[int, int, int | None]],
) -> None:
    months = house(*told)
    points = way(months)
    assert [point.n for point in points] == list(range(1, len(months) + 1))
    for point in points:
        assert (point.year is None) == (point.month.cost is None)
        assert point.year is None or point.ahead == point.year - planned(point.n)
        assert point.to_go == max(0, GOAL - point.n)


# Months


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_a_month_is_read_as_it_is_written(day: date) -> None:
    assert read_month(write_month(day)) == day.replace(day=1)


def test_months_between_two_are_all_of_them() -> None:
    assert months_between(date(2025, 12, 1), date(2026, 2, 1)) == [
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]
    assert months_between(date(2026, 2, 1), date(2026, 1, 1)) == []
