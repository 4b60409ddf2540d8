"""What machines send, read strictly: a field too many or of another kind is an error."""

import json
from typing import Any

from flask import request

from almakane.journal.batch import MOST_BYTES
from almakane.journal.bodies import Check
from almakane.journal.event import Unfit


class Unread(Exception):
    """A request that is not taken: its status, and a word for why."""

    def __init__(self, status: int, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.field = status, reason, field


def read_json() -> Any:
    """The body of this request; raises Unread for what is no JSON, or too much of it."""
    if request.mimetype != "application/json":
        raise Unread(415, "not_json")
    if (request.content_length or 0) > MOST_BYTES:
        raise Unread(413, "too_large")
    try:
        return json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise Unread(400, "not_json") from error


def read_fields(check: Check) -> dict[str, Any]:
    """The body as an object of these fields and no other; raises Unread."""
    body = read_json()
    try:
        check(body, "body")
    except Unfit as unfit:
        raise Unread(400, unfit.reason, unfit.field) from unfit
    return dict(body)
