"""What a replay comes to, read from the books at its end and from the first look at the file."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.errors import Refusal
from almakane.ledger.queries import balances
from almakane.payouts.queries import hub_share
from almakane.replay.rules import Skip
from almakane.replay.shop import Shop
from almakane.replay.survey import Survey


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a replay; amounts in centimes, `seconds` and `run_lines` of this run alone."""

    first_day: date
    last_day: date
    days: int
    lines: int
    sales: int
    sale_lines: int
    refunds: int
    refund_lines: int
    units_asked: int
    units_back: int
    skipped: Counter[Skip]
    flags: dict[str, int]
    statements: int
    gmv: int
    refunded: int
    owed: int
    hub_share: int
    run_lines: int
    seconds: float
    kept_lines: int = field(default=0)
    events: dict[str, int] = field(default_factory=dict)  # of journals, by what became of them

    @property
    def lines_per_second(self) -> float:
        """How quick this run was."""
        return self.run_lines / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        table: list[tuple[str, str]] = [
            ("Days", f"{self.days}, {self.first_day} to {self.last_day}"),
            ("Lines", _count(self.lines)),
            ("  sold", f"{_count(self.kept_lines)} on {_count(self.sales)} tickets"),
            ("  refunded", f"{_count(self.refund_lines)} on {_count(self.refunds)} tickets"),
            ("  skipped", _count(self.skipped.total())),
            *((f"    {reason}", _count(count)) for reason, count in self.skipped.most_common()),
            (
                "Units refunded",
                f"{_count(self.units_back)} of {_count(self.units_asked)} asked for",
            ),
            ("Flags", _listed(self.flags) or "none"),
            *([("Events", _listed(self.events))] if self.events else []),
            ("Statements", _count(self.statements)),
            ("Sold", _mad(self.gmv)),
            ("Refunded", _mad(self.refunded)),
            ("Owed to makers", _mad(self.owed)),
            ("Hub's share", _mad(self.hub_share)),
            ("Time", f"{self.seconds:.1f} s for {_count(self.run_lines)} lines"),
            ("Lines per second", _count(round(self.lines_per_second))),
        ]
        wide = max(len(name) for name, _value in table)
        return "\n".join(f"{name:<{wide}}  {value}" for name, value in table)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {_count(number)}" for name, number in counts.items())


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _mad(amount: int) -> str:
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{_count(amount // 100)}.{amount % 100:02d} MAD"


_SALES = """
SELECT COUNT(CASE WHEN kind = 'sale' THEN 1 END), COUNT(CASE WHEN kind = 'refund' THEN 1 END),
       COALESCE(SUM(goods), 0), COALESCE(SUM(returned), 0)
FROM sale WHERE hub_id = ?
"""
_LINES = "SELECT COUNT(*) FROM sale s JOIN sale_line l ON l.sale_id = s.id WHERE s.hub_id = ?"
_BACK = """
SELECT COUNT(*), COALESCE(SUM(units), 0) FROM (
    SELECT b.sale_id, b.why, SUM(b.booked_quantity) AS units
    FROM sale s JOIN refund_line b ON b.sale_id = s.id WHERE s.hub_id = ?
    GROUP BY b.sale_id, b.why) lines_of_the_file
"""
_FLAGS = """
SELECT f.flag, COUNT(*) FROM sale s JOIN sale_flag f ON f.sale_id = s.id WHERE s.hub_id = ?
GROUP BY f.flag ORDER BY 2 DESC, 1
"""
_EVENTS = "SELECT outcome, COUNT(*) FROM journal_event WHERE hub_id = ? GROUP BY outcome ORDER BY 1"
_STATEMENTS = "SELECT COUNT(*) FROM statement WHERE hub_id = ?"


def summarize(
    session: Session, shop: Shop, found: Survey, *, run_lines: int, seconds: float
) -> Summary:
    """
    What the books hold of the file's days, whichever run brought it in.

    Raises Refusal where they do not hold each line that the file has: it has changed in between.
    """
    [(sales, refunds, goods, returned)] = rows(session, _SALES, (shop.hub_id,))
    [(sale_lines,)] = rows(session, _LINES, (shop.hub_id,))
    [(refund_lines, units_back)] = rows(session, _BACK, (shop.hub_id,))
    if (sales, sale_lines) != (found.sales, found.sale_lines) or refund_lines > found.refunds:
        raise Refusal(
            "The books hold %(books)s lines of sales where the file has %(file)s: the file has "
            "changed since it was first replayed.",
            field="path",
            books=sale_lines,
            file=found.sale_lines,
        )
    skipped = found.skipped.copy()
    if refund_lines < found.refunds:
        skipped[Skip.NO_SALE] = found.refunds - refund_lines
    [(statements,)] = rows(session, _STATEMENTS, (shop.hub_id,))
    shares = hub_share(session, shop.hub_id, found.first_day.replace(day=1), found.last_day)
    return Summary(
        first_day=found.first_day,
        last_day=found.last_day,
        days=found.days,
        lines=found.lines,
        sales=sales,
        sale_lines=sale_lines,
        kept_lines=found.sold,
        refunds=refunds,
        refund_lines=refund_lines,
        units_asked=found.refund_units,
        units_back=int(units_back),
        skipped=skipped,
        flags=dict(rows(session, _FLAGS, (shop.hub_id,))),
        events=dict(rows(session, _EVENTS, (shop.hub_id,))),
        statements=statements,
        gmv=int(goods),
        refunded=int(returned),
        owed=-sum(balances(session, shop.hub_id, "owed:").values()),
        hub_share=sum(share.total for share in shares.values()),
        run_lines=run_lines,
        seconds=seconds,
    )
