"""The style sheets keep the rules of the house, and what is vendored is what it says it is."""

import gzip
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask

from almakane.demo.patterns import open_patterns
from almakane.settings import ROOT
from almakane.users.models import Role
from tests.door import browser, come_in, make_person

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
    html = html.replace('<script type="application/ld+json">', "")  # data: no browser runs it
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
    for kind, folder in (("sheets", "css"), ("scripts", "js")):
        for call in re.findall(rf"{{{{ *{kind}\(([^)]*)\)", html):
            names = re.findall(r'"([\w-]+)"', call)
            named |= {f"{folder}/{name}.{folder}" for name in names}
    for sheets in re.findall(r"for sheet in \(([^)]*)\)", html):
        named |= {f"css/{name}.css" for name in re.findall(r'"([\w-]+)"', sheets)}
    assert len(named) > 15
    assert not [name for name in named if not (STATIC / name).is_file()]


# Contrast: WCAG AA, 4.5 for words and 3 for edges and pictures, by day and by night

WORDS = {
    "ink": "plaster surface sunk glaze-wash brass-wash henna-wash indigo-wash",
    "ink-soft": "plaster surface sunk glaze-wash",
    "ink-faint": "plaster surface",
    "glaze": "plaster surface glaze-wash",
    "on-glaze": "glaze glaze-deep",
    "on-glaze-ground": "glaze-ground",
    "brass": "plaster surface brass-wash",
    "henna": "plaster surface henna-wash",
    "on-henna": "henna",
    "indigo": "plaster surface indigo-wash",
    "plaster": "ink",
}
EDGES = {
    "line-strong": "plaster surface sunk",
    "focus": "plaster surface sunk glaze-wash",
    "share-maker": "plaster surface",
    "share-house": "plaster surface",
    "share-tax": "plaster surface",
    "share-fee": "plaster surface",
}
PAIRS = [
    (over, under, least)
    for pairs, least in ((WORDS, 4.5), (EDGES, 3.0))
    for over, unders in pairs.items()
    for under in unders.split()
]


@pytest.mark.parametrize("theme", ["day", "night"])
@pytest.mark.parametrize(("over", "under", "least"), PAIRS)
def test_what_is_read_stands_out(theme: str, over: str, under: str, least: float) -> None:
    colours = _colours(theme)
    lighter, darker = sorted((_light(colours[name]) for name in (over, under)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least


def _colours(theme: str) -> dict[str, str]:
    day, rest = (STATIC / "css" / "tokens.css").read_text("utf-8").split("/* dark */")
    block = day if theme == "day" else rest.split("/* end dark */")[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block))


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# Budgets: what a page loads besides itself, gzipped

CSS_BYTES, JS_BYTES = 20 * 1024, 30 * 1024


@pytest.mark.engines("sqlite")
def test_no_page_loads_more_style_or_script_than_it_may(new_app: Flask) -> None:
    open_patterns(new_app)
    make_person(new_app, "hind", Role.MANAGER)
    client = browser(new_app)
    pages = ["/", "/sign-in", "/nowhere", "/-/patterns"]
    come_in(client, "hind")
    staff = [
        rule.rule
        for rule in new_app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "static"
    ]
    weighed = 0
    for page in (*pages, *staff):
        answer = client.get(page)
        if answer.mimetype != "text/html" or answer.status_code in range(300, 400):
            continue
        html, weighed = answer.get_data(as_text=True), weighed + 1
        assert _weight(html, r'<link rel="stylesheet" href="/static/([^"?]+)') <= CSS_BYTES, page
        assert _weight(html, r'<script[^>]* src="/static/([^"?]+)') <= JS_BYTES, page
    assert weighed > len(pages)


def _weight(html: str, link: str) -> int:
    files = re.findall(link, html)
    assert len(files) == len(set(files)), max(files, key=files.count)
    return sum(len(gzip.compress((STATIC / file).read_bytes(), 6)) for file in files)


def test_no_sheet_and_no_script_lies_about_unused() -> None:
    templates = " ".join(template.read_text("utf-8") for template in TEMPLATES)
    for file in (*SHEETS, *(STATIC / "js").glob("*.js")):
        assert re.search(rf"\b{file.stem}\b", templates), file.name
