"""The fonts of papers are those of the manifest, with their licences."""

import json
from hashlib import sha256

from almakane.gateways import FONTS
from almakane.gateways.typesetting import Cell, set_words


def test_vendored_fonts_are_those_of_the_manifest_with_their_licences() -> None:
    manifest = json.loads((FONTS / "manifest.json").read_text("utf-8"))
    for entry in manifest:
        assert entry["licence"] == "OFL-1.1"
        content = (FONTS / entry["file"]).read_bytes()
        assert sha256(content).hexdigest() == entry["sha256"], entry["file"]
    there = {p.relative_to(FONTS).as_posix() for p in FONTS.rglob("*") if p.is_file()}
    assert there == {entry["file"] for entry in manifest} | {"manifest.json"}
    folders = {entry["file"].split("/")[0] for entry in manifest}
    assert all((FONTS / folder / "LICENSE").exists() for folder in folders)


def test_words_are_set_once() -> None:
    cells = [Cell("شكراً لزيارتكم", 22, 500), Cell("المجموع", 22, 500)]
    first, again = set_words(cells), set_words(cells)
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_words_in_a_row_stand_on_one_line() -> None:
    heights = {p.height for p in set_words([Cell("المجموع", 22, 500), Cell("3 400,00", 22, 500)])}
    assert len(heights) == 1


def test_words_are_broken_where_the_paper_ends() -> None:
    narrow, wide = set_words([Cell("زربية أزيلال من صوف طبيعي", 22, limit) for limit in (120, 500)])
    assert narrow.width <= 120
    assert narrow.height > 2 * wide.height
    [endless] = set_words([Cell("a" * 300, 22, 200)])
    assert endless.width <= 200
