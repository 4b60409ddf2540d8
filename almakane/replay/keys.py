"""
The keys of a replay's registers, derived from the file: a run that was cut short has them again.

A real device makes its key by chance and never lets it out. Here whoever has the file has the keys
too, so such a journal proves how the shop treats journals, and nothing about who wrote it.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from almakane.journal.signing import encode

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


class Key:
    """The key of one register in the replay of one file."""

    def __init__(self, mark: str, register: str) -> None:
        self._seed = f"almakane replay {mark}/{register}"
        number = int.from_bytes(self._hash("key"), "big") % (_ORDER - 1) + 1
        self._private = ec.derive_private_key(number, ec.SECP256R1())

    @property
    def public(self) -> str:
        """The uncompressed point, as a device enrols with it."""
        point = self._private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return encode(point)

    def sign(self, message: bytes) -> str:
        """A signature as devices write it: raw r||s."""
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(SHA256())))
        return encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def ticket_key(self, uid: str) -> str:
        """The 128 bits that open a ticket's page."""
        return encode(self._hash(f"ticket/{uid}")[:16])

    def _hash(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._seed}/{text}".encode()).digest()
