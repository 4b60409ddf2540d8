"""
The street in Chromium, on a phone: slow 4G (1.6 Mbit/s, 150 ms) and a processor at a quarter.

Nothing is in the browser's cache; the server has its pages kept. What is measured is what the
browser itself says: when the largest thing was painted, and how far things moved afterwards.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from PIL import Image, ImageFilter, ImageOps
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select

from almakane.cooperatives.amending import By
from almakane.db import db, transaction
from almakane.gateways.media import take_in
from almakane.hubs.models import Hub
from almakane.inventory.models import Product
from almakane.inventory.products import Of, add_photos
from bench.databases import Databases, opened, settle
from bench.journal import served
from bench.report import Goal, Section, table
from bench.shop import fill
from bench.world import NOW
from tests.browser.chromium import ADVICE, find_chromium

_PIECES = 200
_VISITS = 3
_LANGUAGES = ("fr", "ar")
_MOST_LCP, _MOST_CLS, _MOST_KB = 1_500, 0.02, 250
_SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
_SLOWER = 4  # times, the processor
_PATIENCE = 30_000  # milliseconds

_WATCH = """
window.told = { lcp: 0, what: "", cls: 0 };
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    window.told.lcp = one.startTime;
    window.told.what = one.element ? one.element.tagName.toLowerCase() : "";
  }
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.told.cls += one.value;
}).observe({ type: "layout-shift", buffered: true });
"""
_FIELD = re.compile(r'<input[^>]*name="(product|checkout|shown)"[^>]*value="([^"]*)"')


class Visit(NamedTuple):
    """One page as one visitor got it: milliseconds, what was largest, moves, kB, requests."""

    lcp: float
    what: str
    cls: float
    size: float
    requests: int


def run(databases: Databases, _postings: int) -> list[Section]:
    """Visit the home page, the list, a piece and the checkout, in French and in Arabic."""
    if not databases.is_sqlite:
        return []  # a browser does not know which database a page is from
    program = find_chromium()
    if program is None:
        raise RuntimeError(ADVICE)
    with TemporaryDirectory(prefix="almakane-bench-") as data:
        url = databases.create()
        with opened(url):
            codes = fill(_PIECES)
            _photograph(Path(data) / "media")
            settle()
        with served(url, data=data) as (_pid, port), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            found = list(_walk(browser, f"http://127.0.0.1:{port}", codes))
            browser.close()
    return [_section(found)]


def _photograph(folder: Path) -> None:
    """A photograph for each piece: one of six, for what a browser fetches is what is measured."""
    pictures = [take_in(_picture(Random(n)), folder) for n in range(6)]  # noqa: S311 - colours
    with transaction() as session:
        hub = session.scalars(select(Hub)).one()
        by = By("bench", NOW)
        for product in session.scalars(select(Product).order_by(Product.id)).all():
            of = Of(hub.id, product_id=product.id)
            add_photos(session, of, [pictures[product.id % len(pictures)]], by)
    db.session.remove()


def _picture(rng: Random) -> bytes:
    """As much to draw as a rug on a wall has: threads, folds and the grain of a telephone."""
    size = (1600, 2000)
    grain = Image.effect_noise(size, 60).filter(ImageFilter.GaussianBlur(1.2))
    folds = Image.effect_noise((16, 20), 120).resize(size, Image.Resampling.BICUBIC)
    dark, light = (tuple(rng.randrange(low, low + 90) for _ in range(3)) for low in (20, 150))
    picture = ImageOps.colorize(Image.blend(grain, folds, 0.7), dark, light)
    written = BytesIO()
    picture.save(written, "JPEG", quality=90)
    return written.getvalue()


def _walk(browser: Browser, base: str, codes: list[str]) -> Iterator[tuple[str, str, list[Visit]]]:
    for name, path in (("home", "/"), ("list", "/pieces"), ("a piece", f"/pieces/{codes[0]}")):
        for language in _LANGUAGES:
            with _phone(browser) as phone:
                phone.request.get(f"{base}/{language}{path}")  # now it is kept
            visits = []
            for _ in range(_VISITS):
                with _phone(browser) as phone:
                    visits.append(_visit(phone, f"{base}/{language}{path}"))
            yield name, language, visits
    for language, piece in zip(_LANGUAGES, codes, strict=False):  # each holds one of its own
        with _phone(browser) as phone:
            _to_checkout(phone, base, language, piece)
            address = f"{base}/checkout"
            yield "checkout", language, [_visit(phone, address) for _ in range(_VISITS)]


@contextmanager
def _phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    context.add_init_script(_WATCH)
    try:
        yield context
    finally:
        context.close()


def _to_checkout(phone: BrowserContext, base: str, language: str, code: str) -> None:
    """With that piece in the basket, up to the page where an order is filled in."""
    page = phone.request.get(f"{base}/{language}/pieces/{code}").text()
    for action, source in (("/basket/lines", page), ("/basket/checkout", "")):
        told = source or phone.request.get(f"{base}/basket?lang={language}").text()
        answer = phone.request.post(
            f"{base}{action}",
            form=dict(_FIELD.findall(told)),
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert answer.ok, (action, answer.status)


def _visit(phone: BrowserContext, address: str) -> Visit:
    page = phone.new_page()
    line = phone.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.send("Network.emulateNetworkConditions", _SLOW_4G)
    line.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    sizes: list[float] = []
    line.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    answer = page.goto(address, wait_until="networkidle", timeout=_PATIENCE)
    assert answer, address
    assert answer.ok, (address, answer.status)
    assert page.url == address, page.url
    told = _told(page)
    page.close()
    return Visit(told["lcp"], told["what"], told["cls"], sum(sizes) / 1_000, len(sizes))


def _told(page: Page) -> dict[str, Any]:
    """What was painted and moved, once the browser says it; our policy has Playwright ask again."""
    for _ in range(60):
        page.wait_for_timeout(500)
        told: dict[str, Any] = page.evaluate("window.told")
        if told["lcp"]:
            return told
    raise RuntimeError("The browser never said what it painted.")


def _section(found: list[tuple[str, str, list[Visit]]]) -> Section:
    lines, goals = [], []
    for name, language, visits in found:
        lcp = median(one.lcp for one in visits)
        best = min(one.lcp for one in visits)
        what = ", ".join(sorted({one.what for one in visits}))
        size, requests = (max(one[at] for one in visits) for at in (3, 4))
        moved = max(one.cls for one in visits)
        lines.append(
            (
                *(name, language, f"{lcp:,.0f} ms", f"{best:,.0f} ms", what),
                *(f"{moved:.3f}", f"{size:,.0f} kB", requests),
            )
        )
        label = f"Largest paint on a slow phone, {name}, {language}: <= {_MOST_LCP / 1_000} s"
        told = f"{lcp / 1_000:.2f} s, the best of {_VISITS} {best / 1_000:.2f} s"
        goals.append(Goal(label, told, lcp <= _MOST_LCP))
    moved = max(one.cls for _, _, visits in found for one in visits)
    label = f"What moves on the street's pages and the checkout: <= {_MOST_CLS}"
    goals.append(Goal(label, f"{moved:.3f} at most", moved <= _MOST_CLS))
    largest = max(one.size for name, _, visits in found if name == "a piece" for one in visits)
    label = f"A piece with its first photograph: <= {_MOST_KB} kB"
    goals.append(Goal(label, f"{largest:,.0f} kB, everything", largest <= _MOST_KB))
    head = ("page", "language", "largest paint", "best", "of", "moved", "fetched", "requests")
    return Section(
        "The street in Chromium",
        table(head, *lines)
        + f"\n390 points wide, two dots a point; slow 4G (1.6 Mbit/s, 150 ms) and a processor"
        f" {_SLOWER} times slower, nothing in the cache; medians of {_VISITS} visits. Every one of"
        f" the {_PIECES} pieces has a photograph; what is fetched is all that the page asks for.\n",
        tuple(goals),
    )
