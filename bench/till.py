"""
The till in Chromium: from the last key to a sale that the disk holds, and from a scan to its line.

The browser keeps its journal on the disk, and the server books while it sells. The clock of a sale
runs from `till.sell` to the strict transaction's `complete` and the receipt's parts: change is
given only then. A scan is all but the drawing: the code found, the line made, the basket reckoned.
"""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from almakane.db import transaction
from almakane.journal.enrolment import open_enrolment
from almakane.settings import ROOT
from almakane.users.models import Role
from almakane.users.pins import set_pin
from almakane.users.services import create_user
from bench.databases import Databases, folder, opened
from bench.journal import served
from bench.measure import Run
from bench.report import Goal, Section, table
from bench.world import PRICES, World, make_world
from tests.browser.chromium import ADVICE, find_chromium

_SHELVES = 1_667  # of three lots each
_SALES, _SCANS, _LINES = 200, 2_000, 10
_PIN = "4082"
_SCAN_MS = 8

_OPEN = """
async ([code, pin]) => {
  const { openTill } = await import("/static/js/till/index.js");
  window.till = await openTill();
  if (till.state === "not_enrolled") {
    await till.enrol(code);
    await till.catalogue.refresh();
    await till.refresh();
    await till.people();
    await till.signIn("amina", pin);
    await till.openShift({ total: 50000 });
  }
}
"""
_AGAIN = """
async () => {
  const start = performance.now();
  const { openTill } = await import("/static/js/till/index.js");
  window.till = await openTill();
  return [performance.now() - start, till.catalogue.size];
}
"""
_SELL = """
async ([codes, count]) => {
  const calls = [];
  for (let n = -20; n < count; n += 1) {
    const basket = till.newBasket("fr");
    for (const code of codes) basket.lines.push(till.lineOf(till.catalogue.find(code)));
    basket.tenders.push({ kind: "cash", amount: till.reckon(basket).totals.due });
    const start = performance.now();
    await till.sell(basket);
    if (n >= 0) calls.push((performance.now() - start) / 1000);
  }
  await till.send();
  return [calls, till.unsent, till.waiting.length];
}
"""
_SCAN = """
([codes, lines]) => {
  const calls = [];
  let basket = till.newBasket("fr");
  for (const code of codes) {
    if (basket.lines.length === lines) basket = till.newBasket("fr");
    const start = performance.now();
    basket.lines.push(till.lineOf(till.catalogue.find(code)));
    till.reckon(basket);
    calls.push((performance.now() - start) / 1000);
  }
  const start = performance.now();
  for (let n = 0; n < 100; n += 1) till.catalogue.search("piece " + (n % 10));
  return [calls, (performance.now() - start) / 100];
}
"""


def run(databases: Databases, _postings: int) -> list[Section]:
    """Sell in a real browser before a real server."""
    program = find_chromium()
    if program is None:
        raise RuntimeError(ADVICE)
    url = databases.create()
    with opened(url), folder() as home:
        with transaction() as session:
            world = make_world(session, registers=1, shelves=_SHELVES)
            amina = create_user(
                session,
                hub_id=world.hub_id,
                login="amina",
                name="Amina",
                role=Role.CASHIER,
                password="a pass for amina",  # noqa: S106 - nobody signs in
                cost=1,
            )
            set_pin(session, amina, _PIN, cost=1)
            code = open_enrolment(session, world.hub_id, "T1", by="hind", now=datetime.now(UTC))
        with served(url) as (_pid, port), sync_playwright() as playwright:
            context = playwright.chromium.launch_persistent_context(
                home, executable_path=program, args=["--no-sandbox", "--disable-gpu"]
            )
            page = context.pages[0]
            page.goto(f"http://127.0.0.1:{port}/pos/nothing")
            found = _measure(page, world, code)
            context.close()
    return [_section(databases, *found)]


def _measure(page: Page, world: World, code: str) -> tuple[Run, Run, float, float, int]:
    page.evaluate(_OPEN, [code, _PIN])
    codes = [code for shelf in world.shelves for code in shelf.codes]
    scans, search = page.evaluate(_SCAN, [(codes * 2)[:_SCANS], _LINES])
    told: Any = page.evaluate(_SELL, [codes[: len(PRICES)], _SALES])
    calls, unsent, waiting = told
    if unsent or waiting:
        raise RuntimeError(f"{unsent} events were not sent, {waiting} wait for a person.")
    page.reload()
    start, lots = page.evaluate(_AGAIN)
    return Run(calls, sum(calls), 0), Run(scans, sum(scans), 0), search, start, lots


def _section(
    databases: Databases, sales: Run, scans: Run, search: float, start: float, lots: int
) -> Section:
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    files = sorted((ROOT / "static" / "js" / "till").glob("*.js"))
    return Section(
        f"The till in Chromium, {engine}",
        table(
            ("what", "p50 ms", "p95 ms", "p99 ms"),
            ("a sale, to its durable end and its receipt", *_figures(sales)),
            (f"a scan, found among {lots:,} lots and reckoned", *_figures(scans)),
        )
        + f"\nA search took {search:.1f} ms; the till stood with its {lots:,} lots {start:.0f} ms"
        f" after its page began to ask for it. The {len(files)} modules without a screen weigh"
        f" {sum(map(_weight, files)) / 1024:.1f} KiB gzipped.\n",
        (
            Goal(
                f"A scan to its line, {lots:,} lots, {engine}: <= {_SCAN_MS} ms p95",
                f"{scans.percentile(95):.2f} ms, without the drawing",
                scans.percentile(95) <= _SCAN_MS,
            ),
        ),
    )


def _figures(run: Run) -> list[str]:
    return [f"{run.percentile(percent):.2f}" for percent in (50, 95, 99)]


def _weight(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 6))
