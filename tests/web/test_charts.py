"""Charts as plain places: what is drawn agrees with the values, in both directions of reading."""

from hypothesis import given
from hypothesis import strategies as st

from almakane.web.charts import Place, draw_lines, scale


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


def test_no_line_is_drawn_over_what_nobody_knows() -> None:
    chart = draw_lines([None, 50, 100, None, 50, None, 0, 50, None], top=100, marks=[])
    assert chart.real == "M125 500L250 0M750 1000L875 500"
    assert chart.under.count("z") == 2
    assert chart.end == Place(87.5, 50)


def test_what_is_below_nothing_stands_below_its_line() -> None:
    chart = draw_lines([-50, 100], top=100, bottom=-100, axes=(0,), marks=[(0, "0"), (100, "")])
    assert chart.real == "M0 750L1000 0"
    assert chart.under == "M0 750L1000 0L1000 500L0 500z"
    assert [(mark.y, mark.is_axis) for mark in chart.marks] == [(50, True), (0, False)]


@given(st.lists(st.integers(-(10**6), 10**6)), st.integers(4, 10**6))
def test_a_scale_has_nothing_the_whole_and_every_value_in_a_few_lines(
    values: list[int], whole: int
) -> None:
    across = scale(values, whole - whole % 4)
    assert across.bottom <= min([0, *values])
    assert max([whole - whole % 4, *values]) <= across.top
    assert 0 in across.lines
    assert 2 <= len(across.lines) <= 8
