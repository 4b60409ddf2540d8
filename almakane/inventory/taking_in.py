"""
A delivery becomes a consignment: what is still missing, what is signed, and the one transaction.

What a maker signs is what the books keep of her lines: their hash is taken before, compared with
the lots that were made of them, and kept with the signature.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime
from almakane.cooperatives.amending import By, amend
from almakane.cooperatives.models import Agreement, Maker
from almakane.cooperatives.queries import agreement_on, commission_for
from almakane.db import insert_rows, rows
from almakane.errors import Refusal
from almakane.gateways.media import Picture
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import Delivered, receive_consignment
from almakane.inventory.intake import lines_of, open_still, photo_of
from almakane.inventory.models import (
    Consignment,
    ConsignmentSignature,
    Intake,
    IntakeLine,
    IntakeState,
    LotKind,
    Photo,
    PhotoForm,
    Product,
    ProductText,
    SignatureWay,
    TaxClass,
)
from almakane.texts import can_be_kept

LONGEST_MARK = 60_000  # characters of a drawn signature
_MARK = re.compile(r"(?:M\d{1,3} \d{1,3}(?:L\d{1,3} \d{1,3})+)+", re.ASCII)


class Lack(NamedTuple):
    """What must be filled in before a delivery can be taken in; of a line, or of the whole."""

    line_id: int | None
    refusal: Refusal


class Ready(NamedTuple):
    """A line that came, as its lot will have it."""

    line: IntakeLine
    n: int
    title: str
    category: str
    price: int
    quantity: int
    floor: int
    unit_cost: int
    commission_bp: int
    weights: Mapping[int, int]
    product: Product | None


class Draft(NamedTuple):
    """An intake as it stands: its terms, what came, and what is still missing."""

    agreement: Agreement | None
    lines: list[IntakeLine]  # all of them
    ready: list[Ready]  # those that came, in the order of their lots
    lacks: list[Lack]
    products: dict[int, Product]
    titles: dict[int, str]  # of products, in French

    @property
    def pieces(self) -> int:
        """How many units came."""
        return sum(one.quantity for one in self.ready)

    @property
    def value(self) -> int:
        """What all of them cost in the shop."""
        return sum(one.quantity * one.price for one in self.ready)

    @property
    def hash(self) -> str:
        """What a signature is put under."""
        regime = self.agreement.regime if self.agreement else Regime.MANDATE
        return _lines_hash(
            (
                *(one.n, one.title, one.quantity, one.floor, one.unit_cost, one.commission_bp),
                regime,
                sorted(one.weights.items()),
            )
            for one in self.ready
        )


def draft_of(session: Session, intake: Intake, day: date) -> Draft:
    """What an intake comes to on a day, and what it lacks."""
    lines = lines_of(session, intake)
    wanted = sorted({line.product_id for line in lines if line.product_id is not None})
    products = {
        product.id: product
        for product in session.scalars(select(Product).where(Product.id.in_(wanted)))
    }
    named = select(ProductText.product_id, ProductText.title).where(
        ProductText.product_id.in_(wanted), ProductText.language == "fr"
    )
    titles = {row.product_id: row.title for row in session.execute(named)}
    lacks: list[Lack] = []
    agreement = None
    try:
        agreement = agreement_on(session, intake.maker_id, day)
    except Refusal as refusal:
        lacks.append(Lack(None, refusal))
    commissions: dict[str, int] = {}
    ready: list[Ready] = []
    for line in lines:
        product = products.get(line.product_id) if line.product_id is not None else None
        lacks += [Lack(line.id, refusal) for refusal in _lacks_of(line, product, agreement)]
        if not line.counted:
            continue
        category = product.category if product else line.category
        if agreement and category not in commissions:
            commissions[category] = commission_for(session, agreement, category)
        title = line.title or (titles.get(product.id) or product.code if product else "")
        ready.append(
            Ready(
                line=line,
                n=len(ready) + 1,
                title=title,
                category=category,
                price=(product.price if product else line.price) or 0,
                quantity=line.counted,
                floor=line.floor,
                unit_cost=line.unit_cost,
                commission_bp=commissions.get(category, 0),
                weights={made.artisan_id: made.weight for made in line.artisans},
                product=product,
            )
        )
    if not ready:
        lacks.insert(0, Lack(None, Refusal("The delivery has no lines.", field="lines")))
    return Draft(agreement, lines, ready, lacks, products, titles)


def _lacks_of(
    line: IntakeLine, product: Product | None, agreement: Agreement | None
) -> list[Refusal]:
    """What one line lacks, in sentences that say what to fill in."""
    if line.counted == 0:
        return []
    lacks = []
    if line.counted is None:
        lacks.append(Refusal("Count it: nobody has said how many are here.", field="quantity"))
    if product is None:
        if not line.title:
            lacks.append(Refusal("Write what it is called.", field="title"))
        if not line.category:
            lacks.append(Refusal("Choose what kind of piece it is.", field="category"))
        if not line.price:
            lacks.append(Refusal("Write its price.", field="price"))
    if line.tax_class is None and (product is None or product.tax_class is None):
        lacks.append(
            Refusal("Choose its tax class: the till cannot sell without.", field="tax_class")
        )
    price = product.price if product else line.price
    if price is not None and line.floor > price:
        lacks.append(Refusal("The floor lies above the price: lower it.", field="floor"))
    if agreement and agreement.regime is Regime.FIRM and not line.unit_cost:
        lacks.append(Refusal("Write what the house pays for one.", field="unit_cost"))
    if agreement and agreement.paid_to is PaidTo.MEMBERS and not line.artisans:
        lacks.append(Refusal("Say who made it: her members are paid themselves.", field="weights"))
    return lacks


# What is signed


class Signed(NamedTuple):
    """A signature as it comes from the screen."""

    signer: str
    lines_hash: str
    language: str
    signed_at: datetime
    mark: str = ""  # empty: the name alone was typed
    agreement_id: str | None = None  # whose words stood above it; none: the consignment's own


def signed_lines_hash(session: Session, consignment: Consignment) -> str:
    """The hash of a consignment's lines as the books keep them."""
    found = rows(session, _LOTS, (consignment.id,))
    weights: dict[int, list[tuple[int, int]]] = {}
    for lot_id, artisan_id, weight in rows(session, _MADE, (consignment.id,)):
        weights.setdefault(lot_id, []).append((artisan_id, weight))
    return _lines_hash((*row[1:], sorted(weights.get(row[0], []))) for row in found)


_LOTS = """
SELECT id, n, title, quantity, floor, unit_cost, commission_bp, regime FROM lot
WHERE consignment_id = ? ORDER BY n
"""
_MADE = """
SELECT made.lot_id, made.artisan_id, made.weight FROM lot_artisan made
JOIN lot ON lot.id = made.lot_id WHERE lot.consignment_id = ?
"""


def _lines_hash(lines: Iterable[Sequence[object]]) -> str:
    told = [list(line) for line in lines]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def check_hand(signer: str, mark: str) -> None:
    """Refuse a signature that nobody could read: a name is asked, what is drawn is a path."""
    if not signer or not can_be_kept(signer, 120):
        raise Refusal("Write the name of whoever signs.", field="signer")
    if len(mark) > LONGEST_MARK:
        raise Refusal("This signature is too long to be kept: sign once more.", field="mark")
    if mark and not _MARK.fullmatch(mark):
        raise Refusal("This signature cannot be read: sign once more.", field="mark")


def hand_of(signer: str, mark: str) -> tuple[SignatureWay, str]:
    """How somebody signed, and the hash that a seal keeps of it."""
    way = SignatureWay.DRAWN if mark else SignatureWay.TYPED
    told = json.dumps([signer, way, mark], ensure_ascii=False)
    return way, hashlib.sha256(told.encode()).hexdigest()


def sign(
    session: Session, consignment: Consignment, signed: Signed, *, actor: str, now: datetime
) -> ConsignmentSignature:
    """
    Put the maker's signature under a consignment, once.

    Refuses one that was put under other lines, or another agreement, than those of the books.
    """
    there = session.scalar(
        select(ConsignmentSignature).where(ConsignmentSignature.consignment_id == consignment.id)
    )
    if there:
        return there
    check_hand(signed.signer, signed.mark)
    if signed.lines_hash != signed_lines_hash(session, consignment):
        raise Refusal(
            "The lines have changed since they were shown. Nothing is taken in: look at them"
            " again, then sign.",
            field="lines",
        )
    if signed.agreement_id not in (None, str(consignment.agreement_id)):
        raise Refusal(
            "What was agreed has changed since it was shown. Nothing is taken in: read it again,"
            " then sign.",
            field="lines",
        )
    way, mark_hash = hand_of(signed.signer, signed.mark)
    signature = ConsignmentSignature(
        hub_id=consignment.hub_id,
        consignment_id=consignment.id,
        signer=signed.signer,
        way=way,
        mark=signed.mark,
        mark_hash=mark_hash,
        language=signed.language,
        lines_hash=signed.lines_hash,
        signed_at=signed.signed_at,
        recorded_at=now,
        actor=actor,
    )
    session.add(signature)
    session.flush()
    return signature


# The one transaction


def receive(
    session: Session, intake: Intake, deed: Deed, signed: Signed | None = None
) -> Consignment:
    """
    Make a consignment of an intake: new products, lots, moves and the signature, or nothing.

    Told again it gives the same consignment. The deed's site and uid are the intake's own.
    """
    session.flush()
    session.refresh(intake, with_for_update=True)
    if intake.consignment_id is not None:
        return session.get_one(Consignment, intake.consignment_id)
    open_still(session, intake, IntakeState.ARRIVING)
    draft = draft_of(session, intake, deed.day)
    if draft.lacks:
        whole = [lack.refusal for lack in draft.lacks if lack.line_id is None]
        if whole:
            raise whole[0]
        raise Refusal(
            "Something is missing in %(count)s of the lines. Nothing is taken in: fill it in"
            " first.",
            field="lines",
            count=len({lack.line_id for lack in draft.lacks}),
        )
    maker = session.get_one(Maker, intake.maker_id)
    products = _products_for(session, maker, draft.ready)
    _show_first(session, maker.hub_id, draft.ready, products, By(deed.actor, deed.recorded_at))
    consignment = receive_consignment(
        session,
        deed._replace(uid=intake.uid, site_id=intake.site_id),
        maker,
        [
            Delivered(
                product_id=products[one.n],
                quantity=one.quantity,
                kind=LotKind.PIECE if one.quantity == 1 else LotKind.BATCH,
                floor=one.floor,
                unit_cost=one.unit_cost,
                title=one.title,
                weights=one.weights,
            )
            for one in draft.ready
        ],
    )
    intake.state, intake.consignment_id = IntakeState.RECEIVED, consignment.id
    intake.ended_by, intake.ended_at = deed.actor, deed.recorded_at
    session.flush()
    if signed:
        sign(session, consignment, signed, actor=deed.actor, now=deed.recorded_at)
    return consignment


class _New(NamedTuple):
    """A product that a delivery brings; lines alike in all of it share one."""

    title: str
    title_ar: str
    category: str
    technique: str
    price: int
    tax_class: TaxClass | None


def _products_for(session: Session, maker: Maker, ready: Sequence[Ready]) -> dict[int, int]:
    """Line to its product: those that are there, and new ones."""
    of_line: dict[int, int] = {}
    new: dict[_New, list[int]] = {}
    for one in ready:
        line = one.line
        if one.product:
            if one.product.tax_class is None:
                one.product.tax_class = line.tax_class
            of_line[one.n] = one.product.id
        else:
            about = (line.title, line.title_ar, line.category, line.technique, one.price)
            new.setdefault(_New(*about, line.tax_class), []).append(one.n)
    session.flush()
    coded = dict(zip(_free_codes(session, maker, len(new)), new, strict=True))
    written = insert_rows(
        session,
        "product",
        ("hub_id", "maker_id", "code", "category", "technique", "price", "tax_class"),
        [
            (
                *(maker.hub_id, maker.id, code, it.category, it.technique, it.price),
                it.tax_class and it.tax_class.value,
            )
            for code, it in coded.items()
        ],
        returning="code, id",
    )
    ids = dict(written)
    insert_rows(
        session,
        "product_text",
        ("product_id", "language", "title", "story"),
        [
            (ids[code], language, title, "")
            for code, it in coded.items()
            for language, title in (("fr", it.title), ("ar", it.title_ar))
            if title
        ],
    )
    return of_line | {n: ids[code] for code, it in coded.items() for n in new[it]}


def _show_first(
    session: Session, hub_id: int, ready: Sequence[Ready], products: Mapping[int, int], by: By
) -> None:
    """A line's photograph is the first one of its product, where that shows none yet."""
    brought: dict[int, Picture] = {}
    for one in ready:
        photo = photo_of(one.line)
        if photo:
            brought.setdefault(products[one.n], photo)
    if not brought:
        return
    wanted = sorted(brought)
    owners = select(Product.id).where(Product.id.in_(wanted)).order_by(Product.id)
    session.execute(owners.with_for_update()).all()  # as `add_photos` does, which counts positions
    there = select(Photo.product_id, Photo.retired_at, Photo.position).where(
        Photo.product_id.in_(wanted)
    )
    last: dict[int, int] = {}
    for product_id, retired_at, position in session.execute(there):
        if retired_at is None:
            brought.pop(product_id or 0, None)
        last[product_id or 0] = max(position, last.get(product_id or 0, 0))
    for product_id, photo in sorted(brought.items()):
        session.add(
            Photo(
                hub_id=hub_id,
                product_id=product_id,
                form=PhotoForm.PHOTOGRAPH,
                key=photo.key,
                width=photo.width,
                height=photo.height,
                position=last.get(product_id, 0) + 1,
                taken_in_at=by.now,
                actor=by.actor,
            )
        )
        amend(session, hub_id, ("product", product_id), "photos_added", by)
    session.flush()


def _free_codes(session: Session, maker: Maker, count: int) -> list[str]:
    """Codes for new products: the maker's own and a number that none of hers has."""
    if not count:
        return []
    found = rows(session, "SELECT code FROM product WHERE hub_id = ?", (maker.hub_id,))
    taken = {code for (code,) in found}
    codes: list[str] = []
    n = 0
    while len(codes) < count:
        n += 1
        code = f"{maker.code}-{n:03d}"
        if code not in taken:
            codes.append(code)
    return codes
