"""What an event says is read as far as it goes, whatever it says."""

import json

import pytest

from almakane.pos.telling import shown, tell, written


@pytest.mark.parametrize(
    "text",
    [
        *("", "nothing", "[]", "7", "null", "[" * 100_000, '{"a":' * 5_000, "{" + "9" * 5_000),
        *('{"body": 7}', '{"body": {"tenders": 7}}', '{"seq": 1e999, "epoch": true}'),
        '{"kind": "sale", "body": {"tenders": [7], "change": 0}}',
        '{"kind": "sale", "body": {"tenders": [{"kind": "cash", "amount": 1.5}], "change": 0}}',
        '{"kind": ["sale"], "at": {}, "cashier": 7, "uid": null}',
        '{"kind": "\\ud800", "cashier": "\\u0000", "body": {"\\ud800": "\\u202e"}}',
    ],
)
def test_anything_is_read(text: str) -> None:
    told = tell(text)
    assert told.cash is None
    for said in (told.kind, told.cashier, told.body, told.register):
        said.encode()  # or no page could show it


def test_a_ticket_tells_its_number_and_its_cash() -> None:
    tenders = [
        {"kind": "cash", "amount": 30_000},
        {"kind": "terminal", "amount": 10_000},
    ]
    body = {"number": "T1-1-000007", "tenders": tenders, "change": 2_000}
    told = tell(json.dumps({"kind": "sale", "seq": 3, "body": body, "cashier": "amina"}))
    assert (told.number, told.cash, told.seq, told.cashier) == ("T1-1-000007", 28_000, 3, "amina")
    assert json.loads(told.body) == body


@pytest.mark.parametrize(("direction", "cash"), [("in", 700), ("out", -700)])
def test_cash_that_is_moved_has_a_direction(direction: str, cash: int) -> None:
    text = json.dumps({"kind": "cash_moved", "body": {"direction": direction, "amount": 700}})
    assert tell(text).cash == cash


@pytest.mark.parametrize("character", ["\u202e", "\u200f", "\u2028", "\ufeff", "\x85", "\ud800"])
def test_what_is_unseen_is_written_out_and_reads_back(character: str) -> None:
    body = {"note": f"a{character}b"}
    assert character not in written(body)
    assert json.loads(written(body)) == body
    assert character not in shown(character)


def test_arabic_and_french_stay_as_they_are() -> None:
    assert shown("Théière « Fès » إبريق") == "Théière « Fès » إبريق"
