"""What each kind of event does to the books: a register's word becomes a fact (section 5)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.db import Query, insert_rows, rows_of
from almakane.errors import Refusal
from almakane.hubs.queries import Habits, local_day
from almakane.journal.bodies import ticket_count
from almakane.journal.delivery import Where
from almakane.journal.epochs import MOST_SKEW_SECONDS
from almakane.journal.event import Event, Unfit
from almakane.journal.promises import Till, use_claim, use_grant, use_taking
from almakane.journal.queries import token_hash
from almakane.money import BASIS
from almakane.pos.services import close_shift, move_cash, open_shift
from almakane.pos.shift_papers import DRAWER as KICK
from almakane.pos.shift_papers import REPORT, ask_for_paper
from almakane.pos.web_orders import fulfilled_by, web_orders
from almakane.sales.models import Flag
from almakane.sales.services import MAKER_CONSENT, ShiftState, record_sale
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket, What
from almakane.users.models import Role


def bands_of(habits: Habits) -> dict[Role, int]:
    """How far under the list price a role may go by itself, in basis points."""
    return {
        Role.CASHIER: habits.cashier_band_bp,
        Role.HUB_STAFF: habits.staff_band_bp,
        Role.MANAGER: BASIS,
    }


BANDS = bands_of(Habits())  # where nobody has set others
ASKS_NOBODY = {Role.MANAGER}

BARGAIN, REFUND, DRAWER = "bargain", "refund", "drawer"
RIGHTS = (BARGAIN, MAKER_CONSENT, REFUND, DRAWER)
MOST_OFFLINE = 2_000_00  # centimes that a manager may give away with no network
RECEIPT = ("receipt",)
_CLAIMS = {Flag.HOLD_PREEMPTED, Flag.HOLD_PAID}


class Person(NamedTuple):
    """Somebody whom an event names."""

    role: Role
    is_disabled: bool


class Shift(NamedTuple):
    """The shift that an event names, as the server knows it."""

    id: int
    day: date
    state: ShiftState


class Around(NamedTuple):
    """What an event meets: the people it names, its shift, its device's clock; whom it tells."""

    people: dict[str, Person]
    shift: Shift | None
    skew_seconds: int
    tell: Sequence[str] = ()
    bands: Mapping[Role, int] = MappingProxyType(BANDS)


_PEOPLE = "SELECT login, role, disabled_at FROM app_user WHERE hub_id = ? AND login IN (??)"
_SHIFT = """
SELECT shift.id, shift.day, shift_closing.id FROM shift
LEFT JOIN shift_closing ON shift_closing.shift_id = shift.id
WHERE shift.uid = ? AND shift.register_id = ?
"""
_HABITS = """
SELECT cashier_band_bp, staff_band_bp FROM hub_habits WHERE hub_id = ? AND valid_from <= ?
ORDER BY valid_from DESC LIMIT 1
"""
_SKEW = "SELECT skew_seconds FROM heartbeat WHERE epoch_id = ?"


def apply(
    session: Session, where: Where, event: Event, tell: Sequence[str] = RECEIPT
) -> tuple[str, ...]:
    """
    Let an event have its effect in both books; gives its flags, sorted.

    `tell` is what is to be done for the world after a ticket. Raises Unfit or Refusal, with the
    protocol's reason, for what cannot be applied.
    """
    around = _look_around(session, where, event)._replace(tell=tell)
    flags = {flag.value for flag in _of_person(event, around)} | {
        flag.value for flag in _of_clock(where, event, around)
    }
    act = _ACTS.get(event.kind)
    if act is None:
        raise Unfit("unknown_kind", "kind")
    return tuple(sorted(flags | act(session, where, event, around)))


def _look_around(session: Session, where: Where, event: Event) -> Around:
    names = {event.cashier, *(given["by"] for given in event.body.get("approvals", ()))}
    people, shifts, skews, habits = rows_of(
        session,
        Query(_PEOPLE, (where.hub_id, sorted(names))),
        Query(_SHIFT, (event.body.get("shift") or "", where.register_id)),
        Query(_SKEW, (where.epoch_id,)),
        Query(_HABITS, (where.hub_id, local_day(event.at, where.zone).isoformat())),
    )
    shift = None
    if shifts:
        [(shift_id, day, closing)] = shifts
        day = date.fromisoformat(day) if isinstance(day, str) else day
        shift = Shift(shift_id, day, ShiftState.CLOSED if closing else ShiftState.OPEN)
    return Around(
        {login: Person(Role(role), disabled is not None) for login, role, disabled in people},
        shift,
        skews[0][0] if skews else 0,
        bands=bands_of(Habits(*habits[0])) if habits else BANDS,
    )


def _of_person(event: Event, around: Around) -> list[Flag]:
    person = around.people.get(event.cashier)
    if person is None:
        return [Flag.UNKNOWN_CASHIER]
    return [Flag.CASHIER_DISABLED] if person.is_disabled else []


def _of_clock(where: Where, event: Event, around: Around) -> list[Flag]:
    """A clock that runs ahead shows in the event itself, any other in the last heartbeat."""
    ahead = event.at - where.now > timedelta(seconds=MOST_SKEW_SECONDS)
    wrong = abs(around.skew_seconds) > MOST_SKEW_SECONDS
    return [Flag.CLOCK_SKEW] if ahead or wrong else []


class Approved(NamedTuple):
    """The rights that managers gave on the spot, and what is to be said of how."""

    rights: frozenset[str]
    flags: set[str]


def _approved(session: Session, where: Where, event: Event, around: Around) -> Approved:
    """
    Judge each approval again: by a manager, online with a grant that nobody used before.

    An offline one is the device's word: taken up to an amount, and flagged.
    """
    rights, flags = set(), set()
    till = Till(where.hub_id, where.register_id)
    for given in event.body["approvals"]:
        person = around.people.get(given["by"])
        may = person is not None and person.role in ASKS_NOBODY and not person.is_disabled
        if given["mode"] == "online":
            may = (
                may
                and given["grant"] is not None
                and use_grant(
                    session,
                    till,
                    given["grant"],
                    given["right"],
                    given["by"],
                    event=event.uid,
                    now=where.now,
                )
            )
        elif may:
            flags.add(Flag.APPROVED_OFFLINE.value)
            may = _given_away(event) <= MOST_OFFLINE
        if may:
            rights.add(given["right"])
        else:
            flags.add(Flag.NO_APPROVAL.value)
    return Approved(frozenset(rights), flags)


def _given_away(event: Event) -> int:
    """Centimes that leave the house by a ticket: what is off its list prices, and its returns."""
    body = event.body
    off = sum(max(line["list"] * line["qty"] - line["total"], 0) for line in body.get("lines", ()))
    return int(off + sum(back["total"] for back in body.get("returns", ())))


def _asks_nobody(event: Event, around: Around) -> bool:
    person = around.people.get(event.cashier)
    return person is not None and person.role in ASKS_NOBODY and not person.is_disabled


def _sell(session: Session, where: Where, event: Event, around: Around) -> set[str]:
    """A ticket goes through `record_sale`, as those of every door do."""
    approved = _approved(session, where, event, around)
    flags = approved.flags | _of_rights(event, around, approved) | _of_chain(where, event)
    ticket = ticket_of(session, where, event, around, approved.rights)
    state = around.shift.state if around.shift else ShiftState.MISSING
    if event.body["shift"] is None:
        state = ShiftState.NONE
    told = [(line.code, line.qty, line.total) for line in ticket.lines]
    fulfilled = fulfilled_by(session, where.hub_id, ticket.customer, told)
    flags |= {flag.value for flag in fulfilled.flags}
    recorded = record_sale(
        session,
        where.hub_id,
        ticket,
        now=where.now,
        shift=state,
        seen=[(Flag(flag), 0) for flag in sorted(flags)],
        fulfils=fulfilled.holds,
        set_aside=fulfilled.aside,
        tell=around.tell,
    )
    if not _CLAIMS.isdisjoint(flag for flag, _line in recorded.flags):
        web_orders().pieces_taken(session, where.hub_id, ticket.uid, where.now)
    insert_rows(
        session,
        "ticket_key",
        ("key_hash", "uid"),
        [(token_hash(event.body["key"]), event.uid)],
        conflict="(key_hash) DO NOTHING",
    )
    return {flag.value for flag, _ in recorded.flags}


def _of_rights(event: Event, around: Around, approved: Approved) -> set[str]:
    """What the cashier did without a right to, and without anybody's leave."""
    person, flags = around.people.get(event.cashier), set()
    band = around.bands.get(person.role, 0) if person else 0
    if BARGAIN not in approved.rights:
        for line in event.body["lines"]:
            listed = line["list"] * line["qty"]
            if (listed - line["total"]) * BASIS > band * listed:
                flags.add(Flag.OVER_BAND.value)
    gives_back = event.body["returns"] and REFUND not in approved.rights
    if gives_back and not _asks_nobody(event, around):
        flags.add(Flag.NO_APPROVAL.value)
    return flags


def _of_chain(where: Where, event: Event) -> set[str]:
    """A number that leaps or comes again, and sums that do not go on from those before."""
    if where.told is None:
        return set()
    flags: set[str] = set()
    number, totals = ticket_count(event.body), event.body["totals"]
    if number is not None and number != where.told.number + 1:
        twice = number <= where.told.number
        flags.add((Flag.NUMBER_TWICE if twice else Flag.NUMBER_GAP).value)
    sums = (where.told.sales + totals["goods"], where.told.refunds + totals["returned"])
    perpetual = event.body["perpetual"]
    if (perpetual["sales"], perpetual["refunds"]) != sums:
        flags.add(Flag.TOTAL_DIFFERS.value)
    return flags


def ticket_of(
    session: Session, where: Where, event: Event, around: Around, rights: frozenset[str]
) -> Ticket:
    """The ticket of a `sale` or `refund`; a taking or claim that it names is used by it."""
    body = event.body
    for back in body["returns"]:
        if back["claim"]:
            use_claim(session, where.hub_id, back["claim"], event=event.uid, now=where.now)
    return Ticket(
        uid=event.uid,
        register=where.code,
        at=event.at,
        day=around.shift.day if around.shift else local_day(event.at, where.zone),
        cashier=event.cashier,
        lines=tuple(_line(line) for line in body["lines"]),
        returns=tuple(_return(back) for back in body["returns"]),
        tenders=tuple(_tender(session, where, event, one) for one in body["tenders"]),
        rounding=body["totals"]["rounding"],
        change=body["change"],
        number=body["number"],
        shift=body["shift"],
        customer=body["customer"],
        lang=body["lang"],
        note=body["note"],
        approvals=tuple(sorted(rights)),
    )


def _line(line: dict[str, Any]) -> Line:
    return Line(**{**line, "what": What(line["what"])})


def _return(back: dict[str, Any]) -> Return:
    of = back["of"]
    return Return(
        *(back["n"], of["uid"], of["number"], of["line"], back["code"], back["qty"]),
        *(back["total"], back["tax"], back["restock"], back["why"], back["claim"]),
    )


def _tender(session: Session, where: Where, event: Event, tender: dict[str, Any]) -> Tender:
    """A tender; a card's or credit's `auth` counts only if it was taken for just this."""
    kind, auth = TenderKind(tender["kind"]), tender["auth"]
    if auth and not use_taking(
        session,
        where.hub_id,
        auth,
        kind,
        tender["ref"],
        tender["amount"],
        event=event.uid,
        now=where.now,
    ):
        auth = None
    return Tender(kind, tender["amount"], tender["ref"], auth)


def _open_shift(session: Session, where: Where, event: Event, around: Around) -> set[str]:
    body = event.body
    if body["shift"] != event.uid:
        raise Unfit("bad_value", "body.shift")
    try:
        open_shift(
            *(session, where.hub_id, where.code, event.uid, date.fromisoformat(body["day"])),
            body["float"]["total"],
            at=event.at,
            by=event.cashier,
            now=where.now,
        )
    except Refusal as refusal:  # another shift is open
        raise Unfit("bad_value", "body.shift") from refusal
    return set()


def _close_shift(session: Session, where: Where, event: Event, around: Around) -> set[str]:
    flags = _approved(session, where, event, around).flags
    if around.shift is None:
        raise Unfit(f"needs:{event.body['shift']}", "body.shift")
    try:
        closing = close_shift(
            *(session, around.shift.id, event.body["counts"][-1]["total"], event.body["left"]),
            at=event.at,
            by=event.cashier,
            now=where.now,
            why=event.body["why"],
        )
    except Refusal as refusal:  # it is closed already, with another count
        raise Unfit("bad_value", "body.counts") from refusal
    if closing.expected != event.body["expected"]:
        flags.add(Flag.TOTAL_DIFFERS.value)
    if around.tell:
        ask_for_paper(session, where, event, REPORT)
    return flags


def _move_cash(session: Session, where: Where, event: Event, around: Around) -> set[str]:
    flags = _approved(session, where, event, around).flags
    body = event.body
    if around.shift is None:
        flags.add(Flag.SHIFT_MISSING.value)
    elif around.shift.state is ShiftState.CLOSED:
        flags.add(Flag.SHIFT_CLOSED.value)
    amount = body["amount"] if body["direction"] == "in" else -body["amount"]
    move_cash(
        *(session, where.hub_id, where.code, event.uid),
        around.shift.day if around.shift else local_day(event.at, where.zone),
        amount,
        was_counted=around.shift is not None and around.shift.state is ShiftState.CLOSED,
        at=event.at,
        by=event.cashier,
        now=where.now,
    )
    return flags


def _open_drawer(session: Session, where: Where, event: Event, around: Around) -> set[str]:
    approved = _approved(session, where, event, around)
    if DRAWER in approved.rights or _asks_nobody(event, around):
        if around.tell:
            ask_for_paper(session, where, event, KICK)
        return approved.flags
    return approved.flags | {Flag.NO_APPROVAL.value}


def _only_told(session: Session, where: Where, event: Event, around: Around) -> set[str]:
    """What touches no book: the journal itself is where it is kept."""
    return _approved(session, where, event, around).flags


_Act = Callable[[Session, Where, Event, Around], set[str]]
_ACTS: dict[str, _Act] = {
    "shift_opened": _open_shift,
    "sale": _sell,
    "refund": _sell,
    "cash_moved": _move_cash,
    "drawer_opened": _open_drawer,
    "reprinted": _only_told,
    "voided": _only_told,
    "shift_closed": _close_shift,
}
