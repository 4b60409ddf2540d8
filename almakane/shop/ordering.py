"""From a basket to an order: pieces claimed as the checkout opens, and the order placed once."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime
from almakane.db import insert_rows, utc_text
from almakane.errors import Refusal
from almakane.hubs.models import Hub, HubRules, SeriesKind
from almakane.hubs.queries import local_day, rules_on
from almakane.hubs.services import take_number
from almakane.inventory.deed import check_same, deed_hash
from almakane.inventory.holds import end_hold, keep_hold, place_hold
from almakane.inventory.models import Hold, HoldEnd, HoldKind, Lot, Product, ProductText
from almakane.inventory.queries import LotFacts, facts_of, lock_lots
from almakane.sales.tax import LineTax, line_tax
from almakane.shop.delivery import Tariff, tariff_on
from almakane.shop.models import (
    OrderContact,
    Payment,
    Way,
    WebOrder,
    WebOrderLine,
)
from almakane.shop.payments import ADAPTERS
from almakane.shop.phones import read_phone
from almakane.shop.stock import MOST_LINES, MOST_OF_ONE, free_lots, share_out
from almakane.users.tokens import token_hash
from almakane.vault import seal, unseal
from almakane.web.texts import clean_text

_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What mail servers take without quotes; no address of ours is written into a header unasked.
_EMAIL = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
LONGEST_EMAIL = 254
LONGEST_NAME = 120
LONGEST_ADDRESS = 400
LONGEST_CITY = 60


class Asked(NamedTuple):
    """So many of a product, at the price that the buyer was shown."""

    product_id: int
    quantity: int
    price: int


class Claimed(NamedTuple):
    """A lot's part of what was asked, claimed under `<uid>/<n>`."""

    n: int
    product_id: int
    lot_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What a buyer confirmed: texts as typed, and what they were shown.

    `uid` is the checkout's; `shown` is the total that stood above the button, or None where nobody
    saw one. Neither it nor a price is believed: what differs is told, and nothing is ordered.
    """

    hub_id: int
    site_id: int
    uid: str
    language: str
    name: str
    phone: str
    way: Way
    payment: Payment
    lines: tuple[Asked, ...]
    email: str = ""
    city: str = ""
    address: str = ""
    shown: int | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """The order, the secret of its page, and whether this very wish made it."""

    order: WebOrder
    key: str
    is_new: bool


def hold_uids(uid: str) -> list[str]:
    """What the claims of a checkout may be called: more than its lines, for some take two lots."""
    return [f"{uid}/{n}" for n in range(1, 2 * MOST_LINES + 1)]


def open_checkout(
    session: Session,
    hub_id: int,
    site_id: int,
    uid: str,
    asked: Sequence[Asked],
    *,
    now: datetime,
    kind: HoldKind = HoldKind.CHECKOUT,
) -> list[Claimed]:
    """
    Claim every piece of a basket, or none; told again, the claims that there are.

    Raises Refusal where something is gone, is fewer, or costs another price than was shown.
    """
    _check_asked(uid, asked)
    there = _claims_of(session, uid)
    if there:
        return there
    products = _products(session, hub_id, asked)
    wanted = [line.product_id for line in asked]
    lots = free_lots(session, hub_id, site_id, wanted, now)
    # All that may be taken is locked in one order before anybody looks: two who want the same
    # pieces never wait for each other in a ring, and the second sees what the first has left.
    lock_lots(session, hub_id, ids=[lot.lot_id for found in lots.values() for lot in found])
    there = _claims_of(session, uid)  # another try of the same may have had the lock before us
    if there:
        return there
    lots = free_lots(session, hub_id, site_id, wanted, now)
    taken: list[Claimed] = []
    for line in asked:
        parts = share_out(lots[line.product_id], line.quantity)
        if sum(part for _lot, part in parts) < line.quantity:
            _refuse_short(products[line.product_id], sum(part for _lot, part in parts))
        for lot_id, part in parts:
            taken.append(Claimed(len(taken) + 1, line.product_id, lot_id, part))
    if len(taken) > len(hold_uids(uid)):
        raise Refusal("This basket has too many different pieces for one order.", field="lines")
    for claim in sorted(taken, key=lambda claim: claim.lot_id):
        place_hold(
            *(session, hub_id, site_id, claim.lot_id, claim.quantity),
            *(kind, f"{uid}/{claim.n}", now),
        )
    return taken


def placed_under(session: Session, uid: str) -> WebOrder | None:
    """The order that a checkout became, if it became one."""
    return session.scalar(select(WebOrder).where(WebOrder.uid == uid))


def leave_checkout(session: Session, uid: str, *, now: datetime) -> None:
    """Let go of what a checkout claimed, unless it became an order."""
    if placed_under(session, uid):
        return
    live = select(Hold.id).where(Hold.uid.in_(hold_uids(uid)), Hold.ended_at.is_(None))
    for hold_id in session.scalars(live):
        end_hold(session, hold_id, HoldEnd.RELEASED, now)


def place_order(session: Session, wish: Wish, *, secret: str, now: datetime) -> Placed:
    """
    Make an order of what a buyer confirmed, its pieces claimed, its mail on the way.

    The same wish again finds the order that it made; another one under the same uid is refused, as
    is whatever differs from what the buyer was shown. `secret` is the house's own.
    """
    wish = _cleaned(wish)
    body = deed_hash({**asdict(wish), "shown": None})
    if there := _placed_before(session, wish.uid, body, secret):
        return there
    hub = session.get_one(Hub, wish.hub_id)
    day = local_day(now, hub.zone)
    products = _products(session, wish.hub_id, wish.lines)
    claims = _claim(session, wish, now)
    if there := _placed_before(session, wish.uid, body, secret):
        return there
    lots = {
        lot.id: lot for lot in facts_of(session, wish.hub_id, [claim.lot_id for claim in claims])
    }
    titles = _titles(session, products, wish.language)
    rules = rules_on(session, hub.id, day)
    lines = [_line(wish.uid, claim, lots[claim.lot_id], titles, rules) for claim in claims]
    shown = {line.product_id: line.price for line in wish.lines}
    if any(line.unit != shown[line.product_id] for line in lines):
        raise _price_changed()
    goods = sum(line.total for line in lines)
    tariff = tariff_on(session, wish.hub_id, day)
    grams = weight_of(tariff, products, wish.lines)
    fee = fee_of(tariff, wish.way, wish.city, grams)
    if wish.shown is not None and wish.shown != goods + fee:
        raise Refusal(
            "The total is another one than you were shown: look at it again, then confirm. "
            "Nothing was ordered yet.",
            field="shown",
        )
    key = secrets.token_urlsafe(16)
    order = WebOrder(
        hub_id=wish.hub_id,
        site_id=wish.site_id,
        uid=wish.uid,
        key_hash=token_hash(key),
        language=wish.language,
        way=wish.way,
        city=wish.city,
        payment=wish.payment,
        goods=goods,
        delivery_fee=fee,
        total=goods + fee,
        weight_grams=grams,
        placed_at=now,
        day=day,
        lines=lines,
        contact=OrderContact(
            name=wish.name,
            phone=wish.phone,
            email=wish.email,
            address=wish.address,
            link=seal(secret, key, _about(wish.uid)),
            body_hash=body,
        ),
        number=f"W-{take_number(session, wish.hub_id, SeriesKind.ORDER):06d}",
    )
    session.add(order)
    session.flush()
    tell(session, order, "placed", now=now)
    return Placed(order, key, is_new=True)


def link_of(order: WebOrder, secret: str) -> str | None:
    """The secret of the order's page, to be told again; none once its buyer is forgotten."""
    return unseal(secret, order.contact.link, _about(order.uid)) if order.contact.link else None


def find_by_key(session: Session, key: str) -> WebOrder | None:
    """
    The order whose page a secret opens.

    Looked up by its hash, so that how long it takes tells nothing of the secret.
    """
    return session.scalar(select(WebOrder).where(WebOrder.key_hash == token_hash(key)))


def tell(session: Session, order: WebOrder, news: str, *, now: datetime, nth: int = 1) -> None:
    """
    Let the buyer know by mail, once, if they left an address; who they are stays in one row.

    `nth` tells news apart that comes more than once, as money that goes back in two parts.
    """
    insert_rows(
        session,
        "outbox",
        ("hub_id", "uid", "kind", "body", "due_at"),
        [
            (
                order.hub_id,
                f"{order.uid}/mail/{news}/{nth}",
                "mail",
                f"{order.uid} {news}" + (f" {nth}" if nth > 1 else ""),
                utc_text(now),
            )
        ],
        conflict="(uid) DO NOTHING",
    )


def weight_of(tariff: Tariff | None, products: dict[int, Product], lines: Sequence[Asked]) -> int:
    """What a parcel of all that would weigh, in grams."""
    if tariff is None:
        return 0
    return sum(
        tariff.weight(products[line.product_id].weight_grams) * line.quantity for line in lines
    )


def fee_of(tariff: Tariff | None, way: Way, city: str, grams: int) -> int:
    """What it costs to bring it; fetching is free."""
    if way is Way.PICKUP:
        return 0
    if tariff is None:
        raise Refusal("Nothing is delivered yet: fetch it in the shop.", field="way")
    return tariff.fee(city, grams)


def _about(uid: str) -> str:
    return f"web_order/{uid}"


def _check_asked(uid: str, asked: Sequence[Asked]) -> None:
    if not _UID.fullmatch(uid):
        raise Refusal("A text is missing or too long.", field="uid")
    if not asked:
        raise Refusal("The basket is empty.", field="lines")
    products = {line.product_id for line in asked}
    if len(asked) > MOST_LINES or len(products) < len(asked):
        raise Refusal("This basket has too many different pieces for one order.", field="lines")
    if any(not 1 <= line.quantity <= MOST_OF_ONE for line in asked):
        raise Refusal("The quantity of a line is 1 to 99.", field="lines")


def _cleaned(wish: Wish) -> Wish:
    """The same wish as it is kept; raises Refusal, naming the field."""
    name = clean_text(wish.name, "name", longest=LONGEST_NAME)
    if not name:
        raise Refusal("Write your name: it is how we call you.", field="name")
    phone = read_phone(wish.phone)
    email = clean_text(wish.email, "email", longest=LONGEST_EMAIL)
    if email and not _EMAIL.fullmatch(email):
        raise Refusal("This is no e-mail address; it may be left empty.", field="email")
    adapter = ADAPTERS.get(wish.payment)
    if adapter is None or wish.way not in adapter.ways:
        raise Refusal("Choose how to pay among what is offered.", field="payment")
    city = address = ""
    if wish.way is Way.DELIVERY:
        city = clean_text(wish.city, "city", longest=LONGEST_CITY)
        if not city:
            raise Refusal("Choose the city where it goes.", field="city")
        address = clean_text(wish.address, "address", longest=LONGEST_ADDRESS, lines=True)
        if not address:
            raise Refusal(
                "Write where it goes: the street, the quarter, a landmark.", field="address"
            )
    return replace(wish, name=name, phone=phone, email=email, city=city, address=address)


def _placed_before(session: Session, uid: str, body: str, secret: str) -> Placed | None:
    order = placed_under(session, uid)
    if order is None:
        return None
    check_same(order.contact.body_hash, body)
    key = link_of(order, secret)
    return Placed(order, key, is_new=False) if key else None


def _products(session: Session, hub_id: int, asked: Sequence[Asked]) -> dict[int, Product]:
    """The products of a basket, each on sale here and at the price that was shown."""
    wanted = [line.product_id for line in asked]
    found = session.scalars(
        select(Product)
        .where(Product.id.in_(wanted), Product.hub_id == hub_id)
        .execution_options(populate_existing=True)
    )
    products = {product.id: product for product in found}
    for line in asked:
        product = products.get(line.product_id)
        if product is None or product.disabled_at or product.off_web_at:
            raise Refusal("One of these pieces is no longer on sale here.", field="lines")
        if product.price != line.price:
            raise _price_changed()
    return products


def _claims_of(session: Session, uid: str) -> list[Claimed]:
    """What is claimed under a checkout's uid, however it ended."""
    found = session.execute(
        select(Hold.uid, Lot.product_id, Hold.lot_id, Hold.quantity)
        .join(Lot, Lot.id == Hold.lot_id)
        .where(Hold.uid.in_(hold_uids(uid)))
    ).all()
    return sorted(
        Claimed(int(claim.rsplit("/", 1)[1]), product, lot, quantity)
        for claim, product, lot, quantity in found
    )


def _claim(session: Session, wish: Wish, now: datetime) -> list[Claimed]:
    """The pieces of a wish, claimed for as long as its way to pay needs."""
    kind = ADAPTERS[wish.payment].hold
    claims = _claims_of(session, wish.uid)
    if not claims:
        return open_checkout(
            session, wish.hub_id, wish.site_id, wish.uid, wish.lines, now=now, kind=kind
        )
    claimed: dict[int, int] = {}
    for claim in claims:
        claimed[claim.product_id] = claimed.get(claim.product_id, 0) + claim.quantity
    if claimed != {line.product_id: line.quantity for line in wish.lines}:
        raise Refusal("The basket has changed since: open the checkout anew.", field="lines")
    lock_lots(session, wish.hub_id, ids=[claim.lot_id for claim in claims])
    for claim in sorted(claims, key=lambda claim: claim.lot_id):
        keep_hold(session, wish.hub_id, wish.site_id, f"{wish.uid}/{claim.n}", kind, now)
    return claims


def _price_changed() -> Refusal:
    return Refusal(
        "The price of a piece has changed: look at it again, then confirm. "
        "Nothing was ordered yet.",
        field="lines",
    )


def _refuse_short(product: Product, left: int) -> None:
    if left:
        raise Refusal(
            "There are only %(left)s of a piece left: change its quantity in your basket.",
            field="lines",
            left=left,
        )
    raise Refusal("Somebody else has just taken this piece.", field="lines")


def _titles(session: Session, products: dict[int, Product], language: str) -> dict[int, str]:
    found = session.execute(
        select(ProductText.product_id, ProductText.title).where(
            ProductText.product_id.in_(products), ProductText.language == language
        )
    )
    return {row.product_id: row.title for row in found}


def _line(
    uid: str, claim: Claimed, lot: LotFacts, titles: dict[int, str], rules: HubRules
) -> WebOrderLine:
    tax = _tax(lot, rules)
    return WebOrderLine(
        n=claim.n,
        lot_id=lot.id,
        product_id=claim.product_id,
        code=lot.code,
        title=titles.get(claim.product_id) or lot.title,
        quantity=claim.quantity,
        list_price=lot.price,
        unit=lot.price,
        total=lot.price * claim.quantity,
        tax_bp=tax.rate_bp,
        tax_code=tax.code,
        hold_uid=f"{uid}/{claim.n}",
    )


def _tax(lot: LotFacts, rules: HubRules) -> LineTax:
    """The seller's: the maker in regime B, the hub in A and C."""
    is_liable = lot.terms.maker_vat_liable
    if lot.terms.regime is not Regime.MANDATE:
        is_liable = rules.vat_liable
    return line_tax(lot.tax_class or "standard", is_liable, rules.vat_bp, rules.vat_reduced_bp)
