"""
Every page that links lead to, looked at in Chromium: nothing broken, nothing wider than the screen,
nothing that axe objects to, and no page that nobody can reach.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from almakane.app import create_app
from almakane.demo.patterns import open_patterns
from almakane.web.languages import LANGUAGES
from tests.browser.conftest import DESKTOP, PHONE, TILL, Opens, Shop
from tests.scale import FAULTS

NARROWEST = 320
WIDTHS = (NARROWEST, PHONE, TILL, DESKTOP)
LOOKS = list(product(LANGUAGES, ("light", "dark"))) if FAULTS else [("fr", "light"), ("ar", "dark")]
# A stranger, and one of each door; with where they begin, for a cookie leads nowhere.
PEOPLE = {
    "": ("/", "/sign-in", "/-/patterns"),
    "hind": ("/today", "/me"),
    "salma": ("/today",),
    "nadia": ("/makers",),
    "fadma": ("/portal",),
    "rkia": ("/portal",),
}

_AXE = Axe()
_WIDTH = "document.documentElement.scrollWidth"


class Link(NamedTuple):
    """An address of ours, and the endpoint that answers there."""

    endpoint: str
    url: str


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
@pytest.mark.parametrize("login", PEOPLE, ids=lambda login: login or "stranger")
def test_each_page_can_be_read_by_everybody(
    shown_shop: Shop, opened: Opens, login: str, look: tuple[str, str]
) -> None:
    language, theme = look
    page = opened(shown_shop, login, language=language, theme=theme, width=PHONE)
    found = list[str]()
    for link in walk(page, shown_shop, PEOPLE[login]):
        found += [f"{link.endpoint} ({link.url}): {wrong}" for wrong in _wrongs(page, language)]
    assert found == []


def walk(page: Page, shop: Shop, starts: tuple[str, ...]) -> Iterator[Link]:
    """Open one page of each endpoint that links lead to; files are asked for, and not opened."""
    app = create_app(shop.settings)
    open_patterns(app)
    routes = app.url_map.bind(urlsplit(shop.url).netloc)
    waiting, seen = [urljoin(shop.url, start) for start in starts], set[str]()
    while waiting:
        url = waiting.pop(0)
        if (link := _known(routes, shop, url)) is None or link.endpoint in seen:
            continue
        seen.add(link.endpoint)
        answer = page.context.request.get(url)
        assert answer.ok, f"{url} answers {answer.status}"
        if not _is_page(answer):
            continue
        page.goto(url)
        yield link
        waiting += page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")


def _known(routes: MapAdapter, shop: Shop, url: str) -> Link | None:
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" != shop.url or parts.path.startswith("/static/"):
        return None
    try:
        endpoint, _values = routes.match(parts.path, method="GET")
    except HTTPException:
        pytest.fail(f"A link leads nowhere: {url}")
    return Link(endpoint, url)


def _is_page(answer: APIResponse) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


def _wrongs(page: Page, language: str) -> Iterator[str]:
    if page.get_attribute("html", "lang") != language:
        yield "speaks another language"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if (wide := page.evaluate(_WIDTH)) > width:
            yield f"is {wide} wide on a screen of {width}"
    page.set_viewport_size({"width": PHONE, "height": 844})
    for violation in _AXE.run(page).response["violations"]:
        nodes = [node["target"][0] for node in violation["nodes"]]
        yield f"{violation['id']}: {', '.join(map(str, nodes[:3]))} ({len(nodes)} in all)"
