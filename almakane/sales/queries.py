"""What is left of earlier sales, and what a ticket meets when it arrives."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Shares
from almakane.db import Query, locking, rows
from almakane.errors import Refusal
from almakane.ledger import chart
from almakane.ledger.queries import balance
from almakane.sales.models import RegisterKind
from almakane.sales.ticket import TenderKind, Ticket

_SCENE = """
SELECT r.id, r.site_id, r.kind, s.id, s.body_hash, s.number,
       (SELECT MAX(day) FROM seal WHERE hub_id = r.hub_id),
       rules.vat_liable, rules.vat_bp, rules.vat_reduced_bp, rules.cash_step, rules.cash_limit,
       rules.till_wait_days, rules.web_wait_days, hub.zone,
       (SELECT 1 FROM sale twice WHERE twice.hub_id = r.hub_id AND twice.number = ?)
FROM register r
JOIN hub ON hub.id = r.hub_id
LEFT JOIN hub_rules rules ON rules.hub_id = r.hub_id AND rules.valid_from =
     (SELECT MAX(valid_from) FROM hub_rules WHERE hub_id = r.hub_id AND valid_from <= ?)
LEFT JOIN sale s ON s.uid = ?
WHERE r.hub_id = ? AND r.code = ?
"""


class Scene(NamedTuple):
    """The register, the rules of the day, and whether the ticket was recorded before."""

    register_id: int
    site_id: int
    register_kind: RegisterKind
    sale_id: int | None
    hash_then: str | None
    number_then: str | None
    sealed_until: date | None
    vat_bp: int  # on the hub's services and goods; 0 where the hub is not liable
    vat_standard_bp: int
    vat_reduced_bp: int
    cash_step: int
    cash_limit: int
    till_wait_days: int
    web_wait_days: int
    zone: str
    number_is_taken: bool


def scene_query(hub_id: int, ticket: Ticket) -> Query:
    """What asks for all that a ticket meets, but for its lots."""
    told = (ticket.number, ticket.day.isoformat(), ticket.uid)
    return Query(_SCENE, (*told, hub_id, ticket.register))


def set_scene(found: list[Any], ticket: Ticket) -> Scene:
    """What a `scene_query` has found; raises Refusal for an unknown register or a lawless day."""
    if not found:
        raise Refusal("There is no register %(code)s.", field="register", code=ticket.register)
    [row] = found
    if row[7] is None:
        raise Refusal("The hub has no rules for %(day)s.", field="day", day=ticket.day.isoformat())
    sealed = date.fromisoformat(row[6]) if isinstance(row[6], str) else row[6]
    liable, standard = bool(row[7]), row[8]
    return Scene(
        *(row[0], row[1], RegisterKind(row[2]), row[3], row[4], row[5], sealed),
        *(standard if liable else 0, standard, *row[9:15], bool(row[15])),
    )


class SoldLine(NamedTuple):
    """A line of an earlier ticket, with all that was taken back of it since."""

    sale_id: int
    site_id: int
    n: int
    what: str
    lot_id: int | None
    code: str
    quantity: int
    total: int
    tax: int
    cost: int
    regime: str | None
    quantity_back: int
    total_back: int
    tax_back: int
    cost_back: int


_SOLD = """
SELECT s.uid, l.n, s.id, s.site_id, l.n, l.what, l.lot_id, l.code, l.quantity, l.total,
       l.booked_tax, l.cost, lot.regime,
       COALESCE(SUM(b.booked_quantity), 0), COALESCE(SUM(b.booked), 0),
       COALESCE(SUM(b.booked_tax), 0), COALESCE(SUM(b.booked_cost), 0)
FROM sale s JOIN sale_line l ON l.sale_id = s.id
LEFT JOIN lot ON lot.id = l.lot_id
LEFT JOIN refund_line b ON b.of_sale_id = l.sale_id AND b.of_n = l.n
WHERE s.hub_id = ? AND s.uid IN (??)
GROUP BY s.id, l.sale_id, l.n, lot.id ORDER BY s.id, l.n
"""


def sold_lines(session: Session, hub_id: int, uids: list[str]) -> dict[tuple[str, int], SoldLine]:
    """(sale uid, n) to the line and what is left of it; the sales' rows are locked, in id order."""
    if not uids:
        return {}
    lock = "SELECT sale.id FROM sale WHERE sale.hub_id = ? AND sale.uid IN (??) ORDER BY sale.id"
    rows(session, locking(session, lock, "sale"), (hub_id, uids))
    return {  # PostgreSQL sums to decimals, which cannot say how many coins are left over
        (row[0], row[1]): SoldLine(*row[2:-4], *map(int, row[-4:]))
        for row in rows(session, _SOLD, (hub_id, uids))
    }


_PROMISED = """
SELECT COALESCE(SUM(taking.amount), 0) FROM taking LEFT JOIN used ON used.uid = taking.uid
WHERE taking.hub_id = ? AND taking.kind = ? AND taking.ref = ? AND used.uid IS NULL
"""


def left_on(session: Session, hub_id: int, kind: TenderKind, ref: str) -> int:
    """
    What a gift card or a credit holds that nobody was promised; below zero where it is overspent.

    Its account's row is locked: who takes from a card, or gives one back, queues there. What was
    promised is read first. A ticket that spends it commits without that lock, and whoever read the
    balance before it and the promise after would find the money a second time.
    """
    account = chart.gift_card(ref) if kind is TenderKind.GIFT_CARD else chart.credit(ref)
    lock = "SELECT account.id FROM account WHERE account.hub_id = ? AND account.code = ?"
    rows(session, locking(session, lock, "account"), (hub_id, account))
    [(promised,)] = rows(session, _PROMISED, (hub_id, kind.value, ref))
    return -balance(session, hub_id, account) - int(promised)


class Left(NamedTuple):
    """What is left of an earning: its shares, and each artisan's part of the net."""

    earning_id: int
    maker_id: int
    regime: str
    paid_to: str
    shares: Shares
    members: dict[int, int]


_PARTS = ("gross", "promotion", "net", "commission", "commission_vat", "fees", "fees_vat", "vat_in")
_LEFT = f"""
SELECT e.line, e.id, e.maker_id, e.regime, e.paid_to,
       {", ".join(f"MAX(e.{part}) - COALESCE(SUM(c.{part}), 0)" for part in _PARTS)}
FROM earning e LEFT JOIN earning_change c ON c.earning_id = e.id
WHERE e.line IN (??) GROUP BY e.id
"""
_LEFT_MEMBERS = """
SELECT s.earning_id, s.artisan_id, s.amount - COALESCE((
    SELECT SUM(cs.amount) FROM earning_change c
    JOIN earning_change_share cs ON cs.change_id = c.id AND cs.artisan_id = s.artisan_id
    WHERE c.earning_id = s.earning_id), 0)
FROM earning_share s WHERE s.earning_id IN (??) ORDER BY s.earning_id, s.artisan_id
"""


def left_of(session: Session, lines: list[str]) -> dict[str, Left]:
    """Earning line (`<sale uid>/<n>`) to what is left of it; the price's tax is not in it."""
    if not lines:
        return {}
    found: list[Any] = rows(session, _LEFT, (lines,))
    if not found:
        return {}
    members: dict[int, dict[int, int]] = {}
    for earning_id, artisan, amount in rows(session, _LEFT_MEMBERS, ([row[1] for row in found],)):
        members.setdefault(earning_id, {})[artisan] = int(amount)
    left = {}
    for line, earning_id, maker_id, regime, paid_to, *amounts in found:
        parts = dict(zip(_PARTS, map(int, amounts), strict=True))
        shares = Shares(**parts)
        left[line] = Left(
            earning_id, maker_id, regime, paid_to, shares, members.get(earning_id, {})
        )
    return left
