"""The books of a replay against the oracle's figures, each difference named."""

import hashlib
from collections import Counter
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from almakane.replay import Summary
from tests.replay.oracle import Figures

_BALANCES = """
SELECT a.code, COALESCE((SELECT SUM(p.amount) FROM posting p WHERE p.debit_id = a.id), 0)
             - COALESCE((SELECT SUM(p.amount) FROM posting p WHERE p.credit_id = a.id), 0)
FROM account a JOIN hub h ON h.id = a.hub_id WHERE h.code = 'replay'
"""
_ARTISANS = """
SELECT a.id, m.code, (SELECT COUNT(*) FROM artisan b WHERE b.maker_id = a.maker_id AND b.id < a.id)
FROM artisan a JOIN maker m ON m.id = a.maker_id JOIN hub h ON h.id = m.hub_id
WHERE h.code = 'replay'
"""
_MAKERS = "SELECT m.id, m.code FROM maker m JOIN hub h ON h.id = m.hub_id WHERE h.code = 'replay'"
_SHARES = "SELECT artisan_id, SUM(amount) FROM {table} GROUP BY artisan_id"
_TENDERS = """
SELECT t.kind, SUM(t.amount) FROM tender t JOIN sale s ON s.id = t.sale_id
JOIN hub h ON h.id = s.hub_id WHERE h.code = 'replay' GROUP BY t.kind
"""
_ON_HAND = """
SELECT COALESCE(SUM(l.quantity), 0) FROM stock_level l JOIN place p ON p.id = l.place_id
JOIN lot ON lot.id = l.lot_id JOIN hub h ON h.id = lot.hub_id
WHERE h.code = 'replay' AND p.kind = 'shelf'
"""
_TAX = """
SELECT COALESCE(SUM(l.tax), 0) FROM sale_line l JOIN sale s ON s.id = l.sale_id
JOIN hub h ON h.id = s.hub_id WHERE h.code = 'replay'
"""


def differences(session: Session, summary: Summary, told: Figures) -> list[str]:
    """What the books, or the summary, say otherwise than the oracle; empty when all is equal."""
    balances = _pairs(session, _BALANCES)
    found = [
        f"{name}: the books say {books}, the oracle {oracle}"
        for name, books, oracle in [
            *_of_summary(summary, told),
            *_of_accounts(balances, told),
            *_of_people(session, balances, told),
            ("on hand", session.scalar(text(_ON_HAND)), told.on_hand),
            ("tax on tickets", session.scalar(text(_TAX)), told.ticket_tax),
            *_of_counter("tender", Counter(_pairs(session, _TENDERS)), told.tenders),
        ]
        if books != oracle
    ]
    return sorted(found)


_BY_DAY = """
SELECT CAST(e.day AS TEXT), d.code, c.code, SUM(p.amount) FROM posting p
JOIN entry e ON e.id = p.entry_id JOIN hub h ON h.id = e.hub_id
JOIN account d ON d.id = p.debit_id JOIN account c ON c.id = p.credit_id
WHERE h.code = 'replay' GROUP BY e.day, d.code, c.code
UNION ALL
SELECT CAST(r.day AS TEXT), 'artisan', 'owed:a' || s.artisan_id, SUM(s.amount)
FROM earning_share s JOIN earning r ON r.id = s.earning_id JOIN hub h ON h.id = r.hub_id
WHERE h.code = 'replay' GROUP BY r.day, s.artisan_id
UNION ALL
SELECT CAST(e.day AS TEXT), 'artisan back', 'owed:a' || s.artisan_id, SUM(s.amount)
FROM earning_change_share s JOIN earning_change r ON r.id = s.change_id
JOIN entry e ON e.id = r.entry_id JOIN hub h ON h.id = e.hub_id
WHERE h.code = 'replay' GROUP BY e.day, s.artisan_id
UNION ALL
SELECT CAST(s.day AS TEXT), 'flag', f.flag, COUNT(*)
FROM sale s JOIN sale_flag f ON f.sale_id = s.id JOIN hub h ON h.id = s.hub_id
WHERE h.code = 'replay' GROUP BY s.day, f.flag
"""

Books = dict[tuple[str, str, str], int]


def by_day(session: Session) -> Books:
    """What went from account to account on each day, what artisans made, and what was flagged."""
    makers = _pairs(session, _MAKERS)
    names = {f"owed:m{key}": f"owed:{code}" for key, code in makers.items()}
    for key, maker, number in session.execute(text(_ARTISANS)):
        names[f"owed:a{key}"] = f"owed:{maker}/{number}"
    return {
        (day, names.get(one, one), names.get(other, other)): int(amount)
        for day, one, other, amount in session.execute(text(_BY_DAY))
    }


def digest(books: Books) -> str:
    """The books by day as one short word, the same for the same books."""
    lines = "\n".join(f"{key} {amount}" for key, amount in sorted(books.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def _of_summary(summary: Summary, told: Figures) -> list[tuple[str, Any, Any]]:
    skipped = Counter({str(reason): count for reason, count in summary.skipped.items()})
    return [
        ("days", summary.days, told.days),
        ("lines", summary.lines, told.lines),
        ("kept and skipped", _whole(summary), told.lines),
        ("sales", summary.sales, told.sales),
        ("lines sold", summary.kept_lines, told.sold_lines),
        ("refunds", summary.refunds, told.refunds),
        ("lines refunded", summary.refund_lines, told.refund_lines),
        ("GMV", summary.gmv, told.gmv),
        ("refunded", summary.refunded, told.refunded),
        ("owed", summary.owed, told.owed),
        ("hub's share", summary.hub_share, told.hub_share),
        *_of_counter("skipped", skipped, told.skipped),
    ]


def _whole(summary: Summary) -> int:
    return summary.kept_lines + summary.refund_lines + summary.skipped.total()


def _of_accounts(balances: dict[str, int], told: Figures) -> list[tuple[str, Any, Any]]:
    def of(*names: str) -> int:
        return sum(
            amount
            for code, amount in balances.items()
            if any(code == name or (name[-1] == ":" and code.startswith(name)) for name in names)
        )

    tenders = told.tenders
    return [
        ("the trial balance", sum(balances.values()), 0),
        ("clearing", of("clearing"), 0),
        ("vat:out", of("vat:out"), -told.vat_out),
        ("vat:in", of("vat:in"), told.vat_in),
        ("stock:own", of("stock:own"), told.stock_own),
        ("rounding", of("rounding"), -told.rounding),
        ("over_short", of("over_short"), told.over_short),
        ("cash", of("cash:"), tenders["cash"] - told.over_short),
        ("card", of("card:acquirer"), tenders["terminal"]),
        ("cheques", of("cheque:portfolio"), tenders["cheque"]),
        ("transfers", of("transfer:expected"), tenders["transfer"]),
        ("share by accounts", -of("income:", "cost:", "expense:promotion"), told.hub_share),
        ("owed by accounts", -of("owed:"), told.owed),
        ("suspense and differences", of("suspense", "differences"), 0),
    ]


def _of_people(
    session: Session, balances: dict[str, int], told: Figures
) -> list[tuple[str, Any, Any]]:
    makers = _pairs(session, _MAKERS)
    artisans = {row[0]: (row[1], int(row[2])) for row in session.execute(text(_ARTISANS))}
    owed = Counter({name: -balances.get(f"owed:m{key}", 0) for key, name in makers.items()})
    members = Counter({who: -balances.get(f"owed:a{key}", 0) for key, who in artisans.items()})
    made = Counter[tuple[str, int]]()
    for table, sign in (("earning_share", 1), ("earning_change_share", -1)):
        for artisan, amount in _pairs(session, _SHARES.format(table=table)).items():
            if artisan in artisans:
                made[artisans[artisan]] += sign * amount
    return [
        *_of_counter("owed to maker", owed, told.owed_maker),
        *_of_counter("owed to artisan", members, told.owed_artisan),
        *_of_counter("made by artisan", made, told.made_by),
    ]


def _of_counter(name: str, books: Counter[Any], oracle: Counter[Any]) -> list[tuple[str, Any, Any]]:
    return [(f"{name} {key}", books[key], oracle[key]) for key in {*books, *oracle}]


def _pairs(session: Session, sql: str) -> dict[Any, Any]:
    return {
        key: int(value) if not isinstance(value, str) else value
        for key, value in session.execute(text(sql))
    }
