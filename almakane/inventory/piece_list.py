"""
A list of pieces as a file tells it: what each line says, and what is wrong with it.

A line is read, or a sentence says why it is not. Reading a file changes nothing, and reading it
again gives the same keys, so that taking it twice takes it once: a line with the maker's own
number goes by that, another by all that it says and how often the file has said so before.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from almakane.errors import Refusal
from almakane.inventory.reading import read_amount, read_count, western
from almakane.web.texts import clean_text

MOST_ROWS = 100_000  # that are looked at: a delivery takes fewer
_MOST_PIECES = 1_000_000
_LONGEST = {
    **{"title": 120, "title_ar": 120, "technique": 120, "reference": 40, "note": 200},
    **{"artisans": 500, "category": 60, "tax_class": 40},
}
_MOST_LETTERS = 2_000  # of a cell that is looked at: several times what any column keeps
_SHOWN = 60  # characters of a cell that is told to people

# Column to the names that people give it: as `_plain` writes them.
NAMES: Mapping[str, tuple[str, ...]] = {
    "title": (
        *("titre", "designation", "nom", "article", "piece", "produit", "libelle", "description"),
        *("title", "name", "item", "product"),
        *("الاسم", "اسم القطعة", "القطعة", "المنتوج", "التسميه", "البيان", "العنوان"),
    ),
    "title_ar": (
        *("titre arabe", "titre ar", "nom arabe", "nom en arabe", "arabe", "designation arabe"),
        *("arabic title", "arabic name", "title ar", "name in arabic", "arabic"),
        *("الاسم بالعربيه", "العنوان بالعربيه", "بالعربيه"),
    ),
    "quantity": (
        *("quantite", "qte", "qt", "nombre", "nb", "quantity", "qty", "count", "pieces"),
        *("الكميه", "العدد", "الكم"),
    ),
    "price": (
        *("prix", "prix de vente", "prix unitaire", "prix public", "pu", "prix mad", "prix dh"),
        *("price", "unit price", "list price", "price mad"),
        *("الثمن", "السعر", "ثمن البيع", "الثمن بالدرهم"),
    ),
    "floor": (
        *("plancher", "prix plancher", "minimum", "prix minimum", "prix min", "pas moins de"),
        *("floor", "lowest price", "minimum price", "not below"),
        *("الحد الادني", "ادني ثمن", "الثمن الادني", "لا يقل عن"),
    ),
    "unit_cost": (
        *("cout", "prix d achat", "prix achat", "paye", "cost", "unit cost", "purchase price"),
        *("ثمن الشراء", "التكلفه"),
    ),
    "artisans": (
        *("artisan", "artisans", "artisane", "artisanes", "fait par", "realise par", "auteur"),
        *("maker", "makers", "made by", "by"),
        *("الصانع", "الصناع", "الصانعه", "من صنع", "صنع"),
    ),
    "category": (
        *("categorie", "famille", "genre", "sorte", "type", "metier", "sorte de piece"),
        *("category", "kind", "craft", "kind of piece"),
        *("النوع", "الصنف", "الفئه", "الحرفه", "نوع القطعه"),
    ),
    "tax_class": (
        *("tva", "classe de tva", "taux", "taux de tva", "vat", "tax", "tax class"),
        *("الضريبه", "الصنف الضريبي"),
    ),
    "technique": (
        *("technique", "matiere", "material", "how it is made", "التقنيه", "الماده", "الطريقه"),
    ),
    "reference": (
        *("reference", "ref", "code", "sku", "numero", "n", "code barre", "code barres", "ean"),
        *("barcode", "number", "no", "الرمز", "المرجع", "الرقم", "الكود"),
    ),
    "note": (
        "note",
        "notes",
        "remarque",
        "remarques",
        "observation",
        "comment",
        "ملاحظه",
        "ملاحظات",
    ),
}
_TAXES = {
    **dict.fromkeys(
        ("20", "20 00", "0 2", "standard", "normal", "taux normal", "عادي"), "standard"
    ),
    **dict.fromkeys(("10", "10 00", "0 1", "reduced", "reduit", "taux reduit", "مخفض"), "reduced"),
    **dict.fromkeys(("0", "0 00", "exempt", "exonere", "exoneree", "معفي", "معفاه"), "exempt"),
}

# What a spreadsheet would run; a number may have its sign.
_FORMULA = re.compile(r"[=@＝＠]|[+＋](?![\d\s.,'٠-٩]+$)")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u061c\u2060\ufeff"))
_LETTERS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ـ": "", "œ": "oe"})
_PART = re.compile(r"(.+?)[\s:=x×(]+(\d{1,7})\)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a file that can be read; what it does not say is empty. Amounts in centimes."""

    line: int  # of the file, as a spreadsheet numbers it
    key: str = ""
    title: str = ""
    title_ar: str = ""
    quantity: int = 1
    price: int | None = None
    floor: int = 0
    unit_cost: int = 0
    artisans: tuple[tuple[str, int], ...] = ()  # as written, with the part of each
    category: str = ""
    tax_class: str = ""
    technique: str = ""
    reference: str = ""
    note: str = ""


class Wrong(NamedTuple):
    """What is wrong with a line, at which column, and what stands there."""

    line: int
    column: str
    refusal: Refusal
    cell: str


@dataclass(slots=True)
class Reading:
    """What a file says: the lines that can be read, and what is wrong with the others."""

    rows: list[Row] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    lines: int = 0  # with anything in them, but for the head
    alike: int = 0  # lines without a number that say what another said: pieces of one kind
    columns: dict[str, int] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)  # heads that nobody knows


def read_pieces(cells: Iterable[Sequence[str]]) -> Reading:
    """All rows of a file, as `walk_pieces` reads them."""
    reading = Reading()
    for one in walk_pieces(cells, reading):
        if isinstance(one, Wrong):
            reading.wrong.append(one)
        else:
            reading.rows.append(one)
    return reading


def walk_pieces(cells: Iterable[Sequence[str]], reading: Reading) -> Iterator[Row | Wrong]:
    """
    Read the rows of a file one after the other; the first with anything in it is the head.

    How many there were is written into `reading`; none of them is kept. Raises Refusal where the
    head names no column for a name or a code, and where there are more rows than anybody can have
    meant.
    """
    said: dict[str, tuple[int, bytes]] = {}  # the maker's number: its line, and what it said
    times: dict[bytes, int] = {}
    for number, row in enumerate(cells, 1):
        if not any(cell and not cell.isspace() for cell in row):
            continue
        if not reading.columns:
            _read_head(reading, row)
            continue
        reading.lines += 1
        if reading.lines > MOST_ROWS:
            raise Refusal(
                "This file has more than %(most)s lines: divide it.", field="sheet", most=MOST_ROWS
            )
        wrong: list[Wrong] = []
        read = _read_row(reading.columns, number, row, wrong)
        read = read and _keyed(read, said, times, wrong)
        yield from wrong
        if read:
            yield read
    if not reading.columns:
        raise Refusal("There is nothing in this file.", field="sheet")
    reading.alike = sum(count - 1 for count in times.values())


def is_head(cell: str) -> bool:
    """Whether a cell is the name of a column."""
    return _plain_head(cell) in _BY_NAME


def plain_word(text: str) -> str:
    """A word without accents, signs and the other dresses of its letters, its digits ours."""
    bare = unicodedata.normalize("NFKD", western(text).translate(_UNSEEN).casefold())
    kept = "".join(c for c in bare if not unicodedata.combining(c)).translate(_LETTERS)
    return " ".join(re.findall(r"\w+", kept))


def _plain_head(cell: str) -> str:
    """A head without its unit: `Prix (MAD)`, `Prix, DH`, `الثمن (درهم)`."""
    return plain_word(re.sub(r"\(.*?\)|[,،]\s*(?:MAD|DHS?|درهم)\s*$", " ", cell[:200]))


_BY_NAME = {plain_word(name): column for column, names in NAMES.items() for name in names}


def _read_head(reading: Reading, row: Sequence[str]) -> None:
    for n, cell in enumerate(row):
        cell = cell[:_MOST_LETTERS]  # noqa: PLW2901
        column = _BY_NAME.get(_plain_head(cell))
        if column and column not in reading.columns:
            reading.columns[column] = n
        elif cell.strip():
            reading.strangers.append(_shown(cell))
    if not {"title", "reference"} & reading.columns.keys():
        raise Refusal(
            "The first line names the columns, and none of them is known: one has to be “titre”,"
            " “الاسم” or “title”.",
            field="sheet",
        )


def _read_row(
    columns: Mapping[str, int], number: int, row: Sequence[str], wrong: list[Wrong]
) -> Row | None:
    """A row without its key, or nothing where something is wrong with it."""
    texts: dict[str, str] = {}
    amounts: dict[str, int] = {}
    for column, n in columns.items():
        cell = row[n] if n < len(row) else ""
        try:
            if len(cell) > _MOST_LETTERS:  # before anything looks at each letter
                raise Refusal("There is too much in this cell.")
            if column in _LONGEST:
                texts[column] = _read_text(column, cell)
            elif cell.strip():
                amounts[column] = _read_number(column, cell)
        except Refusal as refusal:
            refusal.__traceback__ = None  # it would keep all that was read with it
            wrong.append(Wrong(number, column, refusal, _shown(cell)))
    if wrong:
        return None
    if not texts.get("title") and not texts.get("reference"):
        wrong.append(Wrong(number, "title", Refusal("It has no name and no code."), ""))
        return None
    tax = plain_word(texts.pop("tax_class", ""))
    price, floor = amounts.get("price"), amounts.get("floor", 0)
    if tax and tax not in _TAXES:
        no_class = Refusal("This is no tax class: write 20, 10 or 0.")
        wrong.append(Wrong(number, "tax_class", no_class, tax))
        return None
    if price is not None and floor > price:
        too_high = Refusal("The floor lies above the price: lower it.")
        wrong.append(Wrong(number, "floor", too_high, _shown(row[columns["floor"]])))
        return None
    return Row(
        line=number,
        quantity=amounts.get("quantity", 1),
        price=price,
        floor=floor,
        unit_cost=amounts.get("unit_cost", 0),
        artisans=_read_artisans(texts.pop("artisans", "")),
        tax_class=_TAXES[tax] if tax else "",
        **texts,
    )


def _read_text(column: str, cell: str) -> str:
    text = (cell if cell.isascii() else cell.translate(_UNSEEN)).strip()
    if _FORMULA.match(text):
        raise Refusal("This is a formula: write what it comes to.")
    return clean_text(text.replace("\r", " ").replace("\n", " "), longest=_LONGEST[column])


def _read_number(column: str, cell: str) -> int:
    text = western(cell if cell.isascii() else cell.translate(_UNSEEN)).strip()
    if _FORMULA.match(text):
        raise Refusal("This is a formula: write what it comes to.")
    if text.startswith("-"):
        raise Refusal("This lies below zero.")
    if column != "quantity":
        amount = read_amount(text[:100])
        if column == "price" and not amount:
            raise Refusal("The price is zero.")
        return amount
    quantity = read_count(text[:100])
    if not 1 <= quantity <= _MOST_PIECES:
        raise Refusal("The quantity is 1 to 1 000 000.")
    return quantity


def _read_artisans(text: str) -> tuple[tuple[str, int], ...]:
    """`Aïcha 2, Zohra` as names with the part of each: 1 where none is written."""
    made = []
    for one in re.split(r"[,،;؛+/&\n]|\s(?:et|و)\s", western(text)):
        found = _PART.fullmatch(one.strip())
        if found:
            made.append((found[1].strip(), int(found[2])))
        elif one.strip():
            made.append((one.strip(), 1))
    return tuple(made)


def _keyed(
    row: Row, said: dict[str, tuple[int, bytes]], times: dict[bytes, int], wrong: list[Wrong]
) -> Row | None:
    """The row with its key; nothing where its number stands in the file already."""
    told = replace(row, line=0)
    body = hashlib.sha256(repr(told).encode(errors="surrogatepass")).digest()
    if not row.reference:
        times[body] = times.get(body, 0) + 1
        return replace(row, key=f"row:{body.hex()[:40]}:{times[body]}")
    name = plain_word(row.reference)
    if name in said:
        line, before = said[name]
        again = (
            Refusal("This code stands in line %(line)s too, with the same: taken once.", line=line)
            if before == body
            else Refusal("This code stands in line %(line)s too, with something else.", line=line)
        )
        wrong.append(Wrong(row.line, "reference", again, row.reference))
        return None
    said[name] = row.line, body
    return replace(row, key=f"ref:{hashlib.sha256(name.encode()).hexdigest()[:40]}")


def _shown(cell: str) -> str:
    """A cell as it can be told: short, and without what would turn a page around."""
    straight = "".join(c if c.isprintable() else "\ufffd" for c in cell[: _SHOWN + 1])
    return f"{straight[:_SHOWN]}…" if len(cell) > _SHOWN else straight
