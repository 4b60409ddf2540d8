"""Who makes what is sold here: their faces, their stories, and what each has here now."""

from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext
from markupsafe import Markup

from almakane.cooperatives.words import CRAFTS, REGIONS
from almakane.db import rows
from almakane.inventory.photos import photos_of_makers, shown
from almakane.shop.catalogue import Workshop, slug
from almakane.shop.found import Page, breadcrumbs, head_of, home_step, ways
from almakane.shop.kept import Part
from almakane.shop.piece import names_of
from almakane.shop.street import Street, cards_of, faces_of, first_sentence, stories_of
from almakane.web.languages import language
from almakane.web.texts import sort_key

_PIECES = 12
_MOST_CODE = 16


def make_artisans(street: Street) -> Part:
    """Every maker who has a piece here or had one."""
    speaks = language()
    makers = sorted(
        street.catalogue.texts.makers.values(), key=lambda maker: sort_key(maker.name(speaks))
    )
    faces = faces_of(street, makers)
    main = render_template(
        "shop/artisans.html",
        faces=faces,
        crafts=CRAFTS,
        pieces=len(street.catalogue.for_sale),
    )
    page = Page(
        "shop.list_artisans",
        gettext("The makers"),
        gettext("Cooperatives and artisans who leave their pieces with us, and what each makes."),
        picture=faces[0].picture.src if faces else "",
        told=[
            breadcrumbs(home_step(), (gettext("The makers"), ways("shop.list_artisans")[speaks]))
        ],
    )
    main = Markup(main)  # noqa: S704 - a template wrote it
    return Part(page.title, head_of(page), main, ways("shop.list_artisans"), ("shop",))


_PEOPLE = "SELECT id FROM artisan WHERE maker_id = ? AND left_at IS NULL ORDER BY id LIMIT 40"


def make_artisan(street: Street, code: str) -> Part:
    """One maker: her story, her people, her pieces."""
    maker = street.catalogue.texts.maker_by_code.get(code) if len(code) <= _MOST_CODE else None
    if maker is None:
        abort(404)
    return part_of(street, maker)


def part_of(street: Street, maker: Workshop) -> Part:
    """The page of a maker."""
    session, speaks = street.session, language()
    photos = photos_of_makers(session, [maker.id]).get(maker.id, [])
    name, place = maker.name(speaks), maker.place(speaks)
    story = stories_of(session, [maker.id]).get(maker.id, {}).get(speaks, "")
    people = names_of(session, [row[0] for row in rows(session, _PEOPLE, (maker.id,))], speaks)
    pieces = street.catalogue.by_maker(maker.id, _PIECES)
    pictures = [shown(photo, maker.craft, name, speaks) for photo in photos]
    craft = str(CRAFTS.get(maker.craft, maker.craft))
    main = render_template(
        "shop/artisan.html",
        maker=maker,
        name=name,
        place=place,
        story=story,
        craft=craft,
        craft_url=url_for("shop.list_pieces", craft=maker.craft, lang=speaks),
        region=REGIONS.get(maker.region, maker.region),
        region_url=url_for("shop.list_pieces", region=slug(maker.region), lang=speaks),
        people=list(people.values()),
        pictures=pictures or [shown(None, maker.craft, "", speaks)],
        cards=cards_of(street, pieces),
        count=street.catalogue.of_maker[maker.id],
        all_url=url_for("shop.list_pieces", maker=maker.code, lang=speaks),
        money_url=url_for("shop.home", lang=speaks, _anchor="money"),
    )
    address: dict[str, Any] = {"code": maker.code}
    page = Page(
        "shop.show_artisan",
        name,
        first_sentence(story) or f"{craft}, {place}",
        address,
        picture=(pictures or [shown(None, maker.craft, "", speaks)])[0].src,
        picture_words=name,
        kind="profile",
        told=[
            breadcrumbs(
                home_step(),
                (gettext("The makers"), url_for("shop.list_artisans", lang=speaks)),
                (name, url_for("shop.show_artisan", lang=speaks, **address)),
            )
        ],
    )
    main = Markup(main)  # noqa: S704 - a template wrote it
    return Part(page.title, head_of(page), main, ways("shop.show_artisan", **address), ("shop",))
