"""What statements, makers' pages and the hub's share show, read from the money book alone."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime
from almakane.cooperatives.models import Agreement, Maker
from almakane.db import rows, utc_text
from almakane.inventory.queries import titles_in
from almakane.ledger import chart
from almakane.ledger.models import LINE_KINDS
from almakane.ledger.queries import balances, turnover, waiting
from almakane.payouts.models import Statement
from almakane.payouts.statement import Row, Totals

_PAGE = 2_000

# The columns of a statement's row, behind what orders the rows: entry, part of it, id in that part.
_EARNED = """SELECT e.entry_id AS entry_id, 0 AS part, e.id AS id, e.day AS day,
       e.document AS document, e.kind AS kind, e.title AS title, e.lot_code AS lot_code,
       e.quantity AS quantity"""
_TAKEN = """SELECT c.entry_id AS entry_id, 1 AS part, c.id AS id, c.day AS day,
       c.document AS document, CASE e.kind WHEN 'loss' THEN 'finding' ELSE 'refund' END AS kind,
       e.title AS title, e.lot_code AS lot_code, -c.quantity AS quantity"""


class _Source(NamedTuple):
    """Some rows of a statement: whose they are is asked by `of`, and the cut behind it."""

    columns: str
    tables: str
    place: str  # what orders them
    of: tuple[str, ...]

    @property
    def rows(self) -> str:
        return f"{self.columns} {self.tables}"

    @property
    def places(self) -> str:
        return f"SELECT {self.place} {self.tables}"

    def values(self, statement: Statement, after: int, upto: int) -> list[int]:
        return [*(getattr(statement, name) for name in self.of), after, upto]


# A maker's account: her lines, what refunds took back of them, and every other entry by its sum.
# CROSS JOIN makes SQLite begin with the period's few refunds, not with all that she ever sold.
_MAKER_EARNED = _Source(
    f"""{_EARNED}, e.gross AS gross, e.promotion AS promotion, e.commission AS commission,
       e.commission_vat AS commission_vat, e.fees AS fees, e.fees_vat AS fees_vat,
       e.vat_in AS vat_in, CASE WHEN e.paid_to = 'members' THEN 0 ELSE e.net END AS amount,
       CASE WHEN e.paid_to = 'members' THEN e.net ELSE 0 END AS onward""",
    "FROM earning e WHERE e.maker_id = ? AND e.entry_id > ? AND e.entry_id <= ?",
    "e.entry_id AS entry_id, 0 AS part, e.id AS id",
    ("maker_id",),
)
_MAKER_TAKEN = _Source(
    f"""{_TAKEN}, -c.gross AS gross, -c.promotion AS promotion, -c.commission AS commission,
       -c.commission_vat AS commission_vat, -c.fees AS fees, -c.fees_vat AS fees_vat,
       -c.vat_in AS vat_in, CASE WHEN e.paid_to = 'members' THEN 0 ELSE -c.net END AS amount,
       CASE WHEN e.paid_to = 'members' THEN -c.net ELSE 0 END AS onward""",
    """FROM earning_change c CROSS JOIN earning e
WHERE e.id = c.earning_id AND e.maker_id = ? AND c.entry_id > ? AND c.entry_id <= ?""",
    "c.entry_id AS entry_id, 1 AS part, c.id AS id",
    ("maker_id",),
)
# A member's: her parts of those lines, found by her maker, for they have no entry of their own.
_MEMBER_PART = """, {0} AS gross, 0 AS promotion, 0 AS commission, 0 AS commission_vat, 0 AS fees,
       0 AS fees_vat, 0 AS vat_in, {0} AS amount, 0 AS onward"""
_MEMBER_EARNED = _Source(
    _EARNED + _MEMBER_PART.format("s.amount"),
    """FROM earning e CROSS JOIN earning_share s
WHERE s.earning_id = e.id AND s.artisan_id = ? AND e.paid_to = 'members'
  AND e.maker_id = ? AND e.entry_id > ? AND e.entry_id <= ?""",
    _MAKER_EARNED.place,
    ("artisan_id", "maker_id"),
)
_MEMBER_TAKEN = _Source(
    _TAKEN + _MEMBER_PART.format("-s.amount"),
    """FROM earning_change c CROSS JOIN earning_change_share s CROSS JOIN earning e
WHERE s.change_id = c.id AND s.artisan_id = ? AND e.id = c.earning_id AND e.paid_to = 'members'
  AND c.entry_id > ? AND c.entry_id <= ?""",
    _MAKER_TAKEN.place,
    ("artisan_id",),
)
# CROSS JOIN begins with the entries that are not of lines: an index of its own knows these few.
_OTHERS = _Source(
    """SELECT e.id AS entry_id, 2 AS part, 0 AS id, e.day AS day, e.document AS document,
       e.kind AS kind, '' AS title, '' AS lot_code, 0 AS quantity, 0 AS gross, 0 AS promotion,
       0 AS commission, 0 AS commission_vat, 0 AS fees, 0 AS fees_vat, 0 AS vat_in,
       SUM(CASE WHEN p.credit_id = a.id THEN p.amount ELSE -p.amount END) AS amount, 0 AS onward""",
    f"""FROM account a CROSS JOIN entry e CROSS JOIN posting p
WHERE a.id = ? AND e.hub_id = a.hub_id AND e.kind NOT IN {LINE_KINDS}
  AND e.id > ? AND e.id <= ? AND p.entry_id = e.id AND a.id IN (p.debit_id, p.credit_id)
GROUP BY e.id, e.day, e.document, e.kind""",
    "e.id AS entry_id, 2 AS part, 0 AS id",
    ("account_id",),
)

_SUMMED = Totals._fields[1:-1]
_SUMS = ", ".join(f"COALESCE(SUM({column}), 0)" for column in _SUMMED)

Place = tuple[int, int, int]  # of a row in its statement: entry, part, id
_BEHIND = 3  # behind every part of an entry


def statement_rows(
    session: Session, statement: Statement, *, limit: int | None = None, offset: int = 0
) -> Iterator[Row]:
    """
    The rows of a statement in the order they were recorded, read a portion at a time.

    They are read again from the books each time; the cut by entry id makes them always the same.
    A portion begins behind the last row of the one before it and looks no further than an entry
    that is far enough, so that a long statement is read in one go, and none of it twice.
    """
    after = (statement.from_entry_id, _BEHIND, 0)
    if offset:
        last = _place(session, statement, offset)
        if last is None:
            return
        after = last
    while limit is None or limit > 0:
        size = _PAGE if limit is None else min(limit, _PAGE)
        upto = _far_enough(session, statement, after[0], size)
        found = _portion(session, statement, after, upto, size)
        for entry_id, _part, _id, day, document, kind, title, lot, quantity, *amounts in found:
            cells: list[Any] = [document, kind, title, quantity, *map(int, amounts), lot]
            yield Row(entry_id, _as_date(day), *cells)
        limit = None if limit is None else limit - len(found)
        if len(found) == size:
            after = tuple(found[-1][:3])
        elif upto < statement.to_entry_id:
            after = (upto, _BEHIND, 0)
        else:
            return


def rows_told(
    session: Session,
    statement: Statement,
    language: str,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> Iterator[Row]:
    """The same, each piece called as it is in a language, or else as it was when it was sold."""
    found = statement_rows(session, statement, limit=limit, offset=offset)
    while some := list(islice(found, _PAGE)):
        codes = (row.lot_code for row in some if row.lot_code)
        titles = titles_in(session, language, statement.hub_id, codes)
        for row in some:
            yield row._replace(title=titles.get((row.lot_code, row.title), row.title))


_FAR = """
SELECT entry_id FROM earning WHERE maker_id = ? AND entry_id > ? AND entry_id <= ?
ORDER BY entry_id LIMIT 1 OFFSET ?
"""


def _far_enough(session: Session, statement: Statement, after: int, size: int) -> int:
    """The entry by which a maker has sold so many lines: almost always as many rows."""
    found = rows(session, _FAR, (statement.maker_id, after, statement.to_entry_id, size))
    return int(found[0][0]) if found else statement.to_entry_id


def _portion(
    session: Session, statement: Statement, after: Place, upto: int, size: int
) -> list[Any]:
    sources = _sources_of(statement)
    first = max(statement.from_entry_id, after[0] - 1)  # of that entry, there may be more
    sql = (
        f"SELECT * FROM ({' UNION ALL '.join(source.rows for source in sources)}) r "
        "WHERE (entry_id, part, id) > (?, ?, ?) ORDER BY entry_id, part, id LIMIT ?"
    )
    values = [value for source in sources for value in source.values(statement, first, upto)]
    return rows(session, sql, (*values, *after, size))


def _place(session: Session, statement: Statement, n: int) -> Place | None:
    """Where the nth row stands, read from the indexes alone."""
    sources = _sources_of(statement)
    sql = (
        f"SELECT * FROM ({' UNION ALL '.join(source.places for source in sources)}) r "
        "ORDER BY entry_id, part, id LIMIT 1 OFFSET ?"
    )
    cut = (statement.from_entry_id, statement.to_entry_id)
    values = [value for source in sources for value in source.values(statement, *cut)]
    found = rows(session, sql, (*values, n - 1))
    return tuple(found[0]) if found else None


def statement_totals(session: Session, statement: Statement) -> Totals:
    """How many rows a statement has, and what its columns come to."""
    sources = _sources_of(statement)
    # Of lines, and of refunds, no amount is below zero: a sum of nothing is a column of nothing.
    sql = " UNION ALL ".join(
        f"SELECT COUNT(*), COALESCE(MAX(ABS(amount)), 0), {_SUMS} FROM ({source.rows}) r"
        for source in sources
    )
    cut = (statement.from_entry_id, statement.to_entry_id)
    values = [value for source in sources for value in source.values(statement, *cut)]
    found = rows(session, sql, values)
    counts, largest, *columns = zip(*found, strict=True)
    used = {name for name, parts in zip(_SUMMED, columns, strict=True) if any(parts)}
    if any(largest):
        used.add("amount")
    sums: list[Any] = [sum(counts), *(int(sum(parts)) for parts in columns), frozenset(used)]
    return Totals(*sums)


def _sources_of(statement: Statement) -> tuple[_Source, ...]:
    if statement.artisan_id is None:
        return _MAKER_EARNED, _MAKER_TAKEN, _OTHERS
    return _MEMBER_EARNED, _MEMBER_TAKEN, _OTHERS


def _as_date(day: date | str) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


def find_statement(session: Session, hub_id: int, number: str) -> Statement | None:
    """A hub's statement by its number."""
    return session.scalar(
        select(Statement).where(Statement.hub_id == hub_id, Statement.number == number)
    )


def statement_before(session: Session, statement: Statement) -> Statement | None:
    """The one whose closing is this one's opening."""
    return session.scalar(
        select(Statement)
        .where(
            Statement.account_id == statement.account_id,
            Statement.from_entry_id < statement.from_entry_id,
        )
        .order_by(Statement.from_entry_id.desc())
        .limit(1)
    )


def sells_as_own(session: Session, statement: Statement) -> bool:
    """Whether the house sells this maker's pieces in its own name, so that the VAT is its own."""
    query = select(Agreement.id).where(
        Agreement.maker_id == statement.maker_id, Agreement.regime == Regime.COMMISSIONNAIRE
    )
    return session.scalar(query.limit(1)) is not None


def papers_of_members(session: Session, statement: Statement) -> dict[int, str]:
    """Artisan to the number of her own statement that was drawn with this one."""
    found = session.execute(
        select(Statement.artisan_id, Statement.number).where(
            Statement.maker_id == statement.maker_id,
            Statement.to_entry_id == statement.to_entry_id,
            Statement.artisan_id.is_not(None),
        )
    )
    return {artisan: number for artisan, number in found if artisan is not None}


_MEMBERS = """
SELECT artisan_id, SUM(amount) FROM (
    SELECT s.artisan_id AS artisan_id, s.amount AS amount
    FROM earning e JOIN earning_share s ON s.earning_id = e.id
    WHERE e.maker_id = ? AND e.entry_id > ? AND e.entry_id <= ?
    UNION ALL
    SELECT s.artisan_id, -s.amount
    FROM earning_change c CROSS JOIN earning e CROSS JOIN earning_change_share s
    WHERE e.id = c.earning_id AND e.maker_id = ? AND s.change_id = c.id
      AND c.entry_id > ? AND c.entry_id <= ?
) part GROUP BY artisan_id ORDER BY artisan_id
"""


def statement_members(session: Session, statement: Statement) -> dict[int, int]:
    """Artisan to her part of what a maker's lines gave, whether she or the maker is owed it."""
    of = (statement.maker_id, statement.from_entry_id, statement.to_entry_id)
    return {artisan: int(amount) for artisan, amount in rows(session, _MEMBERS, (*of, *of))}


class Wait(NamedTuple):
    """Lines whose money waits until the same day; `on` is None while nobody knows when."""

    on: date | None
    lines: int
    amount: int


# Of a known day behind the cut, and of days not known yet: each has its part of an index, which the
# plus leaves to it.
_IT_WAITS = """(
    SELECT id, paid_to, net, available_on, entry_id FROM earning
    WHERE maker_id = ? AND available_on > ?
    UNION ALL
    SELECT id, paid_to, net, available_on, entry_id FROM earning
    WHERE maker_id = ? AND available_on IS NULL
) e LEFT JOIN release r ON r.earning_id = e.id AND r.recorded_at <= ?"""
_IS_OPEN = "+e.entry_id <= ? AND (r.available_on IS NULL OR r.available_on > ?)"
_MAKER_WAITS = f"""
SELECT COALESCE(r.available_on, e.available_on), e.net - COALESCE((
    SELECT SUM(c.net) FROM earning_change c
    WHERE c.earning_id = e.id AND c.entry_id <= ?), 0)
FROM {_IT_WAITS}
WHERE e.paid_to <> 'members' AND {_IS_OPEN}
"""
_ARTISAN_WAITS = f"""
SELECT COALESCE(r.available_on, e.available_on), s.amount - COALESCE((
    SELECT SUM(cs.amount) FROM earning_change c
    JOIN earning_change_share cs ON cs.change_id = c.id AND cs.artisan_id = s.artisan_id
    WHERE c.earning_id = e.id AND c.entry_id <= ?), 0)
FROM {_IT_WAITS}
JOIN earning_share s ON s.earning_id = e.id
WHERE s.artisan_id = ? AND e.paid_to = 'members' AND {_IS_OPEN}
"""


def statement_waits(session: Session, statement: Statement) -> list[Wait]:
    """What waited when a statement was drawn and until when, soonest first; sums to `waiting`."""
    cut, day, drawn = statement.to_entry_id, statement.day.isoformat(), utc_text(statement.drawn_at)
    of = (cut, statement.maker_id, day, statement.maker_id, drawn)
    if statement.artisan_id is None:
        found = rows(session, _MAKER_WAITS, (*of, cut, day))
    else:
        found = rows(session, _ARTISAN_WAITS, (*of, statement.artisan_id, cut, day))
    return by_day(((_as_date(on) if on else None), int(amount)) for on, amount in found)


def by_day(waits: Iterable[tuple[date | None, int]]) -> list[Wait]:
    """Single amounts that wait, put together by their day; unknown days come last."""
    days: dict[date | None, list[int]] = {}
    for on, amount in waits:
        if amount:
            days.setdefault(on, []).append(amount)
    return [
        Wait(on, len(amounts), sum(amounts))
        for on, amounts in sorted(days.items(), key=lambda pair: pair[0] or date.max)
    ]


class MakerBalance(NamedTuple):
    """What the hub owes a maker and her members, in centimes; available = owed - waiting."""

    maker: Maker
    owed: int
    waiting: int

    @property
    def available(self) -> int:
        """What may be paid out today."""
        return self.owed - self.waiting


# Two reads, for each has its index: of a known day that is to come, and of days not known yet.
_WAITING = """
WITH waits AS (
    SELECT e.id, e.maker_id, e.paid_to, e.net
    FROM maker m JOIN earning e ON e.maker_id = m.id AND e.available_on > ?
    WHERE m.hub_id = ?
      AND NOT EXISTS (SELECT 1 FROM release r WHERE r.earning_id = e.id AND r.available_on <= ?)
    UNION ALL
    SELECT e.id, e.maker_id, e.paid_to, e.net
    FROM maker m JOIN earning e ON e.maker_id = m.id AND e.available_on IS NULL
    WHERE m.hub_id = ?
      AND NOT EXISTS (SELECT 1 FROM release r WHERE r.earning_id = e.id AND r.available_on <= ?)
)
SELECT w.maker_id, 0, SUM(w.net - COALESCE((
    SELECT SUM(c.net) FROM earning_change c WHERE c.earning_id = w.id), 0))
FROM waits w WHERE w.paid_to <> 'members' GROUP BY w.maker_id
UNION ALL
SELECT w.maker_id, s.artisan_id, SUM(s.amount - COALESCE((
    SELECT SUM(cs.amount) FROM earning_change c
    JOIN earning_change_share cs ON cs.change_id = c.id AND cs.artisan_id = s.artisan_id
    WHERE c.earning_id = w.id), 0))
FROM waits w JOIN earning_share s ON s.earning_id = w.id
WHERE w.paid_to = 'members' GROUP BY w.maker_id, s.artisan_id
"""


def waiting_of_hub(session: Session, hub_id: int, day: date) -> dict[tuple[int, int | None], int]:
    """(maker, artisan) to what waits at the end of a day; the artisan is None for the maker."""
    on = day.isoformat()
    found = rows(session, _WAITING, (on, hub_id, on, hub_id, on))
    return {(maker, artisan or None): int(amount) for maker, artisan, amount in found}


def maker_balances(session: Session, hub_id: int, day: date) -> list[MakerBalance]:
    """Every maker with what is owed and what waits on a day, members included."""
    owed = balances(session, hub_id, "owed:")
    waits: dict[int, int] = {}
    for (maker_id, _artisan), amount in waiting_of_hub(session, hub_id, day).items():
        waits[maker_id] = waits.get(maker_id, 0) + amount
    members: dict[int, int] = {}
    for artisan_id, maker_id in rows(
        session, "SELECT id, maker_id FROM artisan WHERE hub_id = ?", (hub_id,)
    ):
        account = chart.owed_artisan(artisan_id)
        members[maker_id] = members.get(maker_id, 0) - owed.get(account, 0)
    makers = session.scalars(select(Maker).where(Maker.hub_id == hub_id).order_by(Maker.id))
    return [
        MakerBalance(
            maker,
            members.get(maker.id, 0) - owed.get(chart.owed_maker(maker.id), 0),
            waits.get(maker.id, 0),
        )
        for maker in makers
    ]


class AccountBalance(NamedTuple):
    """What a maker, or a member of hers, is owed on an account of their own, in centimes."""

    artisan_id: int | None
    owed: int
    waiting: int

    @property
    def available(self) -> int:
        """What may be paid out today."""
        return self.owed - self.waiting


class MakerAccounts(NamedTuple):
    """A maker's own account and her members', and until when what of them waits."""

    own: AccountBalance
    members: list[AccountBalance]
    waits: list[Wait]


def maker_accounts(session: Session, maker: Maker, day: date) -> MakerAccounts:
    """What is owed to one maker and to each of her members on a day."""
    owed = balances(session, maker.hub_id, "owed:")
    lines = waiting(session, maker.id, day)
    waits: dict[int | None, int] = {}
    for line in lines:
        waits[line.artisan_id] = waits.get(line.artisan_id, 0) + line.amount

    def account(artisan: int | None) -> AccountBalance:
        code = chart.owed_maker(maker.id) if artisan is None else chart.owed_artisan(artisan)
        return AccountBalance(artisan, -owed.get(code, 0), waits.get(artisan, 0))

    return MakerAccounts(
        account(None),
        [account(artisan.id) for artisan in maker.artisans],
        by_day((line.on, line.amount) for line in lines),
    )


class Earned(NamedTuple):
    """A line that earned a maker something, with what was taken back of it since."""

    day: date
    lot_code: str
    title: str
    quantity: int
    document: str
    kind: str
    gross: int
    net: int
    available_on: date | None
    quantity_back: int
    net_back: int


_EARNINGS = """
SELECT e.day, e.lot_code, e.title, e.quantity, e.document, e.kind, e.gross, e.net,
       COALESCE((SELECT r.available_on FROM release r WHERE r.earning_id = e.id), e.available_on),
       COALESCE((SELECT SUM(c.quantity) FROM earning_change c WHERE c.earning_id = e.id), 0),
       COALESCE((SELECT SUM(c.net) FROM earning_change c WHERE c.earning_id = e.id), 0)
FROM earning e WHERE e.maker_id = ? ORDER BY e.entry_id DESC, e.id DESC LIMIT ?
"""


def last_earnings(session: Session, maker_id: int, limit: int) -> list[Earned]:
    """The last lines that were sold or compensated, newest first."""
    return [
        Earned._make((_as_date(day), *told, _as_date(on) if on else None, int(quantity), int(net)))
        for day, *told, on, quantity, net in rows(session, _EARNINGS, (maker_id, limit))
    ]


class Share(NamedTuple):
    """The hub's share of a period: its parts in centimes, promotion as a cost."""

    commission: int = 0
    fees: int = 0
    margin: int = 0  # what was sold in the hub's own name, less what it cost
    services: int = 0
    promotion: int = 0

    @property
    def total(self) -> int:
        """Income less cost less promotion."""
        return self.commission + self.fees + self.margin + self.services - self.promotion


_PART_OF = {
    chart.COMMISSION: "commission",
    chart.FEES: "fees",
    chart.SALES: "margin",
    chart.COST_CONSIGNED: "margin",
    chart.COST_OWN: "margin",
    chart.SHIPPING: "services",
    chart.SERVICES: "services",
    chart.PROMOTION: "promotion",
}


def share_of_day(moved: Mapping[str, int]) -> Share:
    """The hub's share, of what the income and cost accounts gained."""
    parts: dict[str, int] = {}
    for code, amount in moved.items():
        part = _PART_OF.get(code)
        if part:
            signed = -amount if part == "promotion" else amount
            parts[part] = parts.get(part, 0) + signed
    return Share(**parts)


def hub_share(session: Session, hub_id: int, first: date, last: date) -> dict[date, Share]:
    """Trading day to the hub's share; days without trade are left out."""
    days: dict[date, dict[str, int]] = {}
    for day, code, amount in turnover(session, hub_id, first, last):
        if code in _PART_OF:
            days.setdefault(day, {})[code] = amount
    return {day: share_of_day(moved) for day, moved in sorted(days.items())}


def by_month(days: dict[date, Share]) -> dict[date, Share]:
    """The same by month, named by its first day."""
    months: dict[date, list[Share]] = {}
    for day, share in days.items():
        months.setdefault(day.replace(day=1), []).append(share)
    return {
        month: Share(*(sum(parts) for parts in zip(*shares, strict=True)))
        for month, shares in sorted(months.items())
    }


def trading_since(session: Session, hub_id: int) -> date | None:
    """The first day that anything was booked on."""
    [(day,)] = rows(session, "SELECT MIN(day) FROM entry WHERE hub_id = ?", (hub_id,))
    return _as_date(day) if day else None
