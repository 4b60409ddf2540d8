"""What tests of the street read of its pages, and a shop to walk through."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Regime, Terms
from almakane.cooperatives.amending import By
from almakane.cooperatives.models import Maker, MakerText
from almakane.hubs.models import Hub
from almakane.inventory.models import Lot, Product
from almakane.inventory.products import Words, write_texts
from tests.factories import make_lot, make_maker

BASE = "http://127.0.0.1:8000"


def by() -> By:
    """Staff, now."""
    return By("salma", datetime.now(UTC))


def a_maker(session: Session, hub: Hub, name: str, **changed: Any) -> Maker:
    """A maker with a name of her own in each language."""
    terms = changed.pop("terms", Terms(Regime.MANDATE, 2_500))
    maker = make_maker(session, hub, terms, artisans=changed.pop("artisans", 0))
    maker.name = name
    for attribute, value in changed.items():
        setattr(maker, attribute, value)
    session.flush()
    return maker


def tell_of(session: Session, maker: Maker, **texts: tuple[str, str, str]) -> None:
    """Language to a maker's name, story and place."""
    for language, (name, story, place) in texts.items():
        session.add(
            MakerText(maker_id=maker.id, language=language, name=name, story=story, place=place)
        )
    session.flush()


def a_piece(
    session: Session, hub: Hub, maker: Maker, title: str, price: int, **changed: Any
) -> Lot:
    """A piece on the shelf with a French title; `ar`, `en` and `story` say more."""
    words = {language: changed.pop(language, "") for language in ("ar", "en")}
    story = changed.pop("story", "")
    lot = make_lot(session, hub, maker, price, **changed)
    texts = {"fr": Words(title, story)} | {code: Words(text) for code, text in words.items()}
    write_texts(session, session.get_one(Product, lot.product_id), texts, by())
    session.flush()
    return lot


def code_of(session: Session, lot: Lot) -> str:
    """The code of a lot's product: what its address says."""
    return session.get_one(Product, lot.product_id).code


@dataclass
class Read:
    """A page, taken apart."""

    status: int
    html: str
    links: list[dict[str, str]] = field(default_factory=list)  # <link>
    meta: dict[str, str] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    hrefs: list[str] = field(default_factory=list)  # <a>
    images: list[dict[str, str]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)  # that a browser would run
    language: str = ""
    words: str = ""

    @property
    def canonical(self) -> str | None:
        """The address that it should be kept under."""
        return next((one["href"] for one in self.links if one.get("rel") == "canonical"), None)

    @property
    def alternates(self) -> dict[str, str]:
        """Language to the same page in it."""
        return {
            one["hreflang"]: one["href"]
            for one in self.links
            if one.get("rel") == "alternate" and "hreflang" in one
        }

    def thing(self, kind: str) -> dict[str, Any]:
        """What is told of a thing of that kind."""
        [found] = [one for one in self.told if one["@type"] == kind]
        return found


class _Reader(HTMLParser):
    def __init__(self, page: Read) -> None:
        super().__init__()
        self.page = page
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.page.language = has.get("lang", "")
        elif tag == "link":
            self.page.links.append(has)
        elif tag == "meta":
            self.page.meta[has.get("property") or has.get("name") or ""] = has.get("content", "")
        elif tag == "a" and "href" in has:
            self.page.hrefs.append(has["href"])
        elif tag == "img":
            self.page.images.append(has)
        elif tag == "script":
            self.inside = has.get("type", "")
            if self.inside != "application/ld+json":
                self.page.scripts.append(has.get("src", "inline"))
        if any(name.startswith("on") for name in has):
            self.page.scripts.append(f"{tag} {has}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "application/ld+json":
            self.page.told.append(json.loads(data))
        else:
            self.page.words += f" {data}"


def read(client: FlaskClient, path: str, **asked: Any) -> Read:
    """Open a page and take it apart."""
    answer = client.get(path, **asked)
    page = Read(answer.status_code, answer.get_data(as_text=True))
    _Reader(page).feed(page.html)
    page.words = " ".join(page.words.split())
    return page
