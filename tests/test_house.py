"""The house is in order: its requirement lists, and what it promises to anyone who clones it."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from almakane.settings import ROOT
from tests.docs.pages import pages

LISTS = ("run", "test", "setup", "peers")

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def declared(name: str) -> list[Requirement]:
    """What pyproject.toml asks for and the list must therefore hold."""
    texts = {
        "run": _PROJECT["project"]["dependencies"],
        "test": _PROJECT["project"]["dependencies"] + _PROJECT["dependency-groups"]["test"],
        "peers": _PROJECT["dependency-groups"]["peers"],
        "setup": _PROJECT["dependency-groups"]["setup"] + _PROJECT["build-system"]["requires"],
    }
    return [Requirement(text) for text in texts[name]]


def entries(name: str) -> Iterator[tuple[str, str, str]]:
    """Each requirement of a list: name, version, and the lines of it."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    for entry in re.split(r"\n(?=\S)", text):
        if not entry.startswith("#"):
            requirement = Requirement(entry.split(" \\", 1)[0])
            (pin,) = requirement.specifier
            assert pin.operator == "==", entry
            yield canonicalize_name(requirement.name), pin.version, entry


def versions(name: str) -> dict[str, str]:
    return {package: version for package, version, _ in entries(name)}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_holds_all_that_is_declared_in_a_version_that_will_do(name: str) -> None:
    locked = versions(name)
    for requirement in declared(name):
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in requirements/{name}.txt: run make lock"
        assert requirement.specifier.contains(version), f"{requirement} is not {version}: make lock"


@pytest.mark.parametrize("name", LISTS)
def test_a_list_knows_every_file_by_its_hash_and_no_address(name: str) -> None:
    for package, _, entry in entries(name):
        assert "--hash=sha256:" in entry, package
        assert "://" not in entry, package


def test_the_tests_run_on_the_very_versions_that_the_shop_runs_on() -> None:
    assert versions("run").items() <= versions("test").items()


def test_the_server_runs_what_a_laptop_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "exec make test" in script.read_text("utf-8")


def test_every_public_target_of_the_makefile_says_what_it_does() -> None:
    """`make` lists the targets that have a sentence; the rest is for the Makefile's own use."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    spoken = set(re.findall(r"^([a-z]+):.*?## \S", makefile, re.MULTILINE))
    assert spoken >= {"help", "setup", "demo", "run", "seed", "test", "check", "faults", "bench"}


def test_every_public_target_of_the_makefile_is_in_a_page() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    told = "".join(path.read_text("utf-8") for path in pages())
    for target in re.findall(r"^([a-z]+):.*?## \S", makefile, re.MULTILINE):
        assert f"`make {target}`" in told or f"\nmake {target}\n" in told, target


def test_the_layers_are_told_to_contributors() -> None:
    contract = _PROJECT["tool"]["importlinter"]["contracts"][0]
    layers = [re.sub(r"[()]", "", layer).replace(" :", ",") for layer in contract["layers"]]
    told = " ".join((ROOT / "CONTRIBUTING.md").read_text("utf-8").split())
    assert " > ".join(layers) in told
