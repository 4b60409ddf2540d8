"""Answers that are files: what they are, and what a browser calls them when it keeps them."""

import re
from urllib.parse import quote

from flask import Response

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


def pdf_response(name: str, content: bytes) -> Response:
    """A document to look at in the browser, kept as `name.pdf`."""
    response = Response(content, mimetype="application/pdf")
    plain = _PLAIN.sub("-", name).strip("-") or "document"
    response.headers["Content-Disposition"] = (
        f"inline; filename=\"{plain}.pdf\"; filename*=UTF-8''{quote(name, safe='')}.pdf"
    )
    return response
