"""The style sheets of a page in one file: on a slow line each further request costs its way."""

import re
from hashlib import sha256

from flask import Response, abort, current_app, url_for

from almakane.settings import ROOT

# What every page has, in this order; as templates/base.html asks for them one by one.
BASE = (
    *("tokens", "fonts", "base", "layout", "bar", "button", "card", "field", "piece", "price"),
    *("split", "state", "table", "tabs", "print"),
)
_FOLDER = ROOT / "static" / "css"
_MOST = 30
_texts: dict[str, str] = {}


def sheets_url(*names: str) -> str:
    """The address of the base sheets and of those, which tells their version."""
    told = "+".join((*BASE, *names))
    version = sha256(_text(told).encode()).hexdigest()[:10]
    return url_for("shop.show_sheets", names=told, v=version)


def send_sheets(told: str) -> Response:
    """Those sheets one after another; 404 where one of them is none of ours."""
    names = told.split("+")
    if len(names) > _MOST or not all(re.fullmatch("[a-z]+", name) for name in names):
        abort(404)
    if not all((_FOLDER / f"{name}.css").is_file() for name in names):
        abort(404)
    response = Response(_text(told), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _text(told: str) -> str:
    """What the sheets say, with the addresses of fonts and pictures whole."""
    known = _texts.get(told)
    if known is None or current_app.debug:
        files = (_FOLDER / f"{name}.css" for name in told.split("+"))
        root = url_for("static", filename="")
        text = "\n".join(file.read_text("utf-8") for file in files)
        # A page that stands still is worth more than its first visit's letters: late ones wait for
        # the next page, for everything under a title would move when they come.
        text = text.replace("font-display: swap", "font-display: optional")
        known = text.replace('url("../', f'url("{root}')
        if len(_texts) < _MOST:
            _texts[told] = known
    return known
