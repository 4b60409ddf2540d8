"""What goes to a printer as letters is letters, in a page that it has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.gateways.letters import CODE_PAGES, in_columns, must_be_drawn, printable, wrapped


def test_french_is_printed_as_it_is_written() -> None:
    text = "Œil de perdrix, « bleu », 3 € l’unité : ça plaît… À Fès, même l’été"
    assert printable(text) == text


def test_the_spaces_of_french_amounts_are_plain_ones() -> None:
    assert printable("3\u202f400,00\u00a0MAD") == "3 400,00 MAD"
    assert printable("\u2212200,00") == "-200,00"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Ṭaṭa", "Tata"),
        ("İstanbul, Łódź", "Istanbul, Lódz"),
        ("🧶 laine", "? laine"),
        ("地毯", "??"),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_what_a_page_lacks_is_written_plainer(text: str, printed: str) -> None:
    assert printable(text) == printed


def test_a_smaller_page_has_stand_ins() -> None:
    assert printable("l’œil… 3 €", "CP437") == "l'oeil... 3 EUR"


@given(st.text())
def test_no_text_is_ever_a_command(text: str) -> None:
    for page, codec in CODE_PAGES.items():
        sent = printable(text, page).encode(codec)
        assert all(byte >= 0x20 and byte != 0x7F for byte in sent)


def test_only_what_no_page_holds_is_drawn() -> None:
    assert must_be_drawn("Tapis زربية")
    assert must_be_drawn("ⴰⵣⵔⴱⵉ")
    assert not must_be_drawn("Œuvre d’Aït Ḥmad, 120 × 180")


@given(st.text(), st.integers(1, 60))
def test_no_line_is_wider_than_the_paper(text: str, width: int) -> None:
    lines = wrapped(text, width, "CP437")
    assert lines
    # A stand-in may be longer than its letter: "..." for one.
    assert all(len(line) <= 3 * width for line in lines)


def test_amounts_stand_under_one_another() -> None:
    assert in_columns(["1,00", "20,00", "300,00"], 42) == "      1,00     20,00    300,00"
    assert in_columns(["1 000 000,00", "2,00"], 42) == "1 000 000,00  2,00"
