"""The office's door to products: the list, and one page a product for all that is said of it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.amending import By, amendments_of
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.queries import Called, agreement_on, commission_for, maker_names
from almakane.cooperatives.trial import Trial, Tried, try_price
from almakane.cooperatives.words import CRAFTS, REGIMES
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.queries import rules_on, vat_rate
from almakane.inventory import product_words as words
from almakane.inventory.catalogue import (
    LACKS,
    LANGUAGES,
    STATES,
    Asked,
    LiveLot,
    find_product,
    live_lots,
    makers_of,
    on_hand_of,
    prices_of,
    texts_of,
    title_in,
    written_in,
)
from almakane.inventory.catalogue import (
    list_products as found_products,
)
from almakane.inventory.models import Photo, Product, ProductText, TaxClass
from almakane.inventory.photos import first_shown, photos_of_products, shown
from almakane.inventory.product_forms import (
    FactsForm,
    NewProductForm,
    PhotoForm,
    PhotoWordsForm,
    PriceForm,
    TextsForm,
)
from almakane.inventory.products import (
    Facts,
    Of,
    Words,
    add_photos,
    bring_photo_back,
    describe_photo,
    highest_floor,
    move_photo,
    offer,
    retire_photo,
    set_price,
    write_facts,
    write_texts,
)
from almakane.inventory.products import (
    create_product as add_new_product,
)
from almakane.inventory.sent_photos import FILES, TOO_MANY, allow_photographs, taken_in
from almakane.money import parse_amount
from almakane.users.here import here
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, is_fragment_asked, require
from almakane.web.forms import Form
from almakane.web.languages import language
from almakane.web.texts import sort_key

bp = Blueprint("products", __name__, url_prefix="/products")
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

T = TypeVar("T")

_WRITERS = (Role.HUB_STAFF, Role.MANAGER)
_ROWS = 40


@bp.before_request
def _let_only_staff_write() -> None:
    if request.method != "GET" and signed_in().role not in _WRITERS:
        abort(403)


# The list


@bp.get("")
def list_products() -> ResponseReturnValue:
    """Products, as they were asked for: by words, craft, maker, state, and by what they lack."""
    session, hub, _today = here()
    makers = {maker.code: maker for maker in makers_of(session, hub.id)}
    asked = _asked(makers)
    page = _page()
    rows, count = found_products(session, hub.id, asked, language(), page=page, size=_ROWS)
    pages = max(1, -(-count // _ROWS))
    if page > pages:
        abort(404)
    names = maker_names(session, hub.id, language())
    photos = photos_of_products(session, [row.product.id for row in rows])
    return render_template(
        "products/products.html",
        rows=rows,
        pictures={
            row.product.id: first_shown(
                photos, row.product.id, row.product.category, "", language()
            )
            for row in rows
        },
        lacking={
            row.product.id: [
                *(["photo"] if row.product.id not in photos else []),
                *(["tax_class"] if row.product.tax_class is None else []),
            ]
            for row in rows
        },
        names=names,
        makers=sorted(
            ((maker.code, names[maker.id].name) for maker in makers.values()),
            key=lambda pair: sort_key(pair[1]),
        ),
        crafts=CRAFTS,
        words=words,
        given={name: request.args.get(name, "") for name in _FILTERS},
        kept=_kept(makers, names),
        values={name: request.args[name] for name in _FILTERS if request.args.get(name)},
        count=count,
        page=page,
        pages=pages,
        may_write=signed_in().role in _WRITERS,
    )


_FILTERS = ("q", "craft", "maker", "state", "lacks")


def _asked(makers: dict[str, Maker]) -> Asked:
    """What the address asks for; 404 for what is none."""
    given = {name: request.args.get(name, "").strip() for name in _FILTERS}
    if given["maker"] and given["maker"] not in makers:
        abort(404)
    known = (("state", STATES), ("lacks", LACKS))
    if any(given[name] and given[name] not in options for name, options in known):
        abort(404)
    return Asked(
        words=given["q"][:100],
        category=given["craft"][:24],
        maker_id=makers[given["maker"]].id if given["maker"] else None,
        state=given["state"],
        lacks=given["lacks"],
    )


def _kept(makers: Mapping[str, Maker], names: Mapping[int, Called]) -> list[tuple[str, str]]:
    """What the list is narrowed to now, each with the address without it."""
    given = {name: request.args[name] for name in _FILTERS if request.args.get(name)}
    kept = []
    for name, value in given.items():
        rest = urlencode({other: given[other] for other in given if other != name})
        url = url_for("products.list_products") + (f"?{rest}" if rest else "")
        kept.append((_filter_words(name, value, makers, names), url))
    return kept


def _filter_words(
    name: str, value: str, makers: Mapping[str, Maker], names: Mapping[int, Called]
) -> str:
    if name == "maker":
        return names[makers[value].id].name
    said = {"craft": CRAFTS, "state": words.STATES, "lacks": words.LACKS}.get(name, {})
    return str(said.get(value, value))


def _page() -> int:
    asked = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,6}", asked):
        abort(404)
    return int(asked)


# A new one


@bp.get("/new")
def new_product() -> ResponseReturnValue:
    """What is asked of a product before it has a page."""
    form = NewProductForm()
    form.maker.data = request.args.get("maker", "")
    return _show_new(form)


@bp.post("")
def create_product() -> ResponseReturnValue:
    """Add a product, and go on to its page."""
    form = NewProductForm(request.form)
    session, hub, today = here()
    makers = _offer_makers(form, session, hub)
    if not form.validate():
        return _show_new(form), 422
    person = signed_in()

    def add() -> int:
        with transaction() as session:
            return add_new_product(
                session,
                session.get_one(Maker, makers[form.maker.data].id),
                form.code.data or "",
                category=form.category.data,
                price=form.price.data or 0,
                tax_class=TaxClass(form.tax_class.data) if form.tax_class.data else None,
                title=form.title_fr.data,
                day=today,
                by=By(person.login, datetime.now(UTC)),
            ).id

    try:
        product_id = retried(add)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_new(form), 422
    flash(gettext("Added. Now its photographs and its words."))
    return go_to(url_for("products.show_product", product_id=product_id))


def _offer_makers(form: NewProductForm, session: Session, hub: Hub) -> dict[str, Maker]:
    form.offer()
    makers = {maker.code: maker for maker in makers_of(session, hub.id)}
    names = maker_names(session, hub.id, language())
    named = sorted(
        ((code, names[maker.id].name) for code, maker in makers.items()),
        key=lambda pair: sort_key(pair[1]),
    )
    form.maker.choices = [("", gettext("Choose")), *named]
    return makers


def _show_new(form: NewProductForm) -> str:
    session, hub, _today = here()
    makers = _offer_makers(form, session, hub)
    return render_template("products/new_product.html", form=form, any_maker=bool(makers))


# One product


@bp.get("/<int:product_id>")
def show_product(product_id: int) -> ResponseReturnValue:
    """All that is said of a product, each part with its form."""
    return _show(_find(product_id))


@bp.get("/<int:product_id>/split")
def show_split(product_id: int) -> ResponseReturnValue:
    """Where the money would go at a price: `?price=250`; htmx asks while it is typed."""
    product = _find(product_id)
    if not is_fragment_asked():
        return _show(product, tried=_typed_price())
    session, hub, today = here()
    price = _typed_price()
    lots = live_lots(session, product.id)
    split = _split(session, hub, product, lots, price or product.price, today)
    return render_template("products/_split.html", product=product, split=split, tried=price)


def _typed_price() -> int | None:
    try:
        return parse_amount(request.args.get("price", "")) or None
    except Refusal:
        return None  # half of a figure, on its way


class _Split(NamedTuple):
    """A price divided: under which terms, of which lot if there is one."""

    price: int
    tried: Tried
    lot: LiveLot | None
    members: list[tuple[str, int]]


def _split(
    session: Session, hub: Hub, product: Product, lots: list[LiveLot], price: int, today: date
) -> _Split | None:
    """Divide a price by the terms of the lot that is sold next, else by those of today."""
    lot = lots[0] if lots else None
    terms = lot.terms if lot else _terms_today(session, product, today)
    if terms is None:
        return None
    rules = rules_on(session, hub.id, today)
    tried = try_price(
        terms,
        Trial(
            price=price,
            paid=price,
            floor=lot.floor if lot else 0,
            goods_vat_bp=vat_rate(rules, product.tax_class),
            hub_vat_bp=rules.vat_bp if rules.vat_liable else 0,
            cost=lot.unit_cost if lot else 0,
            weights=lot.weights if lot else {},
        ),
    )
    people = (
        {
            artisan.id: artisan.name_ar if language() == "ar" else artisan.name
            for artisan in session.scalars(
                select(Artisan).where(Artisan.id.in_(list(tried.members)))
            )
        }
        if len(tried.members) > 1
        else {}
    )
    return _Split(price, tried, lot, [(people[i], tried.members[i]) for i in people])


def _terms_today(session: Session, product: Product, today: date) -> Terms | None:
    try:
        agreement = agreement_on(session, product.maker_id, today)
    except Refusal:
        return None  # nothing is agreed: the page says so
    return Terms(
        regime=agreement.regime,
        commission_bp=commission_for(session, agreement, product.category),
        discounts=agreement.discounts,
        card_fee_bp=agreement.card_fee_bp,
        card_fee_maker_bp=agreement.card_fee_maker_bp,
        maker_vat_liable=agreement.maker_vat_liable,
        paid_to=agreement.paid_to,
        loss_bearer=agreement.loss_bearer,
    )


def _find(product_id: int) -> Product:
    session = db.session()
    product = find_product(session, signed_in().hub_id, product_id)
    if product is None:
        abort(404)
    return product


def _show(product: Product, *, tried: int | None = None, **forms: Form) -> str:
    """The page; a form that was refused stands in it as it was filled in."""
    session, hub, today = here()
    texts = texts_of(session, [product.id]).get(product.id, {})
    title = title_in(texts, language()) or product.code
    photos = list(
        session.scalars(
            select(Photo).where(Photo.product_id == product.id).order_by(Photo.position, Photo.id)
        )
    )
    live = [photo for photo in photos if photo.retired_at is None]
    lots = live_lots(session, product.id)
    maker = session.get_one(Maker, product.maker_id)
    return render_template(
        "products/product.html",
        product=product,
        title=title,
        maker=maker,
        maker_name=maker_names(session, hub.id, language())[maker.id].name,
        crafts=CRAFTS,
        words=words,
        regimes=REGIMES,
        firm=Regime.FIRM,
        texts=texts,
        written=written_in(texts),
        codes=LANGUAGES,
        photos=[(photo, shown(photo, product.category, title, language())) for photo in live],
        retired=[
            (photo, shown(photo, product.category, title, language()))
            for photo in reversed(photos)
            if photo.retired_at is not None
        ],
        stand_in=shown(None, product.category, title, language()),
        photo_words={photo.id: _photo_words(photo, forms) for photo in live},
        refused_photo=_photo_at_fault(forms),
        photo_form=forms.get("photo") or PhotoForm(),
        most_files=FILES,
        text_form=forms.get("texts") or _texts_form(product, texts),
        facts_form=forms.get("facts") or _facts_form(product),
        price_form=forms.get("price") or PriceForm(),
        prices=prices_of(session, product.id),
        floor=highest_floor(session, product.id),
        lots=lots,
        hanging=",".join(f"{lot.code}:{min(lot.quantity, 9_999)}" for lot in lots),
        on_hand=on_hand_of(session, [product.id]).get(product.id, 0),
        split=_split(session, hub, product, lots, tried or product.price, today),
        tried=tried,
        amendments=amendments_of(session, "product", product.id),
        may_write=signed_in().role in _WRITERS,
    )


def _photo_words(photo: Photo, forms: dict[str, Form]) -> Form:
    if photo.id == _photo_at_fault(forms):
        return forms["photo_words"]
    return PhotoWordsForm(obj=photo)


def _photo_at_fault(forms: dict[str, Form]) -> int | None:
    """The photograph whose words were refused, if any were."""
    return (request.view_args or {}).get("photo_id") if "photo_words" in forms else None


def _texts_form(product: Product, texts: Mapping[str, ProductText]) -> TextsForm:
    form = TextsForm()
    for code in LANGUAGES:
        for name in Words._fields:
            form[f"{name}_{code}"].data = getattr(texts.get(code), name, "")
    if not form.technique_fr.data:
        form.technique_fr.data = product.technique
    return form


def _facts_form(product: Product) -> FactsForm:
    form = FactsForm(obj=product)
    form.tax_class.data = product.tax_class.value if product.tax_class else ""
    form.offer(product.category)
    return form


def _done(product_id: int, work: Callable[[Session, Product, By], T]) -> T:
    """Do something to a product of the person's hub in a transaction of its own."""
    person = signed_in()

    def attempt() -> T:
        with transaction() as session:
            product = find_product(session, person.hub_id, product_id)
            if product is None:
                abort(404)
            return work(session, product, By(person.login, datetime.now(UTC)))

    return retried(attempt)


def _back(product_id: int, part: str) -> ResponseReturnValue:
    return go_to(url_for("products.show_product", product_id=product_id, _anchor=part))


@bp.post("/<int:product_id>/texts")
def update_texts(product_id: int) -> ResponseReturnValue:
    """Keep titles, stories, techniques and materials."""
    product, form = _find(product_id), TextsForm(request.form)
    if not form.validate():
        return _show(product, texts=form), 422
    texts = {
        code: Words(*(form[f"{name}_{code}"].data or "" for name in Words._fields))
        for code in LANGUAGES
    }
    try:
        _done(product_id, lambda session, one, by: write_texts(session, one, texts, by))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(product, texts=form), 422
    flash(gettext("The words are kept."))
    return _back(product_id, "words")


@bp.post("/<int:product_id>/facts")
def update_facts(product_id: int) -> ResponseReturnValue:
    """Keep category, tax class, size and weight."""
    product, form = _find(product_id), FactsForm(request.form)
    form.offer(product.category)
    if not form.validate():
        return _show(product, facts=form), 422
    facts = Facts(
        form.category.data,
        TaxClass(form.tax_class.data) if form.tax_class.data else None,
        form.weight_grams.data,
        form.width_mm.data,
        form.height_mm.data,
        form.depth_mm.data,
    )
    try:
        _done(product_id, lambda session, one, by: write_facts(session, one, facts, by))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(product, facts=form), 422
    flash(gettext("The facts are kept."))
    return _back(product_id, "facts")


@bp.post("/<int:product_id>/prices")
def create_price(product_id: int) -> ResponseReturnValue:
    """Give it another price, from today on."""
    product, form = _find(product_id), PriceForm(request.form)
    today = here().today
    if not form.validate():
        return _show(product, price=form), 422
    price = form.price.data or 0
    try:
        changed = _done(
            product_id, lambda session, one, by: set_price(session, one, price, day=today, by=by)
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(product, price=form, tried=price), 422
    if changed:
        flash(
            gettext(
                "The price holds from today. Labels that hang already name the old one: print them"
                " anew."
            )
        )
    else:
        flash(gettext("It has this price already: nothing was changed."), "informs")
    return _back(product_id, "price")


@bp.post("/<int:product_id>/offers")
def create_offer(product_id: int) -> ResponseReturnValue:
    """Put it on sale or take it off: at every door, or on the web alone."""
    _find(product_id)
    door, is_open = request.form.get("door", ""), request.form.get("is_open") == "1"
    if door not in ("all", "web"):
        abort(400)
    _done(product_id, lambda session, one, by: offer(session, one, door, by, is_open=is_open))
    told = {
        ("all", True): gettext("It is for sale again."),
        ("all", False): gettext("It is no longer for sale."),
        ("web", True): gettext("The web shows it."),
        ("web", False): gettext("The web no longer shows it; the till still sells it."),
    }
    flash(told[door, is_open])
    return _back(product_id, "sale")


# Its photographs


@bp.post("/<int:product_id>/photos")
def create_photos(product_id: int) -> ResponseReturnValue:
    """Take photographs in: drawn anew first, then written down in a transaction."""
    allow_photographs()
    product, form = _find(product_id), PhotoForm()
    try:
        pictures = taken_in("pictures")
        of = Of(product.hub_id, product_id=product_id)
        count = _done(product_id, lambda session, _one, by: add_photos(session, of, pictures, by))
    except RequestEntityTooLarge:
        form.refuse(TOO_MANY)
        return _show(product, photo=form), 413
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(product, photo=form), 422
    if count:
        flash(gettext("Photographs added: %(count)s.", count=count))
    else:
        flash(gettext("It is on the page already."), "informs")
    return _back(product_id, "photos")


@bp.post("/<int:product_id>/photos/<int:photo_id>/place")
def update_photo_place(product_id: int, photo_id: int) -> ResponseReturnValue:
    """Put a photograph first, earlier or later."""
    of, to = _of_photo(product_id, photo_id), request.form.get("to", "")
    if to not in ("first", "earlier", "later"):
        abort(400)
    _done(product_id, lambda session, _one, by: move_photo(session, of, photo_id, to, by))
    return _back(product_id, f"photo-{photo_id}")


@bp.post("/<int:product_id>/photos/<int:photo_id>/words")
def update_photo_words(product_id: int, photo_id: int) -> ResponseReturnValue:
    """Say what a photograph shows."""
    of, form = _of_photo(product_id, photo_id), PhotoWordsForm(request.form)
    if not form.validate():
        return _show(_find(product_id), photo_words=form), 422
    said = {code: form[f"alt_{code}"].data or "" for code in LANGUAGES}
    _done(product_id, lambda session, _one, by: describe_photo(session, of, photo_id, said, by))
    flash(gettext("The words are kept."))
    return _back(product_id, f"photo-{photo_id}")


@bp.post("/<int:product_id>/photos/<int:photo_id>/retirement")
def create_photo_retirement(product_id: int, photo_id: int) -> ResponseReturnValue:
    """Take a photograph off the page."""
    of = _of_photo(product_id, photo_id)
    _done(product_id, lambda session, _one, by: retire_photo(session, of, photo_id, by))
    undo = url_for("products.delete_photo_retirement", product_id=product_id, photo_id=photo_id)
    flash({"words": gettext("The photograph is off the page."), "undo": undo}, "toast")  # type: ignore[arg-type]
    return _back(product_id, "photos")


@bp.post("/<int:product_id>/photos/<int:photo_id>/return")
def delete_photo_retirement(product_id: int, photo_id: int) -> ResponseReturnValue:
    """Bring a retired photograph back."""
    of = _of_photo(product_id, photo_id)
    form = PhotoForm()
    try:
        _done(product_id, lambda session, _one, by: bring_photo_back(session, of, photo_id, by))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(_find(product_id), photo=form), 422
    return _back(product_id, f"photo-{photo_id}")


def _of_photo(product_id: int, photo_id: int) -> Of:
    """Whose photograph it is; 404 where it is none of that product's."""
    product = _find(product_id)
    photo = db.session().get(Photo, photo_id)
    if photo is None or photo.product_id != product.id:
        abort(404)
    return Of(product.hub_id, product_id=product.id)
