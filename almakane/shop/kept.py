"""
Pages that are kept as they were written, until the version changes at which they were read.

What a page says to everybody is one `Part`; the frame around it (the basket, who is signed in) is
drawn for each visitor. Whoever brings nothing of their own gets the whole page as it is kept.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

from flask import Response, current_app, render_template, request
from markupsafe import Markup

from almakane.shop.version import LIFE, Version
from almakane.web.languages import COOKIE as LANGUAGE_COOKIE
from almakane.web.languages import here, language
from almakane.web.packing import mark_packed, packed, takes_packed, unpacked
from almakane.web.themes import COOKIE as THEME_COOKIE
from almakane.web.themes import chosen_theme

_MOST_BYTES = 12 * 1024 * 1024
_LONGEST_ADDRESS = 500  # others are what nobody comes by twice
_OF_NOBODY = {LANGUAGE_COOKIE, THEME_COOKIE}


class Part(NamedTuple):
    """What a page says to everybody: its title, what stands in its head, and the page itself."""

    title: str
    head: Markup
    main: Markup
    ways: dict[str, str]  # language to the address of this page in it
    sheets: tuple[str, ...] = ()


class _Entry(NamedTuple):
    version: Version
    written_at: float
    value: Any
    size: int


class Pages:
    """A bounded memory of pages; the one that nobody asked for longest is forgotten first."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable, version: Version) -> Any:
        """What is kept under a key for that version, if it is not too old."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.version != version or monotonic() - entry.written_at > LIFE.total_seconds():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return entry.value

    def keep(self, key: Hashable, version: Version, value: Any, size: int) -> None:
        """Keep something of a size; nothing that would take a quarter of all there is."""
        if size > self._most // 4:
            return
        with self._lock:
            self._drop(key)
            self._entries[key] = _Entry(version, monotonic(), value, size)
            self._bytes += size
            while self._bytes > self._most:
                self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry:
            self._bytes -= entry.size


def pages() -> Pages:
    """What the running app keeps."""
    found: Pages = current_app.extensions.setdefault("almakane.shop.pages", Pages())
    return found


class Whole(NamedTuple):
    """A page as it goes out to whoever brings nothing of their own: packed, and its tag."""

    body: bytes
    tag: str


def answer(what: Hashable, version: Version, make: Callable[[], Part]) -> Response:
    """The page called so, from memory where it stands there at this version."""
    kept, speaks = pages(), language()
    came_by = here()  # the frame leads back there
    of_nobody = not set(request.cookies) - _OF_NOBODY and len(came_by) <= _LONGEST_ADDRESS
    whole_key = ("whole", what, speaks, chosen_theme(), came_by)
    if of_nobody and (whole := kept.find(whole_key, version)):
        return _sent(whole)
    key = ("part", what, speaks)
    part: Part | None = kept.find(key, version)
    if part is None:
        part = make()
        kept.keep(key, version, part, 2 * (len(part.main) + len(part.head)))
    page = render_template("shop/page.html", part=part)
    if not of_nobody:
        return Response(page, mimetype="text/html")
    body = page.encode()
    whole = Whole(packed(body), sha256(body).hexdigest()[:20])
    kept.keep(whole_key, version, whole, len(whole.body))
    return _sent(whole)


def _sent(whole: Whole) -> Response:
    """The page, or the word that the browser has it already."""
    is_packed = takes_packed()
    body = whole.body if is_packed else unpacked(whole.body)
    response = Response(body, mimetype="text/html")
    response.set_etag(whole.tag)
    if is_packed:
        mark_packed(response)
    response.vary.add("Accept-Encoding")
    response.make_conditional(request)
    return response
