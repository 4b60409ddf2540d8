"""
Which words a text is found by, and which of them somebody may have meant.

`plain` folds capitals, accents and the dresses of Arabic letters; here the article is taken off an
Arabic word too, so that `الزربية` is found by `زربية` and the other way round. A word is forgiven
one wrong, missing, added or exchanged letter from five letters on, and two from eight on.
"""

from collections.abc import Iterable

from almakane.web.texts import plain

LONGEST = 40
_ARTICLE = "ال"
_LEAST_AFTER_ARTICLE = 3
_MOST_ASKED = 6


def words_of(texts: Iterable[str]) -> set[str]:
    """The words that a thing with these texts is found by."""
    found = set()
    for text in texts:
        for word in plain(text).split():
            found |= {word[:LONGEST], bare(word)[:LONGEST]}
    return found


def bare(word: str) -> str:
    """A word without the Arabic article."""
    rest = word.removeprefix(_ARTICLE)
    return rest if len(rest) >= _LEAST_AFTER_ARTICLE else word


def asked_words(text: str) -> list[str]:
    """The words of what was asked, the longest first: they are the rarest."""
    words = {bare(word)[:LONGEST] for word in plain(text).split()}
    return sorted(words, key=lambda word: (-len(word), word))[:_MOST_ASKED]


def forgives(word: str) -> int:
    """How many letters of a word may be wrong."""
    return 0 if len(word) < 5 else 1 if len(word) < 8 else 2


def distance(one: str, other: str, most: int) -> int:
    """
    How many letters differ, an exchange of two neighbours counting as one.

    Where it is more than `most` nobody asks how much more: it is `most + 1` then.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, there in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


def nearest(word: str, known: Iterable[str], limit: int = 4) -> list[str]:
    """The known words that somebody who typed this one may have meant, the nearest first."""
    most = forgives(word)
    if not most:
        return []
    found = []
    for other in known:
        # What is typed may be the beginning of a word only.
        far = min(distance(word, other[: len(word) + more], most) for more in range(-1, most + 1))
        if far <= most:
            found.append((far, other))
    return [other for _far, other in sorted(found)[:limit]]
