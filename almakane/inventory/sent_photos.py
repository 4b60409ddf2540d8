"""Photographs that came with a form: how many, how large, and taken in before any transaction."""

from flask import request

from almakane.db import db
from almakane.errors import Refusal
from almakane.gateways.media import MOST_BYTES, Picture, take_in
from almakane.web import settings

FILES = 6  # at once, from the roll of a telephone
TOO_MANY = Refusal(
    "These are more than we take at once: send fewer photographs. None was kept.", field="picture"
)

_WORDS_BYTES = 64 * 1024  # of a form around its files


def allow_photographs(most: int = FILES) -> None:
    """Let this request, and no other, be as large as so many photographs."""
    request.max_content_length = most * MOST_BYTES + _WORDS_BYTES


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
