"""The page of one piece: who made it, where, how; its price, and where the money goes."""

from typing import Any

from flask import abort, render_template, url_for
from markupsafe import Markup
from sqlalchemy import select

from almakane.cooperatives.words import CRAFTS, REGIONS
from almakane.inventory.models import Photo, Product, ProductText
from almakane.inventory.photos import photos_of_makers, shown
from almakane.shop.catalogue import State, slug
from almakane.shop.found import Page, breadcrumbs, head_of, home_step, product, ways
from almakane.shop.kept import Part
from almakane.shop.piece import lot_to_sell, made_by, split_of, web_lots
from almakane.shop.street import Street, cards_of, stories_of
from almakane.web.languages import language

_OTHERS = 4
_LONGEST_CODE = 20


def make_piece(street: Street, code: str) -> Part:
    """The page of a piece; 404 where the street may not see it."""
    piece = street.catalogue.piece(code) if len(code) <= _LONGEST_CODE else None
    if piece is None:
        abort(404)
    session, speaks = street.session, language()
    own = session.get_one(Product, piece.id)
    maker = street.catalogue.texts.makers[piece.maker_id]
    texts = {
        text.language: text
        for text in session.scalars(select(ProductText).where(ProductText.product_id == piece.id))
    }
    lots = web_lots(session, piece.id, street.now)
    lot = lot_to_sell(lots)
    state = State.HERE if lot else State.HELD if lots else State.SOLD
    sold_next = lot or (lots[0] if lots else None)
    title = piece.title(speaks)
    photos = list(
        session.scalars(
            select(Photo)
            .where(Photo.product_id == piece.id, Photo.retired_at.is_(None))
            .order_by(Photo.position, Photo.id)
        )
    )
    pictures = [shown(photo, piece.craft, title, speaks) for photo in photos] or [
        shown(None, piece.craft, title, speaks)
    ]
    faces = photos_of_makers(session, [maker.id]).get(maker.id, [])
    others = street.catalogue.by_maker(maker.id, _OTHERS, but=piece.id)
    text = texts.get(speaks) or texts.get("fr") or next(iter(texts.values()), None)
    story, technique, materials = _said(texts, speaks, own.technique)
    craft = str(CRAFTS.get(piece.craft, piece.craft))
    seller = street.seller
    main = render_template(
        "shop/piece.html",
        piece=piece,
        product=own,
        title=title,
        story=story,
        story_language=_language_of(texts, speaks, "story"),
        technique=technique,
        materials=materials,
        craft=craft,
        craft_url=url_for("shop.list_pieces", craft=piece.craft, lang=speaks),
        region=REGIONS.get(maker.region, maker.region),
        region_url=url_for("shop.list_pieces", region=slug(maker.region), lang=speaks),
        maker=maker,
        maker_name=maker.name(speaks),
        maker_place=maker.place(speaks),
        maker_url=url_for("shop.show_artisan", code=maker.code, lang=speaks),
        maker_story=stories_of(session, [maker.id]).get(maker.id, {}).get(speaks, ""),
        face=shown(faces[0] if faces else None, maker.craft, maker.name(speaks), speaks),
        has_face=bool(faces),
        people=made_by(session, piece.id, sold_next.id if sold_next else None, speaks),
        pictures=pictures,
        state=state,
        states=State,
        lot=lot,
        price=piece.price,
        free=sum(one.free for one in lots),
        on_shelf=sum(one.on_shelf for one in lots),
        is_piece=sold_next.is_piece if sold_next else False,
        split=split_of(session, own, sold_next, street.today, speaks) if sold_next else None,
        others=cards_of(street, others),
        more=max(street.catalogue.of_maker[maker.id] - len(others) - 1, 0),
        of_maker=url_for("shop.list_pieces", maker=maker.code, lang=speaks),
        seller=seller,
    )
    address: dict[str, Any] = {"code": piece.code}
    url = url_for("shop.show_piece", lang=speaks, **address)
    page = Page(
        "shop.show_piece",
        f"{title} · {maker.name(speaks)}",
        (text.story if text else "") or technique,
        address,
        picture=pictures[0].src,
        picture_size=(pictures[0].width, pictures[0].height),
        picture_words=pictures[0].alt,
        kind="product",
        told=[
            product(
                name=title,
                words=story,
                code=piece.code,
                pictures=[picture.src for picture in pictures],
                maker=maker.name(speaks),
                category=craft,
                material=materials,
                price=piece.price,
                state=state,
                url=url,
                seller=seller.name,
                withdrawal_days=seller.withdrawal_days,
            ),
            breadcrumbs(
                home_step(),
                (craft, url_for("shop.list_pieces", craft=piece.craft, lang=speaks)),
                (title, url),
            ),
        ],
        facts={
            "product:price:amount": f"{piece.price // 100}.{piece.price % 100:02d}",
            "product:price:currency": "MAD",
            "product:availability": "in stock" if state is State.HERE else "out of stock",
        },
    )
    main = Markup(main)  # noqa: S704 - a template wrote it
    sheets = ("shop", "facts")
    return Part(page.title, head_of(page), main, ways("shop.show_piece", **address), sheets)


def _said(texts: dict[str, ProductText], speaks: str, technique: str) -> tuple[str, str, str]:
    """Story, technique and materials in a language, each else in another."""
    return (
        _first(texts, speaks, "story"),
        _first(texts, speaks, "technique") or technique,
        _first(texts, speaks, "materials"),
    )


def _first(texts: dict[str, ProductText], speaks: str, name: str) -> str:
    where = _language_of(texts, speaks, name)
    return str(getattr(texts[where], name)) if where in texts else ""


def _language_of(texts: dict[str, ProductText], speaks: str, name: str) -> str:
    """The language that a text is there in: the reader's if it can be."""
    for language_code in (speaks, "fr", "ar", "en"):
        if language_code in texts and getattr(texts[language_code], name):
            return language_code
    return speaks
