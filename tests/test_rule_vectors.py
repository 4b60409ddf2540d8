"""The rules' cases, as an accountant may read them in `vectors/rules.json`: Python's answers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from almakane.errors import Refusal
from almakane.money import allocate, divide, inside, parse_amount, rate, to_step
from almakane.sales.basket import divide_discount, settle
from almakane.sales.tax import line_tax
from almakane.settings import ROOT
from almakane.web.texts import plain

VECTORS = json.loads((ROOT / "tests" / "vectors" / "rules.json").read_text("utf-8"))

RULES: dict[str, Callable[..., Any]] = {
    "divide": divide,
    "rate": rate,
    "inside": inside,
    "allocate": allocate,
    "to_step": to_step,
    "parse_amount": parse_amount,
    "divide_discount": divide_discount,
    "settle": settle,
    "line_tax": line_tax,
    "plain": plain,
}
CASES = [(rule, case) for rule in RULES for case in VECTORS[rule]]


def answer(rule: str, of: list[Any]) -> dict[str, Any]:
    """What Python says to a case, as JSON: `is`, or that it refuses."""
    try:
        told = RULES[rule](*of)
    except (Refusal, ValueError, ZeroDivisionError):
        return {"refused": True}
    return {"is": list(told) if isinstance(told, tuple) else told}


@pytest.mark.parametrize(("rule", "case"), CASES, ids=[f"{r}: {c['name']}" for r, c in CASES])
def test_a_rule_answers_as_its_case_says(rule: str, case: dict[str, Any]) -> None:
    wanted = {"refused": True} if "refused" in case else {"is": case["is"]}
    assert answer(rule, case["of"]) == wanted
