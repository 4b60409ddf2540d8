"""Photographs that came with a form: how many, how large, and taken in before any transaction."""

from hashlib import sha256

from flask import request
from itsdangerous import BadData, URLSafeSerializer

from almakane.db import db
from almakane.errors import Refusal
from almakane.gateways.media import MOST_BYTES, Picture, take_in
from almakane.web import settings

FILES = 6  # at once, from the roll of a telephone
TOO_MANY = Refusal(
    "These are more than we take at once: send fewer photographs. None was kept.", field="picture"
)

_WORDS_BYTES = 64 * 1024  # of a form around its files
_HEARD_OUT = 4  # times what a photograph may have: read, so that the words beside it are not lost


def allow_photographs(most: int = FILES) -> None:
    """Let this request, and no other, be as large as so many photographs."""
    request.max_content_length = most * MOST_BYTES + _WORDS_BYTES


def allow_one_too_large() -> None:
    """Let this request bring one photograph, and hear one out that will be refused."""
    if request.mimetype == "multipart/form-data":
        allow_photographs(_HEARD_OUT)


def taken_in(name: str, most: int = FILES) -> list[Picture]:
    """
    The pictures of a form's file fields of that name, taken in one by one.

    Never inside of a transaction: each takes a second or so. Raises Refusal for the first that is
    no photograph; those before it stay on the disk, where nobody names them.
    """
    files = [file for file in request.files.getlist(name) if file.filename]
    if not files:
        raise Refusal("Choose a photograph first.", field="picture")
    if len(files) > most:
        raise Refusal(
            "At most %(most)s photographs at once. None was kept.", field="picture", most=most
        )
    db.session().rollback()  # drawing takes its time, and needs no connection
    pictures = []
    for file in files:
        with file.stream:
            pictures.append(take_in(file.read(MOST_BYTES + 1), settings().data_dir / "media"))
    return pictures


def sent_photo(name: str, kept: str) -> Picture | None:
    """
    The photograph of a form, if it has one: sent with it, or before with a form that was refused.

    `kept` is what `as_kept` wrote into that form. Raises Refusal for what is no photograph.
    """
    if any(file.filename for file in request.files.getlist(name)):
        return taken_in(name, 1)[0]
    return _kept(kept)


def as_kept(picture: Picture | None) -> str:
    """A photograph that is taken in, as a form can carry it: a browser sends no file twice."""
    return _signer().dumps(list(picture)) if picture else ""


def _kept(text: str) -> Picture | None:
    try:
        key, width, height = _signer().loads(text)
    except (BadData, TypeError, ValueError):
        return None
    return Picture(key, width, height)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings().secret_key,
        salt="kept-photograph",
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )
