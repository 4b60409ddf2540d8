"""
Every kind of paper, as it was when somebody looked at it and found it good.

`pytest tests/gateways/test_golden.py --write-golden` writes them anew; then look at the pictures.
"""

from pathlib import Path

import pytest
from PIL import Image, ImageChops

from almakane.gateways.drawing import Picture
from almakane.gateways.escpos_reader import listing
from almakane.gateways.printer import NARROW, WIDE, Paper, paper_of, to_escpos
from almakane.gateways.tape import draw_tape
from tests.papers import papers

GOLDEN = Path(__file__).parent / "golden"
PAPERS = papers()


def paper_for(name: str) -> Paper:
    return paper_of(NARROW if name.startswith("narrow") else WIDE)


def drawn(name: str) -> tuple[str, Picture]:
    """What a paper is as commands and as a picture."""
    paper = paper_for(name)
    data = to_escpos(PAPERS[name], paper)
    [picture] = draw_tape(data, paper)
    return listing(data, paper), picture


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_a_paper_is_as_it_was(name: str, pytestconfig: pytest.Config) -> None:
    words, picture = drawn(name)
    listed, shown = GOLDEN / f"{name}.txt", GOLDEN / f"{name}.png"
    if pytestconfig.getoption("--write-golden"):
        GOLDEN.mkdir(exist_ok=True)
        listed.write_text(words, "utf-8")
        picture.save(shown, optimize=True)
    assert words == listed.read_text("utf-8")
    with Image.open(shown) as golden:
        assert picture.size == golden.size
        # Another machine may round an edge of a letter otherwise, and no more than that.
        different = ImageChops.logical_xor(picture, golden.convert("1")).histogram()[255]
    assert different < picture.width * picture.height // 500


def test_there_is_nothing_golden_that_nobody_prints() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(PAPERS)


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_the_same_paper_is_the_same_bytes(name: str) -> None:
    paper = paper_for(name)
    assert to_escpos(PAPERS[name], paper) == to_escpos(PAPERS[name], paper)
