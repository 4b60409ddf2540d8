"""A real Chromium before a real server: the demo's shop, on a database of the test's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from almakane.app import create_app
from almakane.db import db
from almakane.demo import seed_demo
from almakane.demo.codes import demo_secret
from almakane.demo.hub import PASSWORD
from almakane.hubs.queries import local_day
from almakane.settings import ROOT, Settings
from almakane.users.services import UNTRIED
from almakane.users.totp import code_at, step_at
from tests.browser.chromium import ADVICE, find_chromium
from tests.browser.counter import open_counter
from tests.postgres import one_at_a_time

PHONE, TILL, DESKTOP = 390, 1024, 1440

# It asks nobody on the network anything, and trusts this machine not to be its enemy.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]


class Shop(NamedTuple):
    """A served shop: where it is, and where it keeps its data."""

    url: str
    settings: Settings


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window. Where there is none the test is skipped, and in CI fails."""
    program = find_chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(ADVICE)
        pytest.skip(ADVICE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_template(run_home: Path, sqlite_template: Path) -> Path:
    """The data of a demo that was just opened, to be copied; made once a run."""
    template = run_home / "demo"
    with one_at_a_time(run_home / "demo.lock"):
        if not template.exists():
            fresh = run_home / "demo.fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            shutil.copyfile(sqlite_template, fresh / "almakane.sqlite3")
            settings = _settings(fresh)
            today = local_day(datetime.now(UTC), "Africa/Casablanca")
            with create_app(settings).app_context():
                seed_demo(today, argon2_cost=UNTRIED, vault=settings.vault_secret)
                db.session.remove()
                db.engine.dispose()
            fresh.rename(template)
    return template


@pytest.fixture(scope="session")
def shown_shop(run_home: Path, demo_template: Path) -> Iterator[Shop]:
    """A demo to look at, whose till has sent: its tests change nothing, so they share it."""
    with _serve(demo_template, run_home / f"shown-{os.getpid()}") as shop:
        open_counter(create_app(shop.settings), shop.url)
        yield shop


@pytest.fixture
def shop(data_dir: Path, demo_template: Path) -> Iterator[Shop]:
    """A demo of the test's own."""
    with _serve(demo_template, data_dir / "demo") as shop:
        yield shop


@contextmanager
def _serve(template: Path, home: Path) -> Iterator[Shop]:
    shutil.copytree(template, home)
    settings = _settings(home)
    command = [sys.executable, "-m", "tests.serving", settings.database_url, str(home), "demo"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            if server.stdout is None or not (port := server.stdout.readline().strip()):
                raise RuntimeError("The server did not start.")
            yield Shop(f"http://127.0.0.1:{port}", settings)
        finally:
            server.kill()
    shutil.rmtree(home)


def _settings(home: Path) -> Settings:
    url = f"sqlite:///{home / 'almakane.sqlite3'}"
    return Settings(
        database_url=url,
        data_dir=home,
        secret_key="test",
        argon2_cost=UNTRIED,
        requires_second_factor=False,
    )


Opens = Callable[..., Page]


@pytest.fixture(scope="session")
def cookies() -> dict[tuple[str, str], StorageState]:
    """Who has come in where, by shop and login: a code from a phone opens only once."""
    return {}


@pytest.fixture
def opened(browser: Browser, cookies: dict[tuple[str, str], StorageState]) -> Iterator[Opens]:
    """
    Open a page as somebody: `opened(shop, "hind", language="ar", theme="dark", width=PHONE)`.

    What the page's console complains of, or its scripts raise, fails the test at its end.
    """
    contexts = list[BrowserContext]()
    complaints = list[str]()

    def open_page(
        shop: Shop,
        login: str | None = None,
        *,
        language: str = "fr",
        theme: str = "light",
        width: int = DESKTOP,
    ) -> Page:
        context = browser.new_context(
            base_url=shop.url,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": 844 if width == PHONE else 900},
            has_touch=width == PHONE,
            storage_state=cookies.get((shop.url, login or "")),
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda told: (
                complaints.append(f"{page.url}: {told.text}")
                if told.type == "error" and " status of 4" not in told.text
                else None
            ),
        )
        if login and (shop.url, login) not in cookies:
            sign_in(page, login)
            cookies[shop.url, login] = context.storage_state()
        speak(page, language)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, login: str) -> None:
    """Come in at the door, with the demo's password and, where one is asked, its phone's code."""
    page.goto("/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state()
    if "/sign-in/code" in page.url:
        page.fill("input[name=code]", code_at(demo_secret(login), step_at(datetime.now(UTC))))
        page.press("input[name=code]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def speak(page: Page, language: str) -> None:
    """Choose a language, as the switch does that some pages fold away, and read the page anew."""
    where = "/" if page.url == "about:blank" else page.url  # a cookie says who it is, not where
    answer = page.context.request.post(
        "/language", form={"language": language}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.ok
    page.goto(where)
