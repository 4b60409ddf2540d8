"""Signatures of registers: ECDSA on P-256 with SHA-256, raw r||s, base64url without padding."""

import base64
import binascii
import re
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

_KEY_LENGTH, _SIGNATURE_LENGTH = 87, 86  # of 65 and 64 bytes
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def encode(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of base64url without padding; raises ValueError for any other spelling of them."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if encode(data) != text:
        raise ValueError("not the one spelling of these bytes")
    return data


def is_key(key: str) -> bool:
    """Whether a text is a public key: an uncompressed point on the curve."""
    try:
        _public(key)
    except ValueError:
        return False
    return True


def verifies(key: str, signature: str, message: bytes) -> bool:
    """Whether the holder of a key signed a message; a malformed signature verifies nothing."""
    if len(signature) != _SIGNATURE_LENGTH:
        return False
    try:
        raw = decode(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        _public(key).verify(der, message, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=256)
def _public(key: str) -> EllipticCurvePublicKey:
    if len(key) != _KEY_LENGTH:
        raise ValueError("not a key")
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decode(key))
