"""`record_sale`: one way into the books for every door."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, PricedLine, Regime, Shares, share, take_back
from almakane.db import insert_rows, rows, utc_text
from almakane.errors import Refusal
from almakane.hubs.models import SeriesKind
from almakane.hubs.services import take_number
from almakane.inventory.holds import end_hold
from almakane.inventory.models import HoldEnd, HoldKind, PlaceKind
from almakane.inventory.moves import Move, Why, move_stock, unbounded_places
from almakane.inventory.queries import LotFacts, levels_of, live_holds, lock_lots, places_of
from almakane.ledger.book import Posting
from almakane.ledger.services import (
    ChangeRow,
    EarningRow,
    Fact,
    post,
    record_changes,
    record_earnings,
)
from almakane.money import allocate, divide, to_step
from almakane.sales.models import Flag, RegisterKind
from almakane.sales.postings import (
    BookedLine,
    Kept,
    late_postings,
    line_postings,
    return_postings,
    tender_postings,
)
from almakane.sales.queries import Left, Scene, SoldLine, left_of, set_scene, sold_lines
from almakane.sales.tax import LineTax, line_tax, tax_of
from almakane.sales.ticket import (
    Line,
    Return,
    TenderKind,
    Ticket,
    What,
    body_hash,
    check_adds_up,
)

MAKER_CONSENT = "maker_consent"  # the approval that lets a price go under the floor


class ShiftState(StrEnum):
    """How the ticket's shift stood when it arrived; the door knows."""

    NONE = "none"
    OPEN = "open"
    CLOSED = "closed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a ticket: `outcome` is `recorded`, `flagged` or `replayed`."""

    sale_id: int
    number: str
    outcome: str
    flags: tuple[tuple[Flag, int], ...] = ()


@dataclass(slots=True)
class _Recording:
    """A ticket on its way into the books: what its lines come to, collected line by line."""

    hub_id: int
    ticket: Ticket
    scene: Scene
    now: datetime
    day: date
    consented: bool
    levels: dict[tuple[int, int], int]  # as read under the lots' locks
    stock: dict[tuple[int, int], int]  # the same, less what the ticket moves
    flags: dict[tuple[Flag, int], int] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    earnings: list[EarningRow] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    sale_lines: list[tuple[object, ...]] = field(default_factory=list)
    refund_lines: list[tuple[object, ...]] = field(default_factory=list)

    def flag(self, flag: Flag, line: int = 0, amount: int = 0) -> None:
        self.flags[flag, line] = amount

    def move(self, lot_id: int, quantity: int, source: int, target: int, uid: str) -> None:
        self.moves.append(Move(lot_id, quantity, source, target, uid))
        self.stock[lot_id, source] = self.stock.get((lot_id, source), 0) - quantity
        self.stock[lot_id, target] = self.stock.get((lot_id, target), 0) + quantity


def record_sale(
    session: Session,
    hub_id: int,
    ticket: Ticket,
    *,
    now: datetime,
    shift: ShiftState = ShiftState.NONE,
    seen: Iterable[tuple[Flag, int]] = (),
    fulfils: Collection[str] = (),
    tell: Sequence[str] = ("receipt",),
) -> Recorded:
    """
    Take a frozen ticket into both books: what happened is a fact, so it is recorded and flagged.

    The same ticket again is answered with what became of it the first time. Raises Refusal only
    for what cannot be booked at all: a ticket that does not add up, a uid used for another ticket
    (`uid_twice`), an unknown register, or a return whose sale is not here yet (`needs:<uid>`).
    `seen` are flags that the door has found itself, `fulfils` the holds that this sale ends, `tell`
    what is to be done for the world afterwards. The caller's transaction is all or nothing.
    """
    check_adds_up(ticket)
    scene = set_scene(session, hub_id, ticket.register, ticket.uid, ticket.number, ticket.day)
    told = body_hash(ticket)
    if scene.sale_id is not None:
        return _replayed(session, scene, told)
    sold = sold_lines(session, hub_id, sorted({back.of_uid for back in ticket.returns}))
    lots = _lots(session, hub_id, ticket, sold)
    levels = levels_of(session, sorted(lot.id for lot in lots.values()))
    recording = _Recording(
        hub_id=hub_id,
        ticket=ticket,
        scene=scene,
        now=now,
        day=_booking_day(scene, ticket.day, now),
        consented=MAKER_CONSENT in ticket.approvals,
        levels=levels,
        stock=dict(levels),
        flags=dict.fromkeys(seen, 0),
    )
    kept = _kept(ticket)
    _take_back(session, recording, sold)
    _sell(session, recording, lots)
    _end_holds(session, recording, lots, fulfils)
    _check_whole(recording, kept, shift)
    return _write(session, recording, kept, told, tell)


def _replayed(session: Session, scene: Scene, told: str) -> Recorded:
    if scene.hash_then != told:
        raise Refusal(
            "Another ticket has this number already; nothing was booked.", reason="uid_twice"
        )
    assert scene.sale_id is not None
    assert scene.number_then is not None
    flags = rows(
        session,
        "SELECT flag, line FROM sale_flag WHERE sale_id = ? ORDER BY 1, 2",
        (scene.sale_id,),
    )
    return Recorded(
        *(scene.sale_id, scene.number_then, "replayed"),
        tuple((Flag(flag), line) for flag, line in flags),
    )


def _booking_day(scene: Scene, told: date, now: datetime) -> date:
    """The day told, unless it is sealed: then the day of arrival, or the first unsealed one."""
    if scene.sealed_until is None or told > scene.sealed_until:
        return told
    return max(now.date(), scene.sealed_until + timedelta(days=1))


def _lots(
    session: Session, hub_id: int, ticket: Ticket, sold: dict[tuple[str, int], SoldLine]
) -> dict[str, LotFacts]:
    """The lots of the ticket's lines by code; those of its returns are locked with them."""
    codes = {line.code for line in ticket.lines if line.what is What.LOT}
    back = [sold.get((line.of_uid, line.of_line)) for line in ticket.returns]
    codes |= {line.code for line in back if line and line.lot_id}
    return {lot.code: lot for lot in lock_lots(session, hub_id, codes=sorted(codes))}


def _sell(session: Session, recording: _Recording, lots: dict[str, LotFacts]) -> None:
    ticket, scene = recording.ticket, recording.scene
    if not ticket.lines:
        return
    by_card = sum(t.amount for t in ticket.tenders if t.kind is TenderKind.TERMINAL)
    card_parts = [0] * len(ticket.lines)
    if by_card > 0 and ticket.goods:
        card_parts = allocate(min(by_card, ticket.goods), [line.total for line in ticket.lines])
    places = places_of(session, scene.site_id)
    for line, card in zip(ticket.lines, card_parts, strict=True):
        lot = lots.get(line.code) if line.what is What.LOT else None
        if lot is None:
            booked = _sell_other(recording, line)
        else:
            booked = _sell_lot(recording, line, lot, card)
            _move_out(recording, line, lot, places)
        recording.postings += line_postings(booked)
        recording.sale_lines.append(
            (
                *(line.n, line.what.value, lot.id if lot else None, line.code, line.title),
                *(line.qty, line.list, line.unit, line.discount, line.total),
                *(line.tax_bp, line.tax, line.tax_code, booked.shares.tax, booked.cost),
            )
        )


def _sell_other(recording: _Recording, line: Line) -> BookedLine:
    """A gift card, a service, or a piece that nobody knows: its takings wait in suspense."""
    if line.what is What.LOT:
        recording.flag(Flag.LOT_UNKNOWN, line.n, line.total)
        return BookedLine(line.n, line.what, Shares(gross=line.total))
    if line.what is What.GIFT_CARD:
        return BookedLine(line.n, line.what, Shares(gross=line.total), code=line.code)
    tax = line_tax("standard", recording.scene.vat_bp > 0, recording.scene.vat_bp, 0)
    booked = tax_of(line.total, tax)
    if booked != line.tax:
        recording.flag(Flag.TAX_DIFFERS, line.n, booked - line.tax)
    shares = Shares(gross=line.total - booked, tax=booked)
    return BookedLine(line.n, line.what, shares, code=line.code)


def _sell_lot(recording: _Recording, line: Line, lot: LotFacts, by_card: int) -> BookedLine:
    """Divide the line by the lot's frozen terms, and keep what it gives its maker."""
    scene, ticket, terms = recording.scene, recording.ticket, lot.terms
    _check_line(recording, line, lot)
    hubs_tax = 0
    if terms.regime is not Regime.MANDATE:
        hubs_tax = _tax_of_lot(scene, lot).rate_bp
    floor = 0 if recording.consented else lot.floor * line.qty
    priced = PricedLine(
        list_price=line.list * line.qty,
        paid=line.total,
        floor=floor,
        tax_bp=hubs_tax,
        by_card=by_card,
    )
    shares = share(priced, terms, scene.vat_bp)
    if terms.regime is Regime.FIRM:
        cost = lot.unit_cost * line.qty
        return BookedLine(line.n, line.what, shares, terms.regime, lot.maker_id, cost=cost)
    members = {}
    if lot.weights:
        parts = allocate(shares.net, list(lot.weights.values()))
        members = dict(zip(lot.weights, parts, strict=True))
    recording.earnings.append(
        EarningRow(
            line=f"{ticket.uid}/{line.n}",
            kind="sale",
            maker_id=lot.maker_id,
            lot_code=lot.code,
            title=line.title,
            quantity=line.qty,
            channel=_channel(ticket, scene),
            craft=lot.category,
            regime=terms.regime.value,
            paid_to=terms.paid_to.value,
            list_price=priced.list_price,
            gross=shares.gross,
            promotion=shares.promotion,
            commission=shares.commission,
            commission_vat=shares.commission_vat,
            fees=shares.fees,
            fees_vat=shares.fees_vat,
            vat_in=shares.vat_in,
            net=shares.net,
            available_on=_available_on(recording, lot),
            shares=members,
        )
    )
    paid = tuple(members.items()) if terms.paid_to is PaidTo.MEMBERS else ()
    return BookedLine(line.n, line.what, shares, terms.regime, lot.maker_id, paid)


def _check_line(recording: _Recording, line: Line, lot: LotFacts) -> None:
    """Flag where a line differs from what the server knows today."""
    if line.list != lot.price:
        recording.flag(Flag.PRICE_OLD, line.n, lot.price - line.list)
    if line.total < lot.floor * line.qty and not recording.consented:
        recording.flag(Flag.BELOW_FLOOR, line.n, lot.floor * line.qty - line.total)
    if lot.is_disabled:
        recording.flag(Flag.PRODUCT_DISABLED, line.n)
    tax = tax_of(line.total, _tax_of_lot(recording.scene, lot))
    if tax != line.tax:
        recording.flag(Flag.TAX_DIFFERS, line.n, tax - line.tax)


def _tax_of_lot(scene: Scene, lot: LotFacts) -> LineTax:
    liable = lot.terms.maker_vat_liable
    if lot.terms.regime is not Regime.MANDATE:
        liable = scene.vat_bp > 0
    return line_tax(
        lot.tax_class or "standard", liable, scene.vat_standard_bp, scene.vat_reduced_bp
    )


def _channel(ticket: Ticket, scene: Scene) -> str:
    return ticket.register.lower() if scene.register_kind is RegisterKind.SERVER else "till"


def _available_on(recording: _Recording, lot: LotFacts) -> date | None:
    """When the money is really in and the return window over; None: a release will tell."""
    ticket, scene = recording.ticket, recording.scene
    if any(t.kind in (TenderKind.CHEQUE, TenderKind.TRANSFER) for t in ticket.tenders):
        return None
    wait = scene.till_wait_days
    if _channel(ticket, scene) == "web":
        wait = scene.web_wait_days
    return recording.day + timedelta(days=max(wait, lot.return_days))


def _move_out(
    recording: _Recording, line: Line, lot: LotFacts, places: dict[PlaceKind, int]
) -> None:
    """From the shelf, then the reserve and the web's packed pieces; what is short is oversold."""
    uid, left, buyer = f"{recording.ticket.uid}/{line.n}", line.qty, places[PlaceKind.BUYER]
    for kind in (PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WEB_PICK):
        part = min(left, recording.stock.get((lot.id, places[kind]), 0))
        if part > 0:
            tail = "" if kind is PlaceKind.SHELF else f"/{kind.value}"
            recording.move(lot.id, part, places[kind], buyer, f"{uid}{tail}")
            left -= part
    if left:
        recording.flag(Flag.STOCK_SHORT, line.n, left)
        recording.move(lot.id, left, places[PlaceKind.OVERSOLD], buyer, f"{uid}/oversold")


def _take_back(
    session: Session, recording: _Recording, sold: dict[tuple[str, int], SoldLine]
) -> None:
    """Give back at most what is left of each line; what goes beyond is the hub's difference."""
    ticket = recording.ticket
    left = left_of(session, sorted({f"{b.of_uid}/{b.of_line}" for b in ticket.returns}))
    known = {uid for uid, _n in sold}
    for back in ticket.returns:
        line = sold.get((back.of_uid, back.of_line))
        if line is None and back.of_uid not in known:
            raise Refusal(
                "The sale that this return is of has not arrived yet.",
                field=f"returns[{back.n}]",
                reason=f"needs:{back.of_uid}",
            )
        if line is None:
            raise Refusal(
                "That sale has no such line.", field=f"returns[{back.n}]", reason="bad_value"
            )
        booked = min(back.total, line.total - line.total_back)
        quantity = min(back.qty, line.quantity - line.quantity_back)
        if booked < back.total or quantity < back.qty:
            recording.flag(Flag.OVER_REFUND, -back.n, back.total - booked)
        earning = f"{back.of_uid}/{back.of_line}"
        taken = _taken(recording, back, line, left.get(earning), booked, quantity)
        recording.postings += return_postings(taken, back.total - booked)
        recording.refund_lines.append(
            (
                *(back.n, line.sale_id, line.n, line.lot_id, back.code, back.qty, back.total),
                *(back.tax, back.restock, back.why, quantity, booked, taken.shares.tax, taken.cost),
            )
        )
        sold[back.of_uid, back.of_line] = line._replace(
            quantity_back=line.quantity_back + quantity,
            total_back=line.total_back + booked,
            tax_back=line.tax_back + taken.shares.tax,
            cost_back=line.cost_back + taken.cost,
        )
        if earning in left:
            left[earning] = _less(left[earning], taken.shares, recording.changes[-1])
        if line.lot_id and quantity:
            _move_back(session, recording, back, line, quantity)


def _taken(
    recording: _Recording,
    back: Return,
    line: SoldLine,
    left: Left | None,
    booked: int,
    quantity: int,
) -> BookedLine:
    """The part of a sold line's shares that a return takes, and the maker's change beside it."""
    what, units_left = What(line.what), line.quantity - line.quantity_back
    tax_left = line.tax - line.tax_back
    if left is None:
        rest = Shares(gross=line.total - line.total_back - tax_left, tax=tax_left)
        shares = take_back(rest, booked, quantity, units_left)
        cost_left = line.cost - line.cost_back
        cost = divide(cost_left * quantity, units_left) if quantity else 0
        regime = Regime(line.regime) if line.regime else None
        return BookedLine(-back.n, what, shares, regime, cost=cost, code=line.code)
    rest = replace(left.shares, tax=tax_left)
    shares = take_back(rest, booked, quantity, units_left)
    members = {}
    if left.members and any(left.members.values()):
        parts = allocate(shares.net, list(left.members.values()))
        members = dict(zip(left.members, parts, strict=True))
    recording.changes.append(
        ChangeRow(
            line=f"{recording.ticket.uid}/r{back.n}",
            earning_id=left.earning_id,
            quantity=quantity,
            gross=shares.gross,
            promotion=shares.promotion,
            commission=shares.commission,
            commission_vat=shares.commission_vat,
            fees=shares.fees,
            fees_vat=shares.fees_vat,
            vat_in=shares.vat_in,
            net=shares.net,
            shares=members,
        )
    )
    paid = tuple(members.items()) if left.paid_to == PaidTo.MEMBERS else ()
    regime = Regime(left.regime)
    return BookedLine(-back.n, what, shares, regime, left.maker_id, paid)


def _less(left: Left, taken: Shares, change: ChangeRow) -> Left:
    """What is left after a return, should the same ticket return more of the line."""
    amounts = {
        part: getattr(left.shares, part) - getattr(taken, part)
        for part in (
            *("gross", "promotion", "net", "commission", "commission_vat"),
            *("fees", "fees_vat", "vat_in"),
        )
    }
    members = {
        artisan: amount - change.shares.get(artisan, 0) for artisan, amount in left.members.items()
    }
    return left._replace(shares=Shares(**amounts), members=members)


def _move_back(
    session: Session, recording: _Recording, back: Return, line: SoldLine, quantity: int
) -> None:
    """From the buyer of the site that sold it, to this site's shelf, or to what is damaged."""
    assert line.lot_id is not None
    here = places_of(session, recording.scene.site_id)
    target = here[PlaceKind.SHELF if back.restock else PlaceKind.DAMAGED]
    buyer = places_of(session, line.site_id)[PlaceKind.BUYER]
    recording.move(line.lot_id, quantity, buyer, target, f"{recording.ticket.uid}/r{back.n}")


def _end_holds(
    session: Session,
    recording: _Recording,
    lots: dict[str, LotFacts],
    fulfils: Collection[str],
) -> None:
    """The till wins over a claim that is not paid; a paid one that it broke is a task for a person."""
    holds = live_holds(session, sorted(lot.id for lot in lots.values()))
    places = places_of(session, recording.scene.site_id)
    kinds = (PlaceKind.SHELF, PlaceKind.RESERVE, PlaceKind.WEB_PICK)
    lines = {lot.id: line.n for line in recording.ticket.lines if (lot := lots.get(line.code))}
    for lot_id in sorted({hold.lot_id for hold in holds}):
        free = sum(recording.stock.get((lot_id, places[kind]), 0) for kind in kinds)
        # The paid ones keep their pieces first, then the oldest.
        mine = sorted(
            (hold for hold in holds if hold.lot_id == lot_id),
            key=lambda hold: (hold.kind != HoldKind.PAID, hold.id),
        )
        for hold in mine:
            if hold.uid in fulfils:
                end_hold(session, hold.id, HoldEnd.TAKEN, recording.now)
            elif hold.expires_at and hold.expires_at <= recording.now:
                end_hold(session, hold.id, HoldEnd.EXPIRED, recording.now)
            elif hold.quantity <= free:
                free -= hold.quantity
            elif hold.kind == HoldKind.PAID:
                recording.flag(Flag.HOLD_PAID, lines.get(lot_id, 0), hold.quantity)
                end_hold(session, hold.id, HoldEnd.BROKEN, recording.now)
            else:
                recording.flag(Flag.HOLD_PREEMPTED, lines.get(lot_id, 0), hold.quantity)
                end_hold(session, hold.id, HoldEnd.PREEMPTED, recording.now)


def _check_whole(recording: _Recording, kept: list[Kept], shift: ShiftState) -> None:
    """Flag where the ticket as a whole differs from the rules."""
    ticket, scene = recording.ticket, recording.scene
    cash = [t.amount for t in kept if t.kind is TenderKind.CASH]
    in_cash = ticket.total - sum(t.amount for t in kept if t.kind is not TenderKind.CASH)
    rounding = to_step(in_cash, scene.cash_step) - in_cash if cash else 0
    if ticket.rounding != rounding:
        recording.flag(Flag.TOTAL_DIFFERS, 0, rounding - ticket.rounding)
    if sum(cash) >= scene.cash_limit:
        recording.flag(Flag.CASH_LIMIT, 0, sum(cash))
    if any(not tender.secured for tender in kept):
        recording.flag(Flag.TENDER_UNSECURED)
    if shift is ShiftState.CLOSED:
        recording.flag(Flag.SHIFT_CLOSED)
        recording.postings += late_postings(ticket.register, sum(cash))
    if shift is ShiftState.MISSING:
        recording.flag(Flag.SHIFT_MISSING)
    if recording.day != ticket.day:
        recording.flag(Flag.LATE_DAY)
    if scene.number_is_taken:
        recording.flag(Flag.NUMBER_TWICE)


def _kept(ticket: Ticket) -> list[Kept]:
    """Tenders as kept: the change comes off the cash."""
    kept, change = [], ticket.change
    for tender in ticket.tenders:
        amount = tender.amount
        if tender.kind is TenderKind.CASH and amount > 0:
            back = min(change, amount)
            amount, change = amount - back, change - back
        needs_taking = tender.kind in (TenderKind.GIFT_CARD, TenderKind.CREDIT)
        secured = not needs_taking or amount < 0 or tender.auth is not None
        if amount:
            kept.append(Kept(tender.kind, amount, tender.ref, secured))
    return kept


def _number(session: Session, recording: _Recording) -> str:
    """The ticket's own number, told apart if it is taken, or the next of the register's series."""
    ticket, hub_id = recording.ticket, recording.hub_id
    if not ticket.number:
        taken = take_number(session, hub_id, SeriesKind.TICKET, ticket.register)
        return f"{ticket.register}-{taken:06d}"
    number, again = ticket.number, 1
    while recording.scene.number_is_taken and rows(
        session, "SELECT 1 FROM sale WHERE hub_id = ? AND number = ?", (hub_id, number)
    ):
        again += 1
        number = f"{ticket.number}/{again}"
    return number


def _write(
    session: Session, recording: _Recording, kept: list[Kept], told: str, tell: Sequence[str]
) -> Recorded:
    """Every row of the ticket, the number last of all that others may wait for."""
    ticket, scene, day = recording.ticket, recording.scene, recording.day
    number = _number(session, recording)
    fact = Fact(
        *(recording.hub_id, scene.site_id, ticket.kind, number, ticket.at, day),
        *(recording.now, ticket.cashier, f"sale/{ticket.uid}", told),
    )
    money_in = tender_postings(ticket.register, kept, ticket.rounding)
    entry_id = post(session, fact, [*money_in, *recording.postings])
    record_earnings(session, fact, entry_id, recording.earnings)
    record_changes(session, fact, entry_id, recording.changes)
    sale_id = _write_ticket(session, recording, entry_id, number, told)
    _write_lines(session, recording, sale_id, kept)
    why = Why(
        *(recording.hub_id, ticket.kind, number, ticket.at, day, ticket.cashier), recording.now
    )
    unbounded = unbounded_places(places_of(session, scene.site_id))
    move_stock(session, why, recording.moves, unbounded, recording.levels)
    body = json.dumps({"sale": ticket.uid, "number": number, "lang": ticket.lang})
    now = utc_text(recording.now)
    insert_rows(
        session,
        "outbox",
        ("hub_id", "uid", "kind", "body", "due_at"),
        [(recording.hub_id, f"{kind}/{ticket.uid}", kind, body, now) for kind in tell],
    )
    flags = tuple(sorted(recording.flags))
    return Recorded(sale_id, number, "flagged" if flags else "recorded", flags)


_SALE = (
    *("hub_id", "site_id", "register_id", "entry_id", "uid", "body_hash", "number", "kind"),
    *("happened_at", "told_day", "day", "recorded_at", "cashier", "shift", "customer", "lang"),
    *("goods", "returned", "tax", "rounding", "due", "change", "note", "approvals"),
)


def _write_ticket(
    session: Session, recording: _Recording, entry_id: int, number: str, told: str
) -> int:
    ticket, scene = recording.ticket, recording.scene
    [(sale_id,)] = insert_rows(
        session,
        "sale",
        _SALE,
        [
            (
                *(recording.hub_id, scene.site_id, scene.register_id, entry_id, ticket.uid, told),
                *(number, ticket.kind, utc_text(ticket.at), ticket.day.isoformat()),
                *(recording.day.isoformat(), utc_text(recording.now), ticket.cashier),
                *(ticket.shift, ticket.customer, ticket.lang, ticket.goods, ticket.returned),
                *(ticket.tax, ticket.rounding, ticket.due, ticket.change, ticket.note),
                json.dumps(ticket.approvals),
            )
        ],
        returning="id",
    )
    return int(sale_id)


_LINE = (
    *("sale_id", "n", "what", "lot_id", "code", "title", "quantity", "list_price", "unit"),
    *("discount", "total", "tax_bp", "tax", "tax_code", "booked_tax", "cost"),
)
_REFUND_LINE = (
    *("sale_id", "n", "of_sale_id", "of_n", "lot_id", "code", "quantity", "total", "tax"),
    *("restock", "why", "booked_quantity", "booked", "booked_tax", "booked_cost"),
)


def _write_lines(session: Session, recording: _Recording, sale_id: int, kept: list[Kept]) -> None:
    ticket = recording.ticket
    lines = [(sale_id, *line) for line in recording.sale_lines]
    insert_rows(session, "sale_line", _LINE, lines)
    returns = [(sale_id, *line) for line in recording.refund_lines]
    insert_rows(session, "refund_line", _REFUND_LINE, returns)
    insert_rows(
        session,
        "tender",
        ("sale_id", "n", "kind", "amount", "ref", "secured"),
        [
            (sale_id, n, tender.kind.value, tender.amount, tender.ref, tender.secured)
            for n, tender in enumerate(kept, 1)
        ],
    )
    insert_rows(
        session,
        "sale_flag",
        ("sale_id", "flag", "line", "amount"),
        [
            (sale_id, flag.value, line, amount)
            for (flag, line), amount in sorted(recording.flags.items())
        ],
    )
