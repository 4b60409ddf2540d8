"""
A spreadsheet that comes with a delivery: kept, shown line by line, and taken once.

What a file says is matched with what the house knows of its maker (artisans, products, kinds of
pieces). Nothing is written before somebody has seen what would be.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.wording import CRAFTS
from almakane.errors import Refusal
from almakane.inventory.dry_run import Proposal, look_at
from almakane.inventory.intake import MOST_LINES, add_lines, open_still
from almakane.inventory.intake_queries import usual_of
from almakane.inventory.matching import Known, bare
from almakane.inventory.models import Intake, IntakeLine, IntakeSheet, Lot, Product, TaxClass
from almakane.inventory.piece_list import Reading, Row, Wrong, is_head, plain_word, read_pieces
from almakane.inventory.spreadsheet import LARGEST_FILE, rows_of, too_large
from almakane.web.voices import voice

MOST_SHEETS = 20  # that one delivery keeps


def keep_sheet(
    session: Session, intake: Intake, name: str, content: bytes, *, by: str, now: datetime
) -> IntakeSheet:
    """Keep a file with a delivery; the same file again is the same one."""
    open_still(session, intake)
    if not content:
        raise Refusal("There is nothing in this file.", field="sheet")
    if len(content) > LARGEST_FILE:
        raise too_large()
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


def known_to(
    session: Session, intake: Intake, *, category: str = "", tax_class: TaxClass | None = None
) -> Known:
    """
    What a file of a delivery is matched with, as it is now.

    `category` and `tax_class` are for lines that say none, and of whose kind nothing is known.
    """
    maker = session.get_one(Maker, intake.maker_id)
    keys = select(IntakeLine.key, IntakeLine.dropped_at).where(IntakeLine.intake_id == intake.id)
    products: dict[str, int] = {}
    lots = select(Lot.code, Lot.product_id).where(Lot.maker_id == maker.id).order_by(Lot.id)
    own = select(Product.code, Product.id).where(Product.maker_id == maker.id)
    for found in (lots, own):
        for code, product_id in session.execute(found):
            products[plain_word(code)] = product_id
    return Known(
        otherwise=category or (maker.craft if maker.craft in CRAFTS else ""),
        tax_class=tax_class.value if tax_class else "",
        usual={
            kind: usual.tax_class.value
            for kind, usual in usual_of(session, maker.id).items()
            if usual.tax_class
        },
        kinds=kinds_by_word(),
        products=products,
        artisans=[
            (artisan.id, plain_word(artisan.name), plain_word(artisan.name_ar))
            for artisan in session.scalars(
                select(Artisan).where(Artisan.maker_id == maker.id).order_by(Artisan.id)
            )
        ],
        there={key: dropped is None for key, dropped in session.execute(keys)},
    )


class Looked(NamedTuple):
    """What a file would add to a delivery, and what is wrong with the rest."""

    proposal: Proposal
    wrong: list[Wrong]


def propose(reading: Reading, known: Known) -> Looked:
    """What a short file would add to a delivery."""
    wrong: list[Wrong] = []
    both: list[Row | Wrong] = [*reading.rows, *reading.wrong]
    told = sorted(both, key=lambda one: one.line)
    return Looked(look_at(told, reading, known, wrong.append), wrong)


def take_sheet(
    session: Session, intake: Intake, sheet: IntakeSheet, proposal: Proposal, *, now: datetime
) -> int:
    """Add what a file says and can be read; taken again it adds nothing. Gives how many lines."""
    open_still(session, intake)
    if not proposal.fits:
        raise Refusal(
            "A delivery has at most %(most)s lines: divide it.", field="sheet", most=MOST_LINES
        )
    count = add_lines(session, intake, proposal.fresh)
    sheet.taken_at = sheet.taken_at or now
    session.flush()
    return count


def kinds_by_word() -> dict[str, str]:
    """A kind of piece by what it is called in each language."""
    speakers: list[Callable[..., str]] = [voice(language) for language in ("fr", "ar", "en")]
    kinds = {}
    for code, message in CRAFTS.items():
        for word in (code, *(say(message) for say in speakers)):
            kinds[bare(word)] = code
    return kinds
