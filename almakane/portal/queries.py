"""
What a maker, or one artisan of hers, has earned: read from the money book, her own part alone.

Every query begins with whose rows they are. A maker's amounts are the nets of her lines, whoever is
owed them; an artisan's are her shares of the lines that she has one in.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo
from almakane.cooperatives.models import Agreement
from almakane.db import rows
from almakane.ledger import chart
from almakane.ledger.models import Account, Earning, EarningChange
from almakane.ledger.queries import balances_of, waiting_by_day
from almakane.payouts.models import Statement
from almakane.payouts.queries import Wait


class Whose(NamedTuple):
    """Whose rows are read: a maker's, or of these the ones that an artisan has a share in."""

    hub_id: int
    maker_id: int
    artisan_id: int | None = None

    @property
    def account(self) -> str:
        """The name of the account in the money book."""
        if self.artisan_id is None:
            return chart.owed_maker(self.maker_id)
        return chart.owed_artisan(self.artisan_id)


# What is owed


class Part(NamedTuple):
    """What one account holds, in centimes; the waiting part of it may not be paid yet."""

    owed: int = 0
    waiting: int = 0

    @property
    def available(self) -> int:
        """What may be paid today."""
        return self.owed - self.waiting


class Owed(NamedTuple):
    """What is owed: on the reader's own account, to members of hers, and until when it waits."""

    own: Part
    members: Mapping[int, Part]  # artisan to hers, where members are paid
    waits: list[Wait]

    @property
    def all(self) -> Part:
        """Own and members' together."""
        parts = (self.own, *self.members.values())
        return Part(sum(part.owed for part in parts), sum(part.waiting for part in parts))


def owed_to(session: Session, whose: Whose, members: list[int], day: date) -> Owed:
    """What the reader is owed on a day, as the office sees it; `members` are a maker's artisans."""
    codes: dict[int | None, str] = {None: whose.account}
    if whose.artisan_id is None:
        codes |= {artisan: chart.owed_artisan(artisan) for artisan in members}
    held = balances_of(session, whose.hub_id, list(codes.values()))
    waits: dict[int | None, int] = {}
    days: dict[date | None, Wait] = {}
    for wait in waiting_by_day(session, whose.maker_id, day):
        if whose.artisan_id not in (None, wait.artisan_id):
            continue
        of = None if whose.artisan_id else wait.artisan_id
        waits[of] = waits.get(of, 0) + wait.amount
        before = days.get(wait.on, Wait(wait.on, 0, 0))
        days[wait.on] = Wait(wait.on, before.lines + wait.lines, before.amount + wait.amount)
    parts = {of: Part(-held.get(code, 0), waits.get(of, 0)) for of, code in codes.items()}
    own = parts.pop(None)
    theirs = {of: part for of, part in parts.items() if of is not None and any(part)}
    soonest = sorted(days.values(), key=lambda wait: wait.on or date.max)
    return Owed(own, theirs, soonest)


def is_paid_herself(session: Session, whose: Whose) -> bool:
    """Whether an artisan has an account of her own: money on it, or terms that will bring some."""
    if balances_of(session, whose.hub_id, [whose.account]):
        return True
    latest = (
        select(Agreement.paid_to)
        .where(Agreement.maker_id == whose.maker_id)
        .order_by(Agreement.version.desc())
        .limit(1)
    )
    return session.scalar(latest) is PaidTo.MEMBERS


# What was sold


class Line(NamedTuple):
    """
    A line that was sold or made good, or what a refund took back of one.

    `amount` is the reader's part of it, below zero for a refund; of a line that was sold,
    `back` pieces and `amount_back` of that part have come back since.
    """

    earning_id: int
    day: date
    kind: str
    lot_code: str
    title: str
    craft: str
    quantity: int
    channel: str
    paid_to: str
    price: int
    amount: int
    available_on: date | None
    back: int
    amount_back: int

    @property
    def left(self) -> int:
        """What is left of the reader's part."""
        return self.amount - self.amount_back


# A line's own columns, then what orders lines: entry, part of it (sold, taken back), id.
_EARNED = """SELECT e.id AS id, e.day AS day, e.kind AS kind, e.quantity AS quantity,
       e.paid_to AS paid_to, e.gross AS price, {amount} AS amount,
       e.entry_id AS entry_id, 0 AS part, e.id AS place"""
_TAKEN = """SELECT e.id AS id, c.day AS day, 'refund' AS kind, -c.quantity AS quantity,
       e.paid_to AS paid_to, -c.gross AS price, -{amount} AS amount,
       c.entry_id AS entry_id, 1 AS part, c.id AS place"""

# The period is asked twice: by entries, which the indexes know, and by days, which is meant.
_WHEN = """e.maker_id = ? AND {of}.entry_id >= ? AND {of}.entry_id <= ?
  AND {of}.day >= ? AND {of}.day <= ?"""
# CROSS JOIN makes SQLite begin with the period, not with all that an artisan ever had a share in.
_OF_MAKER = (
    f"""{_EARNED.format(amount="e.net")}
FROM earning e WHERE {_WHEN.format(of="e")}""",
    f"""{_TAKEN.format(amount="c.net")}
FROM earning_change c CROSS JOIN earning e
WHERE e.id = c.earning_id AND {_WHEN.format(of="c")}""",
)
_OF_ARTISAN = (
    f"""{_EARNED.format(amount="s.amount")}
FROM earning e CROSS JOIN earning_share s
WHERE s.earning_id = e.id AND s.artisan_id = ? AND {_WHEN.format(of="e")}""",
    f"""{_TAKEN.format(amount="s.amount")}
FROM earning_change c CROSS JOIN earning_change_share s CROSS JOIN earning e
WHERE s.change_id = c.id AND s.artisan_id = ? AND e.id = c.earning_id AND {_WHEN.format(of="c")}""",
)

# What a list tells besides is looked up for its few lines alone; of a refund there is no more.
_TOLD = """
SELECT line.id, line.day, line.kind, e.lot_code, e.title, e.craft, line.quantity, e.channel,
       line.paid_to, line.price, line.amount,
       CASE WHEN part = 0 THEN COALESCE(
           (SELECT r.available_on FROM release r WHERE r.earning_id = e.id), e.available_on) END,
       CASE WHEN part = 0 THEN COALESCE(
           (SELECT SUM(c.quantity) FROM earning_change c WHERE c.earning_id = e.id), 0) ELSE 0 END,
       CASE WHEN part = 0 THEN {back} ELSE 0 END
FROM ({lines}) line JOIN earning e ON e.id = line.id
ORDER BY line.entry_id DESC, line.part DESC, line.place DESC
"""
_NET_BACK = "COALESCE((SELECT SUM(c.net) FROM earning_change c WHERE c.earning_id = e.id), 0)"
_SHARE_BACK = """COALESCE((SELECT SUM(b.amount) FROM earning_change c
           JOIN earning_change_share b ON b.change_id = c.id AND b.artisan_id = ?
           WHERE c.earning_id = e.id), 0)"""


class Period(NamedTuple):
    """Days, and the entries that were booked on them."""

    first: date
    last: date
    first_entry: int
    last_entry: int


# The plus keeps PostgreSQL from walking all ids from the first on, until one is of those days.
_ENTRIES = """
SELECT COALESCE(MIN(+id), 1), COALESCE(MAX(+id), 0) FROM entry
WHERE hub_id = ? AND day >= ? AND day <= ?
"""


def month_of(session: Session, hub_id: int, month: date) -> Period:
    """The month that begins on a day."""
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    [(low, high)] = rows(session, _ENTRIES, (hub_id, month.isoformat(), last.isoformat()))
    return Period(month, last, int(low), int(high))


def _asked(whose: Whose, period: Period) -> tuple[tuple[str, str], list[Any]]:
    """The two statements of a period's lines, and the values of both."""
    of: list[Any] = [] if whose.artisan_id is None else [whose.artisan_id]
    of += [whose.maker_id, period.first_entry, period.last_entry]
    of += [period.first.isoformat(), period.last.isoformat()]
    return (_OF_MAKER if whose.artisan_id is None else _OF_ARTISAN), [*of, *of]


def lines_of(
    session: Session, whose: Whose, period: Period, *, limit: int, offset: int = 0
) -> list[Line]:
    """What a period sold and what it took back, newest first."""
    parts, values = _asked(whose, period)
    lines = (
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) listed "
        "ORDER BY entry_id DESC, part DESC, place DESC LIMIT ? OFFSET ?"
    )
    return _told(session, whose, lines, (*values, limit, offset))


def _told(session: Session, whose: Whose, lines: str, values: Sequence[Any]) -> list[Line]:
    """The lines that a statement gives, with all that is known of each."""
    if whose.artisan_id is None:
        found = rows(session, _TOLD.format(back=_NET_BACK, lines=lines), values)
    else:
        sql = _TOLD.format(back=_SHARE_BACK, lines=lines)
        found = rows(session, sql, (whose.artisan_id, *values))
    return [
        Line._make((number, as_day(day), *told, on and as_day(on), int(back), int(amount_back)))
        for number, day, *told, on, back, amount_back in found
    ]


class Sums(NamedTuple):
    """What a period comes to: its rows, what was owed to the maker, and to members of hers."""

    rows: int = 0
    to_maker: int = 0
    to_members: int = 0

    @property
    def all(self) -> int:
        """Whoever is owed it."""
        return self.to_maker + self.to_members


def sums_of(session: Session, whose: Whose, period: Period) -> Sums:
    """The sum of a period's lines, by who was owed them."""
    parts, values = _asked(whose, period)
    sql = (
        f"SELECT paid_to, COUNT(*), SUM(amount) FROM ({' UNION ALL '.join(parts)}) line "
        "GROUP BY paid_to"
    )
    count, sums = 0, {True: 0, False: 0}
    for paid_to, lines, amount in rows(session, sql, values):
        count += int(lines)
        sums[paid_to == PaidTo.MEMBERS] += int(amount)
    return Sums(count, sums[False], sums[True])


_MEMBERS = f"""
SELECT artisan_id, SUM(amount) FROM (
    SELECT s.artisan_id AS artisan_id, s.amount AS amount
    FROM earning e JOIN earning_share s ON s.earning_id = e.id WHERE {_WHEN.format(of="e")}
    UNION ALL
    SELECT s.artisan_id, -s.amount
    FROM earning_change c CROSS JOIN earning e CROSS JOIN earning_change_share s
    WHERE e.id = c.earning_id AND s.change_id = c.id AND {_WHEN.format(of="c")}
) part GROUP BY artisan_id ORDER BY artisan_id
"""


def members_of(session: Session, maker_id: int, period: Period) -> dict[int, int]:
    """Artisan to her part of what a maker's lines gave in a period."""
    days = (period.first.isoformat(), period.last.isoformat())
    of = (maker_id, period.first_entry, period.last_entry, *days)
    return {artisan: int(amount) for artisan, amount in rows(session, _MEMBERS, (*of, *of))}


_LAST_OF_MAKER = f"""{_EARNED.format(amount="e.net")}
FROM earning e WHERE e.maker_id = ? ORDER BY e.entry_id DESC, e.id DESC LIMIT ?"""
_LAST_OF_ARTISAN = f"""{_EARNED.format(amount="s.amount")}
FROM (SELECT earning_id, amount FROM earning_share WHERE artisan_id = ?
      ORDER BY earning_id DESC LIMIT ?) s
JOIN earning e ON e.id = s.earning_id WHERE e.maker_id = ?"""


def last_lines(session: Session, whose: Whose, limit: int) -> list[Line]:
    """The last lines that were sold or made good, newest first."""
    if whose.artisan_id is None:
        return _told(session, whose, _LAST_OF_MAKER, (whose.maker_id, limit))
    of = (whose.artisan_id, limit, whose.maker_id)
    return _told(session, whose, _LAST_OF_ARTISAN, of)


_FIRST_OF_MAKER = "SELECT day FROM earning WHERE maker_id = ? ORDER BY entry_id LIMIT 1"
_FIRST_OF_ARTISAN = """
SELECT day FROM earning WHERE id = (SELECT MIN(earning_id) FROM earning_share WHERE artisan_id = ?)
"""


def sells_since(session: Session, whose: Whose) -> date | None:
    """The day of the reader's first sale, if there was one."""
    if whose.artisan_id is None:
        found = rows(session, _FIRST_OF_MAKER, (whose.maker_id,))
    else:
        found = rows(session, _FIRST_OF_ARTISAN, (whose.artisan_id,))
    return as_day(found[0][0]) if found else None


def as_day(value: date | str) -> date:
    """A day as either engine gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


# One sale


class Back(NamedTuple):
    """What a refund took back of a sold line, and of each artisan's share."""

    change: EarningChange
    shares: dict[int, int]


class Sold(NamedTuple):
    """One sold line with all that is known of it; shares are of artisans."""

    earning: Earning
    shares: dict[int, int]
    backs: list[Back]
    available_on: date | None
    statement: str | None  # the reader's own that it stands on

    def left_of(self, artisan_id: int) -> int:
        """What is left of an artisan's share."""
        taken = sum(back.shares.get(artisan_id, 0) for back in self.backs)
        return self.shares.get(artisan_id, 0) - taken

    @property
    def left(self) -> int:
        """What is left of the net."""
        return self.earning.net - sum(back.change.net for back in self.backs)


_SHARES = "SELECT artisan_id, amount FROM earning_share WHERE earning_id = ? ORDER BY artisan_id"
_BACK_SHARES = (
    "SELECT change_id, artisan_id, amount FROM earning_change_share WHERE change_id IN (??)"
)
_RELEASED = "SELECT available_on FROM release WHERE earning_id = ?"
_STANDS_ON = """
SELECT s.number FROM statement s JOIN account a ON a.id = s.account_id
WHERE a.hub_id = ? AND a.code = ? AND s.from_entry_id < ? AND s.to_entry_id >= ?
"""


def find_sold(session: Session, whose: Whose, earning_id: int) -> Sold | None:
    """A sold line of the reader's; None for anybody else's, as if it were not there."""
    earning = session.scalar(
        select(Earning).where(
            Earning.id == earning_id,
            Earning.hub_id == whose.hub_id,
            Earning.maker_id == whose.maker_id,
        )
    )
    if earning is None:
        return None
    shares = {artisan: int(amount) for artisan, amount in rows(session, _SHARES, (earning.id,))}
    if whose.artisan_id is not None and whose.artisan_id not in shares:
        return None
    changes = session.scalars(
        select(EarningChange)
        .where(EarningChange.earning_id == earning.id)
        .order_by(EarningChange.id)
    ).all()
    taken: dict[int, dict[int, int]] = {}
    if changes:
        for change, artisan, amount in rows(session, _BACK_SHARES, ([c.id for c in changes],)):
            taken.setdefault(change, {})[artisan] = int(amount)
    released = rows(session, _RELEASED, (earning.id,))
    stands = (whose.hub_id, whose.account, earning.entry_id, earning.entry_id)
    numbers = rows(session, _STANDS_ON, stands)
    return Sold(
        earning,
        shares,
        [Back(change, taken.get(change.id, {})) for change in changes],
        as_day(released[0][0]) if released else earning.available_on,
        numbers[0][0] if numbers else None,
    )


# The plus keeps SQLite to the index of lines, for of the maker there are very many.
_MAKERS_LINES = """
SELECT e.line, e.id, e.net FROM earning e WHERE e.line IN (??) AND +e.maker_id = ?
"""
_ARTISANS_LINES = """
SELECT e.line, e.id, s.amount FROM earning e CROSS JOIN earning_share s
WHERE e.line IN (??) AND +e.maker_id = ? AND s.earning_id = e.id AND s.artisan_id = ?
"""


def earned_by(session: Session, whose: Whose, lines: list[str]) -> dict[str, tuple[int, int]]:
    """Line (`<sale uid>/<n>`) to the earning's number and the reader's part of it."""
    if not lines:
        return {}
    if whose.artisan_id is None:
        found = rows(session, _MAKERS_LINES, (lines, whose.maker_id))
    else:
        found = rows(session, _ARTISANS_LINES, (lines, whose.maker_id, whose.artisan_id))
    return {line: (int(earning), int(amount)) for line, earning, amount in found}


# Statements


def statements_of(session: Session, whose: Whose, limit: int, offset: int = 0) -> list[Statement]:
    """The statements of the reader's own account, newest first."""
    return list(
        session.scalars(
            select(Statement)
            .where(_is_own(whose))
            .order_by(Statement.from_entry_id.desc())
            .limit(limit)
            .offset(offset)
        )
    )


def find_own_statement(session: Session, whose: Whose, number: str) -> Statement | None:
    """A statement of the reader's own account by its number."""
    return session.scalar(select(Statement).where(_is_own(whose), Statement.number == number))


def _is_own(whose: Whose) -> ColumnElement[bool]:
    account = select(Account.id).where(
        Account.hub_id == whose.hub_id, Account.code == whose.account
    )
    return Statement.account_id == account.scalar_subquery()
