"""A ticket as a refund meets it: its lines, and what of each is left to be given back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from almakane.db import Query, rows, rows_of, utc_text
from almakane.journal.event import moment_text
from almakane.journal.queries import token_hash
from almakane.money import divide
from almakane.sales.queries import left_on
from almakane.sales.ticket import TenderKind, What

_TICKET = """
SELECT id, uid, number, happened_at, lang, goods, returned FROM sale
WHERE hub_id = ? AND {which}
"""
_BY_NUMBER = _TICKET.format(which="number = ?")
_BY_KEY = _TICKET.format(which="uid = (SELECT uid FROM ticket_key WHERE key_hash = ?)")
_TENDERS = "SELECT kind, amount, ref FROM tender WHERE sale_id = ? ORDER BY n"
_BACK = """
SELECT kind, SUM(-amount) FROM tender WHERE amount < 0 AND sale_id IN
(SELECT sale_id FROM refund_line WHERE of_sale_id = ?) GROUP BY kind
"""
_LINES = """
SELECT l.n, l.what, l.code, l.title, l.quantity, l.total, l.tax,
       COALESCE(SUM(b.booked_quantity), 0), COALESCE(SUM(b.booked), 0), COALESCE(SUM(b.tax), 0)
FROM sale_line l LEFT JOIN refund_line b ON b.of_sale_id = l.sale_id AND b.of_n = l.n
WHERE l.sale_id = ?
GROUP BY l.sale_id, l.n, l.what, l.code, l.title, l.quantity, l.total, l.tax ORDER BY l.n
"""
_CLAIMS = """
SELECT claim.of_n, claim.uid, claim.quantity, claim.ends_at, claim.register_id = ? FROM claim
LEFT JOIN used ON used.uid = claim.uid
WHERE claim.of_sale_id = ? AND used.uid IS NULL AND claim.ends_at > ? ORDER BY claim.id
"""


def ticket_left(
    session: Session, hub_id: int, register_id: int, called: str, now: datetime
) -> dict[str, Any] | None:
    """
    The ticket of a number, or of the key in its QR code, if this hub has it.

    What another till has just claimed is not left; what this one has, its lines name, so that the
    same claim may be asked for again.
    """
    found = rows(session, _BY_NUMBER, (hub_id, called)) or rows(
        session, _BY_KEY, (hub_id, token_hash(called))
    )
    if not found:
        return None
    [(sale_id, uid, number, at, lang, goods, returned)] = found
    tenders, back, lines, claims = rows_of(
        session,
        Query(_TENDERS, (sale_id,)),
        Query(_BACK, (sale_id,)),
        Query(_LINES, (sale_id,)),
        Query(_CLAIMS, (register_id, sale_id, utc_text(now))),
    )
    return {
        "uid": uid,
        "number": number,
        "at": moment_text(_moment(at)),
        "lang": lang,
        "total": goods - returned,
        "tenders": _tenders(tenders, {kind: int(amount) for kind, amount in back}),
        "lines": [
            _of_card(session, hub_id, told) if told["what"] == What.GIFT_CARD else told
            for told in (
                _line(line, [claim for claim in claims if claim[0] == line[0]]) for line in lines
            )
        ],
    }


def _tenders(tenders: Sequence[Any], back: dict[str, int]) -> list[dict[str, Any]]:
    """What paid for a ticket, and what of it has not gone back by the same kind."""
    told = []
    for kind, amount, ref in tenders:
        went = min(back.get(kind, 0), max(amount, 0))
        back[kind] = back.get(kind, 0) - went
        told.append({"kind": kind, "amount": amount, "ref": ref, "left": amount - went})
    return told


def _of_card(session: Session, hub_id: int, told: dict[str, Any]) -> dict[str, Any]:
    """A gift card that was sold: what was spent of it does not come back."""
    held = max(left_on(session, hub_id, TenderKind.GIFT_CARD, told["code"]), 0)
    left = min(told["left_total"], held)
    return {**told, "left_qty": told["left_qty"] if left else 0, "left_total": left}


def _line(line: Any, claims: list[Any]) -> dict[str, Any]:
    n, what, code, title, quantity, total, tax, *back = line
    quantity_back, total_back, tax_back = map(int, back)
    units = quantity - quantity_back
    free = max(units - sum(claim[2] for claim in claims if not claim[4]), 0)
    left, tax_left = total - total_back, max(tax - tax_back, 0)
    if units and free < units:  # as much of what is left as these units are of those
        left, tax_left = divide(left * free, units), divide(tax_left * free, units)
    return {
        "n": n,
        "what": what,
        "code": code,
        "title": title,
        "qty": quantity,
        "total": total,
        "tax": tax,
        "left_qty": free,
        "left_total": left,
        "left_tax": tax_left,
        "claims": [
            {"uid": uid, "qty": claimed, "ends_at": moment_text(_moment(ends_at))}
            for _n, uid, claimed, ends_at, is_ours in claims
            if is_ours
        ],
    }


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(f"{value}+00:00")
