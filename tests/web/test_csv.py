"""Cells that a spreadsheet reads as they are meant, and runs none of."""

import csv
import re
from datetime import date

import pytest

from almakane.web.csv import csv_amount, safe_cell, write_csv


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://evil.example","here")',
        "+1+1",
        "-1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\n=1",
        "  =1+1",
        "\u00a0=1+1",
        "＝1+1",
        "-",
        "+212661000009 ",
        "-1,5,5",
        "-١",
    ],
)
def test_what_begins_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Plat,=1+1", "Plat ; @SUM(A1)", "a,b,\t=1"])
def test_what_another_separator_would_make_a_formula_gets_one_too(text: str) -> None:
    assert re.search(r"[,;\t]\s*'[=@]", safe_cell(text))


@pytest.mark.parametrize(
    "text", ["-1234,50", "+12", "0,00", "-5", "Tapis", "2026-11-27", "", "a=b"]
)
def test_numbers_and_names_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_days_and_counts_and_nothing() -> None:
    assert [safe_cell(value) for value in (date(2026, 11, 27), -3, None)] == [
        "2026-11-27",
        "-3",
        "",
    ]


@pytest.mark.parametrize(
    ("centimes", "text"),
    [(0, "0,00"), (5, "0,05"), (-5, "-0,05"), (-123_450, "-1234,50"), (10**14, "1000000000000,00")],
)
def test_an_amount_is_a_number_with_a_comma(centimes: int, text: str) -> None:
    assert csv_amount(centimes) == text
    assert safe_cell(text) == text


def test_a_table_begins_with_the_mark_and_is_read_again() -> None:
    rows = [["Théière; gravée", 'dite "la grande"', "-1,50"], ["سجاد", "=1", "0,00"]] * 201
    text = "".join(write_csv(["Pièce", "Nom", "Solde"], rows))
    assert text.startswith("\ufeffPièce;Nom;Solde\r\n")
    read = list(csv.reader(text[1:].splitlines(keepends=True), delimiter=";"))
    assert read[1:3] == [rows[0], ["سجاد", "'=1", "0,00"]]
    assert len(read) == 403


def test_a_table_comes_in_pieces() -> None:
    assert len(list(write_csv(["n"], ([n] for n in range(450))))) == 3
