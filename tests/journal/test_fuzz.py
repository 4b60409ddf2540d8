"""Whatever comes at the journal's door: no 5xx, no event lost, the head right."""

import json
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from tests.factories import mad
from tests.journal.shop import Shop, ask, broken
from tests.scale import count
from tests.till.client import Till, line
from tests.till.journal import Event, canonical

CASES = settings(
    max_examples=count(150, 100_000), suppress_health_check=[HealthCheck.function_scoped_fixture]
)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["lot", "cash", "fr", "sale", "live", "\x00", "\u202e", "<script>", "A" * 600]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@st.composite
def paths(draw: st.DrawFn) -> list[int]:
    """Which way to go at each branch of an event."""
    return draw(st.lists(st.integers(0, 30), min_size=1, max_size=6))


def put(value: Any, path: list[int], new: Any, act: str) -> None:
    """Change, remove or add something in a tree of JSON."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = keys[path[0] % len(keys)]
        inner, path = value[key], path[1:]
        if path and isinstance(inner, dict | list):
            value = inner
            continue
        if act == "remove":
            del value[key]
        elif act == "add" and isinstance(value, dict):
            value[f"x{len(value)}"] = new
        else:
            value[key] = new
        return


def text_of(value: Any) -> str:
    try:
        return canonical(value)
    except ValueError:  # what is no number in JSON
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@CASES
@given(
    path=paths(), new=anything, act=st.sampled_from(["change", "remove", "add"]), cut=st.booleans()
)
def test_an_event_with_anything_in_it(
    shop: Shop, till: Till, path: list[int], new: Any, act: str, cut: bool
) -> None:
    journal = till.live
    if journal.held == 0:
        till.send()
    till.sell(line(shop.pot, mad(280)))
    good = journal.events.pop()
    told = json.loads(good["text"])
    put(told, path, new, act)
    text = text_of(told)
    if cut and len(text) > 10:
        text = text[: path[0] + 5] + text[path[0] + 6 :]
    event: Event
    try:
        event = journal.sign(text)
    except UnicodeEncodeError:
        return

    status, answer = till.post([event])

    assert status < 500, answer
    held = ask("SELECT seq, hash FROM chain WHERE mode = 'live'")[0]
    if status == 200 and answer["results"][0]["outcome"] != "replayed":
        journal.events.append(event)
        journal.held = journal.seq
    assert held == (journal.seq, journal.head)
    assert ask("SELECT COUNT(*) FROM journal_event") == [(journal.seq,)]
    if journal.seq % 50 == 0:
        assert broken() == []


bodies = st.binary(max_size=200) | anything.map(
    lambda value: text_of(value).encode("utf-8", "replace")
)


@CASES
@given(body=bodies, path=st.sampled_from(["journal", "enrol", "heartbeat", "retire", "claims"]))
def test_a_delivery_of_anything(shop: Shop, till: Till, body: bytes, path: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {till.token}"}

    status, told = till.wire("POST", f"/pos/{path}", headers, body)

    assert 400 <= status < 500, told
    assert ask("SELECT COUNT(*) FROM journal_event") == [(0,)]
