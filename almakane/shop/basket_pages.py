"""The basket's page: what is in it, what became of it since, and the way to the checkout."""

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.inventory.models import Product
from almakane.journal.server import new_uid
from almakane.shop.basket_cookie import (
    Basket,
    Opened,
    keep_basket,
    keep_checkout,
    read_basket,
    read_checkout,
)
from almakane.shop.basket_view import View, view_basket
from almakane.shop.crowding import make_room, visitor
from almakane.shop.here import Here, here, seller_on
from almakane.shop.ordering import hold_uids, leave_checkout, open_checkout, placed_under
from almakane.shop.stock import MOST_OF_ONE, free_lots
from almakane.web import go_to, is_fragment_asked, public
from almakane.web.languages import language, refusal_text

bp = Blueprint("basket", __name__)
bp.before_request(public)


def _own_uid() -> str:
    opened = read_checkout()
    return opened.uid if opened else ""


def _view(at: Here, basket: Basket) -> View:
    return view_basket(
        at.session, at.hub.id, at.site_id, basket.lines, language(), now=at.now, own=_own_uid()
    )


@bp.get("/basket")
def show_basket() -> ResponseReturnValue:
    """What is in the basket; what is told here once is taken as known from then on."""
    at = here(db.session())
    return _shown(at, _view(at, read_basket()))


def _shown(at: Here, view: View) -> Response:
    page = "shop/_basket.html" if is_fragment_asked() else "shop/basket.html"
    response = make_response(
        render_template(
            page, view=view, most=MOST_OF_ONE, seller=seller_on(at.session, at.hub, at.today)
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return keep_basket(response, view.basket)


@bp.post("/basket/lines")
def create_line() -> ResponseReturnValue:
    """Put a piece into the basket; its price is ours, whatever the page said."""
    at = here(db.session())
    product_id, quantity = _number("product"), max(_number("quantity", 1), 1)
    product = at.session.get(Product, product_id) if product_id else None
    basket = read_basket()
    if product is None or product.hub_id != at.hub.id or product.disabled_at or product.off_web_at:
        flash(gettext("This piece is no longer on sale here. Nothing was added."), "stops")
        return go_to(url_for("basket.show_basket"))
    if basket.is_full and basket.find(product.id) is None:
        flash(gettext("The basket is full: order what is in it first."), "stops")
        return go_to(url_for("basket.show_basket"))
    own = hold_uids(_own_uid())
    lots = free_lots(at.session, at.hub.id, at.site_id, [product.id], at.now, own)
    free = sum(lot.free for lot in lots[product.id])
    there = basket.find(product.id)
    wanted = quantity + (there.quantity if there else 0)
    if free < 1:
        if not there:  # else its line says so
            flash(gettext("Somebody else has just taken this piece. Nothing was added."), "stops")
        return go_to(url_for("basket.show_basket"))
    if there and wanted > free:
        flash(gettext("All that there is of it is in your basket already."), "informs")
    response = go_to(url_for("basket.show_basket"))
    return keep_basket(response, basket.put(product.id, min(wanted, free), product.price))


@bp.post("/basket/lines/<int:product_id>")
def update_line(product_id: int) -> ResponseReturnValue:
    """Change how many are wanted, or take it out."""
    basket = read_basket()
    line = basket.find(product_id)
    if line:
        quantity = 0 if "remove" in request.form else _number("quantity", line.quantity)
        basket = basket.put(product_id, quantity, line.price)
    if is_fragment_asked():
        at = here(db.session())
        return _shown(at, _view(at, basket))
    return keep_basket(go_to(url_for("basket.show_basket")), basket)


@bp.post("/basket/checkout")
def create_checkout() -> ResponseReturnValue:
    """Claim what is in the basket for as long as somebody needs to fill in a page."""
    at = here(db.session())
    view = _view(at, read_basket())
    asked = view.asked
    told = any(line.price_before is not None or line.is_short for line in view.lines)
    if not asked or told or _number("shown", view.goods) != view.goods:
        if asked:
            flash(gettext("Something in your basket has changed: look at it again."), "waits")
        return go_to(url_for("basket.show_basket"))
    before = read_checkout()
    if before and before.lines == asked and not placed_under(at.session, before.uid):
        return go_to(url_for("checkout.show_checkout"))
    opened, who = Opened(new_uid(at.now), asked), visitor()

    def work() -> None:
        with transaction() as session:
            make_room(session, at.hub.id, opened.uid, who, now=at.now)
        with transaction() as session:
            if before:  # what this browser no longer wants is free for others at once
                leave_checkout(session, before.uid, now=at.now)
            open_checkout(session, at.hub.id, at.site_id, opened.uid, asked, now=at.now)

    try:
        retried(work)
    except Refusal as refusal:
        if not _view(at, read_basket()).tells:  # else its page says it at the piece itself
            flash(refusal_text(refusal), "stops")
        return go_to(url_for("basket.show_basket"))
    return keep_checkout(go_to(url_for("checkout.show_checkout")), opened)


def _number(name: str, otherwise: int = 0) -> int:
    """A whole number of the form; what is none counts as not said."""
    told = request.form.get(name, "").strip()
    return int(told) if told.isascii() and told.isdigit() and len(told) < 18 else otherwise
