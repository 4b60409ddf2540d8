"""The pages keep up with the house: whatever can be set, run or stored is told somewhere."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest

import almakane
from almakane.cli import main
from almakane.db import Model
from almakane.inventory.models import PlaceKind
from almakane.sales.models import Flag
from almakane.settings import ROOT, Settings, read_settings
from tests.docs.pages import page, pages, section_of, table

PAGES = pages()
EVERYTHING = "\n".join(path.read_text("utf-8") for path in PAGES)

# The words of the house: each has one meaning, and its French and Arabic.
WORDS = """
maker, artisan, agreement, consignment, lot, product, stock move, place, hold, basket, line, tender,
due, change, sale, refund, ticket, invoice, register, shift, float, count, over, short, order,
checkout, fulfilment, pickup, entry, posting, account, balance, reversal, earning, statement,
payout, batch of payouts, hub, site
"""
SECTIONS = (
    "The people and what binds them",
    "The goods",
    "At the counter",
    "On the web",
    "The books",
)

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MACHINE = re.compile(r"(?<![\w.~-])/(?:home|work|root|usr|opt|tmp|var|mnt|Users)/|\b[A-Z]:\\")
_REGISTRY = re.compile(
    r"pypi|pythonhosted|index-url|artifactory|nexus|npmjs|ghcr\.io|proxy\.golang"
)


class Asked(dict[str, str]):
    """An environment that remembers which variables it was asked for."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


@pytest.fixture
def environ(tmp_path: Path) -> Asked:
    """An environment with nothing in it but a place for the shop's data."""
    return Asked(ALMAKANE_DATA_DIR=str(tmp_path))


def test_every_setting_is_told_and_no_other(environ: Asked) -> None:
    read_settings(environ)
    assert environ.names == set(re.findall(r"\bALMAKANE_[A-Z0-9_]+", page("settings")))
    rows = {row["setting"] for row in table("settings", "Settings", "setting", "without it")}
    assert rows == environ.names


def test_what_a_setting_is_without_being_set_is_told(environ: Asked) -> None:
    settings: Settings = read_settings(environ)
    told = {row["setting"]: row["without it"] for row in table("settings", "Settings", "setting")}
    for name in ("BASE_URL", "LANGUAGE", "PROXIES", "ARGON2_COST"):
        assert told[f"ALMAKANE_{name}"] == str(getattr(settings, name.lower()))


def commands(group: click.Group, before: str = "almakane") -> Iterator[str]:
    """Every command of a group by its whole name."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}"


@pytest.mark.parametrize("command", sorted(commands(main)))
def test_every_command_is_told(command: str) -> None:
    assert re.search(rf"`{command}\b", EVERYTHING), f"{command} is in no page"


def test_every_command_has_a_row_in_the_readme() -> None:
    readme = section_of((ROOT / "README.md").read_text("utf-8"), "The command")
    told = set(re.findall(r"^\| `(almakane(?: [a-z]+)+)", readme, re.MULTILINE))
    assert told == set(commands(main))


def models() -> set[str]:
    """The name of every table of every room."""
    for room in iter_modules(almakane.__path__, "almakane."):
        if (ROOT / room.name.replace(".", "/") / "models.py").exists():
            import_module(f"{room.name}.models")
    return set(Model.metadata.tables)


def test_every_table_is_told_once_and_no_other() -> None:
    told = [
        row["table"]
        for name in ("money-book", "stock-book", "till-protocol", "glossary")
        for row in table(name, "The tables", "table", "a row is")
    ]
    assert sorted(told) == sorted(models())


def words() -> dict[str, tuple[str, str]]:
    """Word to its French and Arabic."""
    return {
        word.strip(" °"): (row["français"], row["العربية"])
        for section in SECTIONS
        for row in table("glossary", section, "word", "what it is")
        for word in row["word"].split(",")
    }


def test_every_word_of_the_house_is_in_the_glossary() -> None:
    wanted = {" ".join(word.split()) for word in WORDS.split(",")}
    assert not wanted - words().keys()
    told = section_of(page("glossary"), "The goods")
    assert all(f"`{place.value}`" in told for place in PlaceKind)


def test_every_word_has_its_french_and_its_arabic() -> None:
    for word, (french, arabic) in words().items():
        assert french, word
        assert re.search(r"[\u0621-\u064a]{2}", arabic), word
        assert not re.search(r"[A-Za-z]", arabic), word


def test_every_flag_is_in_the_glossary_and_no_other() -> None:
    rows = table("glossary", "Flags", "flag", "français", "العربية")
    assert [row["flag"] for row in rows] == [flag.value for flag in Flag]
    assert all(row["français"] and row["العربية"] for row in rows)


def test_the_glossary_knows_which_flags_the_books_raise_themselves() -> None:
    files = [path for path in (ROOT / "almakane/sales").glob("*.py") if path.name != "models.py"]
    code = "".join(path.read_text("utf-8") for path in files)
    raised = {Flag[name] for name in re.findall(r"\bFlag\.([A-Z_]+)", code)}
    rows = table("glossary", "Flags", "flag", "français")
    [when] = {column for column in rows[0] if column.startswith("when")}
    assert {Flag(row["flag"]) for row in rows if not row[when].startswith("door")} == raised


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in _LINK.findall(path.read_text("utf-8")):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.is_relative_to(ROOT), link
        assert there.exists(), link
        if anchor:
            assert anchor in anchors(there), link


def anchors(path: Path) -> set[str]:
    """What a page's headings are called in an address."""
    heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_names_no_machine_and_no_registry(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not _MACHINE.findall(text)
    assert not _REGISTRY.findall(text.lower())


def test_every_room_is_on_the_tour() -> None:
    rows = table("tour", "How the house is laid out", "room", "what it knows")
    told = [room for row in rows for room in row["room"].split(", ")]
    assert sorted(told) == [room.name for room in iter_modules(almakane.__path__) if room.ispkg]


def test_the_tour_has_ten_stops() -> None:
    stops = re.findall(r"^(\d+)\. \[", page("tour"), re.MULTILINE)
    assert stops == [str(n) for n in range(1, 11)]
