"""
The makers' door: what was left, what sold with its split, waiting and available money, statements.

Each page begins with the reader; what is somebody else's is not there (404), as if it never was.
"""

from datetime import timedelta

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from almakane.cooperatives.words import BEARERS, CRAFTS, DISCOUNTS, PAID_TO, REGIMES
from almakane.inventory.models import ON_HAND
from almakane.portal import delivery_pages, money_pages
from almakane.portal.door import (
    artisan_name,
    artisans_named,
    asked_page,
    bp,
    calling,
    owed_of,
    period_of,
    pictures_of,
    pictures_of_lines,
    titles_of_lines,
)
from almakane.portal.pieces import (
    Where,
    announced_by,
    find_product,
    in_the_house,
    life_of,
    lots_of,
    pieces_of,
    promise_of,
)
from almakane.portal.queries import (
    earned_by,
    is_paid_herself,
    last_lines,
    statements_of,
    sums_of,
)
from almakane.portal.reader import the_reader
from almakane.portal.words import CHANNELS, EVENTS, NOTHING, PLACES, WHERE
from almakane.web.languages import language

__all__ = ["bp"]

_LATEST = 5  # sales on the first page
_PIECES = 24
_LOTS = 24  # of one product
_EVENTS = 40
_NEW = timedelta(days=21)  # a statement is news
_SOON = timedelta(days=14)  # a piece is to be fetched
_ALSO_HERE = (delivery_pages, money_pages)  # their pages open by the same door


@bp.get("")
def show_home() -> ResponseReturnValue:
    """What may be paid and what is to come, the last sales, and what waits for the reader."""
    reader = the_reader()
    session, whose = reader.session, reader.whose
    lines = last_lines(session, whose, _LATEST)
    statements = statements_of(session, whose, 1)
    announced = [] if reader.is_member else announced_by(session, reader.maker.id, 1)
    month = period_of(reader, reader.today.replace(day=1))
    paid_herself = not reader.is_member or is_paid_herself(session, whose)
    return render_template(
        "portal/home.html",
        reader=reader,
        person=artisan_name(reader.artisan) if reader.artisan else calling(reader),
        called=calling(reader),
        owed=owed_of(reader),
        paid_herself=paid_herself,
        month=month.first,
        sums=None if paid_herself else sums_of(session, whose, month),
        lines=lines,
        titles=titles_of_lines(reader, lines),
        pictures=pictures_of_lines(reader, lines),
        house=in_the_house(session, whose, reader.today + _SOON),
        arrived=next(
            (a for a in announced if a.received_on and a.received_on >= reader.today - _NEW), None
        ),
        statement=next((s for s in statements if s.day >= reader.today - _NEW), None),
        channels=CHANNELS,
    )


# Pieces


@bp.get("/pieces")
def list_pieces() -> ResponseReturnValue:
    """What was left, by product, and where each stands; `?where=sold` narrows it."""
    reader = the_reader()
    asked, page = request.args.get("where"), asked_page()
    if asked is not None and asked not in list(Where):
        abort(404)
    where = Where(asked) if asked else None
    found = pieces_of(
        reader.session,
        reader.whose,
        language(),
        where=where,
        until=reader.today + _SOON,
        limit=_PIECES + 1,
        offset=(page - 1) * _PIECES,
    )
    if page > 1 and not found:
        abort(404)
    return render_template(
        "portal/pieces.html",
        reader=reader,
        pieces=found[:_PIECES],
        where=where,
        words=WHERE,
        nothing=NOTHING,
        pictures=pictures_of(reader, {piece.product_id: piece.category for piece in found}),
        page=page,
        has_more=len(found) > _PIECES,
    )


@bp.get("/pieces/<code>")
def show_piece(code: str) -> ResponseReturnValue:
    """One product: its life in plain words, its terms, and where its price would go."""
    reader = the_reader()
    session, whose = reader.session, reader.whose
    product = find_product(session, whose, code)
    came = lots_of(session, whose, product, _LOTS) if product else []
    if product is None or not came:
        abort(404)
    titles = {text.language: text.title for text in product.texts}
    life = life_of(session, [each.lot.id for each in came], _EVENTS)
    # The terms that count for the next sale are those of the oldest lot that is still here.
    here = [each for each in came if any(each.at.get(kind, 0) > 0 for kind in ON_HAND)]
    promise = promise_of(session, whose, product, here[-1], reader.today) if here else None
    return render_template(
        "portal/piece.html",
        reader=reader,
        product=product,
        title=titles.get(language()) or came[0].lot.title,
        came=came,
        next=here[-1] if here else None,
        promise=promise,
        life=life,
        earned=earned_by(session, whose, [happened.line for happened in life]),
        artisans=artisans_named(reader, {one for each in came for one in each.weights}),
        places=PLACES,
        events=EVENTS,
        picture=pictures_of(reader, {product.id: product.category})[product.id],
        words={
            "regime": REGIMES,
            "discounts": DISCOUNTS,
            "bearer": BEARERS,
            "paid_to": PAID_TO,
            "category": CRAFTS,
        },
    )
