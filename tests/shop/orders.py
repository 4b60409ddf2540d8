"""What a test of the shop's orders needs: pieces on the shelf, a buyer, and what they wish."""

from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from almakane.hubs.models import Hub
from almakane.inventory.models import Lot, Product
from almakane.shop.delivery import ELSEWHERE, Tariff, set_tariff
from almakane.shop.models import Payment, Way
from almakane.shop.ordering import Asked, Placed, Wish, place_order
from tests.factories import NOW, TODAY, mad, make_hub, make_lot, make_maker, new_uid, the_site

SECRET = "test"
TARIFF = Tariff(
    500,
    {
        "Casablanca": [(2_000, mad(20)), (10_000, mad(35))],
        ELSEWHERE: [(2_000, mad(35)), (10_000, mad(60))],
    },
)


class Counter(NamedTuple):
    """A shop with something to sell."""

    hub: Hub
    lot: Lot
    product: Product


def a_shop(session: Session, quantity: int = 1, price: int = mad(1000)) -> Counter:
    """A hub that delivers, with a lot on its shelf."""
    hub = make_hub(session)
    set_tariff(session, hub.id, TODAY, TARIFF, now=NOW, actor="hind")
    lot = make_lot(session, hub, make_maker(session, hub), price, quantity=quantity)
    return Counter(hub, lot, session.get_one(Product, lot.product_id))


def another_lot(session: Session, shop: Counter, quantity: int = 1) -> Counter:
    """One more lot, of a product and a maker of its own."""
    lot = make_lot(session, shop.hub, make_maker(session, shop.hub), mad(300), quantity=quantity)
    return Counter(shop.hub, lot, session.get_one(Product, lot.product_id))


def a_wish(session: Session, shop: Counter, quantity: int = 1, **changed: Any) -> Wish:
    """To fetch that piece and to pay it in the shop, unless said."""
    wish = Wish(
        hub_id=shop.hub.id,
        site_id=the_site(session, shop.hub).id,
        uid=new_uid(),
        language="fr",
        name="Samira Alaoui",
        phone="06 61 23 45 67",
        way=Way.PICKUP,
        payment=Payment.SHOP,
        lines=(Asked(shop.product.id, quantity, shop.product.price),),
    )
    return replace(wish, **changed)


def order(session: Session, wish: Wish, **told: Any) -> Placed:
    """Place it, now."""
    return place_order(session, wish, secret=SECRET, now=told.get("now", NOW))


BROUGHT: dict[str, Any] = {
    "way": Way.DELIVERY,
    "payment": Payment.COD,
    "city": "Casablanca",
    "address": "12 rue Tnaker, derb Omar, derrière la mosquée",
}
