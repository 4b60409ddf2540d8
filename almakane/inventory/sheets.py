"""
A spreadsheet that comes with a delivery: kept, shown line by line, and taken once.

What a file says is matched with what the house knows of its maker (artisans, products, kinds of
pieces). Nothing is written before somebody has seen what would be.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.wording import CRAFTS
from almakane.errors import Refusal
from almakane.inventory.intake import MOST_LINES, Brought, add_lines, open_still
from almakane.inventory.intake_queries import Usual, usual_of
from almakane.inventory.models import Intake, IntakeLine, IntakeSheet, Lot, Product, TaxClass
from almakane.inventory.piece_list import Reading, Row, Wrong, is_head, plain_word, read_pieces
from almakane.inventory.spreadsheet import LARGEST_FILE, rows_of
from almakane.web.voices import voice

MOST_SHEETS = 20  # that one delivery keeps


class Proposal(NamedTuple):
    """What a file would add to a delivery, and what is wrong with the rest."""

    fresh: list[Brought]
    wrong: list[Wrong]
    lines: int  # of the file, with anything in them
    readable: int
    known: int  # of those to be added: products that the house has already
    there: int  # are in the delivery already, or were taken out of it
    alike: int
    pieces: int
    value: int  # of what is new, where a price is told
    strangers: list[str]  # columns that nobody knows
    untaxed: int  # lines to be added for which nobody knows a tax class
    room: int  # lines that the delivery still has room for

    @property
    def fits(self) -> bool:
        """Whether all that can be read can be added."""
        return self.readable - self.there <= self.room


def keep_sheet(
    session: Session, intake: Intake, name: str, content: bytes, *, by: str, now: datetime
) -> IntakeSheet:
    """Keep a file with a delivery; the same file again is the same one."""
    open_still(session, intake)
    if not content:
        raise Refusal("There is nothing in this file.", field="sheet")
    if len(content) > LARGEST_FILE:
        raise Refusal("This file is larger than 8 MB: divide it.", field="sheet")
    kept = session.scalars(select(IntakeSheet).where(IntakeSheet.intake_id == intake.id)).all()
    digest = hashlib.sha256(content).hexdigest()
    for sheet in kept:
        if sheet.sha256 == digest:
            return sheet
    if len(kept) >= MOST_SHEETS:
        raise Refusal(
            "This delivery has %(most)s files already: write the rest by hand.",
            field="sheet",
            most=MOST_SHEETS,
        )
    sheet = IntakeSheet(
        intake_id=intake.id,
        sha256=digest,
        name="".join(c for c in name if c.isprintable())[-120:],
        content=content,
        brought_by=by,
        brought_at=now,
    )
    session.add(sheet)
    session.flush()
    return sheet


def read_sheet(content: bytes) -> Reading:
    """What a file says; raises Refusal for one that cannot be read. It needs no transaction."""
    return read_pieces(rows_of(content, is_head))


def propose(
    session: Session,
    intake: Intake,
    reading: Reading,
    *,
    category: str = "",
    tax_class: TaxClass | None = None,
) -> Proposal:
    """
    What a file would add to a delivery as it is now.

    `category` and `tax_class` are for lines that say none, and of whose kind nothing is known.
    """
    match = _Matching(session, intake, category, tax_class)
    keys = select(IntakeLine.key, IntakeLine.dropped_at).where(IntakeLine.intake_id == intake.id)
    there = {key: dropped is None for key, dropped in session.execute(keys)}
    fresh: list[Brought] = []
    wrong = list(reading.wrong)
    for row in reading.rows:
        if row.key in there:
            continue
        try:
            fresh.append(match.line(row))
        except Refusal as refusal:
            refusal.__traceback__ = None
            column = refusal.field or "title"
            cell = row.title if column == "title" else str(refusal.values.get("said", ""))
            wrong.append(Wrong(row.line, column, refusal, cell))
    wrong.sort(key=lambda one: one.line)
    return Proposal(
        fresh=fresh,
        wrong=wrong,
        lines=reading.lines,
        readable=len(reading.rows),
        known=sum(line.product_id is not None for line in fresh),
        there=sum(row.key in there for row in reading.rows),
        alike=reading.alike,
        pieces=sum(line.quantity for line in fresh),
        value=sum(line.quantity * (line.price or 0) for line in fresh),
        strangers=reading.strangers,
        untaxed=sum(line.tax_class is None and line.product_id is None for line in fresh),
        room=MOST_LINES - sum(there.values()),
    )


def take_sheet(
    session: Session,
    intake: Intake,
    sheet: IntakeSheet,
    reading: Reading,
    *,
    now: datetime,
    category: str = "",
    tax_class: TaxClass | None = None,
) -> int:
    """Add what a file says and can be read; taken again it adds nothing. Gives how many lines."""
    open_still(session, intake)
    proposal = propose(session, intake, reading, category=category, tax_class=tax_class)
    if not proposal.fits:
        raise Refusal(
            "A delivery has at most %(most)s lines: divide it.", field="sheet", most=MOST_LINES
        )
    count = add_lines(session, intake, proposal.fresh)
    sheet.taken_at = sheet.taken_at or now
    session.flush()
    return count


class _Matching:
    """What the house knows of a maker, by the words that a file may use for it."""

    def __init__(
        self, session: Session, intake: Intake, category: str, tax_class: TaxClass | None
    ) -> None:
        maker = session.get_one(Maker, intake.maker_id)
        self.otherwise = category or (maker.craft if maker.craft in CRAFTS else "")
        self.tax_class = tax_class
        self.usual: Mapping[str, Usual] = usual_of(session, maker.id)
        self.kinds = kinds_by_word()
        self.products: dict[str, int] = {}
        lots = select(Lot.code, Lot.product_id).where(Lot.maker_id == maker.id)
        own = select(Product.code, Product.id).where(Product.maker_id == maker.id)
        for found in (lots, own):
            for code, product_id in session.execute(found):
                self.products[plain_word(code)] = product_id
        self.artisans: list[tuple[int, str, str]] = [
            (artisan.id, plain_word(artisan.name), plain_word(artisan.name_ar))
            for artisan in session.scalars(select(Artisan).where(Artisan.maker_id == maker.id))
        ]

    def line(self, row: Row) -> Brought:
        """A row as a line of the delivery; raises Refusal for words that nobody here has."""
        weights = {self._artisan(name): part for name, part in row.artisans}
        product_id = self.products.get(plain_word(row.reference)) if row.reference else None
        category = self._kind(row.category)
        if product_id is not None:
            title, title_ar, category, technique = "", "", "", ""
        else:
            title, title_ar, technique = row.title, row.title_ar, row.technique
            if not title:
                raise Refusal(
                    "No piece of this maker has the code %(said)s: write what it is called.",
                    field="title",
                    said=row.reference,
                )
        usual = self.usual.get(category)
        tax_class = TaxClass(row.tax_class) if row.tax_class else usual and usual.tax_class
        return Brought(
            key=row.key,
            quantity=row.quantity,
            product_id=product_id,
            title=title,
            title_ar=title_ar,
            category=category,
            technique=technique,
            tax_class=tax_class or self.tax_class,
            price=row.price,
            floor=row.floor,
            unit_cost=row.unit_cost,
            weights=weights,
            reference=row.reference,
            note=row.note,
        )

    def _kind(self, said: str) -> str:
        if not said:
            return self.otherwise
        found = self.kinds.get(_bare(said))
        if found is None:
            raise Refusal("Nobody here knows this kind of piece.", field="category", said=said)
        return found

    def _artisan(self, name: str) -> int:
        said = plain_word(name)
        found = [one for one, *names in self.artisans if said in names]
        if not found:  # the first name alone, or the names the other way round
            words = set(said.split())
            found = [
                one
                for one, *names in self.artisans
                if words and any(words <= set(called.split()) for called in names)
            ]
        if len(found) == 1:
            return found[0]
        if found:
            raise Refusal(
                "Several of this maker’s artisans are called like that: write the whole name.",
                field="artisans",
                said=name,
            )
        raise Refusal("Nobody of this maker’s is called like that.", field="artisans", said=name)


def _bare(word: str) -> str:
    """A word without the article and the s of its plural."""
    return plain_word(word).removeprefix("ال").removesuffix("s")


def kinds_by_word() -> dict[str, str]:
    """A kind of piece by what it is called in each language."""
    speakers: list[Callable[..., str]] = [voice(language) for language in ("fr", "ar", "en")]
    kinds = {}
    for code, message in CRAFTS.items():
        for word in (code, *(say(message) for say in speakers)):
            kinds[_bare(word)] = code
    return kinds
