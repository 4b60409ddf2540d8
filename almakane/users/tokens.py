"""Long secrets that a browser or a link holds; the database keeps what tells nothing of them."""

import secrets
from hashlib import sha256


def new_token() -> str:
    """A secret of 256 random bits, fit for an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a secret: nobody guesses 256 bits, so a quick hash is enough."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
