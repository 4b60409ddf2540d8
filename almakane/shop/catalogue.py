"""
The catalogue: every piece that the street may see, found by craft, place, maker, price and words.

It stands in memory, read anew when its version changes: what is said of pieces apart from what is
on hand of them, so that a sale costs one sum and not a reading of all texts. Where that reading
takes long, pages go on with what they have for ten times as long, at most `LIFE`.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Lock
from time import monotonic, thread_time
from typing import NamedTuple
from weakref import WeakKeyDictionary

from flask_babel import force_locale
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from almakane.cooperatives.words import CRAFTS, REGIONS
from almakane.db import Query, rows_of, utc_text
from almakane.inventory.holds import CLAIMABLE
from almakane.shop.version import LIFE, Version
from almakane.web.languages import LANGUAGES
from almakane.web.texts import plain
from almakane.web.words import asked_words, forgives, nearest, words_of

LONGEST_SEARCH = 100
_MOST_ARCHIVED = 5_000  # sold pieces that can be looked through; each keeps its own page
_MOST_FOUND = 64  # lists that are kept; one of ten thousand pieces takes 80 kB
_LAST = "\U0010ffff"


class State(StrEnum):
    """How a piece stands."""

    HERE = "here"  # it can be bought
    HELD = "held"  # here, and somebody has a claim on it
    SOLD = "sold"  # none is left


class Sort(StrEnum):
    """In which order pieces are shown."""

    NEWEST = "newest"
    CHEAPEST = "cheapest"
    DEAREST = "dearest"


# From and to, in dirhams; the last is open. Their name is how an address says them.
BANDS: dict[str, tuple[int, int | None]] = {
    "0-200": (0, 200),
    "200-500": (200, 500),
    "500-1000": (500, 1_000),
    "1000-3000": (1_000, 3_000),
    "3000": (3_000, None),
}


_BAND_NAMES = list(BANDS)
_BAND_STARTS = [least for least, _most in BANDS.values()]


@dataclass(frozen=True, slots=True)
class Piece:
    """A product as the street sees it."""

    id: int
    code: str
    craft: str
    maker_id: int
    region: str
    technique: str
    price: int
    titles: tuple[str, ...]  # in the order of LANGUAGES
    techniques: tuple[str, ...]

    def title(self, language: str) -> str:
        """What it is called in a language, else in another, else its code."""
        return _in(self.titles, language) or self.code


class Workshop(NamedTuple):
    """A maker as the street sees her."""

    id: int
    code: str
    kind: str
    craft: str
    region: str
    names: tuple[str, ...]
    places: tuple[str, ...]

    def name(self, language: str) -> str:
        """What she is called in a language."""
        return _in(self.names, language)

    def place(self, language: str) -> str:
        """Where she works."""
        return _in(self.places, language)


class OnHand(NamedTuple):
    """How much of a product there is, and when the last of it came."""

    free: int
    on_shelf: int
    all: int
    came_on: str  # the day of its last delivery, YYYY-MM-DD


_NONE = OnHand(0, 0, 0, "")


def _in(texts: Sequence[str], language: str) -> str:
    own = texts[list(LANGUAGES).index(language)]
    return own or next((text for text in texts if text), "")


def slug(text: str) -> str:
    """A text as an address says it."""
    return plain(text).replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Asked:
    """How the catalogue was narrowed; empty where it was not."""

    words: str = ""
    craft: str = ""
    region: str = ""
    technique: str = ""
    maker: str = ""
    price: str = ""
    is_here: bool = False  # on the shelf of the boutique
    is_sold: bool = False  # the archive instead of what is for sale
    sort: Sort | None = None


@dataclass
class Found:
    """What was found: ids in order, how many each filter would show, and what was meant."""

    ids: list[int]
    crafts: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    techniques: Counter[str] = field(default_factory=Counter)
    makers: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    here: int = 0
    meant: list[str] = field(default_factory=list)


class Texts:
    """What is said of pieces, and by which words each is found."""

    def __init__(
        self,
        pieces: dict[int, Piece],
        makers: dict[int, Workshop],
        said: Iterable[tuple[int, set[str]]],
    ) -> None:
        self.pieces = pieces
        self.makers = makers
        self.by_code = {piece.code: piece.id for piece in pieces.values()}
        self.maker_by_code = {maker.code: maker for maker in makers.values()}
        having: defaultdict[str, list[int]] = defaultdict(list)
        for piece_id, words in said:
            for word in words:
                having[word].append(piece_id)
        self._having = dict(having)
        self._words = sorted(having)
        self.titles = {piece.id: plain(" ".join(piece.titles)) for piece in pieces.values()}

    def with_words(self, text: str) -> tuple[set[int], list[str]] | None:
        """The pieces that have all of those words, or what was meant by them; none asked, none."""
        words = asked_words(text[:LONGEST_SEARCH])
        if not words:
            return None
        found: set[int] | None = None
        meant: list[str] = []
        for word in words:
            having = self._beginning(word)
            if not having:
                near = nearest(word, self._like(word))
                meant += near[:1]
                having = set().union(*(self._beginning(other) for other in near))
            found = having if found is None else found & having
            if not found:
                return set(), []
        return found or set(), meant

    def _beginning(self, word: str) -> set[int]:
        first = bisect_left(self._words, word)
        last = bisect_left(self._words, word + _LAST, first)
        return set().union(*(self._having[known] for known in self._words[first:last]))

    def _like(self, word: str) -> list[str]:
        """The words that have nearly the same letters; the others need not be looked at."""
        most = forgives(word)
        if not most:
            return []
        letters, long = set(word), len(word)
        return [
            other
            for other in self._words
            if len(other) >= long - most
            and not other[0].isdigit()
            and len(letters.intersection(other)) >= len(letters) - most
        ]


class Catalogue:
    """Pieces, their makers, and what is on hand: a picture of one moment."""

    def __init__(self, texts: Texts, stock: dict[int, OnHand]) -> None:
        self.texts = texts
        self.stock = stock
        there = self._newest_first()
        self.for_sale = [piece for piece in there if stock[piece.id].all]
        self.archive = [piece for piece in there if not stock[piece.id].all][:_MOST_ARCHIVED]
        self.of_maker = Counter(piece.maker_id for piece in self.for_sale)
        self._found: dict[Asked, Found] = {}

    def _newest_first(self) -> list[Piece]:
        """The pieces by the day they came on; makers who came on one day take turns."""
        there = [piece for piece in self.texts.pieces.values() if piece.id in self.stock]
        there.sort(key=lambda piece: -piece.id)
        seen: Counter[tuple[str, int]] = Counter()
        turns: dict[int, int] = {}
        for piece in there:
            who = (self.stock[piece.id].came_on, piece.maker_id)
            turns[piece.id] = seen[who]
            seen[who] += 1
        there.sort(key=lambda piece: turns[piece.id])
        there.sort(key=lambda piece: self.stock[piece.id].came_on, reverse=True)
        return there

    def state(self, product_id: int) -> State:
        """How a piece stands."""
        there = self.stock.get(product_id, _NONE)
        return State.HERE if there.free else State.HELD if there.all else State.SOLD

    def on_hand(self, product_id: int) -> OnHand:
        """How much there is of a piece."""
        return self.stock.get(product_id, _NONE)

    def piece(self, code: str) -> Piece | None:
        """The piece of that code, if it was ever here."""
        product_id = self.texts.by_code.get(code)
        return self.texts.pieces[product_id] if product_id in self.stock else None

    def newest(self, count: int) -> list[Piece]:
        """The newest that can be bought, one of each maker before any second one."""
        free = [piece for piece in self.for_sale if self.stock[piece.id].free]
        seen: Counter[int] = Counter()
        turns = []
        for place, piece in enumerate(free[:2_000]):
            turns.append((seen[piece.maker_id], place, piece))
            seen[piece.maker_id] += 1
        return [piece for _turn, _place, piece in sorted(turns, key=lambda t: t[:2])[:count]]

    def by_maker(self, maker_id: int, count: int, *, but: int = 0) -> list[Piece]:
        """The newest of one maker that can be bought."""
        found = (p for p in self.for_sale if p.maker_id == maker_id and p.id != but)
        return [piece for piece, _n in zip(found, range(count), strict=False)]

    def find(self, asked: Asked) -> Found:
        """
        The pieces that were asked for, and how many each further filter would leave.

        It stays with this picture of the stock, for the further pages of the same list.
        """
        found = self._found.get(asked)
        if found is None:
            found = self._look(asked)
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            self._found[asked] = found
        return found

    def _look(self, asked: Asked) -> Found:
        pieces = self.archive if asked.is_sold else self.for_sale
        named = self.texts.with_words(asked.words) if asked.words else None
        if asked.words and named is None:
            return Found([])
        if named:
            pieces = [piece for piece in pieces if piece.id in named[0]]
        failing = self._failing(asked, pieces)
        left = [piece for piece in pieces if piece.id not in failing]
        found = Found([piece.id for piece in left], meant=named[1] if named else [])

        def with_those_for(name: str) -> list[Piece]:
            """What would be left without that filter."""
            return left + [piece for piece in pieces if failing.get(piece.id) == name]

        codes = {one.id: one.code for one in self.texts.makers.values()}
        found.crafts.update(piece.craft for piece in with_those_for("craft"))
        found.regions.update(piece.region for piece in with_those_for("region"))
        found.techniques.update(piece.technique for piece in with_those_for("technique"))
        found.makers.update(codes[piece.maker_id] for piece in with_those_for("maker"))
        found.bands.update(band_of(piece.price) for piece in with_those_for("price"))
        found.here = sum(self.stock[piece.id].on_shelf > 0 for piece in with_those_for("here"))
        self._sort(found, asked)
        return found

    def _failing(self, asked: Asked, pieces: list[Piece]) -> dict[int, str]:
        """Those that a filter keeps out: which one, or "" where there are several."""
        maker = self.texts.maker_by_code.get(asked.maker)
        maker_id = maker.id if maker else 0
        filters: list[tuple[str, object, Callable[[Piece], bool]]] = [
            ("craft", asked.craft, lambda piece: piece.craft == asked.craft),
            ("region", asked.region, lambda piece: piece.region == asked.region),
            ("technique", asked.technique, lambda piece: piece.technique == asked.technique),
            ("maker", asked.maker, lambda piece: piece.maker_id == maker_id),
            ("price", asked.price, lambda piece: band_of(piece.price) == asked.price),
            ("here", asked.is_here, lambda piece: self.stock[piece.id].on_shelf > 0),
        ]
        failing: dict[int, str] = {}
        for name, wanted, passes in filters:
            if wanted:
                for piece in pieces:
                    if not passes(piece):
                        failing[piece.id] = "" if piece.id in failing else name
        return failing

    def _sort(self, found: Found, asked: Asked) -> None:
        pieces = self.texts.pieces
        match asked.sort:
            case Sort.CHEAPEST:
                found.ids.sort(key=lambda one: pieces[one].price)
            case Sort.DEAREST:
                found.ids.sort(key=lambda one: -pieces[one].price)
            case None if asked.words:
                words = [*asked_words(asked.words), *found.meant]
                titles = self.texts.titles
                found.ids.sort(key=lambda one: -sum(word in titles[one] for word in words))


def band_of(price: int) -> str:
    """The band that a price in centimes lies in."""
    return _BAND_NAMES[bisect_right(_BAND_STARTS, price // 100) - 1]


# Reading it

_PIECES = """
SELECT p.id, p.code, p.category, p.technique, p.price, p.maker_id FROM product p
WHERE p.hub_id = ? AND p.disabled_at IS NULL AND p.off_web_at IS NULL
"""
_TEXTS = """
SELECT t.product_id, t.language, t.title, t.technique, t.materials FROM product_text t
JOIN product p ON p.id = t.product_id
WHERE p.hub_id = ? AND p.disabled_at IS NULL AND p.off_web_at IS NULL
"""
_MAKERS = "SELECT id, code, kind, craft, region, name, place FROM maker WHERE hub_id = ?"
_MAKER_TEXTS = """
SELECT t.maker_id, t.language, t.name, t.place FROM maker_text t
JOIN maker m ON m.id = t.maker_id WHERE m.hub_id = ?
"""
_ARTISANS = "SELECT maker_id, name, name_ar FROM artisan WHERE hub_id = ? AND left_at IS NULL"


def read_texts(session: Session, hub_id: int) -> Texts:
    """All that is said of the pieces of a hub."""
    pieces, texts, makers, maker_texts, artisans = rows_of(
        session,
        *(Query(sql, (hub_id,)) for sql in (_PIECES, _TEXTS, _MAKERS, _MAKER_TEXTS, _ARTISANS)),
    )
    workshops, said_of_maker = _workshops(makers, maker_texts, artisans)
    crafts = _said_crafts()
    order = {code: n for n, code in enumerate(LANGUAGES)}
    told: dict[int, list[tuple[str, str, str]]] = {}
    for product_id, language, *words in texts:
        if language in order:
            own = told.setdefault(product_id, [("", "", "")] * len(order))
            own[order[language]] = (words[0], words[1], words[2])
    found: dict[int, Piece] = {}
    nothing = [("", "", "")] * len(order)
    for product_id, code, craft, technique, price, maker_id in pieces:
        own = told.get(product_id, nothing)
        maker = workshops[maker_id]
        first = own[order["fr"]][1] or technique
        found[product_id] = Piece(
            product_id,
            code,
            craft,
            maker_id,
            slug(maker.region),
            slug(first.partition(",")[0]),
            price,
            tuple(words[0] for words in own),
            tuple(words[1] for words in own) if any(words[1] for words in own) else (first, "", ""),
        )

    def said() -> Iterator[tuple[int, set[str]]]:
        """The words of each piece; of all at once they would take more room than all the rest."""
        for product_id, code, craft, technique, _price, maker_id in pieces:
            own = told.get(product_id, nothing)
            yield (
                product_id,
                words_of((code, technique, *(text for words in own for text in words)))
                | said_of_maker[maker_id]
                | crafts.get(craft, set()),
            )

    return Texts(found, workshops, said())


def _workshops(
    makers: list[tuple[int, str, str, str, str, str, str]],
    texts: list[tuple[int, str, str, str]],
    artisans: list[tuple[int, str, str]],
) -> tuple[dict[int, Workshop], dict[int, set[str]]]:
    """Makers by their ids, and the words that their pieces are found by."""
    called = {(maker_id, language): (name, place) for maker_id, language, name, place in texts}
    regions = {code: str(label) for code, label in REGIONS.items()}
    found, said = {}, {}
    for maker_id, code, kind, craft, region, name, place in makers:
        own = [called.get((maker_id, language), ("", "")) for language in LANGUAGES]
        names = tuple(pair[0] for pair in own) if any(pair[0] for pair in own) else (name, "", "")
        places = tuple(pair[1] for pair in own) if any(pair[1] for pair in own) else (place, "", "")
        found[maker_id] = Workshop(maker_id, code, kind, craft, region, names, places)
        said[maker_id] = words_of((name, place, region, regions.get(region, ""), *names, *places))
    for maker_id, name, name_ar in artisans:
        said[maker_id] |= words_of((name, name_ar))
    return found, said


def _said_crafts() -> dict[str, set[str]]:
    """What crafts are called in each language."""
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        with force_locale(language):
            for craft, label in CRAFTS.items():
                found.setdefault(craft, set()).update(words_of((str(label),)))
    return found


_STOCK = """
SELECT lot.product_id, SUM(l.quantity),
       SUM(CASE WHEN place.kind = 'shelf' THEN l.quantity ELSE 0 END)
FROM place JOIN site ON site.id = place.site_id
JOIN stock_level l ON l.place_id = place.id AND l.quantity > 0 JOIN lot ON lot.id = l.lot_id
WHERE site.hub_id = ? AND place.kind IN (??) GROUP BY lot.product_id
"""
_HELD = """
SELECT lot.product_id, SUM(hold.quantity) FROM hold JOIN lot ON lot.id = hold.lot_id
WHERE hold.hub_id = ? AND hold.ended_at IS NULL
AND (hold.expires_at IS NULL OR hold.expires_at > ?) GROUP BY lot.product_id
"""
_LOTS = """
SELECT lot.product_id, MAX(consignment.day) FROM lot
JOIN consignment ON consignment.id = lot.consignment_id WHERE lot.hub_id = ? GROUP BY lot.product_id
"""


def read_stock(session: Session, hub_id: int, now: datetime) -> dict[int, OnHand]:
    """Product to what is on hand of it, for each of which a lot was ever taken in."""
    kinds = [kind.value for kind in CLAIMABLE]
    levels, held, lots = rows_of(
        session,
        Query(_STOCK, (hub_id, kinds)),
        Query(_HELD, (hub_id, utc_text(now))),
        Query(_LOTS, (hub_id,)),
    )
    claimed = {product_id: int(quantity) for product_id, quantity in held}
    there = {product_id: (int(whole), int(shelf)) for product_id, whole, shelf in levels}
    found = {}
    for product_id, came_on in lots:
        whole, shelf = there.get(product_id, (0, 0))
        free = max(whole - claimed.get(product_id, 0), 0)
        found[product_id] = OnHand(free, min(shelf, free), whole, str(came_on))
    return found


class _Shelf:
    """The catalogue of one database, and of which moment it is."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.version: Version | None = None
        self.catalogue: Catalogue | None = None
        self.texts: Texts | None = None
        self.read_at = 0.0
        self.took = 0.0


_PATIENT_ABOVE = 0.1  # seconds of work: what is read in less is read at once
_PATIENCE = 10
_shelves: WeakKeyDictionary[Engine, dict[int | None, _Shelf]] = WeakKeyDictionary()


def the_catalogue(session: Session, version: Version, now: datetime) -> Catalogue:
    """The catalogue at a version, or a little before it where reading it takes long."""
    bind = session.get_bind()
    of_hub = _shelves.setdefault(bind if isinstance(bind, Engine) else bind.engine, {})
    shelf = of_hub.setdefault(version.hub_id, _Shelf())
    kept = shelf.catalogue
    if kept and (shelf.version == version and not _is_old(shelf)):
        return kept
    if kept:
        wait = shelf.took * _PATIENCE if shelf.took > _PATIENT_ABOVE else 0
        if monotonic() - shelf.read_at < min(wait, LIFE.total_seconds()):
            return kept
        if not shelf.lock.acquire(blocking=shelf.took <= _PATIENT_ABOVE):
            return kept  # somebody else reads it already
    else:
        shelf.lock.acquire()
    try:
        if shelf.catalogue and shelf.version == version and not _is_old(shelf):
            return shelf.catalogue
        return _read(session, shelf, version, now)
    finally:
        shelf.lock.release()


def _is_old(shelf: _Shelf) -> bool:
    return monotonic() - shelf.read_at > LIFE.total_seconds()


def _read(session: Session, shelf: _Shelf, version: Version, now: datetime) -> Catalogue:
    began = thread_time()
    before = shelf.version
    texts = shelf.texts
    if texts is None or before is None or before.words != version.words:
        texts = read_texts(session, version.hub_id) if version.hub_id else Texts({}, {}, ())
    stock = read_stock(session, version.hub_id, now) if version.hub_id else {}
    shelf.texts = texts
    shelf.catalogue = Catalogue(texts, stock)
    shelf.version = version
    shelf.read_at = monotonic()
    shelf.took = thread_time() - began
    return shelf.catalogue
