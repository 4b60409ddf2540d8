"""Every sentence is there in French and in Arabic, whole, and compiled."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from almakane.web.catalogues import TRANSLATED, catalogue_path, extract, read_catalogue

PLACE = re.compile(r"%(?:\((\w+)\))?[a-z%]")


def written(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def forms(message: Message) -> list[str]:
    """A translation in each of its plural forms; one that is missing is another test's affair."""
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return [str(string) for string in strings if string]


def complete(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(strings)


@pytest.fixture(scope="module")
def said() -> set[object]:
    """All msgids of the code and the templates."""
    return {message.id for message in written(extract())}


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_left_untranslated(language: str, said: set[object]) -> None:
    catalogue = read_catalogue(language)
    done = {m.id for m in written(catalogue) if not m.fuzzy and complete(m)}
    assert not said - done, "run python -m almakane.web.catalogues, then translate"


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_old_is_carried_along(language: str, said: set[object]) -> None:
    assert not {m.id for m in written(read_catalogue(language))} - said


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_places_in_a_sentence_are_the_same_in_its_translation(language: str) -> None:
    for message in written(read_catalogue(language)):
        said_so = str(message.id if isinstance(message.id, str) else message.id[-1])
        wanted = {match.group() for match in PLACE.finditer(said_so)}
        for form in forms(message):
            assert {match.group() for match in PLACE.finditer(form)} == wanted, form


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_sentence_with_places_can_be_filled_in(language: str) -> None:
    """A lone per cent sign would break the sentence just when somebody must read it."""
    for message in written(read_catalogue(language)):
        for form in forms(message):
            if "python-format" in message.flags:
                names = {match.group(1) for match in PLACE.finditer(form) if match.group(1)}
                assert form % dict.fromkeys(names, "x")


def test_french_double_punctuation_stands_after_a_no_break_space() -> None:
    for message in written(read_catalogue("fr")):
        for form in forms(message):
            assert not re.search(r"\w [:;?!»]", form), form
            assert "'" not in form.replace("`", ""), form


def test_arabic_is_in_arabic() -> None:
    for message in written(read_catalogue("ar")):
        for form in forms(message):
            assert re.search(r"[\u0600-\u06ff]", form) or not re.search(r"\w", PLACE.sub("", form))
            assert not re.search(r"[,;?](?=\s|$)", form), form


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    path = catalogue_path(language).with_suffix(".mo")
    assert path.exists(), "run make catalogues"
    with path.open("rb") as file:
        compiled = {m.id: m.string for m in written(read_mo(file))}
    sources = {m.id: m.string for m in written(read_catalogue(language)) if complete(m)}
    assert compiled == sources, "run make catalogues"
