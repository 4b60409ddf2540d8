"""Which texts can be kept."""

import re

_HALF = re.compile("[\ud800-\udfff]")


def can_be_kept(text: str, most: int) -> bool:
    """Whether a column of `most` characters takes a text: no NUL, no half of a character."""
    return len(text) <= most and is_text(text)


def is_text(text: str) -> bool:
    """Whether a string can be hashed and kept: no NUL, no half of a character."""
    # Most texts are ASCII, which a string knows of itself.
    return "\x00" not in text and (text.isascii() or not _HALF.search(text))
