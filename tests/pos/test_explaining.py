"""Every flag and every reason has its sentences, in each language."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from almakane.pos.explaining import (
    FLAGS,
    REASONS,
    explain_flag,
    explain_reason,
    explain_stray,
)
from almakane.pos.words import ENDS, KINDS, MODES, OUTCOMES, SALES, STATES
from almakane.sales.models import Flag
from almakane.settings import ROOT

PROTOCOL = ROOT / "docs" / "till-protocol.md"


def listed(path: Path, name: str) -> set[str]:
    """The words that the protocol's page lists as flags or reasons."""
    found = re.search(rf"\*\*{name}\*\*: `([^`]+)`", path.read_text("utf-8"))
    assert found, name
    return {word.partition(":")[0] for word in re.sub(r"\(.*?\)|<.*?>", "", found[1]).split()}


def test_every_flag_of_the_protocol_is_explained_and_no_other() -> None:
    told = set(re.findall(r"[a-z_]+", " ".join(listed(PROTOCOL, "flags"))))
    assert set(FLAGS) == set(Flag)
    assert told <= set(FLAGS)


def test_every_reason_of_the_protocol_is_explained_and_no_other() -> None:
    assert listed(PROTOCOL, "reasons") == set(REASONS)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_each_is_said_in_each_language(books: Flask, language: str) -> None:
    with books.test_request_context(), force_locale(language):
        english = language == "en"
        told = [*map(explain_flag, FLAGS), *map(explain_reason, REASONS)]
        told += [explain_stray(why) for why in ("fork", "unverifiable", "whatever")]
        told += [explain_reason("needs:a-b"), explain_reason("could_not_apply:c0ffee12")]
        assert "c0ffee12" in told[-1].what
        for explained in told:
            for said in map(str, explained):
                is_arabic = bool(re.search(r"[\u0621-\u064a]", said))
                assert is_arabic == (language == "ar"), said
                assert english or not re.search(r"\b(the|it|that)\b", said, re.IGNORECASE), said


def test_a_word_that_we_do_not_know_is_shown_all_the_same(books: Flask) -> None:
    with books.test_request_context(), force_locale("en"):
        assert explain_flag("<b>").name == "<b>"
        assert explain_reason("surprise").what


@pytest.mark.parametrize("words", [ENDS, KINDS, MODES, OUTCOMES, SALES, STATES])
def test_everything_has_a_word(words: dict[str, str]) -> None:
    enums = {type(name) for name in words if type(name) is not str}
    for enum in enums:
        assert set(words) == set(enum)  # type: ignore[call-overload]
