"""What a machine is told when its request was not taken (RFC 9457): nothing of it was kept."""

from typing import Any

from flask import Response, json
from flask_babel import lazy_gettext

from almakane.web.failures import RETRY_SECONDS

_TITLES = {
    400: lazy_gettext("This is not the shape of such a request; nothing was kept."),
    401: lazy_gettext("This token opens nothing."),
    403: lazy_gettext("This is not yours to do; nothing was kept."),
    404: lazy_gettext("There is nothing at this address."),
    409: lazy_gettext("What you hold is not what we hold; nothing was changed."),
    413: lazy_gettext("This is more than we take at once; nothing was kept."),
    415: lazy_gettext("This door takes application/json."),
    422: lazy_gettext("This could not be taken; nothing was changed."),
    429: lazy_gettext("That was too often in too short a time."),
    500: lazy_gettext("Something broke on our side; send the same again."),
    503: lazy_gettext("The books are busy just now; send the same again."),
}


def problem(status: int, reason: str, title: str | None = None, **members: Any) -> Response:
    """A problem with its status, a machine word for the reason, and a sentence for people."""
    told = {
        "type": f"about:blank#{reason}",
        "status": status,
        "reason": reason,
        "title": title or str(_TITLES[status]),
        **members,
    }
    response = Response(json.dumps(told), status, mimetype="application/problem+json")
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
