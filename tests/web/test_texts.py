"""What people type is fit to keep, or refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.errors import Refusal
from almakane.web.texts import clean_text, plain, sort_key


@pytest.mark.parametrize(
    "text",
    ["a\0b", "a\x1bb", "a\ud800b", "pay\u202egpj.exe", "\u2066x", "a\nb", "a\x85b"],
    ids=["nul", "escape", "surrogate", "override", "isolate", "line", "c1"],
)
def test_what_cannot_be_kept_is_refused_with_the_field_named(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        clean_text(text, "name")
    assert refused.value.field == "name"


def test_a_text_is_composed_trimmed_and_single_spaced() -> None:
    assert clean_text("  Fadma \t Ai\u0308t\u00a0Lahcen ") == "Fadma Aït Lahcen"
    assert clean_text("a\u200bb\ufeff\u00ad") == "ab"


def test_what_arabic_and_amazigh_need_is_kept() -> None:
    for text in ("می\u200cروم", "فاطمة\u200f", "ⵜⵉⴼⴰⵡⵉⵏ", "Ṭaṭa", "🧶"):
        assert clean_text(text) == text


def test_lines_are_kept_where_they_are_asked_for() -> None:
    assert clean_text("one  two\r\nthree\rfour ", lines=True) == "one two\nthree\nfour"


def test_a_text_has_a_longest() -> None:
    assert clean_text("x" * 200) == "x" * 200
    with pytest.raises(Refusal, match="at most 5"):
        clean_text("x" * 6, longest=5)


@given(st.text())
def test_a_clean_text_stays_as_it_is_and_can_be_written(text: str) -> None:
    try:
        clean = clean_text(text, lines=True, longest=10_000)
    except Refusal:
        return
    assert clean_text(clean, lines=True, longest=10_000) == clean
    clean.encode("utf-8")


def test_names_stand_where_people_look_for_them() -> None:
    names = ["Zahra", "élise", "Aït-Lahcen", "Emma", "ait ben", "Œuvre", "أحمد", "ابراهيم", "باسم"]
    assert sorted(names, key=sort_key) == [
        "ait ben",
        "Aït-Lahcen",
        "élise",
        "Emma",
        "Œuvre",
        "Zahra",
        "ابراهيم",
        "أحمد",
        "باسم",
    ]


def test_spellings_that_sound_alike_are_plain_alike() -> None:
    assert plain("أݣادير") == plain("اكادير")
    assert plain("Fès, L’Atelier") == "fes l atelier"
    assert plain("فاطِمَة") == plain("فاطمه")
