"""How long the cookie of a session lives: hours, or on a person's own phone months."""

from datetime import UTC, datetime, timedelta

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from almakane.web import is_for_ever

IDLE = timedelta(hours=12)  # since the last page, not since the sign-in
LONG_IDLE = timedelta(days=90)
LONG = "long"  # in the cookie


class Sessions(SecureCookieSessionInterface):
    """
    Signed cookies; the server's own row of a session says when it ends, whatever they say.

    They go out with pages, never with a file that somebody else may be handed a copy of.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if not request.headers.get("Cookie"):  # a machine, for which no signer need be made
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        # Who has no session is given none; that a page depends on it, its Vary says already.
        if session.modified or (session and not is_for_ever(response)):
            super().save_session(app, session, response)

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        if not session.permanent:
            return None
        return datetime.now(UTC) + (LONG_IDLE if session.get(LONG) else IDLE)
