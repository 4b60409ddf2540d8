"""Setting the stock book up, and moving pieces within the house."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.models import Maker
from almakane.errors import Refusal
from almakane.hubs.models import SeriesKind, Site
from almakane.hubs.services import take_number
from almakane.inventory.deed import Deed, booked, check_deed
from almakane.inventory.models import (
    ON_HAND,
    Place,
    PlaceKind,
    Product,
    ProductText,
    StockMove,
    TaxClass,
)
from almakane.inventory.moves import Move, Why, move_stock, unbounded_places
from almakane.inventory.queries import LAST_ID, levels_of, lock_lots, places_of
from almakane.money import LARGEST


def set_up_places(session: Session, site_id: int) -> None:
    """Give a site its places, once."""
    there = set(session.scalars(select(Place.kind).where(Place.site_id == site_id)))
    session.add_all(Place(site_id=site_id, kind=kind) for kind in PlaceKind if kind not in there)
    session.flush()


def add_product(
    session: Session,
    maker: Maker,
    code: str,
    *,
    category: str,
    price: int,
    tax_class: TaxClass | None,
    technique: str = "",
    weight_grams: int | None = None,
    texts: Mapping[str, tuple[str, str] | tuple[str, str, str]] | None = None,
) -> Product:
    """
    Add a product of a maker, its price in centimes.

    `texts` is language to title, story and, where it is told, technique.
    """
    if not 0 <= price <= LARGEST:
        raise Refusal("An amount is out of range.", field="price")
    if session.scalar(
        select(Product.id).where(Product.hub_id == maker.hub_id, Product.code == code)
    ):
        raise Refusal("Another product has the code %(code)s.", field="code", code=code)
    product = Product(
        hub_id=maker.hub_id,
        maker_id=maker.id,
        code=code,
        category=category,
        technique=technique,
        price=price,
        tax_class=tax_class,
        weight_grams=weight_grams,
    )
    session.add(product)
    session.flush()
    session.add_all(
        ProductText(
            product_id=product.id,
            language=language,
            title=title,
            story=story,
            technique="".join(told),
        )
        for language, (title, story, *told) in (texts or {}).items()
    )
    session.flush()
    return product


def transfer(
    session: Session,
    deed: Deed,
    lot_id: int,
    quantity: int,
    source: PlaceKind,
    target: PlaceKind,
    *,
    to_site_id: int | None = None,
    number: str | None = None,
) -> str:
    """
    Move pieces between places that are on hand, of one site or two of a hub; gives its number.

    The same deed again gives the same number. Between sites they travel by `transit` of the site
    they come to. `number` is of a transfer that has begun and goes on, between the same places.
    """
    check_deed(deed)
    if source not in ON_HAND or target not in ON_HAND or quantity < 1:
        raise Refusal("Pieces are transferred between places of the house.", field="place")
    if to_site_id is not None and to_site_id != deed.site_id:
        site = session.get(Site, to_site_id) if 0 < to_site_id <= LAST_ID else None
        if site is None or site.hub_id != deed.hub_id:
            raise Refusal("Moves never cross hubs.", field="site")
    here = places_of(session, deed.site_id)
    there = places_of(session, to_site_id) if to_site_id else here
    done = session.scalar(select(StockMove).where(StockMove.uid == f"{deed.uid}/t"))
    if done:
        then = (done.lot_id, done.quantity, done.source_id, done.target_id)
        if then != (lot_id, quantity, here[source], there[target]):
            raise Refusal("This number was already used for something else; nothing was booked.")
        return done.document
    if not lock_lots(session, deed.hub_id, ids=[lot_id]):
        raise Refusal("There is no such lot.", field="lot")
    deed = booked(session, deed)
    if here[source] == there[target]:
        raise Refusal("The piece stands there already.", field="place")
    if number is None:
        number = f"TR-{take_number(session, deed.hub_id, SeriesKind.TRANSFER):06d}"
    elif not _goes_on(session, deed.hub_id, number, here[source], there[target]):
        raise Refusal("There is no such transfer between these places.", field="number")
    why = Why(
        *(deed.hub_id, "transferred", number, deed.happened_at, deed.day, deed.actor),
        deed.recorded_at,
    )
    move = Move(lot_id, quantity, here[source], there[target], f"{deed.uid}/t")
    move_stock(session, why, [move], unbounded_places(here) | unbounded_places(there))
    return number


def _goes_on(session: Session, hub_id: int, number: str, source: int, target: int) -> bool:
    """Whether a transfer has begun between two places."""
    begun = session.scalar(
        select(StockMove)
        .where(
            StockMove.hub_id == hub_id,
            StockMove.document == number,
            StockMove.reason == "transferred",
        )
        .order_by(StockMove.id)
        .limit(1)
    )
    return begun is not None and (begun.source_id, begun.target_id) == (source, target)


def undo_transfer(session: Session, deed: Deed, move_id: int) -> StockMove:
    """
    Take one move of a transfer back by a move the other way, once, under the same number.

    Raises Refusal where the pieces have left the place they were brought to: what came after
    leans on it.
    """
    check_deed(deed)
    move = session.get(StockMove, move_id) if 0 < move_id <= LAST_ID else None
    if move is None or move.hub_id != deed.hub_id or not move.uid.endswith("/t"):
        raise Refusal("There is no such move.", field="move")
    lock_lots(session, deed.hub_id, ids=[move.lot_id])
    undone = select(StockMove).where(StockMove.uid == f"{move.uid}/u")
    there = session.scalar(undone)
    if there:
        return there
    if levels_of(session, [move.lot_id]).get((move.lot_id, move.target_id), 0) < move.quantity:
        raise Refusal("It stands there no more: what came after leans on this move.", field="move")
    deed = booked(session, deed)
    why = Why(
        *(deed.hub_id, "transferred", move.document, deed.happened_at, deed.day, deed.actor),
        deed.recorded_at,
    )
    back = Move(move.lot_id, move.quantity, move.target_id, move.source_id, f"{move.uid}/u")
    move_stock(session, why, [back], set())
    return session.scalars(undone).one()


def settle_oversold(
    session: Session, deed: Deed, lot_id: int, quantity: int, source: PlaceKind = PlaceKind.SHELF
) -> str:
    """
    Set found pieces against what was sold beyond the books; gives the number of the move.

    A till without a network sold what the books did not know of: when the pieces turn up (in a
    count, or a delivery that was late on paper) they leave for `oversold`, which returns to zero.
    """
    check_deed(deed)
    done = session.scalar(select(StockMove.document).where(StockMove.uid == f"{deed.uid}/o"))
    if done:
        return done
    if source not in ON_HAND:
        raise Refusal("Pieces are transferred between places of the house.", field="place")
    if not lock_lots(session, deed.hub_id, ids=[lot_id]):
        raise Refusal("There is no such lot.", field="lot")
    places = places_of(session, deed.site_id)
    short = -levels_of(session, [lot_id]).get((lot_id, places[PlaceKind.OVERSOLD]), 0)
    if not 1 <= quantity <= short:
        raise Refusal("No more can be settled than was sold beyond the books.", field="quantity")
    deed = booked(session, deed)
    number = f"TR-{take_number(session, deed.hub_id, SeriesKind.TRANSFER):06d}"
    why = Why(
        *(deed.hub_id, "settled", number, deed.happened_at, deed.day, deed.actor),
        deed.recorded_at,
    )
    move = Move(lot_id, quantity, places[source], places[PlaceKind.OVERSOLD], f"{deed.uid}/o")
    move_stock(session, why, [move], unbounded_places(places))
    return number
