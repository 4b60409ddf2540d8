"""What every page of the street begins with: which shop it is, and its catalogue as it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from almakane.cooperatives.models import MakerText
from almakane.db import db
from almakane.hubs.models import Hub, HubIdentity
from almakane.hubs.queries import identity_on, local_day
from almakane.inventory.models import Photo
from almakane.inventory.photos import (
    Shown,
    first_shown,
    photos_of_makers,
    photos_of_products,
    shown,
)
from almakane.shop.catalogue import Catalogue, Piece, State, Workshop, the_catalogue
from almakane.shop.version import Version, read_version
from almakane.web.languages import language

_WITHDRAWAL_DAYS = 7  # law 31-08, where the house says nothing else


class Seller(NamedTuple):
    """Who sells, as a page's foot and search engines have it."""

    name: str
    address: str
    city: str
    phone: str
    withdrawal_days: int


@dataclass
class Street:
    """The shop at one moment."""

    session: Session
    now: datetime
    version: Version

    @cached_property
    def catalogue(self) -> Catalogue:
        """Its pieces."""
        return the_catalogue(self.session, self.version, self.now)

    @cached_property
    def hub(self) -> Hub | None:
        """Whose shop it is; nobody's before a hub was opened."""
        return self.session.get(Hub, self.version.hub_id) if self.version.hub_id else None

    @property
    def today(self) -> date:
        """The day where the shop stands."""
        return local_day(self.now, self.hub.zone) if self.hub else self.now.date()

    @cached_property
    def seller(self) -> Seller:
        """Who sells today."""
        own: HubIdentity | None = (
            identity_on(self.session, self.hub.id, self.today) if self.hub else None
        )
        name = self.hub.name if self.hub else "Almakane"
        if own is None:
            return Seller(name, "", "", "", _WITHDRAWAL_DAYS)
        return Seller(name, own.address, own.city, own.phone, own.withdrawal_days)


def the_street() -> Street:
    """The shop now."""
    session, now = db.session(), datetime.now(UTC)
    return Street(session, now, read_version(session, now))


class Card(NamedTuple):
    """A piece in a grid."""

    url: str
    picture: Shown
    title: str
    maker: str
    place: str
    price: int
    state: State


def cards_of(street: Street, pieces: Sequence[Piece]) -> list[Card]:
    """Pieces as grids show them."""
    photos = photos_of_products(street.session, [piece.id for piece in pieces])
    return [card_of(street, piece, photos) for piece in pieces]


def card_of(street: Street, piece: Piece, photos: dict[int, list[Photo]]) -> Card:
    """One piece as a grid shows it; its title stands beside the picture, which adds nothing."""
    speaks = language()
    maker = street.catalogue.texts.makers[piece.maker_id]
    return Card(
        url_for("shop.show_piece", code=piece.code, lang=speaks),
        first_shown(photos, piece.id, piece.craft, "", speaks)._replace(alt=""),
        piece.title(speaks),
        maker.name(speaks),
        maker.place(speaks),
        piece.price,
        street.catalogue.state(piece.id),
    )


class Face(NamedTuple):
    """A maker in a grid: her picture, her name and the beginning of her story."""

    url: str
    picture: Shown
    name: str
    place: str
    craft: str
    story: str
    pieces: int


def faces_of(street: Street, makers: Iterable[Workshop]) -> list[Face]:
    """Makers as grids show them."""
    makers, speaks = list(makers), language()
    photos = photos_of_makers(street.session, [maker.id for maker in makers])
    stories = stories_of(street.session, [maker.id for maker in makers])
    return [
        Face(
            url_for("shop.show_artisan", code=maker.code, lang=speaks),
            shown(next(iter(photos.get(maker.id, [])), None), maker.craft, "", speaks)._replace(
                alt=""
            ),
            maker.name(speaks),
            maker.place(speaks),
            maker.craft,
            first_sentence(stories.get(maker.id, {}).get(speaks, "")),
            street.catalogue.of_maker[maker.id],
        )
        for maker in makers
    ]


def stories_of(session: Session, maker_ids: list[int]) -> dict[int, dict[str, str]]:
    """Maker to language to her story."""
    found: dict[int, dict[str, str]] = {}
    for text in session.query(MakerText).filter(MakerText.maker_id.in_(maker_ids)):
        found.setdefault(text.maker_id, {})[text.language] = text.story
    return found


_ENDS = (". ", "؟ ", "! ", "? ")
_LONGEST_SENTENCE = 180


def first_sentence(story: str) -> str:
    """The sentence that a story begins with."""
    ends = [story.find(end) for end in _ENDS if end in story]
    first = story[: min(ends) + 1] if ends else story
    if len(first) <= _LONGEST_SENTENCE:
        return first
    return first[:_LONGEST_SENTENCE].rsplit(" ", 1)[0] + "…"
