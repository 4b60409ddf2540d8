"""The way to autonomy: how much of what the house costs its own share carries, and what lacks."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from almakane.money import BASIS
from almakane.payouts.autonomy import (
    GOAL,
    YEAR,
    Month,
    Point,
    Stretch,
    carried,
    planned,
    stretch,
    way,
    whole,
)
from almakane.payouts.costs import MonthCost, month_costs, month_losses, with_losses
from almakane.payouts.door import KEEPERS, bp
from almakane.payouts.models import CostKind
from almakane.payouts.months import last_day, month_of, months_between, months_from
from almakane.payouts.queries import Share, by_month, hub_share, trading_since
from almakane.payouts.shares import Day, add_days, days_of_trade, months_of_trade
from almakane.payouts.words import COST_KINDS
from almakane.users.here import here
from almakane.users.queries import signed_in
from almakane.web.charts import Lines, draw_lines, scale
from almakane.web.csv import Cell, csv_amount, csv_response
from almakane.web.formats import number, percent
from almakane.web.languages import language


class _Way(NamedTuple):
    """The house's months up to the last that is over, and what the books say of the last twelve."""

    points: list[Point]
    trade: dict[date, Day]
    costs: dict[date, MonthCost]


def _way(session: Session, hub_id: int, today: date) -> _Way:
    last, since = months_from(month_of(today), -1), trading_since(session, hub_id)
    shares = by_month(hub_share(session, hub_id, since, last_day(last))) if since else {}
    if not shares:
        return _Way([], {}, {})
    first = min(shares)  # its opening: what was bought before is no trade yet
    year = max(first, months_from(last, 1 - YEAR))
    trade = months_of_trade(days_of_trade(session, hub_id, year, last_day(last)))
    costs = with_losses(
        month_costs(session, hub_id, first, last),
        month_losses(session, hub_id, first, last_day(last)),
    )
    months = [
        _month(month, trade.get(month), shares.get(month, Share()), costs.get(month))
        for month in months_between(first, last)
    ]
    return _Way(way(months), trade, costs)


def _month(month: date, trade: Day | None, share: Share, cost: MonthCost | None) -> Month:
    return Month(
        month,
        trade.split.sold if trade else 0,
        share.total,
        cost.whole if cost else None,
        cost.trade if cost else 0,
    )


@bp.get("/path")
def show_path() -> ResponseReturnValue:
    """How far the house carries itself, drawn against the way to month 36."""
    session, hub, today = here()
    points, trade, costs = _way(session, hub.id, today)
    year = stretch([point.month for point in points])
    counted = [point.month.first for point in points[-YEAR:] if point.month.cost is not None]
    told = next((point for point in reversed(points) if point.year is not None), None)
    sold = add_days(trade[month] for month in counted if month in trade)
    return render_template(
        "payouts/path.html",
        points=points,
        here=points[-1] if points else None,
        told=told,
        year=year,
        centimes=None if year.carried is None else whole(year.carried) // 100,
        ahead=whole(told.ahead) // 100 if told and told.ahead is not None else None,
        part=_part,
        trade=sold,
        sources=_sources(sold.share),
        kinds=_kinds(costs, counted),
        restricted=sum(costs[month].restricted for month in counted),
        forgotten=_forgotten(costs, year, points),
        kind_words=COST_KINDS,
        chart=_chart(points),
        may_enter=signed_in().role in KEEPERS,
        last=months_from(month_of(today), -1),
    )


_TALLEST, _DEEPEST = 3 * BASIS, -BASIS  # beyond it a point lies on the edge; its number says more


def _chart(points: list[Point]) -> Lines:
    """The real line from the opening on, and the planned one to its goal, in per cent."""
    spoken, last = language(), max(GOAL, len(points))
    years = [point.year for point in points]
    known = [min(max(year, _DEEPEST), _TALLEST) for year in years if year is not None]
    across = scale(known, BASIS)
    words = {BASIS: " · " + gettext("the house carries itself")}
    return draw_lines(
        [None, *years],
        [planned(n) for n in range(last + 1)],
        top=across.top,
        bottom=across.bottom,
        axes=(0, BASIS),
        marks=[
            (value, number(value // 100, spoken) + words.get(value, "")) for value in across.lines
        ],
        labels=[
            (n, gettext("month %(number)s", number=number(n, spoken)))
            for n in (1, *range(YEAR, last + 1, YEAR))
        ],
        end_words=percent(whole(known[-1]), spoken) if known else "",
        plan_words=gettext("the planned path"),
        is_rtl=spoken == "ar",
    )


class _Bar(NamedTuple):
    """A row with a bar: what it is, how much, and which part of the whole, in basis points."""

    word: str
    amount: int
    part: int | None


def _bars(parts: Iterable[tuple[str, int]], total: int) -> list[_Bar]:
    told = sorted(((word, amount) for word, amount in parts if amount), key=lambda pair: -pair[1])
    return [_Bar(*pair, _part(carried(pair[1], total))) for pair in told]


def _part(rate: int | None) -> int | None:
    return None if rate is None else whole(rate)


def _sources(share: Share) -> list[_Bar]:
    parts = (
        (gettext("Commission"), share.commission),
        (gettext("Fees"), share.fees),
        (gettext("Margin on own goods"), share.margin),
        (gettext("Services"), share.services),
        (gettext("Promotion"), -share.promotion),
    )
    return _bars(parts, share.total)


def _kinds(costs: dict[date, MonthCost], counted: list[date]) -> list[_Bar]:
    kinds: dict[CostKind, int] = {}
    for month in counted:
        for kind, amount in costs[month].kinds.items():
            kinds[kind] = kinds.get(kind, 0) + amount
    told = [(str(COST_KINDS[kind]), amount) for kind, amount in kinds.items()]
    told.append((gettext("Losses that the house bears"), sum(costs[m].losses for m in counted)))
    return _bars(told, sum(amount for _word, amount in told))


def _forgotten(costs: dict[date, MonthCost], year: Stretch, points: list[Point]) -> list[CostKind]:
    """What the month before the last one cost, and the last one did not: perhaps it is to come."""
    if not points or points[-1].month.first in year.missing:
        return []
    last, before = (costs.get(months_from(points[-1].month.first, -n)) for n in (0, 1))
    return sorted(before.kinds.keys() - last.kinds.keys()) if before and last else []


@bp.get("/path.csv")
def show_path_file() -> ResponseReturnValue:
    """The same months for a spreadsheet; what is not known is an empty cell."""
    session, hub, today = here()
    head = (
        *(gettext("Month"), gettext("Month since the opening"), gettext("Share, MAD")),
        *(gettext("Costs, MAD"), gettext("Of trading, MAD")),
        *(gettext("Carried, per cent"), gettext("Twelve months, per cent")),
        gettext("Path, per cent"),
    )
    points = _way(session, hub.id, today).points
    return csv_response("path.csv", head, [_cells(point) for point in points])


def _cells(point: Point) -> tuple[Cell, ...]:
    month = point.month
    costs = (None, None) if month.cost is None else (month.cost, month.trade_cost)
    return (
        *(month.first, point.n, csv_amount(month.share)),
        *(None if cost is None else csv_amount(cost) for cost in costs),
        *(
            None if part is None else csv_amount(part)
            for part in (point.alone, point.year, point.planned)
        ),
    )
