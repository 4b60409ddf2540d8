"""What the database keeps and must not tell: sealed with a key that is not in it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORM = "1"  # of how it is written, so that another way may be told apart one day
_NONCE_BYTES = 12


class Unreadable(Exception):
    """It was sealed with another key, or about something else, or is damaged."""


def seal(secret: str, text: str, about: str) -> str:
    """
    A text that only `unseal` reads, with the same secret and about the same thing.

    `about` says whose it is and what, so that a sealed value moved to another row opens nothing.
    """
    nonce = urandom(_NONCE_BYTES)
    sealed = AESGCM(_key(secret)).encrypt(nonce, text.encode(), about.encode())
    return f"{_FORM}.{urlsafe_b64encode(nonce + sealed).decode('ascii')}"


def unseal(secret: str, sealed: str, about: str) -> str:
    """What was sealed; raises Unreadable."""
    form, _, data = sealed.partition(".")
    try:
        if form != _FORM:
            raise Unreadable
        raw = urlsafe_b64decode(data)
        nonce, kept = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        return AESGCM(_key(secret)).decrypt(nonce, kept, about.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def derive(secret: str, purpose: str) -> bytes:
    """A key of 256 bits for one purpose; a purpose's key tells nothing of another's."""
    return HKDF(SHA256(), 32, salt=None, info=f"almakane/{purpose}".encode()).derive(
        secret.encode()
    )


def _key(secret: str) -> bytes:
    return derive(secret, "vault")
