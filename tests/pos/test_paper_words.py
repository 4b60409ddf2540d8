"""A till that writes its own papers has every sentence of them, in each language."""

import ast
from pathlib import Path

import pytest

from almakane.pos import house, receipt, report, wording
from almakane.pos.paper_words import SENTENCES, paper_words
from almakane.web.voices import voice


def said_in(module: object) -> set[str]:
    """The sentences that a module of papers says."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
    return {
        str(call.args[0].value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) == "say"
    }


def test_no_sentence_of_a_paper_is_left_out() -> None:
    said = set[str]().union(*map(said_in, (receipt, report, wording, house)))
    assert len(said) > 70
    assert set(SENTENCES) == said


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_words_are_those_of_the_papers(language: str) -> None:
    words = paper_words()[language]
    assert all(words[said] == voice(language)(said) for said in words)
    same = [said for said in SENTENCES if said not in words]
    assert len(same) < 5  # a word that both languages share
