"""What was sold and whose it is: by month, by day, by maker and by craft."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import CRAFTS
from almakane.db import rows
from almakane.payouts.autonomy import YEAR, carried
from almakane.payouts.bars import draw_bars
from almakane.payouts.costs import MonthCost, month_costs, month_losses, with_losses
from almakane.payouts.door import bp
from almakane.payouts.months import (
    last_day,
    month_of,
    months_between,
    months_from,
    read_month,
    write_month,
)
from almakane.payouts.queries import Share, trading_since
from almakane.payouts.shares import (
    Day,
    Parts,
    Split,
    add_days,
    by_craft,
    by_maker,
    days_of_trade,
    largest_first,
    months_of_trade,
)
from almakane.payouts.words import MONTHS
from almakane.users.here import here
from almakane.web.csv import Cell, csv_amount, csv_response
from almakane.web.languages import language
from almakane.web.texts import plain

_NOTHING = Day(Split(), Share())


class _Year(NamedTuple):
    """Up to twelve months, each with what was sold and what the house cost."""

    until: date
    months: dict[date, Day]
    costs: dict[date, MonthCost]
    earlier: date | None
    later: date | None


def _year(session: Session, hub_id: int, today: date) -> _Year:
    this_month = month_of(today)
    until = _month(request.args["until"]) if "until" in request.args else this_month
    since = trading_since(session, hub_id)
    year = months_from(until, 1 - YEAR)
    found = months_of_trade(days_of_trade(session, hub_id, year, last_day(until)))
    # A young house has no empty months before its first sale.
    first = year if since and since < year else min(found, default=until)
    return _Year(
        until,
        {month: found.get(month, _NOTHING) for month in months_between(first, until)},
        with_losses(
            month_costs(session, hub_id, first, until),
            month_losses(session, hub_id, first, last_day(until)),
        ),
        months_from(year, -1) if since and since < year else None,
        months_from(until, YEAR) if until < this_month else None,
    )


@bp.get("/share")
def list_shares() -> ResponseReturnValue:
    """What was sold month by month, twelve months up to this one or to `?until=`."""
    session, hub, today = here()
    this_month, year = month_of(today), _year(session, hub.id, today)
    months = list(year.months)
    told = months[-2] if year.until == this_month and len(months) > 1 else year.until
    return render_template(
        "payouts/shares.html",
        year=year,
        carried={month: _carried(day, year.costs.get(month)) for month, day in year.months.items()},
        sum=add_days(year.months.values()),
        told=told,
        this_month=this_month,
        chart=draw_bars([day.share.total for day in year.months.values()]),
        labels=[str(MONTHS[month.month - 1]) for month in months],
        any_trade=any(day != _NOTHING for day in year.months.values()),
    )


def _carried(day: Day, cost: MonthCost | None) -> int | None:
    return carried(day.share.total, cost.whole) if cost else None


@bp.get("/share.csv")
def list_share_file() -> ResponseReturnValue:
    """The same months for a spreadsheet, with what the share is made of."""
    session, hub, today = here()
    year = _year(session, hub.id, today)
    head = (gettext("Month"), *_head(), *_share_head(), gettext("Costs of the house, MAD"))

    def cells() -> Iterator[tuple[Cell, ...]]:
        for month, day in year.months.items():
            cost = year.costs.get(month)
            costs = csv_amount(cost.whole) if cost else None
            yield (month, *_cells(day.split), *_share_cells(day.share), costs)

    return csv_response("share.csv", head, list(cells()))


@bp.get("/share/<month>")
def show_share(month: str) -> ResponseReturnValue:
    """What was sold day by day in a month, as `2026-10`."""
    session, hub, today = here()
    first = _month(month)
    last = last_day(first)
    found = days_of_trade(session, hub.id, first, last)
    end = last if last < today else max(today, first, *found)
    days = [date.fromordinal(n) for n in range(first.toordinal(), end.toordinal() + 1)]
    since = trading_since(session, hub.id)
    costs = month_costs(session, hub.id, first, first)
    cost = with_losses(costs, month_losses(session, hub.id, first, last)).get(first)
    whole = add_days(found.values())
    return render_template(
        "payouts/share.html",
        month=first,
        found=found,
        sum=whole,
        cost=cost,
        carried=_carried(whole, cost),
        is_running=first <= today <= last,
        days=days,
        chart=draw_bars([found.get(day, _NOTHING).share.total for day in days]),
        earlier=months_from(first, -1) if since and since < first else None,
        later=months_from(first, 1) if last < today else None,
    )


@bp.get("/share/<month>.csv")
def show_share_file(month: str) -> ResponseReturnValue:
    """The same days for a spreadsheet."""
    session, hub, _today = here()
    first = _month(month)
    found = days_of_trade(session, hub.id, first, last_day(first))
    head = (gettext("Day"), *_head(), *_share_head())
    cells: list[tuple[Cell, ...]] = [
        (day, *_cells(told.split), *_share_cells(told.share)) for day, told in found.items()
    ]
    return csv_response(f"share-{write_month(first)}.csv", head, cells)


# By maker and by craft


class _Row(NamedTuple):
    """A row of these tables: whose, and where its page is."""

    name: str
    split: Split
    url: str | None = None
    code: str = ""


class _Period(NamedTuple):
    """One month, or twelve of them; `args` is how an address names it."""

    first: date
    last: date
    month: date | None
    args: dict[str, str]


def _period(session: Session, hub_id: int, today: date) -> _Period:
    if "month" in request.args:
        month = _month(request.args["month"])
        return _Period(month, last_day(month), month, {"month": write_month(month)})
    until = _month(request.args["until"]) if "until" in request.args else month_of(today)
    first, since = months_from(until, 1 - YEAR), trading_since(session, hub_id)
    args = {"until": write_month(until)} if "until" in request.args else {}
    return _Period(max(first, month_of(since)) if since else first, last_day(until), None, args)


@bp.get("/share/makers")
def list_maker_shares() -> ResponseReturnValue:
    """What was sold of each maker's, `?month=2026-10` or in twelve months up to `?until=`."""
    session, hub, today = here()
    period = _period(session, hub.id, today)
    return _show_parts("makers", period, _maker_rows(session, hub.id, period))


@bp.get("/share/makers.csv")
def list_maker_share_file() -> ResponseReturnValue:
    """The same for a spreadsheet."""
    session, hub, today = here()
    period = _period(session, hub.id, today)
    return _parts_file("makers", gettext("Maker"), _maker_rows(session, hub.id, period))


@bp.get("/share/crafts")
def list_craft_shares() -> ResponseReturnValue:
    """What was sold of each craft, in the same times."""
    session, hub, today = here()
    period = _period(session, hub.id, today)
    return _show_parts("crafts", period, _craft_rows(session, hub.id, period))


@bp.get("/share/crafts.csv")
def list_craft_share_file() -> ResponseReturnValue:
    """The same for a spreadsheet."""
    session, hub, today = here()
    period = _period(session, hub.id, today)
    return _parts_file("crafts", gettext("Craft"), _craft_rows(session, hub.id, period))


def _maker_rows(session: Session, hub_id: int, period: _Period) -> list[_Row]:
    parts = by_maker(session, hub_id, period.first, period.last)
    names = maker_names(session, hub_id, language())
    codes = dict(rows(session, "SELECT id, code FROM maker WHERE hub_id = ?", (hub_id,)))

    def row(maker_id: int, split: Split) -> _Row:
        code = codes[maker_id]
        return _Row(names[maker_id].name, split, url_for("payouts.show_maker", code=code), code)

    told = largest_first(parts, lambda maker_id: plain(names[maker_id].name))
    return [*(row(maker_id, split) for maker_id, split in told), *_rest(parts)]


def _craft_rows(session: Session, hub_id: int, period: _Period) -> list[_Row]:
    parts = by_craft(session, hub_id, period.first, period.last)

    def name(craft: str) -> str:
        return str(CRAFTS.get(craft, craft))

    told = largest_first(parts, lambda craft: plain(name(craft)))
    return [*(_Row(name(craft), split, None, craft) for craft, split in told), *_rest(parts)]


def _rest(parts: Parts) -> list[_Row]:
    rest = (
        (gettext("Goods of the house"), parts.own),
        (gettext("Services"), parts.services),
        (gettext("Corrections"), parts.corrected),
    )
    return [_Row(name, split) for name, split in rest if any(split)]


def _show_parts(by: str, period: _Period, told: list[_Row]) -> str:
    whole = Split(*(sum(column) for column in zip(*(row.split for row in told), strict=True)))
    return render_template(
        "payouts/share_parts.html",
        by=by,
        period=period,
        rows=told,
        sum=whole,
        most=max((row.split.share for row in told), default=0),
    )


def _parts_file(by: str, name: str, told: list[_Row]) -> Response:
    head = (gettext("Code"), name, *_head())
    cells = [(row.code, row.name, *_cells(row.split)) for row in told]
    return csv_response(f"share-{by}.csv", head, cells)


# Cells of the files


def _head() -> tuple[str, ...]:
    return (
        gettext("Sold, MAD"),
        gettext("For the makers, MAD"),
        gettext("VAT on commission and fees, MAD"),
        gettext("Cost of own goods, MAD"),
        gettext("Corrected, MAD"),
        gettext("Share, MAD"),
    )


def _cells(split: Split) -> tuple[str, ...]:
    amounts = (split.sold, split.owed, split.vat, split.cost, split.corrected, split.share)
    return tuple(map(csv_amount, amounts))


def _share_head() -> tuple[str, ...]:
    return (
        gettext("Commission, MAD"),
        gettext("Fees, MAD"),
        gettext("Margin on own goods, MAD"),
        gettext("Services, MAD"),
        gettext("Promotion, MAD"),
    )


def _share_cells(share: Share) -> tuple[str, ...]:
    amounts = (share.commission, share.fees, share.margin, share.services, -share.promotion)
    return tuple(map(csv_amount, amounts))


def _month(text: str) -> date:
    """The first day of a month in an address; 404 for anything else."""
    return read_month(text) or abort(404)
