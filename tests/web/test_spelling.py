"""Amounts in words: by a table that a person has read, and by rules over all amounts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.web.spelling import spell

# centimes, French, Arabic
VECTORS = [
    (0, "zéro dirham", "صفر درهم"),
    (1, "un centime", "سنتيم واحد"),
    (2, "deux centimes", "سنتيمان"),
    (5, "cinq centimes", "خمسة سنتيمات"),
    (10, "dix centimes", "عشرة سنتيمات"),
    (11, "onze centimes", "أحد عشر سنتيما"),
    (99, "quatre-vingt-dix-neuf centimes", "تسعة وتسعون سنتيما"),
    (1_00, "un dirham", "درهم واحد"),
    (1_01, "un dirham et un centime", "درهم واحد وسنتيم واحد"),
    (2_00, "deux dirhams", "درهمان"),
    (2_02, "deux dirhams et deux centimes", "درهمان وسنتيمان"),
    (3_00, "trois dirhams", "ثلاثة دراهم"),
    (8_50, "huit dirhams et cinquante centimes", "ثمانية دراهم وخمسون سنتيما"),
    (10_00, "dix dirhams", "عشرة دراهم"),
    (11_00, "onze dirhams", "أحد عشر درهما"),
    (12_00, "douze dirhams", "اثنا عشر درهما"),
    (13_00, "treize dirhams", "ثلاثة عشر درهما"),
    (16_00, "seize dirhams", "ستة عشر درهما"),
    (17_00, "dix-sept dirhams", "سبعة عشر درهما"),
    (18_00, "dix-huit dirhams", "ثمانية عشر درهما"),
    (20_00, "vingt dirhams", "عشرون درهما"),
    (21_00, "vingt et un dirhams", "واحد وعشرون درهما"),
    (22_00, "vingt-deux dirhams", "اثنان وعشرون درهما"),
    (61_00, "soixante et un dirhams", "واحد وستون درهما"),
    (70_00, "soixante-dix dirhams", "سبعون درهما"),
    (71_00, "soixante et onze dirhams", "واحد وسبعون درهما"),
    (77_00, "soixante-dix-sept dirhams", "سبعة وسبعون درهما"),
    (80_00, "quatre-vingts dirhams", "ثمانون درهما"),
    (81_00, "quatre-vingt-un dirhams", "واحد وثمانون درهما"),
    (90_00, "quatre-vingt-dix dirhams", "تسعون درهما"),
    (91_00, "quatre-vingt-onze dirhams", "واحد وتسعون درهما"),
    (99_00, "quatre-vingt-dix-neuf dirhams", "تسعة وتسعون درهما"),
    (100_00, "cent dirhams", "مائة درهم"),
    (101_00, "cent un dirhams", "مائة درهم ودرهم واحد"),
    (102_00, "cent deux dirhams", "مائة درهم ودرهمان"),
    (103_00, "cent trois dirhams", "مائة وثلاثة دراهم"),
    (111_00, "cent onze dirhams", "مائة وأحد عشر درهما"),
    (180_00, "cent quatre-vingts dirhams", "مائة وثمانون درهما"),
    (200_00, "deux cents dirhams", "مائتا درهم"),
    (201_00, "deux cent un dirhams", "مائتا درهم ودرهم واحد"),
    (203_00, "deux cent trois dirhams", "مائتان وثلاثة دراهم"),
    (280_00, "deux cent quatre-vingts dirhams", "مائتان وثمانون درهما"),
    (300_00, "trois cents dirhams", "ثلاثمائة درهم"),
    (
        999_99,
        "neuf cent quatre-vingt-dix-neuf dirhams et quatre-vingt-dix-neuf centimes",
        "تسعمائة وتسعة وتسعون درهما وتسعة وتسعون سنتيما",
    ),
    (1_000_00, "mille dirhams", "ألف درهم"),
    (1_001_00, "mille un dirhams", "ألف درهم ودرهم واحد"),
    (1_002_00, "mille deux dirhams", "ألف درهم ودرهمان"),
    (1_003_00, "mille trois dirhams", "ألف وثلاثة دراهم"),
    (1_100_00, "mille cent dirhams", "ألف ومائة درهم"),
    (
        1_234_56,
        "mille deux cent trente-quatre dirhams et cinquante-six centimes",
        "ألف ومائتان وأربعة وثلاثون درهما وستة وخمسون سنتيما",
    ),
    (1_200_00, "mille deux cents dirhams", "ألف ومائتا درهم"),
    (
        1_801_25,
        "mille huit cent un dirhams et vingt-cinq centimes",
        "ألف وثمانمائة درهم ودرهم واحد وخمسة وعشرون سنتيما",
    ),
    (2_000_00, "deux mille dirhams", "ألفا درهم"),
    (2_001_00, "deux mille un dirhams", "ألفا درهم ودرهم واحد"),
    (2_500_00, "deux mille cinq cents dirhams", "ألفان وخمسمائة درهم"),
    (3_000_00, "trois mille dirhams", "ثلاثة آلاف درهم"),
    (3_400_00, "trois mille quatre cents dirhams", "ثلاثة آلاف وأربعمائة درهم"),
    (10_000_00, "dix mille dirhams", "عشرة آلاف درهم"),
    (11_000_00, "onze mille dirhams", "أحد عشر ألف درهم"),
    (
        19_999_00,
        "dix-neuf mille neuf cent quatre-vingt-dix-neuf dirhams",
        "تسعة عشر ألفا وتسعمائة وتسعة وتسعون درهما",
    ),
    (21_000_00, "vingt et un mille dirhams", "واحد وعشرون ألف درهم"),
    (80_000_00, "quatre-vingt mille dirhams", "ثمانون ألف درهم"),
    (80_005_00, "quatre-vingt mille cinq dirhams", "ثمانون ألفا وخمسة دراهم"),
    (100_000_00, "cent mille dirhams", "مائة ألف درهم"),
    (101_000_00, "cent un mille dirhams", "مائة ألف وألف درهم"),
    (102_000_00, "cent deux mille dirhams", "مائة ألف وألفا درهم"),
    (103_000_00, "cent trois mille dirhams", "مائة وثلاثة آلاف درهم"),
    (200_000_00, "deux cent mille dirhams", "مائتا ألف درهم"),
    (200_500_00, "deux cent mille cinq cents dirhams", "مائتا ألف وخمسمائة درهم"),
    (1_000_000_00, "un million de dirhams", "مليون درهم"),
    (1_000_001_00, "un million un dirhams", "مليون درهم ودرهم واحد"),
    (1_000_200_00, "un million deux cents dirhams", "مليون ومائتا درهم"),
    (2_000_000_00, "deux millions de dirhams", "مليونا درهم"),
    (3_000_000_00, "trois millions de dirhams", "ثلاثة ملايين درهم"),
    (11_000_000_00, "onze millions de dirhams", "أحد عشر مليون درهم"),
    (80_000_000_00, "quatre-vingts millions de dirhams", "ثمانون مليون درهم"),
    (200_000_000_00, "deux cents millions de dirhams", "مائتا مليون درهم"),
    (
        1_002_003_04,
        "un million deux mille trois dirhams et quatre centimes",
        "مليون وألفان وثلاثة دراهم وأربعة سنتيمات",
    ),
    (1_000_000_000_00, "un milliard de dirhams", "مليار درهم"),
    (2_000_000_000_00, "deux milliards de dirhams", "مليارا درهم"),
    (3_000_000_000_00, "trois milliards de dirhams", "ثلاثة ملايير درهم"),
]

ENGLISH = [
    (0, "zero dirhams"),
    (1, "one centime"),
    (1_00, "one dirham"),
    (21_01, "twenty-one dirhams and one centime"),
    (100_00, "one hundred dirhams"),
    (1_001_00, "one thousand and one dirhams"),
    (
        1_234_56,
        "one thousand two hundred and thirty-four dirhams and fifty-six centimes",
    ),
    (1_000_000_00, "one million dirhams"),
]


@pytest.mark.parametrize(("amount", "french", "arabic"), VECTORS)
def test_an_amount_is_said_as_people_say_it(amount: int, french: str, arabic: str) -> None:
    assert spell(amount, "fr") == french
    assert spell(amount, "ar") == arabic


@pytest.mark.parametrize(("amount", "english"), ENGLISH)
def test_an_amount_is_said_in_english(amount: int, english: str) -> None:
    assert spell(amount, "en") == english


@pytest.mark.parametrize("amount", [-1, 10**14])
def test_what_no_invoice_comes_to_has_no_words(amount: int) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        spell(amount, "fr")


@given(st.integers(0, 10**11))
def test_no_two_amounts_have_the_same_words_beside_each_other(amount: int) -> None:
    for language in ("fr", "ar", "en"):
        said = spell(amount, language)
        assert said == said.strip()
        assert "  " not in said
        assert said != spell(amount + 1, language)
        assert not re.search(r"\d", said)


def read(said: str) -> int:
    """A number in French words, read back by rules of its own."""
    values = {"un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7}
    values |= {"huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "treize": 13}
    values |= {"quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "trente": 30}
    values |= {"quarante": 40, "cinquante": 50, "soixante": 60, "zéro": 0}
    whole = part = 0
    plain = re.sub(
        r"(octante|cent|million|milliard)s", r"\1", said.replace("quatre-vingt", "octante")
    )
    for word in re.split(r"[ -]", plain):
        if word == "cent":
            part = max(part, 1) * 100
        elif word in ("mille", "million", "milliard"):
            scale = {"mille": 10**3, "million": 10**6, "milliard": 10**9}[word]
            whole, part = whole + max(part, 1) * scale, 0
        elif word == "octante":
            part += 80
        elif word not in ("et", "de", ""):
            part += values[word]
    return whole + part


@given(st.integers(0, 10**9))
def test_french_words_are_read_back(dirhams: int) -> None:
    said = re.sub(r" (de )?dirhams?$", "", spell(dirhams * 100, "fr"))
    assert read(said) == dirhams
