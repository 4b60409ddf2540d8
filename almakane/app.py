"""Everything put together: the one module that knows every room."""

from datetime import timedelta
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from pkgutil import iter_modules
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from flask_login import LoginManager
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

import almakane
from almakane.cooperatives import routes as makers
from almakane.db import db, prepare_engine
from almakane.gateways.codes import draw_bars_path, draw_qr_path
from almakane.inventory import (
    arrival_sheets,
    arrivals,
    consigning,
    count_routes,
    loss_routes,
    pictures,
    portraits,
    return_routes,
    stock_routes,
    transfer_routes,
)
from almakane.inventory import product_pages as products
from almakane.inventory import routes as inventory
from almakane.inventory.slots import Slots
from almakane.office import routes as office
from almakane.office import settings_pages, tariff_pages
from almakane.payouts import routes as payouts
from almakane.portal import routes as portal
from almakane.pos import agents, desk, lookups, order_lookups, print_jobs, tickets
from almakane.pos import office as registers
from almakane.pos import routes as till
from almakane.pos.holding import tills_that_hold
from almakane.sales.flags import ShortFlags
from almakane.settings import ROOT, Settings, keep_private, read_settings
from almakane.shop import (
    basket_pages,
    checkout_pages,
    courier_desk,
    law_pages,
    order_desk,
    order_page,
)
from almakane.shop import routes as shop
from almakane.shop.at_the_counter import AtTheCounter
from almakane.shop.basket_cookie import basket_count
from almakane.shop.sheets import sheets_url
from almakane.users import account, entry, people
from almakane.users import routes as users
from almakane.users.models import Role
from almakane.users.queries import visitor
from almakane.web import (
    add_headers,
    endpoints_without_a_lock,
    first_page,
    opens,
    public,
    refuse_cross_site,
    refuse_unreadable,
)
from almakane.web.failures import Frank, handle_failures
from almakane.web.languages import speak
from almakane.web.packing import pack_file
from almakane.web.sessions import LONG_IDLE, Sessions
from almakane.web.themes import chosen_theme

BLUEPRINTS = (
    agents.bp,
    arrival_sheets.bp,
    arrivals.bp,
    consigning.bp,
    count_routes.bp,
    desk.bp,
    inventory.bp,
    lookups.bp,
    loss_routes.bp,
    office.bp,
    makers.bp,
    payouts.bp,
    pictures.bp,
    portal.bp,
    portraits.bp,
    print_jobs.bp,
    products.bp,
    registers.bp,
    return_routes.bp,
    settings_pages.bp,
    tariff_pages.bp,
    basket_pages.bp,
    checkout_pages.bp,
    law_pages.bp,
    order_page.bp,
    courier_desk.bp,
    order_desk.bp,
    order_lookups.bp,
    shop.bp,
    stock_routes.bp,
    tickets.bp,
    till.bp,
    transfer_routes.bp,
    account.bp,
    entry.bp,
    people.bp,
    users.bp,
)

# Where a person's work begins, by role: the first of these pages that is there. Without one they
# come to the shop's front.
_OFFICE = ("office.show_today", "payouts.list_makers")
_PORTAL = ("portal.show_home", "me.show_account")
FIRST_PAGES: dict[str, tuple[str, ...]] = {
    Role.ACCOUNTANT: _OFFICE,
    Role.HUB_STAFF: _OFFICE,
    Role.MANAGER: _OFFICE,
    Role.CASHIER: ("till.show_till",),
    Role.MAKER: _PORTAL,
    Role.ARTISAN: _PORTAL,
}

_BODY_BYTES = 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """Make the shop, ready to serve; without settings it reads them from the environment."""
    settings = settings or read_settings()
    keep_private(settings)
    app = Frank("almakane", template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.session_interface = Sessions()
    app.extensions["almakane"] = settings
    app.extensions["almakane.orders"] = AtTheCounter()
    app.extensions["almakane.stock"] = Slots(ShortFlags(), tills_that_hold)
    app.config.from_mapping(_config(settings))
    if settings.proxies:
        trusted = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted)  # type: ignore[method-assign]
    app.url_map.converters["int"] = _RowId

    _open_books(app, settings)
    speak(app, settings.language)
    _know_people(app)
    app.add_template_global(opens)
    app.add_template_global(draw_qr_path)
    app.add_template_global(draw_bars_path)
    app.add_template_global(first_page)
    app.add_template_global(chosen_theme)
    app.add_template_global(basket_count)
    app.add_template_global(sheets_url)
    app.before_request(refuse_cross_site)
    app.before_request(refuse_unreadable)
    app.after_request(pack_file)  # runs after the next one: headers are there when it looks
    app.after_request(add_headers)
    handle_failures(app, undo=db.session.rollback)

    for blueprint in (*BLUEPRINTS, _house()):
        app.register_blueprint(blueprint)
    if open_doors := endpoints_without_a_lock(app):
        raise RuntimeError(f"Nothing says who may use {', '.join(open_doors)}.")
    return app


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        "FIRST_PAGES": FIRST_PAGES,
        "MAX_CONTENT_LENGTH": _BODY_BYTES,
        "PERMANENT_SESSION_LIFETIME": LONG_IDLE,  # the longest; see `Sessions`
        # A browser takes a __Host- cookie only from https, for this host and no other.
        "SESSION_COOKIE_NAME": "__Host-almakane" if settings.is_secure else "almakane",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "hide_parameters": True,  # a log is not the place for people's names and hashes
            "pool_pre_ping": not settings.is_sqlite,
        },
        "TRUSTED_HOSTS": _hosts(settings),
    }


def _hosts(settings: Settings) -> list[str]:
    host = urlsplit(settings.base_url).hostname or "localhost"
    return [f"[{host}]" if ":" in host else host, "localhost", "127.0.0.1", "[::1]"]


def _open_books(app: Flask, settings: Settings) -> None:
    """Connect the database, and know every table of every room, so that migrations miss none."""
    if settings.is_sqlite and (path := make_url(settings.database_url).database):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    for room in iter_modules(almakane.__path__, "almakane."):
        if room.ispkg and _has_models(room.name):
            import_module(f"{room.name}.models")
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def bring_up_to_date(app: Flask) -> None:
    """Bring the tables of the app whose context is open up to date, and their guards with them."""
    # Eleven MiB, which whoever only serves would hold for nothing.
    from flask_migrate import Migrate, upgrade  # noqa: PLC0415

    folder = str(ROOT / "migrations")
    Migrate(app, db, directory=folder, render_as_batch=True, compare_type=True)
    upgrade(directory=folder)


def _has_models(room: str) -> bool:
    return (ROOT / room.replace(".", "/") / "models.py").exists()


def _know_people(app: Flask) -> None:
    logins = LoginManager(app)
    logins.session_protection = None  # what the cookie names is what ends a session
    logins.user_loader(visitor)


class _RowId(IntegerConverter):
    """A number in an address; one that no row can have is nothing found, not a database error."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max": 2**63 - 1, **kwargs})


def _house() -> Blueprint:
    """What the machines around the shop ask."""
    bp = Blueprint("house", __name__, url_prefix="/-")
    bp.before_request(public)

    @bp.get("/health")
    def show_health() -> ResponseReturnValue:
        """Say the version, and whether the database answers: 503 if it does not."""
        try:
            db.session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            current_app.logger.exception("The database does not answer")
            return jsonify(version=_version(), database=False), 503
        return jsonify(version=_version(), database=True)

    return bp


def _version() -> str:
    try:
        return version("almakane")
    except PackageNotFoundError:
        return "unknown"  # run from a checkout that nobody installed
