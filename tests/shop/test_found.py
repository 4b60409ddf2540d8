"""How the shop is found: addresses in each language, data for engines, maps, and previews."""

import re
import xml.etree.ElementTree as ET
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from almakane.db import db, transaction
from almakane.settings import ROOT
from almakane.shop.sheets import BASE as BASE_SHEETS
from almakane.web.languages import LANGUAGES
from tests.factories import mad, make_hub
from tests.shop.street import BASE, a_maker, a_piece, code_of, read, tell_of

_MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_LINK = "{http://www.w3.org/1999/xhtml}link"


class Codes(NamedTuple):
    """What addresses say of the one piece and of its maker."""

    piece: str
    maker: str


@pytest.fixture
def codes(app: Flask) -> Codes:
    with app.app_context():
        with transaction() as session:
            hub = make_hub(session)
            maker = a_maker(session, hub, "Coopérative Tifawin", craft="rug", region="Souss-Massa")
            tell_of(session, maker, fr=("Coopérative Tifawin", "Six femmes.", "Taznakht"))
            piece = a_piece(
                *(session, hub, maker, "Tapis « garance »", mad("3400.50")),
                ar="زربية",
                en="Rug",
                story="Sept semaines.",
                category="rug",
            )
            found = Codes(code_of(session, piece), maker.code)
        db.session.remove()
    return found


PATHS = ("/", "/pieces", "/pieces?craft=rug", "/pieces/{piece}", "/artisans", "/artisans/{maker}")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_name_themselves_and_one_another(
    client: FlaskClient, codes: Codes, path: str, language: str
) -> None:
    path = path.format(**codes._asdict())
    page = read(client, f"/{language}{path}")
    assert page.language == language
    assert page.canonical == f"{BASE}/{language}{path}"
    assert page.alternates == {code: f"{BASE}/{code}{path}" for code in LANGUAGES} | {
        "x-default": f"{BASE}{path}"
    }
    for code in LANGUAGES:
        there = read(client, page.alternates[code].removeprefix(BASE))
        assert there.alternates == page.alternates, code
    by_default = client.get(path, headers={"Accept-Language": language})
    assert f'href="{page.canonical}"' in by_default.get_data(as_text=True)
    assert page.scripts == []


@pytest.mark.parametrize("path", PATHS)
def test_previews_have_a_title_words_and_a_picture_with_a_whole_address(
    client: FlaskClient, codes: Codes, path: str
) -> None:
    page = read(client, "/fr" + path.format(**codes._asdict()))
    for name in ("og:title", "og:description", "og:url", "description"):
        assert page.meta[name], name
    assert page.meta["og:locale"] == "fr_MA"
    assert page.meta["og:image"] == page.meta["twitter:image"]
    assert page.meta["og:image"].startswith(f"{BASE}/")
    with client.get(page.meta["og:image"].removeprefix(BASE)) as answer:
        assert answer.status_code == 200


def test_a_piece_is_told_with_its_offer(client: FlaskClient, codes: Codes) -> None:
    page = read(client, f"/fr/pieces/{codes.piece}")
    told = page.thing("Product")
    assert told["name"] == "Tapis « garance »"
    assert told["sku"] == codes.piece
    assert told["brand"] == {"@type": "Brand", "name": "Coopérative Tifawin"}
    assert all(picture.startswith(BASE) for picture in told["image"])
    offer = told["offers"]
    assert offer["price"] == "3400.50"
    assert offer["priceCurrency"] == "MAD"
    assert offer["availability"] == "https://schema.org/InStock"
    assert offer["hasMerchantReturnPolicy"]["merchantReturnDays"] == 7
    assert offer["shippingDetails"]["shippingDestination"]["addressCountry"] == "MA"
    crumbs = page.thing("BreadcrumbList")["itemListElement"]
    assert [one["position"] for one in crumbs] == [1, 2, 3]
    for one in crumbs:
        assert client.get(one["item"].removeprefix(BASE)).status_code == 200
    assert page.meta["product:price:amount"] == "3400.50"
    assert read(client, "/fr/").thing("Store")["name"] == "Almakane"


@pytest.mark.parametrize(
    "query", ["?q=tapis", "?sort=cheapest", "?price=3000", "?craft=rug&here=1", "?craft=caftan"]
)
def test_what_is_narrowed_in_many_ways_is_walked_through_and_not_kept(
    client: FlaskClient, codes: Codes, query: str
) -> None:
    page = read(client, f"/fr/pieces{query}")
    assert page.meta["robots"] == "noindex, follow"
    assert page.canonical is None


def test_the_maps_lead_to_pages_that_are_there(client: FlaskClient, codes: Codes) -> None:
    robots = client.get("/robots.txt").get_data(as_text=True)
    [line] = [line for line in robots.splitlines() if line.startswith("Sitemap: ")]
    index = _xml(client, line.removeprefix("Sitemap: "))
    maps = [one.text or "" for one in index.iter(f"{_MAP}loc")]
    assert len(maps) == 2
    seen = set[str]()
    for address in maps:
        for url in _xml(client, address).iter(f"{_MAP}url"):
            loc = url.findtext(f"{_MAP}loc") or ""
            links = {one.get("hreflang"): one.get("href") or "" for one in url.iter(_LINK)}
            assert set(links) == {*LANGUAGES, "x-default"}
            assert loc in links.values()
            seen.add(loc)
            if changed := url.findtext(f"{_MAP}lastmod"):
                date.fromisoformat(changed)
            page = read(client, loc.removeprefix(BASE))
            assert page.status == 200
            assert page.canonical == loc
            assert page.alternates == links
    assert {urlsplit(one).path for one in seen} >= {
        f"/{language}/pieces/{codes.piece}" for language in LANGUAGES
    }


def _xml(client: FlaskClient, address: str) -> ET.Element:
    assert address.startswith(BASE)
    answer = client.get(address.removeprefix(BASE))
    assert answer.mimetype == "application/xml"
    return ET.fromstring(answer.data)  # noqa: S314 - our own


@pytest.mark.parametrize(
    "part", ["nothing", "pieces-0", "pieces-99", "pieces-x", "pieces-٣", "pieces"]
)
def test_a_map_that_there_is_not_is_not_found(client: FlaskClient, codes: Codes, part: str) -> None:
    assert client.get(f"/sitemap-{part}.xml").status_code == 404


def test_whoever_came_to_an_arabic_page_goes_on_in_arabic(
    client: FlaskClient, codes: Codes
) -> None:
    from_afar = {"Sec-Fetch-Site": "cross-site", "Accept-Language": "fr"}
    page = read(client, f"/ar/pieces/{codes.piece}", headers=from_afar)
    ours = [href for href in page.hrefs if "/pieces" in href or "/artisans" in href]
    elsewhere = {f"/{code}/pieces/{codes.piece}" for code in ("fr", "en")}
    assert ours
    assert all(href.startswith("/ar/") or href in elsewhere for href in ours)
    assert read(client, "/pieces", headers={"Accept-Language": "fr"}).language == "ar"


def test_a_link_of_another_site_does_not_change_what_was_chosen(
    client: FlaskClient, codes: Codes
) -> None:
    client.get("/fr/")
    page = read(client, "/en/pieces", headers={"Sec-Fetch-Site": "cross-site"})
    assert page.language == "en"
    assert read(client, "/pieces").language == "fr"
    assert read(client, "/en/", headers={"Sec-Fetch-Site": "same-origin"}).language == "en"
    assert read(client, "/pieces").language == "en"


@pytest.mark.parametrize(
    "path", ["/xx/pieces", "/ar/today", "/ar/makers", "/ar/static/x", "/fr/fr/"]
)
def test_only_pages_of_the_street_stand_under_a_language(
    client: FlaskClient, codes: Codes, path: str
) -> None:
    assert client.get(path).status_code == 404


def test_the_sheets_of_a_page_come_in_one_file(client: FlaskClient, codes: Codes) -> None:
    page = read(client, "/fr/")
    [sheet] = [one["href"] for one in page.links if one["rel"] == "stylesheet"]
    answer = client.get(sheet)
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/css"
    assert answer.cache_control.immutable
    assert "--plaster" in text
    assert ".street" in text
    assert 'url("../' not in text
    for path in ("tokens+nothing", "..%2Fvendor", "+", "tokens+Base", "+".join(["base"] * 40)):
        assert client.get(f"/sheets/{path}.css").status_code == 404


def test_the_base_sheets_are_those_of_every_page() -> None:
    text = (ROOT / "templates/base.html").read_text("utf-8")
    asked = re.search(r"for sheet in \(([^)]+)\)", text)
    assert asked
    assert tuple(re.findall(r'"(\w+)"', asked[1])) == BASE_SHEETS
