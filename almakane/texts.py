"""Which texts can be kept."""

import re

_NO_UNICODE = re.compile("[\x00\ud800-\udfff]")


def can_be_kept(text: str, most: int) -> bool:
    """Whether a column of `most` characters takes a text: no NUL, no half of a character."""
    return len(text) <= most and not _NO_UNICODE.search(text)
