"""A till in a real Chromium before a real server: static/js/till without a screen."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from almakane.db import db, transaction
from almakane.settings import ROOT, Settings
from almakane.users.models import User
from almakane.users.pins import set_pin
from almakane.users.services import UNTRIED
from tests.journal.shop import Shop

BARE = "/pos/nothing"  # a page of the same house in which no till stands yet
PINS = {"amina": "4082", "hind": "408215"}

_OPEN = """
async () => {
  const { openTill } = await import("/static/js/till/index.js");
  window.till = await openTill();
  window.heard = [];
  for (const name of ["state", "trouble", "waiting", "online"]) {
    till.on(name, (told) => heard.push([name, told]));
  }
  // Whatever a test asks: what comes back, or the word that was refused with.
  window.tried = async (act) => {
    try {
      return { is: await act() };
    } catch (error) {
      if (!error.reason) throw error;
      return { no: error.reason, values: error.values };
    }
  };
  window.basketOf = async (lines, tenders = null, more = {}) => {
    const basket = { ...till.newBasket("fr"), ...more };
    for (const [code, qty, unit] of lines) {
      const line = till.lineOf(till.catalogue.find(code), qty);
      basket.lines.push(unit === undefined ? line : { ...line, unit });
    }
    const { totals } = till.reckon(basket);
    basket.tenders = tenders ?? [{ kind: "cash", amount: totals.due }].filter((one) => one.amount);
    return basket;
  };
  return till.state;
}
"""


@dataclass
class Screen:
    """One page of a browser with a till in it."""

    context: BrowserContext
    page: Page
    shop: Shop

    def open(self) -> str:
        """Load the page and open its till; gives its state."""
        self.page.goto(BARE)
        return str(self.page.evaluate(_OPEN))

    def run(self, script: str, value: Any = None) -> Any:
        """What a script says of the till, `(value) => ...`."""
        return self.page.evaluate(f"async (value) => {{ {script} }}", value)

    def tried(self, expression: str, value: Any = None) -> Any:
        """What an act comes to: `{"is": ...}`, or `{"no": reason}`."""
        return self.run(f"return tried(async () => {expression})", value)

    def enrol(self, code: str | None = None) -> None:
        told = self.tried("till.enrol(value)", code or self.shop.code())
        assert "no" not in told, told
        self.run("await till.catalogue.refresh(); await till.refresh(); await till.people()")

    def sign_in(self, login: str = "amina") -> None:
        told = self.tried("till.signIn(...value)", [login, PINS[login]])
        assert told["is"]["cashier"] == login, told

    def open_shift(self, total: int = 50_000) -> None:
        told = self.tried("till.openShift({ total: value })", total)
        assert "no" not in told, told

    def sell(self, *lines: tuple[str, int]) -> dict[str, Any]:
        """Sell lots by code and quantity, for cash."""
        told = self.tried("till.sell(await basketOf(value))", [list(line) for line in lines])
        assert "no" not in told, told
        done: dict[str, Any] = told["is"]
        return done

    def settle(self) -> int:
        """Wait until the server holds all, or cannot be reached; gives what it does not hold."""
        unsent: int = self.run("await till.send(); return till.unsent")
        return unsent


@contextmanager
def served(settings: Settings, data_dir: Any) -> Iterator[str]:
    """A server on the test's own database; gives its address."""
    command = [sys.executable, "-m", "tests.serving", settings.database_url, str(data_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            if server.stdout is None or not (port := server.stdout.readline().strip()):
                raise RuntimeError("The server did not start.")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def give_pins() -> None:
    """Let everybody of the shop's people stand at a till."""
    with transaction() as session:
        for login, pin in PINS.items():
            set_pin(session, session.query(User).filter_by(login=login).one(), pin, cost=UNTRIED)
    db.session.remove()


def new_screen(browser: Browser, url: str, shop: Shop) -> Screen:
    """A browser of its own, with nothing kept in it."""
    context = browser.new_context(base_url=url)
    return Screen(context, context.new_page(), shop)
