"""What every door shares: its lock, the guard against other sites, safe headers and ways on."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import Forbidden
from werkzeug.urls import iri_to_uri

from almakane.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Endpoints that another site may post to: signed webhooks, bearer routes, bank return pages.
CROSS_SITE_ENDPOINTS: frozenset[str] = frozenset()

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def settings() -> Settings:
    """The settings that the running app was made with."""
    return cast(Settings, current_app.extensions["almakane"])


def go_to(url: str) -> Response:
    """Send the browser on with a GET, whatever it came with; htmx changes the whole page for it."""
    if is_fragment_asked():
        return Response(status=204, headers={"HX-Redirect": iri_to_uri(url)})
    return cast(Response, redirect(url, 303))


def is_fragment_asked() -> bool:
    """Whether a script asks for a part of a page; caches are told that the answer depends on it."""
    g.differs_for_htmx = True
    return request.headers.get("HX-Request") == "true"


def safe_next(target: str | None, otherwise: str) -> str:
    """The path of ours that a form or link named, else `otherwise`: never another site."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return otherwise
    if not target.isprintable():  # browsers drop tabs and line ends, so `/\t/evil` is `//evil`
        return otherwise
    try:
        parts = urlsplit(target)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else target


# Locks: one a door, in its blueprint's before_request


@dataclass(frozen=True)
class Lock:
    """What a blueprint asks of whoever comes in; no roles at all means that everybody may."""

    roles: frozenset[str] | None

    def __call__(self) -> ResponseReturnValue | None:
        if self.roles is None:
            return None
        if not current_user.is_authenticated:
            if request.method not in SAFE_METHODS:
                abort(401)
            here = request.full_path.rstrip("?")
            return go_to(url_for("users.new_session", next=here))
        if current_user.role not in self.roles:
            abort(403)
        return None


def require(*roles: str) -> Lock:
    """The lock of a door for these roles: `bp.before_request(require(Role.CASHIER))`."""
    if not roles:
        raise ValueError("A lock that no role opens: write `public` where everybody may come in.")
    return Lock(frozenset(roles))


public = Lock(None)


def endpoints_without_a_lock(app: Flask) -> list[str]:
    """The endpoints whose blueprint has no rule who may come in; there must be none."""
    return sorted(
        {
            rule.endpoint
            for rule in app.url_map.iter_rules()
            if rule.endpoint != "static" and lock_of(app, rule.endpoint) is None
        }
    )


def lock_of(app: Flask, endpoint: str) -> Lock | None:
    """The lock that stands before an endpoint, for the tests that walk through all doors."""
    blueprint = endpoint.rpartition(".")[0]
    while blueprint:
        for function in app.before_request_funcs.get(blueprint, ()):
            if isinstance(function, Lock):
                return function
        blueprint = blueprint.rpartition(".")[0]
    return None


def opens(endpoint: str) -> bool:
    """Whether a page exists and its lock opens for the person who asks: what a menu shows."""
    lock = lock_of(current_app, endpoint) if endpoint in current_app.view_functions else None
    if lock is None or lock.roles is None:
        return lock is not None
    return bool(current_user.is_authenticated) and current_user.role in lock.roles


def first_page() -> str:
    """The endpoint where the work of the person who asks begins, else the front of the shop."""
    pages: dict[str, tuple[str, ...]] = current_app.config["FIRST_PAGES"]
    ours = pages.get(current_user.role, ()) if current_user.is_authenticated else ()
    return next((page for page in ours if opens(page)), "shop.home")


# Guards: on every request


class CrossSite(Forbidden):
    """Another site made the browser send this."""


def refuse_cross_site() -> None:
    """
    Refuse what another site made a browser send, by the headers that no page can forge.

    Browsers say where a request comes from in `Sec-Fetch-Site`, on plain http only in `Origin`. A
    machine that sends neither, and no cookie, has no one's rights to abuse.
    """
    if request.method in SAFE_METHODS or request.endpoint in CROSS_SITE_ENDPOINTS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site == "same-origin"
    elif origin is not None:
        ours = origin == settings().base_url
    else:
        ours = not request.headers.get("Cookie")
    if not ours:
        raise CrossSite


def refuse_unreadable() -> None:
    """Refuse a NUL in the address: no database takes it, so no search may come to ask."""
    if "\0" in request.path:
        abort(400)
    if request.query_string:
        values = (text for pair in request.args.items(multi=True) for text in pair)
        if any("\0" in text for text in values):
            abort(400)


def is_for_ever(response: Response) -> bool:
    """Whether everybody may keep this answer: a file whose address tells its content."""
    # As text: to read the header into its parts costs more than all else that looks at it.
    return "immutable" in response.headers.get("Cache-Control", "")


def add_headers(response: Response) -> Response:
    """Tell the browser to run nothing but our own files, and to keep no page of somebody's."""
    headers = response.headers
    said = {name.lower() for name in headers.keys()}  # noqa: SIM118 - it iterates over pairs
    for name, value in _HEADERS.items():
        if name.lower() not in said:
            headers.add(name, value)
    if g.get("differs_for_htmx"):
        response.vary.add("HX-Request")
    if settings().is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static":
        # A file's address changes with its content (`static_url`) or holds its version (vendor/).
        if response.status_code == 200 and ("v" in request.args or "/vendor/" in request.path):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif "/js/till/" in request.path:
            # Modules name each other without a version: asked for anew each time, or a till that
            # starts after a change could reckon with files of two days.
            headers["Cache-Control"] = "public, no-cache"
    elif is_for_ever(response):
        pass
    elif "_user_id" in session:
        headers["Cache-Control"] = "no-store"
    elif "cache-control" not in said:
        headers.add("Cache-Control", "private, no-cache")
    return response
