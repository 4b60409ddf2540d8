"""A shift in figures, read from its register's journal: what an X or a Z says."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from almakane.db import rows
from almakane.journal.canonical import read_loosely
from almakane.journal.event import read_moment
from almakane.pos.report import (
    Approved,
    CashMoved,
    Closing,
    Counted,
    Quarantined,
    ShiftFigures,
)
from almakane.sales.ticket import TenderKind

_TICKETS = ("sale", "refund")
_OPENING = """
SELECT event.chain_id, event.seq, epoch.epoch, hub.code, register.code, register.site_id,
       epoch.id, chain.seq, chain.hash
FROM effect JOIN journal_event event ON event.id = effect.event_id
JOIN chain ON chain.id = event.chain_id JOIN epoch ON epoch.id = chain.epoch_id
JOIN register ON register.id = epoch.register_id JOIN hub ON hub.id = register.hub_id
WHERE effect.uid = ? AND event.hub_id = ? AND event.kind = 'shift_opened'
"""
_EVENTS = """
SELECT kind, text, outcome FROM journal_event
WHERE chain_id = ? AND seq >= ? AND seq <= COALESCE(
    (SELECT MIN(next.seq) FROM journal_event next WHERE next.chain_id = journal_event.chain_id
     AND next.seq > ? AND next.kind IN ('shift_opened', 'shift_closed')
     AND next.outcome <> 'quarantined'), seq)
ORDER BY seq
"""
_SEAL = "SELECT day, hash FROM seal WHERE hub_id = ? ORDER BY id DESC LIMIT 1"
_UNSENT = "SELECT unsent FROM heartbeat WHERE epoch_id = ?"


def figures_of(
    session: Session, hub_id: int, shift: str, *, by: str, now: datetime
) -> tuple[ShiftFigures, int] | None:
    """
    What the journal tells of a shift, as far as it has come, and the id of its site.

    A Z if it was closed, an X else; None for a shift that no journal of the hub tells of. What
    waits in quarantine is apart, with the money that its text says was taken.
    """
    found = rows(session, _OPENING, (shift, hub_id))
    if not found:
        return None
    [(chain_id, seq, epoch, _hub, code, site_id, epoch_id, head_seq, head)] = found
    told = [
        (kind, read_loosely(text), outcome)
        for kind, text, outcome in rows(session, _EVENTS, (chain_id, seq, seq))
    ]
    mine = [one for one in told if _shift_of(one[1]) == shift]
    opening = mine[0][1]
    good = [(kind, one) for kind, one, outcome in mine if outcome != "quarantined"]
    tickets = [one for kind, one in good if kind in _TICKETS]
    closed = next((one for kind, one in good if kind == "shift_closed"), None)
    perpetual = _perpetual(tickets, closed)
    sealed = rows(session, _SEAL, (hub_id,))
    unsent = rows(session, _UNSENT, (epoch_id,))
    body = opening["body"]
    figures = ShiftFigures(
        register=code,
        shift=shift,
        day=date.fromisoformat(body["day"]),
        at=now.astimezone(UTC),
        by=by,
        opened_at=read_moment(opening["at"], "at"),
        opened_by=opening["cashier"],
        float_amount=body["float"]["total"],
        float_expected=body["float_expected"],
        tickets=len(tickets),
        first=tickets[0]["body"]["number"] if tickets else "",
        last=tickets[-1]["body"]["number"] if tickets else "",
        goods=_sum(tickets, "goods"),
        discounts=sum(map(_discounts, tickets)),
        returned=_sum(tickets, "returned"),
        tax=_sum(tickets, "tax"),
        rounding=_sum(tickets, "rounding"),
        refunds=sum(1 for one in tickets if one["body"]["returns"]),
        by_tender=_by_tender(one["body"] for one in tickets),
        cash_moved=tuple(_moved(one) for kind, one in good if kind == "cash_moved"),
        drawer_openings=sum(1 for kind, _ in good if kind == "drawer_opened"),
        reprints=sum(1 for kind, _ in good if kind == "reprinted"),
        voids=sum(1 for kind, _ in good if kind == "voided"),
        approvals=tuple(_approvals(one for _, one in good)),
        quarantined=tuple(
            _quarantined(one)
            for kind, one, outcome in mine
            if outcome == "quarantined" and kind in _TICKETS
        ),
        perpetual_sales=perpetual[0],
        perpetual_refunds=perpetual[1],
        chain=f"{code}-{epoch}, {head_seq}",
        head=head,
        seal_day=_day(sealed[0][0]) if sealed else None,
        seal=sealed[0][1] if sealed else "",
        unsent=unsent[0][0] if unsent else 0,
        closing=_closing(closed) if closed else None,
    )
    return figures, site_id


def _shift_of(one: dict[str, Any]) -> object:
    body = one.get("body")
    return body.get("shift") if isinstance(body, dict) else None


def _sum(tickets: Iterable[dict[str, Any]], name: str) -> int:
    return sum(one["body"]["totals"][name] for one in tickets)


def _discounts(one: dict[str, Any]) -> int:
    """What a ticket gave below its list prices."""
    lines = one["body"]["lines"]
    return sum(max(line["list"] * line["qty"] - line["total"], 0) for line in lines)


def _by_tender(bodies: Iterable[dict[str, Any]]) -> tuple[tuple[TenderKind, int], ...]:
    """What each kind of tender kept: the change comes off the cash."""
    kept: Counter[TenderKind] = Counter()
    for body in bodies:
        for tender in body["tenders"]:
            kept[TenderKind(tender["kind"])] += tender["amount"]
        if body["change"]:
            kept[TenderKind.CASH] -= body["change"]
    return tuple((kind, kept[kind]) for kind in TenderKind if kind in kept)


def _moved(one: dict[str, Any]) -> CashMoved:
    body = one["body"]
    amount = body["amount"] if body["direction"] == "in" else -body["amount"]
    return CashMoved(read_moment(one["at"], "at"), amount, body["why"])


def _approvals(told: Iterable[dict[str, Any]]) -> Iterable[Approved]:
    for one in told:
        for given in one["body"].get("approvals", ()):
            at = read_moment(given["at"], "at")
            yield Approved(at, given["right"], given["by"], given["mode"] == "offline")


def _quarantined(one: dict[str, Any]) -> Quarantined:
    """A ticket that waits, however little of it can be read."""
    body = one.get("body")
    body = body if isinstance(body, dict) else {}
    totals = body.get("totals")
    due = totals.get("due") if isinstance(totals, dict) else None
    return Quarantined(str(body.get("number", ""))[:30], due if type(due) is int else 0)


def _closing(one: dict[str, Any]) -> Closing:
    body = one["body"]
    counts = tuple(
        Counted(read_moment(count["at"], "at"), count["by"], count["total"])
        for count in body["counts"]
    )
    return Closing(
        *(read_moment(one["at"], "at"), one["cashier"], body["expected"], counts, body["left"]),
        body["why"],
    )


def _perpetual(tickets: list[dict[str, Any]], closed: dict[str, Any] | None) -> tuple[int, int]:
    last = closed or (tickets[-1] if tickets else None)
    if last is None:
        return 0, 0
    return last["body"]["perpetual"]["sales"], last["body"]["perpetual"]["refunds"]


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value  # type: ignore[return-value]
