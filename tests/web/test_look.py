"""The style sheets keep the rules of the house, and what is vendored is what it says it is."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from almakane.settings import ROOT

STATIC = ROOT / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

PHYSICAL = re.compile(
    r"(?<![-\w])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom"
    r"|(?:min-|max-)?(?:width|height))\s*:|(?:text-align|float)\s*:\s*(?:left|right)"
)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_styles_know_no_left_and_no_right(sheet: Path) -> None:
    css = re.sub(r"@media[^{]*|/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    assert not PHYSICAL.findall(css)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_colours_are_tokens(sheet: Path) -> None:
    name, css = sheet.name, sheet.read_text("utf-8")
    if name not in ("tokens.css", "print.css"):  # paper has its own, for no screen dims it
        assert not re.findall(
            r":[^;{]*(#[0-9a-f]{3,8}\b(?!\w)|rgb\()", css.replace("1pt solid #000", "")
        )


def test_each_token_that_is_read_exists() -> None:
    tokens = set(re.findall(r"(--[\w-]+)\s*:", " ".join(s.read_text("utf-8") for s in SHEETS)))
    for sheet in SHEETS:
        assert set(re.findall(r"var\((--[\w-]+)\)", sheet.read_text("utf-8"))) <= tokens, sheet


def test_the_two_nights_are_the_same() -> None:
    css = (STATIC / "css" / "tokens.css").read_text("utf-8")
    chosen = css.split("/* dark */")[1].split("/* end dark */")[0]
    asked = css.split(":root:not([data-theme]) {")[1].split("}")[0]
    assert chosen.split() == asked.split()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_inline_style_or_script(template: Path) -> None:
    """The content security policy would drop it, in silence."""
    html = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|https?://", html)


def test_vendored_files_are_those_of_the_manifest_with_their_licences() -> None:
    vendor = STATIC / "vendor"
    manifest = json.loads((vendor / "manifest.json").read_text("utf-8"))
    for entry in manifest:
        content = (vendor / entry["file"]).read_bytes()
        assert sha256(content).hexdigest() == entry["sha256"], entry["file"]
    there = {p.relative_to(vendor).as_posix() for p in vendor.rglob("*") if p.is_file()}
    assert there == {entry["file"] for entry in manifest} | {"manifest.json"}
    folders = {entry["file"].split("/")[0] for entry in manifest}
    assert all((vendor / folder / "LICENSE").exists() for folder in folders)


def test_each_font_that_a_style_sheet_names_is_there() -> None:
    css = (STATIC / "css" / "fonts.css").read_text("utf-8")
    for url in re.findall(r'url\("([^"]+)"\)', css):
        assert (STATIC / "css" / url).resolve().exists(), url


def test_each_file_that_a_template_names_is_there() -> None:
    html = " ".join(template.read_text("utf-8") for template in TEMPLATES)
    named = set(re.findall(r"""static_url\('([^'%]+)'\)""", html))
    [sheets] = re.findall(r"for sheet in \(([^)]*)\)", html)
    named |= {f"css/{name}.css" for name in re.findall(r'"(\w+)"', sheets)}
    assert len(named) > 15
    assert not [name for name in named if not (STATIC / name).is_file()]
