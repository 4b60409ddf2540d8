"""How long the cookie of a session lives: hours, or on a person's own phone months."""

from datetime import UTC, datetime, timedelta

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin

IDLE = timedelta(hours=12)  # since the last page, not since the sign-in
LONG_IDLE = timedelta(days=90)
LONG = "long"  # in the cookie


class Sessions(SecureCookieSessionInterface):
    """
    Signed cookies; the server's own row of a session says when it ends, whatever they say.

    They go out with pages, never with a file that somebody else may be handed a copy of.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not response.cache_control.immutable or session.modified:
            super().save_session(app, session, response)

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        if not session.permanent:
            return None
        return datetime.now(UTC) + (LONG_IDLE if session.get(LONG) else IDLE)
