"""
Reading the words that things are found by: which begin so, which are rare, which may be meant.

A place of what was asked is a list of words: the one that was typed, or those that were meant.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from almakane.db import Query, rows, rows_of
from almakane.web.words import nearest

_LAST = "\U0010ffff"  # behind every letter
_MANY = 3_000


def begins(table: str, words: Sequence[str]) -> str:
    """SQL for a row of `table`, whose word begins as one of these; `bounds` has its values."""
    return " OR ".join([f"({table}.word >= ? AND {table}.word <= ?)"] * len(words))


def bounds(words: Iterable[str]) -> list[str]:
    """The values for `begins`."""
    return [bound for word in words for bound in (word, word + _LAST)]


def rarest_first(
    session: Session, hub_id: int, asked: Sequence[Sequence[str]]
) -> list[Sequence[str]]:
    """The same places, first what the fewest products have: they are what is read row by row."""
    if len(asked) == 1:
        return list(asked)
    counted = rows_of(
        session,
        *(
            Query(
                "SELECT COUNT(*) FROM (SELECT 1 FROM search_word WHERE hub_id = ? "
                f"AND kind = 'product' AND ({begins('search_word', some)}) LIMIT ?) few",
                (hub_id, *bounds(some), _MANY),
            )
            for some in asked
        ),
    )
    order = sorted(range(len(asked)), key=lambda n: (counted[n][0][0], n))
    return [asked[n] for n in order]


def other_spellings(
    session: Session, hub_id: int, words: Sequence[str], kinds: Sequence[str], most: int
) -> list[list[str]]:
    """
    For each word itself if anything of these kinds has it, else those that may have been meant.

    Empty where one of them means nothing, and where none is spelt otherwise than it was typed. A
    word is held against `most` of each kind that begin with its letter.
    """
    places = [_meant(session, hub_id, word, kinds, most) for word in words]
    return places if all(places) and places != [[word] for word in words] else []


# Each different word once, from seek to seek: the index is never read row by row.
_WORDS = """
WITH RECURSIVE known(word) AS (
    SELECT MIN(word) FROM search_word
    WHERE hub_id = ? AND kind = ? AND word >= ? AND word <= ?
    UNION ALL
    SELECT (SELECT MIN(next.word) FROM search_word next WHERE next.hub_id = ? AND next.kind = ?
            AND next.word > known.word AND next.word <= ?)
    FROM known WHERE known.word IS NOT NULL
)
SELECT word FROM known WHERE word IS NOT NULL LIMIT ?
"""


def _meant(session: Session, hub_id: int, word: str, kinds: Sequence[str], most: int) -> list[str]:
    if not word.isalpha():  # a figure that is wrong is another one
        return [word]
    first, last = f"{word[0]}:", word[0] + _LAST  # behind the digits: codes are no words
    known: set[str] = set()
    for kind in kinds:
        told = (hub_id, kind, first, last, hub_id, kind, last, most)
        known |= {row[0] for row in rows(session, _WORDS, told)}
    if any(other.startswith(word) for other in known):
        return [word]
    return nearest(word, known)
