"""The journal of one register on a till of our own: canonical text, hash, signature, chain."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(value: Any) -> str:
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def uuid7(at: datetime) -> str:
    text = f"{round(at.timestamp() * 1000):012x}7{secrets.token_hex(2)[:3]}"
    text += "89ab"[secrets.randbelow(4)] + secrets.token_hex(8)[:15]
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def moment(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


class Key:
    """A P-256 key that never leaves the device."""

    def __init__(self, number: int | None = None) -> None:
        curve = ec.SECP256R1()
        self._key = (
            ec.derive_private_key(number, curve) if number else ec.generate_private_key(curve)
        )

    @property
    def public(self) -> str:
        form = (Encoding.X962, PublicFormat.UncompressedPoint)
        return base64url(self._key.public_key().public_bytes(*form))

    def sign(self, message: str) -> str:
        r, s = decode_dss_signature(self._key.sign(message.encode("ascii"), ec.ECDSA(SHA256())))
        return base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


Event = dict[str, str]  # text, hash, sig


@dataclass
class Journal:
    """An epoch's chain of one mode, as a till keeps it: every row for ever."""

    key: Key
    register: str
    epoch: int
    mode: str
    genesis: str
    events: list[Event] = field(default_factory=list)
    held: int = 0  # up to which seq the server holds it
    tickets: int = 0
    sales: int = 0
    refunds: int = 0

    @property
    def seq(self) -> int:
        return len(self.events)

    @property
    def head(self) -> str:
        return self.events[-1]["hash"] if self.events else sha256(self.genesis)

    def write(
        self,
        kind: str,
        body: dict[str, Any],
        *,
        at: datetime,
        cashier: str = "amina",
        uid: str | None = None,
        **changed: Any,
    ) -> Event:
        """Write one event; `changed` replaces fields of it, for what a broken till would write."""
        fields = {
            "v": 1,
            "register": self.register,
            "epoch": self.epoch,
            "mode": self.mode,
            "seq": self.seq + 1,
            "prev": self.head,
            "uid": uid or uuid7(at),
            "kind": kind,
            "at": moment(at),
            "cashier": cashier,
            "body": body,
            **changed,
        }
        return self.keep(canonical(fields))

    def keep(self, text: str) -> Event:
        """Hash, sign and keep a text as the next event."""
        event = self.sign(text)
        self.events.append(event)
        return event

    def sign(self, text: str) -> Event:
        hash_ = sha256(text)
        return {"text": text, "hash": hash_, "sig": self.key.sign(f"almakane-journal-1:{hash_}")}

    def next_number(self) -> str:
        self.tickets += 1
        code = self.register.split("/")[1]
        mark = "X" if self.mode == "training" else ""
        return f"{code}-{self.epoch}-{mark}{self.tickets:06d}"
