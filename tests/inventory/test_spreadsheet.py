"""Spreadsheets that lie: each is read as it was meant, or a sentence says why a line is not."""

import io
import zipfile
from time import process_time
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.errors import Refusal
from almakane.inventory.piece_list import Reading, is_head, read_pieces
from almakane.inventory.reading import read_amount, read_count
from almakane.inventory.spreadsheet import LARGEST_FILE, decoded, rows_of
from almakane.money import LARGEST, write_amount

HEAD = "Titre;Quantité;Prix;Plancher;Artisans;Code"


def read(content: bytes | str) -> Reading:
    if isinstance(content, str):
        content = content.encode()
    return read_pieces(rows_of(content, is_head))


def wrong_in(content: bytes | str) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, str(one.refusal)) for one in read(content).wrong]


def workbook(rows: list[list[object]], **parts: str) -> bytes:
    """An XLSX with those rows: texts shared, numbers as numbers, formulas as what they came to."""
    words: list[str] = []
    lines = []
    for n, row in enumerate(rows, 1):
        cells = []
        for at, value in enumerate(row):
            name = f"{chr(65 + at)}{n}"
            if isinstance(value, int | float):
                cells.append(f'<c r="{name}"><v>{value!r}</v></c>')
            elif isinstance(value, tuple):
                cells.append(f'<c r="{name}"><f>{value[0]}</f><v>{value[1]}</v></c>')
            elif value is not None:
                cells.append(f'<c r="{name}" t="s"><v>{len(words)}</v></c>')
                words.append(f"<si><t>{escape(str(value))}</t></si>")
        if cells:
            lines.append(f'<row r="{n}">{"".join(cells)}</row>')
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    there = {
        "xl/workbook.xml": f'<workbook {space} xmlns:r="r"><sheets>'
        '<sheet name="Feuil1" sheetId="1" r:id="rId7"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId7"'
        ' Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/sharedStrings.xml": f"<sst {space}>{''.join(words)}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{''.join(lines)}"
        "</sheetData></worksheet>",
    } | {name.replace("__", "/").replace("_xml", ".xml"): text for name, text in parts.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in there.items():
            book.writestr(name, text)
    return packed.getvalue()


# Letters and signs between cells

FRENCH = (
    ("Titre", "Quantité", "Prix"),
    ("Théière gravée", "2", "1 234,50"),
    ("Écuelle à œufs", "1", "80"),
)
ARABIC = (("الاسم", "الكمية", "الثمن"), ("زربية حمراء", "2", "1234,50"), ("صينية", "1", "80"))


def saved(table: tuple[tuple[str, ...], ...], mark: str, end: str = "\r\n") -> str:
    def cell(text: str) -> str:
        return f'"{text}"' if mark in text else text

    return "".join(mark.join(map(cell, row)) + end for row in table)


@pytest.mark.parametrize(
    ("table", "encoding"),
    [
        *((FRENCH, name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")),
        *((ARABIC, name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1256")),
    ],
)
@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_is_read_in_whatever_letters_it_was_saved(
    table: tuple[tuple[str, ...], ...], encoding: str, mark: str, end: str
) -> None:
    reading = read(saved(table, mark, end).encode(encoding))
    assert [(row.title, row.quantity, row.price) for row in reading.rows] == [
        (table[1][0], 2, 123_450),
        (table[2][0], 1, 8_000),
    ]
    assert not reading.wrong


def test_a_file_that_says_how_it_is_divided_is_believed() -> None:
    assert [row.title for row in read("sep=,\r\nTitre,Prix\r\nBol,12\r\n").rows] == ["Bol"]


@pytest.mark.parametrize(
    "head",
    [
        "TITRE ; Qté ; Prix (MAD)",
        "Désignation;Nombre;Prix, DH",
        "title;qty;price",
        "اسم القطعة;العدد;الثمن (درهم)",
        '"Titre";"Quantité";"Prix"',
    ],
)
def test_heads_are_known_by_many_names(head: str) -> None:
    [row] = read(f"{head}\nBol;3;12,5\n").rows
    assert (row.title, row.quantity, row.price) == ("Bol", 3, 1_250)


def test_columns_that_nobody_knows_are_told() -> None:
    assert read("Titre;Couleur;Météo\nBol;bleu;beau\n").strangers == ["Couleur", "Météo"]


# Files that are none


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is nothing in this file."),
        (b"\xef\xbb\xbf", "There is nothing in this file."),
        (b"\n\n;;;\n", "There is nothing in this file."),
        (b"Bol bleu;3;180\n", "none of them is known"),
        (b"%PDF-1.7 ...", "This is no table that can be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old XLS", "This is no table that can be read"),
        (b"PK\x03\x04 no archive", "This workbook cannot be read"),
        (b"\xff\xfeT", "The letters of this file cannot be read"),
        (b"Titre;Prix\n" + b'"' + b"x" * 1_000_001, "A quotation mark is missing"),
        (b"x" * (LARGEST_FILE + 1), "larger than 16 MB"),
    ],
    ids=range(10),
)
def test_what_is_no_list_of_pieces_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        read(content)


# Lines that are wrong


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("Bol;-3;180;;;", "quantity", "This lies below zero."),
        ("Bol;0;180;;;", "quantity", "The quantity is 1 to 1 000 000."),
        ("Bol;2000000;180;;;", "quantity", "The quantity is 1 to 1 000 000."),
        ("Bol;2,5;180;;;", "quantity", "This is not a number of pieces: write it like 12."),
        ("Bol;trois;180;;;", "quantity", "This is not a number of pieces: write it like 12."),
        ("Bol;1;-180;;;", "price", "This lies below zero."),
        ("Bol;1;−180;;;", "price", "This lies below zero."),
        ("Bol;1;0;;;", "price", "The price is zero."),
        ("Bol;1;1.234;;;", "price", "This may be two amounts: write it like 1250,50."),
        ("Bol;1;1e5;;;", "price", "This is not an amount: write it like 1250,50."),
        ("Bol;1;99999999999;;;", "price", "This is not an amount: write it like 1250,50."),
        ("Bol;1;=1+1;;;", "price", "This is a formula: write what it comes to."),
        ("=HYPERLINK(A1);1;180;;;", "title", "This is a formula: write what it comes to."),
        ("@SUM(1);1;180;;;", "title", "This is a formula: write what it comes to."),
        ("+cmd|' /C calc'!A0;1;180;;;", "title", "This is a formula: write what it comes to."),
        ("Bol;1;180;200;;", "floor", "The floor lies above the price: lower it."),
        (";1;180;;;", "title", "It has no name and no code."),
        ("x" * 121 + ";1;180;;;", "title", "This text is too long: at most 120 characters."),
        ("a\x07b;1;180;;;", "title", "This text holds a character that cannot be kept"),
        ("a\x00b;1;180;;;", "title", "This text holds a character that cannot be kept"),
        ("a\u202eb;1;180;;;", "title", "This text holds a character that cannot be kept"),
    ],
)
def test_a_line_that_is_wrong_is_named_with_its_column(line: str, column: str, said: str) -> None:
    content = f"{HEAD}\nTheière;1;10;;;\n\n{line}\nPlat;1;10;;;\n"
    reading = read(content)
    [(number, where, why)] = wrong_in(content)
    assert (number, where) == (4, column)
    assert why.startswith(said)
    assert [row.title for row in reading.rows] == ["Theière", "Plat"]
    assert reading.lines == 3


def test_codes_that_come_twice_are_told_with_their_line() -> None:
    reading = read(f"{HEAD}\nBol;1;10;;;A-1\nBol;1;10;;;a 1\nBol;1;12;;;A-1\nPlat;1;10;;;B\n")
    assert [(row.title, row.reference) for row in reading.rows] == [("Bol", "A-1"), ("Plat", "B")]
    said = [(one.line, str(one.refusal)) for one in reading.wrong]
    assert said[0][0] == 3
    assert said[1] == (4, "This code stands in line 2 too, with something else.")


def test_lines_alike_without_a_code_are_pieces_of_one_kind_and_told() -> None:
    reading = read("Titre;Prix\nBol;10\nBol;10\nBol;10\n")
    assert reading.alike == 2
    assert len({row.key for row in reading.rows}) == 3


def test_artisans_are_told_with_their_parts() -> None:
    made = [
        row.artisans
        for row in read(
            f"{HEAD}\na;1;1;;Aïcha 2, Zohra;\nb;1;1;;عائشة ٢، زهرة ١;\nc;1;1;;Aïcha et Zohra;\n"
            "d;1;1;;Aïcha (3) + Zohra x2;\n"
        ).rows
    ]
    assert made == [
        (("Aïcha", 2), ("Zohra", 1)),
        (("عائشة", 2), ("زهرة", 1)),
        (("Aïcha", 1), ("Zohra", 1)),
        (("Aïcha", 3), ("Zohra", 2)),
    ]


def test_a_quoted_cell_may_hold_the_divider_and_a_line_end() -> None:
    [row] = read('Titre;Note\n"Bol; bleu";"deux\nlignes"\n').rows
    assert (row.title, row.note) == ("Bol; bleu", "deux lignes")


# Workbooks


def test_a_workbook_is_read_as_it_is_seen() -> None:
    reading = read(
        workbook(
            [
                [],
                ["Titre", "Quantité", "Prix", "Artisans"],
                ["Théière", 2, 180.5, "Aïcha"],
                [],
                ["زربية", 1.0, 180.49999999999997, None],
                ["Plat", ("2*3", 6), ("A1", "90"), None],
                ["Cher", 1, 1e7, None],
            ]
        )
    )
    assert [(row.line, row.title, row.quantity, row.price) for row in reading.rows] == [
        (3, "Théière", 2, 18_050),
        (5, "زربية", 1, 18_050),
        (6, "Plat", 6, 9_000),
        (7, "Cher", 1, 10**9),
    ]


@pytest.mark.parametrize(
    "parts",
    [
        {"xl__sharedStrings_xml": '<!DOCTYPE x [<!ENTITY a "b">]><sst><si><t>&a;</t></si></sst>'},
        {"xl__workbook_xml": "<workbook><sheets/></workbook>"},
        {"xl__workbook_xml": "not xml"},
        {"xl__worksheets__sheet1_xml": "<worksheet><sheetData><row>"},
        {"xl__worksheets__sheet1_xml": '<w><row><c t="s"><v>x</v></c></row></w>'},
        {"xl__sharedStrings_xml": "<sst>" + " " * (129 * 1024 * 1024) + "</sst>"},
    ],
    ids=["entities", "no sheet", "no xml", "cut off", "no number", "a bomb"],
)
def test_a_workbook_that_is_none_is_refused_with_a_sentence(parts: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="This workbook cannot be read"):
        read(workbook([["Titre"], ["Bol"]], **parts))


_BACK_AND_FORTH = "<row r='1'/><row r='1048576'/>" * 30
_ONE_CELL = "<row><c r='A1' t='s'><v>0</v></c>" + "<c r='A1' t='s'><v>1</v></c>" * 2_000 + "</row>"


@pytest.mark.parametrize(
    "parts",
    [
        {"xl__worksheets__sheet1_xml": f"<worksheet>{_BACK_AND_FORTH}</worksheet>"},
        {"xl__worksheets__sheet1_xml": "<worksheet><row r='1048577'/></worksheet>"},
        {"xl__sharedStrings_xml": "<sst><t>x</t></sst>"},
        {"xl__workbook_xml": "<workbook><sheet name='a'/></workbook>"},
    ],
    ids=["back and forth", "beyond the last", "a text of nobody", "a sheet of no part"],
)
def test_a_workbook_that_is_made_to_hurt_is_refused_at_once(parts: dict[str, str]) -> None:
    with pytest.raises(Refusal, match="This workbook cannot be read"):
        read(workbook([["Titre"], ["Bol"]], **parts))


def test_a_cell_is_no_longer_than_a_cell_can_be_however_often_it_is_told() -> None:
    words = f"<sst><si><t>Titre</t></si><si><t>{'x' * 32_767}</t></si></sst>"
    head = "<row r='1'><c r='A1' t='s'><v>0</v></c></row>"
    sheet = f"<worksheet>{head}{_ONE_CELL}</worksheet>"
    parts = {"xl__sharedStrings_xml": words, "xl__worksheets__sheet1_xml": sheet}
    assert len(read(workbook([], **parts)).wrong) == 1


def test_a_column_of_a_long_name_is_one_that_is_not_read() -> None:
    name = "A" * 300_000
    sheet = (
        "<worksheet><row r='1'><c r='A1' t='s'><v>0</v></c></row>"
        f"<row r='2'><c r='A2' t='s'><v>1</v></c><c r='{name}2'><v>7</v></c></row></worksheet>"
    )
    [row] = read(workbook([["Titre"], ["Bol"]], xl__worksheets__sheet1_xml=sheet)).rows
    assert row.title == "Bol"


# Many


def many(lines: int) -> bytes:
    rows = (f"Bol {n};{n % 500 - 20};R{n}\n" for n in range(lines))
    return ("Titre;Prix;Code\n" + "".join(rows)).encode()


def test_every_line_is_read_or_named() -> None:
    reading = read(many(10_000))
    assert len(reading.rows) + len(reading.wrong) == reading.lines == 10_000
    assert all(one.refusal.__traceback__ is None for one in reading.wrong)


def test_a_file_without_end_is_refused_as_soon_as_it_is_too_long() -> None:
    with pytest.raises(Refusal, match="more than 100000 lines: divide it"):
        read(b"Titre\n" + b"x\n" * 400_000)


@pytest.mark.parametrize("letter", ["x", "٣", "1", "(", "a ", "=", "é", "x1"])
def test_a_cell_of_a_whole_page_is_named_and_takes_no_time(letter: str) -> None:
    cell = letter * (32_000 // len(letter))
    began = process_time()
    reading = read(("Titre;Prix;Artisans;TVA;Code\n" + ";".join([cell] * 5) + "\n").encode())
    assert process_time() - began < 1
    assert {str(one.refusal) for one in reading.wrong} == {"There is too much in this cell."}
    assert all(len(one.cell) < 100 for one in reading.wrong)


# What nobody chose


@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    try:
        reading = read(content)
    except Refusal:
        return
    assert len(reading.rows) <= reading.lines


@given(st.binary(max_size=300))
def test_no_archive_does_more_than_be_refused(content: bytes) -> None:
    whole = workbook([["Titre", "Prix"], ["Bol", 3]])
    at = len(content) * 7 % len(whole)
    try:
        read(whole[:at] + content + whole[at + len(content) :])
    except Refusal:
        return


WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=40
)


@given(st.lists(st.tuples(WORDS, st.integers(-5, 2_000), st.integers(-100, 10**9)), max_size=20))
def test_each_line_is_read_or_named_and_reading_again_gives_the_same(
    told: list[tuple[str, int, int]],
) -> None:
    rows = [["Titre", "Quantité", "Prix"], *([t, f"{q}", f"{p}"] for t, q, p in told)]
    first, again = (read_pieces(iter(rows)) for _ in range(2))
    assert first.rows == again.rows
    assert len({row.key for row in first.rows}) == len(first.rows)
    assert all(row.quantity > 0 and (row.price or 0) >= 0 for row in first.rows)
    assert first.lines == len({row.line for row in first.rows} | {w.line for w in first.wrong})


@given(st.integers(0, LARGEST), st.sampled_from(("fr", "en", "ar", "plain")))
def test_an_amount_is_read_as_any_of_us_writes_it(amount: int, hand: str) -> None:
    whole, cents = divmod(amount, 100)
    groups = f"{whole:,}"
    written = {
        "fr": f"{groups.replace(',', chr(0x202F))},{cents:02d} MAD",
        "en": f"{groups}.{cents:02d}",
        "ar": f"{groups.replace(',', '٬')}٫{cents:02d} درهم".translate(
            {48 + n: 0x660 + n for n in range(10)}
        ),
        "plain": write_amount(amount),
    }[hand]
    assert read_amount(written) == amount


@pytest.mark.parametrize("text", ["1.234", "1,234", "12,34,567", "1'23", "-1", "1,2,3", "٫", ""])
def test_what_is_no_amount_or_two_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_amount(text)


@pytest.mark.parametrize(
    ("text", "count"), [("12", 12), ("12,0", 12), ("١٢", 12), (" 1 200 ", 1200)]
)
def test_a_count_is_read_in_any_digits(text: str, count: int) -> None:
    assert read_count(text) == count


def test_letters_of_windows_are_told_apart() -> None:
    assert decoded("Théière, très près".encode("cp1252")) == "Théière, très près"
    assert decoded("زربية حمراء".encode("cp1256")) == "زربية حمراء"
