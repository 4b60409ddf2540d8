"""Codes that a phone makes out of a secret and the time: six digits, another each half minute."""

import hmac
import unicodedata
from datetime import datetime

from pyotp import TOTP, random_base32

_SECONDS = 30
_DIGITS = 6
_DRIFT = 1  # steps before and after: a phone's clock is off, and people type slowly
ISSUER = "Almakane"


def new_secret() -> str:
    """160 random bits, as an authenticator takes them."""
    return random_base32()


def step_at(now: datetime) -> int:
    """The number of the half minute that a moment is in."""
    return int(now.timestamp()) // _SECONDS


def seconds_left(now: datetime) -> int:
    """How long the code of a moment is shown yet."""
    return _SECONDS - int(now.timestamp()) % _SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of one half minute."""
    return TOTP(secret).generate_otp(step)


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The half minute whose code was typed, if it is this one or next to it."""
    code = read_code(typed)
    if code is None:
        return None
    here = step_at(now)
    right = [
        step
        for step in range(here - _DRIFT, here + _DRIFT + 1)
        if hmac.compare_digest(code_at(secret, step), code)
    ]
    return max(right, default=None)


def read_code(typed: str) -> str | None:
    """Six digits as they are compared, on whichever keyboard they were typed; else None."""
    digits = [unicodedata.decimal(letter, None) for letter in "".join(typed.split())]
    if len(digits) != _DIGITS or None in digits:
        return None
    return "".join(map(str, digits))


def enrolment_address(secret: str, account: str) -> str:
    """What the QR code says that an authenticator reads."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)
