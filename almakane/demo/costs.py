"""What the demo's house costs: a small one, which carries more of itself month by month."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from almakane.hubs.models import Hub
from almakane.payouts.costs import Cost, enter_cost
from almakane.payouts.models import Activity, CostKind, Fund
from almakane.payouts.months import last_day, month_of, months_between

_OWN, _GRANT = Fund.OWN, Fund.RESTRICTED
# Kind, activity, who pays, dirhams a month, and what differs from one month to the next.
_COSTS = (
    (CostKind.WAGES, Activity.SHOP, _OWN, 12_600_00, 0, "Trois mi-temps"),
    (CostKind.RENT, Activity.HOUSE, _OWN, 5_200_00, 0, ""),
    (CostKind.ENERGY, Activity.HOUSE, _OWN, 980_00, 35_00, ""),
    (CostKind.COMMUNICATION, Activity.HOUSE, _OWN, 399_00, 0, ""),
    (CostKind.SUPPLIES, Activity.SHOP, _OWN, 620_00, 60_00, ""),
    (CostKind.TRAINING, Activity.TRAINING, _GRANT, 1_500_00, 0, "Atelier photo et prix"),
)


def enter_costs(session: Session, hub: Hub, first: date, today: date) -> None:
    """Each month that is over, entered on the fifth of the next; one bill is still to come."""
    months = months_between(month_of(first), today)
    for n, month in enumerate(months):
        end = last_day(month)
        at = datetime.combine(end + timedelta(days=5), time(10), UTC)
        if end >= today:
            break
        for kind, activity, fund, amount, differs, note in _COSTS:
            if kind is CostKind.ENERGY and last_day(months[min(n + 1, len(months) - 1)]) >= today:
                continue  # the last bill has not come yet
            enter_cost(
                session,
                hub.id,
                Cost(month, kind, activity, fund, amount + differs * (n * 7 % 5 - 2), note),
                uid=f"demo/{month:%Y-%m}/{kind}",
                today=today,
                now=at,
                actor="nadia",
            )
