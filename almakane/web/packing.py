"""
Text that is the same for everybody goes out packed: a slow line brings a page in half the time.

What holds something of one person is never packed. The length of a packed page tells whether two
parts of it are alike, so whoever can make one of them could guess the other from outside.
"""

import gzip
from collections import OrderedDict
from threading import Lock

from flask import Response, request

from almakane.web import is_for_ever

_LEVEL = 6
_LEAST = 512  # bytes; below that the head of a packed file outweighs it
_MOST = 512 * 1024  # a larger text is none of a page's
_TEXTS = frozenset(
    {"text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml"}
)
_KEPT_BYTES = 2 * 1024 * 1024

_packed: OrderedDict[tuple[str, str], bytes] = OrderedDict()
_lock = Lock()


def packed(body: bytes) -> bytes:
    """A text, packed; the same bytes for the same text."""
    return gzip.compress(body, _LEVEL, mtime=0)


def unpacked(body: bytes) -> bytes:
    """What `packed` has packed."""
    return gzip.decompress(body)


def takes_packed() -> bool:
    """Whether the browser takes gzip."""
    return request.accept_encodings["gzip"] > 0


def mark_packed(response: Response) -> None:
    """Say that this response is packed; its tag says so too, for these are other bytes."""
    response.headers["Content-Encoding"] = "gzip"
    tag, _is_weak = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)


def pack_file(response: Response) -> Response:
    """Pack a file that everybody may keep, once, where it is a text and the browser takes it."""
    if not _is_text_for_all(response):
        return response
    response.vary.add("Accept-Encoding")
    if not takes_packed() or "Range" in request.headers:
        return response
    if response.status_code != 200 or not _LEAST <= (response.content_length or 0) <= _MOST:
        return response
    tag, _is_weak = response.get_etag()
    key = (request.full_path, tag or "")
    response.direct_passthrough = False
    body = response.get_data()  # read in any case, so that its file is closed
    with _lock:
        found = _packed.get(key)
        if found:
            _packed.move_to_end(key)
    if found is None:
        found = packed(body)
        _keep(key, found)
    response.set_data(found)
    mark_packed(response)
    return response


def _is_text_for_all(response: Response) -> bool:
    is_kept = request.endpoint == "static" or is_for_ever(response)
    return is_kept and request.method == "GET" and response.mimetype in _TEXTS


def _keep(key: tuple[str, str], body: bytes) -> None:
    with _lock:
        _packed[key] = body
        while sum(map(len, _packed.values())) > _KEPT_BYTES:
            _packed.popitem(last=False)
