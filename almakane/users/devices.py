"""
Devices on which a person has come in before: strangers who guess cannot keep these out.

A device is known by a signed cookie for each account, so that a till knows all who work at it. The
cookie opens nothing: it only says whose wrong passwords count together.
"""

import secrets
from hashlib import sha256

from flask import Response, request
from itsdangerous import BadSignature, TimestampSigner

from almakane.web import settings

_YEAR_SECONDS = 365 * 24 * 3600


def known_device(account: str) -> str | None:
    """The name of the device that asks, if this account has come in on it within a year."""
    try:
        name = _signer(account).unsign(request.cookies.get(_cookie(account), ""), _YEAR_SECONDS)
    except BadSignature:
        return None
    return name.decode("ascii")


def keep_device(response: Response, account: str) -> None:
    """Know this device from now on, as one on which the account came in."""
    name = known_device(account) or secrets.token_urlsafe(16)
    response.set_cookie(
        _cookie(account),
        _signer(account).sign(name).decode("ascii"),
        max_age=_YEAR_SECONDS,
        secure=settings().is_secure,
        httponly=True,
        samesite="Lax",
    )


def _cookie(account: str) -> str:
    name = f"device-{sha256(account.encode()).hexdigest()[:12]}"
    return f"__Host-{name}" if settings().is_secure else name


def _signer(account: str) -> TimestampSigner:
    return TimestampSigner(
        settings().secret_key,
        salt=f"device/{account}",
        key_derivation="hmac",
        digest_method=sha256,
    )
