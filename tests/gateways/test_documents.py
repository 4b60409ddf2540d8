"""
Documents: what they say is as it was when somebody found it good, and typst sets it as text.

`pytest tests/gateways/test_documents.py --write-golden` writes the data anew; look at the papers.
"""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from almakane.gateways.documents import TEMPLATES, pictures, typeset, written
from almakane.gateways.sheet import Data, own
from tests.sheets import sheets, some_labels

GOLDEN = Path(__file__).parent / "sheets"
LANGUAGES = ("fr", "ar")
NAMES = tuple(sheets("fr"))
HOSTILE = ("#panic()", '"); panic("', "$x$ *a* _b_ @c <d>", "\\u{41} \\ // /* x", "= a\n- b")


def picture(template: str, data: Data, ppi: float = 72) -> Image.Image:
    """The first page, in grey."""
    return Image.open(io.BytesIO(pictures(template, data, ppi)[0])).convert("L")


def ink(image: Image.Image, left: float, right: float) -> int:
    """Dark dots in the letterhead, between two parts of the width."""
    box = (int(image.width * left), int(image.height * 0.07), int(image.width * right), 110)
    return sum(image.crop(box).histogram()[:128])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_document_says_what_it_said(
    name: str, language: str, pytestconfig: pytest.Config
) -> None:
    _template, data = sheets(language)[name]
    path = GOLDEN / f"{name}-{language}.json"
    if pytestconfig.getoption("--write-golden"):
        told = json.dumps(data, ensure_ascii=False, indent=1)
        path.write_text(told + "\n", "utf-8")
    assert data == json.loads(path.read_text("utf-8"))


def test_there_is_nothing_golden_that_nobody_sets() -> None:
    wanted = {f"{name}-{language}" for name in NAMES for language in LANGUAGES}
    assert {path.stem for path in GOLDEN.iterdir()} == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_same_document_is_the_same_bytes(name: str, language: str) -> None:
    template, data = sheets(language)[name]
    first = typeset(template, data)
    assert first == typeset(template, json.loads(json.dumps(data)))
    assert b"D:20261120" in first


@pytest.mark.parametrize("name", NAMES)
def test_an_arabic_paper_begins_at_the_right(name: str) -> None:
    """The mark of the house stands at the start of the line."""
    french, arabic = (picture(*sheets(language)[name]) for language in LANGUAGES)
    assert ink(french, 0.06, 0.12) > 50
    assert ink(arabic, 0.88, 0.94) > 50


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_written_is_text(name: str, language: str) -> None:
    template, data = sheets(language)[name]
    for words in HOSTILE:
        strange = json.loads(json.dumps(data).replace("Almakane", json.dumps(words)[1:-1]))
        for row in strange["rows"]:
            row["title"] = own(words, language)
        assert 1 <= len(pictures(template, strange, 20)) <= 2


def test_no_text_turns_the_line_or_carries_a_control() -> None:
    told = json.loads(written({"a": ["x\u202ey\x00z", {"b": "\ufeffc\x1b"}], "n": 7, "t": True}))
    assert told == {"a": ["xyz", {"b": "c"}], "n": 7, "t": True}
    assert own("a\u202eb\u2066c\u200fd\ne", "fr") == "abcd e"
    assert own("a\u2069b", "ar") == "\u2068ab\u2069"
    assert own("", "ar") == ""


def test_papers_are_set_by_many_at_once() -> None:
    jobs = [sheets(language)[name] for language in LANGUAGES for name in NAMES] * 2
    alone = [typeset(*job) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda job: typeset(*job), jobs))
    assert together == alone


@pytest.mark.parametrize("text", ["ⵜⵉⴼⴰⵡⵉⵏ", "Ḍḍ Ṭṭ Ẓẓ", "ڭݣگپ", "œ € « »"])
def test_every_letter_of_the_country_has_a_shape(text: str) -> None:
    """A letter that no font has would be a box: the same box for another such letter."""
    labels = some_labels()

    def drawn(title: str) -> bytes:
        labels["labels"][0]["title"] = title
        return picture("labels", labels, 150).crop((0, 0, 400, 60)).tobytes()

    assert drawn(text) != drawn("\U0001f9ff" * len(text))
    assert drawn(text) != drawn("")


def test_every_template_is_set_by_some_test() -> None:
    known = {template for template, _data in sheets("fr").values()} | {"labels", "house"}
    assert {path.stem for path in TEMPLATES.glob("*.typ")} == known
