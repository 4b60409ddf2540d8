"""What the house costs, by month: entered by people, met by reversals, summed for its way."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.errors import Refusal
from almakane.ledger.chart import LOSS
from almakane.ledger.queries import turnover
from almakane.payouts.models import Activity, CostKind, Fund, OperatingCost
from almakane.payouts.months import month_of, months_from

TRADE = (Activity.HOUSE, Activity.SHOP, Activity.EXPERIENCES)  # not training, not support
_EARLIEST = date(2000, 1, 1)


class Cost(NamedTuple):
    """A cost as somebody tells it, in centimes and without VAT."""

    month: date
    kind: CostKind
    activity: Activity
    fund: Fund
    amount: int
    note: str = ""


def enter_cost(
    session: Session, hub_id: int, cost: Cost, *, uid: str, today: date, now: datetime, actor: str
) -> OperatingCost:
    """
    Write down what the house cost in a month; the same uid again gives the row that is there.

    Raises Refusal for a month that is to come, or before 2000, and for an amount of nothing.
    """
    there = session.scalar(
        select(OperatingCost).where(OperatingCost.hub_id == hub_id, OperatingCost.uid == uid)
    )
    if there is not None:
        return there
    if cost.amount <= 0:
        raise Refusal("A cost of nothing is none: write what it was.", field="amount")
    if not _EARLIEST <= cost.month <= month_of(today):
        raise Refusal("Costs are entered for this month, or for one that is over.", field="month")
    row = OperatingCost(
        **{**cost._asdict(), "month": month_of(cost.month)},
        hub_id=hub_id,
        uid=uid,
        entered_at=now,
        actor=actor,
    )
    session.add(row)
    session.flush()
    return row


def reverse_cost(
    session: Session, hub_id: int, cost_id: int, *, now: datetime, actor: str
) -> OperatingCost:
    """
    Undo what was entered by a row of its own; a second time gives that row.

    Raises Refusal for what is not there, and for a row that is a reversal itself.
    """
    cost = find_cost(session, hub_id, cost_id)
    if cost is None:
        raise Refusal("There is no such cost.")
    if cost.reverses_id is not None:
        raise Refusal("This row undoes another one: enter the cost anew instead.")
    there = session.scalar(select(OperatingCost).where(OperatingCost.reverses_id == cost.id))
    if there is not None:
        return there
    row = OperatingCost(
        hub_id=hub_id,
        uid=f"reversal/{cost.uid}"[:60],
        month=cost.month,
        kind=cost.kind,
        activity=cost.activity,
        fund=cost.fund,
        amount=cost.amount,
        note=cost.note,
        reverses_id=cost.id,
        entered_at=now,
        actor=actor,
    )
    session.add(row)
    session.flush()
    return row


def repeat_costs(
    session: Session,
    hub_id: int,
    month: date,
    *,
    uid: str,
    today: date,
    now: datetime,
    actor: str,
) -> list[OperatingCost]:
    """
    Enter the costs of the month before in this one too; the same uid again finds them there.

    Raises Refusal where the month has costs already, or the one before has none.
    """
    there = costs_of(session, hub_id, month)
    done = [row.cost for row in there if row.cost.uid.startswith(f"{uid}/")]
    if done:
        return done
    if any(row.stands for row in there):
        raise Refusal("This month has costs already: enter the others one by one.")
    before = costs_of(session, hub_id, months_from(month, -1))
    wanted = [row.cost for row in before if row.stands]
    if not wanted:
        raise Refusal("The month before has no costs that could be repeated.")
    return [
        enter_cost(
            session,
            hub_id,
            Cost(month, cost.kind, cost.activity, cost.fund, cost.amount, cost.note),
            uid=f"{uid}/{cost.id}",
            today=today,
            now=now,
            actor=actor,
        )
        for cost in wanted
    ]


def find_cost(session: Session, hub_id: int, cost_id: int) -> OperatingCost | None:
    """A hub's cost by its number."""
    return session.scalar(
        select(OperatingCost).where(OperatingCost.hub_id == hub_id, OperatingCost.id == cost_id)
    )


class Entered(NamedTuple):
    """A row as it was entered, and whether it still counts."""

    cost: OperatingCost
    is_reversed: bool

    @property
    def stands(self) -> bool:
        """Whether it counts: it undoes nothing, and nothing undoes it."""
        return self.cost.reverses_id is None and not self.is_reversed

    @property
    def signed(self) -> int:
        """What it adds to its month, in centimes."""
        return self.cost.amount if self.cost.reverses_id is None else -self.cost.amount


def costs_of(session: Session, hub_id: int, month: date) -> list[Entered]:
    """All rows of a month, in the order they were entered."""
    found = session.scalars(
        select(OperatingCost)
        .where(OperatingCost.hub_id == hub_id, OperatingCost.month == month)
        .order_by(OperatingCost.id)
    ).all()
    undone = {cost.reverses_id for cost in found}
    return [Entered(cost, cost.id in undone) for cost in found]


class MonthCost(NamedTuple):
    """What a month cost: in all, without training and support, by kind, and what grants paid."""

    whole: int
    trade: int
    restricted: int
    kinds: dict[CostKind, int]
    losses: int = 0  # of pieces in custody, that the house bears; none of the kinds


def month_losses(session: Session, hub_id: int, first: date, last: date) -> dict[date, int]:
    """Month to what lost and damaged pieces cost the house, by the money book."""
    months: dict[date, int] = {}
    for day, code, amount in turnover(session, hub_id, first, last):
        if code == LOSS:
            months[month_of(day)] = months.get(month_of(day), 0) - amount
    return {month: amount for month, amount in months.items() if amount}


def with_losses(costs: dict[date, MonthCost], losses: dict[date, int]) -> dict[date, MonthCost]:
    """Costs with the losses of their months; a month with no other costs stays unknown."""
    return {
        month: cost._replace(
            whole=cost.whole + losses.get(month, 0),
            trade=cost.trade + losses.get(month, 0),
            losses=losses.get(month, 0),
        )
        for month, cost in costs.items()
    }


_MONTHS = """
SELECT month, kind, activity, fund,
       SUM(CASE WHEN reverses_id IS NULL THEN amount ELSE -amount END)
FROM operating_cost WHERE hub_id = ? AND month >= ? AND month <= ?
GROUP BY month, kind, activity, fund ORDER BY month, kind
"""


def month_costs(session: Session, hub_id: int, first: date, last: date) -> dict[date, MonthCost]:
    """Month to what it cost; one for which nothing was entered, or all undone, is left out."""
    months: dict[date, list[tuple[CostKind, Activity, Fund, int]]] = {}
    told = (hub_id, first.isoformat(), last.isoformat())
    for month, kind, activity, fund, amount in rows(session, _MONTHS, told):
        if amount:
            day = date.fromisoformat(month) if isinstance(month, str) else month
            row = (CostKind(kind), Activity(activity), Fund(fund), int(amount))
            months.setdefault(day, []).append(row)
    return {month: _month_cost(found) for month, found in months.items()}


def _month_cost(found: Iterable[tuple[CostKind, Activity, Fund, int]]) -> MonthCost:
    whole = trade = restricted = 0
    kinds: dict[CostKind, int] = {}
    for kind, activity, fund, amount in found:
        whole += amount
        trade += amount if activity in TRADE else 0
        restricted += amount if fund is Fund.RESTRICTED else 0
        kinds[kind] = kinds.get(kind, 0) + amount
    return MonthCost(whole, trade, restricted, kinds)
