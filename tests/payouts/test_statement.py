"""What a statement's columns say of its rows, and a chart's bars of their values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.payouts.bars import draw_bars
from almakane.payouts.statement import Totals, columns_of


def test_a_column_of_nothing_is_left_out() -> None:
    totals = Totals(2, gross=100, commission=25, used=frozenset({"gross", "commission", "amount"}))
    assert [column.name for column in columns_of(totals)] == ["gross", "commission"]
    assert [column.amount(totals) for column in columns_of(totals)] == [100, -25]


def test_a_column_that_comes_to_nothing_is_shown() -> None:
    """A fee taken and given back is two rows, and both have been there."""
    totals = Totals(2, gross=0, used=frozenset({"gross", "fees_vat"}))
    assert [column.name for column in columns_of(totals)] == ["gross", "vat"]


def test_a_member_needs_no_column_but_her_own() -> None:
    assert columns_of(Totals(1, gross=700, used=frozenset({"gross", "amount"}))) == []


def test_bars_stand_on_zero_and_hang_from_it() -> None:
    chart = draw_bars([10_00, -5_00])
    assert chart.marks == (10_00, 5_00, 0, -5_00)
    assert chart.lines == (0, 333, 666, 1000)
    assert chart.zero == 666
    assert chart.bars == ((0, 666), (666, 334))


@pytest.mark.parametrize("values", [[], [0], [0, 0, 0]])
def test_nothing_at_all_is_an_empty_picture(values: list[int]) -> None:
    chart = draw_bars(values)
    assert all(bar.height == 0 for bar in chart.bars)
    assert chart.marks == (1_00, 0)


@given(st.lists(st.integers(-(10**12), 10**12), max_size=40))
def test_every_bar_is_inside_the_picture(values: list[int]) -> None:
    chart = draw_bars(values)
    assert all(0 <= bar.y <= bar.y + bar.height <= 1000 for bar in chart.bars)
    assert 2 <= len(chart.marks) <= 7
    assert chart.marks[0] >= max([*values, 0])
    assert chart.marks[-1] <= min([*values, 0])
    assert len({high - low for high, low in zip(chart.marks, chart.marks[1:], strict=False)}) == 1
