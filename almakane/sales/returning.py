"""What a ticket takes back: of each line at most what is left, never by a rate applied again."""

from dataclasses import replace

from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Shares, take_back
from almakane.db import rows
from almakane.errors import Refusal
from almakane.inventory.models import PlaceKind
from almakane.inventory.queries import places_of
from almakane.ledger import chart
from almakane.ledger.book import net
from almakane.ledger.services import ChangeRow
from almakane.money import allocate, divide
from almakane.sales.models import Flag
from almakane.sales.postings import BookedLine, return_postings
from almakane.sales.queries import Left, SoldLine, left_of, left_on
from almakane.sales.recording import Recording
from almakane.sales.ticket import Return, TenderKind, What


def take_back_lines(
    session: Session, recording: Recording, sold: dict[tuple[str, int], SoldLine]
) -> None:
    """Give back at most what is left of each line; what goes beyond is the hub's difference."""
    ticket = recording.ticket
    left = left_of(session, sorted({f"{b.of_uid}/{b.of_line}" for b in ticket.returns}))
    for back in ticket.returns:
        line = sold.get((back.of_uid, back.of_line))
        if line is None:
            raise _no_such_line(session, recording.hub_id, back)
        most = line.total - line.total_back
        if line.what == What.GIFT_CARD:
            most = min(most, _held(session, recording, line.code))
        booked = min(back.total, most)
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
            _move_back(session, recording, back, line, line.lot_id, quantity)


def _held(session: Session, recording: Recording, card: str) -> int:
    """What a gift card holds for nobody else, once this ticket has spent what it spends of it."""
    spent = sum(
        tender.amount
        for tender in recording.ticket.tenders
        if (tender.kind, tender.ref) == (TenderKind.GIFT_CARD, card) and tender.auth is not None
    )
    taken = net(recording.postings, chart.gift_card(card))
    left = left_on(session, recording.hub_id, TenderKind.GIFT_CARD, card)
    return max(0, left - max(0, spent) - taken)


def _no_such_line(session: Session, hub_id: int, back: Return) -> Refusal:
    """Why a return has no line: its sale may still come, or it is here and has none like that."""
    field = f"returns[{back.n}]"
    if rows(session, "SELECT 1 FROM sale WHERE hub_id = ? AND uid = ?", (hub_id, back.of_uid)):
        return Refusal("That sale has no such line.", field=field, reason="bad_value")
    return Refusal(
        "The sale that this return is of has not arrived yet.",
        field=field,
        reason=f"needs:{back.of_uid}",
    )


def _taken(
    recording: Recording,
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
    session: Session, recording: Recording, back: Return, line: SoldLine, lot_id: int, quantity: int
) -> None:
    """From the buyer of the site that sold it, to this site's shelf, or to what is damaged."""
    here = places_of(session, recording.scene.site_id)
    target = here[PlaceKind.SHELF if back.restock else PlaceKind.DAMAGED]
    buyer = places_of(session, line.site_id)[PlaceKind.BUYER]
    recording.move(lot_id, quantity, buyer, target, f"{recording.ticket.uid}/r{back.n}")
