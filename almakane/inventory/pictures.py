"""
The files of pictures, for whoever looks: the shop's visitors as much as the house.

A name tells the content and never changes what it means, so browsers keep a file for a year. Only
names that `almakane.gateways.media` gives are looked for.
"""

import re

from flask import Blueprint, Response, abort, send_file

from almakane.web import public, settings

bp = Blueprint("media", __name__)
bp.before_request(public)

_NAME = re.compile(r"[0-9a-f]{32}(?:-(?:400|800|1600)\.webp|-800\.jpg|\.svg)", re.ASCII)
_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg", ".svg": "image/svg+xml"}


@bp.get("/media/<name>")
def show_picture(name: str) -> Response:
    """A file of a picture, as bytes that no browser takes for anything else."""
    path = settings().data_dir / "media" / name
    if not _NAME.fullmatch(name) or not path.is_file():
        abort(404)
    response = send_file(path, mimetype=_TYPES[path.suffix], conditional=True)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
