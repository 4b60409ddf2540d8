"""Charts as plain places: what is drawn agrees with the values, in both directions of reading."""

from hypothesis import given
from hypothesis import strategies as st

from almakane.web.charts import Place, draw_lines


def test_a_line_and_its_plan_stand_where_their_values_say() -> None:
    chart = draw_lines(
        [0, 50, 100],
        [25, 50, 75, 100, 100],
        top=100,
        marks=[(0, "0"), (50, "50"), (100, "100")],
        labels=[(0, "month 1"), (4, "month 5")],
        end_words="100 %",
    )
    assert chart.real == "M0 1000L250 500L500 0"
    assert chart.under == "M0 1000L250 500L500 0L500 1000L0 1000z"
    assert chart.plan == "M0 750L250 500L500 250L750 0L1000 0"
    assert chart.end == Place(50, 0)
    assert [(mark.y, mark.is_axis) for mark in chart.marks] == [
        (100, True),
        (50, False),
        (0, True),
    ]
    assert [(label.x, label.is_last) for label in chart.labels] == [(0, False), (100, True)]


def test_read_from_the_right_only_the_words_turn() -> None:
    ways = [
        draw_lines([1, 2, 3], top=4, marks=[(4, "4")], labels=[(0, "a")], is_rtl=rtl)
        for rtl in (False, True)
    ]
    assert ways[0].real == ways[1].real
    assert (ways[0].end, ways[1].end) == (Place(100, 25), Place(0, 25))
    assert (ways[0].start, ways[1].start) == (0, 100)


def test_nothing_and_one_value_are_no_line() -> None:
    assert draw_lines([], top=1, marks=[]).end is None
    one = draw_lines([1], top=1, marks=[])
    assert (one.real, one.under, one.end) == ("", "", Place(0, 0))


@given(
    st.lists(st.integers(-(10**9), 10**12), max_size=60),
    st.lists(st.integers(-(10**9), 10**12), max_size=60),
    st.integers(1, 10**12),
)
def test_no_line_leaves_its_frame(real: list[int], plan: list[int], top: int) -> None:
    chart = draw_lines(real, plan, top=top, marks=[])
    for path in (chart.real, chart.plan):
        numbers = path.replace("M", "").replace("L", " ").split()
        assert all(0 <= int(number) <= 1000 for number in numbers)
