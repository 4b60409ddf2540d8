"""Whether the house is shown by day, by night, or as the device has it."""

from flask import Response, has_request_context, request

from almakane.web import settings

THEMES = ("device", "light", "dark")  # `device` is no theme of ours: the browser decides

COOKIE = "theme"
_YEAR_SECONDS = 365 * 24 * 3600


def chosen_theme() -> str:
    """What the person chose in this browser."""
    chosen = request.cookies.get(COOKIE) if has_request_context() else None
    return chosen if chosen in THEMES else "device"


def keep_theme(response: Response, chosen: str) -> Response:
    """Remember a choice for a year; without one the browser is asked anew each time."""
    if chosen == "device":
        response.delete_cookie(COOKIE, secure=settings().is_secure, httponly=True, samesite="Lax")
    else:
        response.set_cookie(
            COOKIE,
            chosen,
            max_age=_YEAR_SECONDS,
            secure=settings().is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response
