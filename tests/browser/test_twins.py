"""
The rules that a browser runs are twins of Python's: they answer the same to the vectors, and to as
many more cases as Python thinks up.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from almakane.gateways.paper import Strip
from almakane.journal.canonical import write
from almakane.pos.clock import offsets
from almakane.pos.paper_words import paper_words
from almakane.pos.receipt import Seller, receipt
from almakane.pos.report import ShiftFigures, report
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket
from almakane.settings import ROOT, Settings
from almakane.web.voices import voice
from tests import papers
from tests.browser.till import BARE, served
from tests.scale import FAULTS
from tests.test_rule_vectors import CASES, answer

pytestmark = pytest.mark.engines("sqlite")  # no book is asked anything

_VECTORS = ROOT / "tests" / "vectors"
_MANY = 20_000 if FAULTS else 1_500


@pytest.fixture
def page(browser: Browser, settings: Settings, data_dir: Path) -> Iterator[Page]:
    """A page of the house, in which the modules are asked one by one."""
    with served(settings, data_dir) as url:
        context = browser.new_context(base_url=url)
        page = context.new_page()
        page.goto(BARE)
        yield page
        context.close()


def test_the_vectors_of_the_rules(page: Page) -> None:
    asked = [[rule, case["of"]] for rule, case in CASES]
    told = page.evaluate((_VECTORS / "rules.js").read_text("utf-8"), asked)
    for (rule, case), said in zip(CASES, told, strict=True):
        wanted = {name: case[name] for name in ("is", "refused") if name in case}
        assert said == wanted, (rule, case["name"])


def test_as_many_cases_as_python_thinks_up(page: Page) -> None:
    chance = Random(8)  # noqa: S311 - the same cases each time
    asked = [make(chance) for make in _MAKERS for _ in range(_MANY)]
    told = page.evaluate((_VECTORS / "rules.js").read_text("utf-8"), asked)
    refusals = 0
    for (rule, of), said in zip(asked, told, strict=True):
        wanted = {"is": write(of[0])} if rule == "canonical" else answer(rule, of)
        if "refused" in wanted:
            refusals += 1
            assert "refused" in said, (rule, of, said)
        else:
            assert said == wanted, (rule, of)
    assert 0 < refusals < len(asked) / 4


def _amount(chance: Random, low: int = 0) -> int:
    most = 10 ** chance.randint(1, 11)
    return chance.randint(-most if low else 0, most)


_TYPED = ["12", "1 250", "0", ",", ".", "5", "٣", "e", "-", "\u202f", "\u00a0", "00", "999999999"]
_WORDS = [
    "Théière",
    "ŒUVRE",
    "زَرْبِيَّة",
    "أݣادير",
    "cœur d’argan",
    "120 × 180",
    "n°7",
    "İstanbul",
    "ǅ",
]
_VALUES = [0, -1, 2**53 - 1, "", "é\u0301", "\u2028\u2029", '\x7f\x1f\\"', "😀", True, None]


def _value(chance: Random, left: int = 4) -> Any:
    kind = chance.random()
    if left and kind < 0.3:
        return [_value(chance, left - 1) for _ in range(chance.randint(0, 3))]
    if left and kind < 0.6:
        keys = chance.sample(["a", "b1", "z_9", "aa", "constructor", "a_1", "a1"], 3)
        return {key: _value(chance, left - 1) for key in keys}
    return chance.choice(_VALUES)


_MAKERS: tuple[Callable[[Random], Any], ...] = (
    lambda c: ["divide", [_amount(c, -1) * 89_999, c.randint(1, 99_999)]],
    lambda c: ["rate", [_amount(c), c.randint(0, 10_000)]],
    lambda c: ["inside", [_amount(c), c.randint(0, 10_000)]],
    lambda c: ["allocate", [_amount(c, -1), [_amount(c) for _ in range(c.randint(1, 9))]]],
    lambda c: ["to_step", [_amount(c, -1), c.choice([1, 5, 7, 10, 20, 50, 100])]],
    lambda c: ["parse_amount", ["".join(c.choices(_TYPED, k=c.randint(1, 3)))]],
    lambda c: ["divide_discount", [[_amount(c) for _ in range(c.randint(1, 9))], c.randint(0, 99)]],
    lambda c: ["settle", _paid(c)],
    lambda c: ["plain", [" ".join(c.choices(_WORDS, k=c.randint(1, 4)))]],
    lambda c: ["canonical", [{"v": _value(c)}]],
)


def _paid(chance: Random) -> list[int]:
    """A total, and money near it."""
    total = chance.randint(-30_000, 100_000)
    others = chance.choice([0, 0, total, total // 2, total + chance.randint(-2, 2)])
    cash = total - others + chance.choice([0, 0, 4, -4, 5_000, chance.randint(-20, 20)])
    return [total, others, cash, chance.choice([1, 5, 10, 20])]


# Papers

_PAPERS = """
async ({ tickets, shifts, words }) => {
  const [{ receipt }, { report }, { voice }] = await Promise.all(
    ["receipt", "report", "wording"].map((name) => import(`/static/js/till/${name}.js`)),
  );
  const say = (language) => voice(words, language);
  return [
    ...tickets.map(([ticket, house, more]) => receipt(ticket, house, say(ticket.lang), more)),
    ...shifts.map(([figures, house, language]) => report(figures, house, say(language), language)),
  ];
}
"""


def test_a_receipt_and_a_report_are_the_same_part_for_part(page: Page) -> None:
    chance = Random(20)  # noqa: S311 - the same papers each time
    tickets = [_ticket(chance) for _ in range(300 if not FAULTS else 5_000)]
    shifts = [
        (replace(figures, training=training), lang)
        for figures in (papers.SHIFT, papers.CLOSED, replace(papers.SHIFT, unsent=0, tickets=0))
        for training in (False, True)
        for lang in ("fr", "ar", "en")
    ]
    house = papers.HOUSE
    year = timedelta(days=365)
    told_house = {**asdict(house), "offsets": offsets(house.zone, papers.AT - year, papers.AT)}
    wanted = [
        *(receipt(ticket, house, voice(ticket.lang), **more) for ticket, more in tickets),
        *(report(figures, house, voice(lang), lang) for figures, lang in shifts),
    ]
    told = page.evaluate(
        _PAPERS,
        {
            "tickets": [[_body(ticket), told_house, _more(more)] for ticket, more in tickets],
            "shifts": [[_figures(figures), told_house, lang] for figures, lang in shifts],
            "words": paper_words(),
        },
    )
    for strip, said in zip(wanted, told, strict=True):
        for part, wanted_part in zip(said["parts"], _strip(strip)["parts"], strict=True):
            assert part == wanted_part
        assert said["language"] == strip.language


def _strip(strip: Strip) -> Any:
    parts = [{"kind": part.kind, **asdict(part)} for part in strip.parts]
    return json.loads(json.dumps({"language": strip.language, "parts": parts}))


def _ticket(chance: Random) -> tuple[Ticket, dict[str, Any]]:
    """A ticket of lines, returns or both, paid in any way: only its paper is looked at."""
    lang = chance.choice(["fr", "ar", "en"])
    known = [papers.RUG, papers.BOWLS, papers.TEA, papers.SLIPPERS, papers.GIFT]
    lines = tuple(
        replace(line, n=n, title=chance.choice([line.title, "", "بلغة 39"]))
        for n, line in enumerate(chance.sample(known, chance.randint(0, 4)), 1)
    )
    returns = tuple(
        replace(
            papers.EXCHANGE.returns[0],
            n=n,
            code=chance.choice([papers.RUG.code, papers.GIFT.code]),
            qty=chance.randint(0, 2),
            tax=chance.choice([0, 7]),
        )
        for n in range(1, (0 if lines else 1) + chance.randint(0, 2) + 1)
    )
    tenders = tuple(
        Tender(
            chance.choice(list(TenderKind)), chance.choice([-1, 1]) * chance.randint(1, 10**9), ref
        )
        for ref in chance.sample(["", "004213", "7F3K-9Q2M-XW4T", "a" * 64], chance.randint(0, 3))
    )
    ticket = Ticket(
        uid="019a0000-0000-7000-8000-000000000001",
        register="T1",
        at=papers.AT,
        day=papers.DAY,
        cashier=chance.choice(["Amina", "أمينة"]),
        lines=lines,
        returns=returns,
        tenders=tenders,
        rounding=chance.choice([0, 4, -4]),
        change=chance.choice([0, 5_000]),
        number=chance.choice(["T1-2-000123", "T1-1-X000001"]),
        lang=lang,
    )
    more = {
        "sellers": chance.choice([{}, papers.SELLERS, papers.ARABIC_SELLERS]),
        "returned": chance.choice([{}, {1: "Théière gravée"}]),
        "url": chance.choice(["", papers.URL]),
        "copy": chance.choice([0, 1, 12]),
        "training": chance.random() < 0.2,
    }
    return ticket, more


def _body(ticket: Ticket) -> Any:
    """A ticket as a till has it."""
    names = ("goods", "returned", "tax", "total", "rounding", "due")
    return {
        "register": ticket.register,
        "at": ticket.at.isoformat(),
        "cashier": ticket.cashier,
        "lang": ticket.lang,
        "number": ticket.number,
        "lines": [_line(line) for line in ticket.lines],
        "returns": [_back(back) for back in ticket.returns],
        "totals": {name: getattr(ticket, name) for name in names},
        "tenders": [asdict(tender) for tender in ticket.tenders],
        "change": ticket.change,
    }


def _line(line: Line) -> Any:
    return asdict(line)


def _back(back: Return) -> Any:
    of = {"uid": back.of_uid, "number": back.of_number, "line": back.of_line}
    return {**asdict(back), "of": of}


def _more(more: dict[str, Any]) -> Any:
    sellers: dict[int, Seller] = more["sellers"]
    return json.loads(
        json.dumps({**more, "sellers": {n: asdict(one) for n, one in sellers.items()}})
    )


def _figures(figures: ShiftFigures) -> Any:
    return json.loads(json.dumps(asdict(figures), default=lambda value: value.isoformat()))


# The journal: canonical text, hashes, genesis, signatures

_JOURNAL = """
async (vectors) => {
  const [canonical, chain, signing] = await Promise.all(
    ["canonical", "chain", "signing"].map((name) => import(`/static/js/till/${name}.js`)),
  );
  const messages = {
    journal: chain.journalMessage,
    enrol: chain.enrolMessage,
    retire: chain.retireMessage,
    ticket: chain.ticketMessage,
  };
  const written = (text) => {
    try {
      const value = JSON.parse(text);
      return Array.isArray(value) ? null : canonical.write(value);
    } catch {
      return null; // it is an error, as it should be
    }
  };
  return {
    canonical: await Promise.all(
      vectors.canonical.map(async ({ value, text }) => [
        canonical.write(value),
        await chain.digest(text),
      ]),
    ),
    not_canonical: vectors.not_canonical.map(({ text }) => written(text) !== text),
    genesis: vectors.genesis.map((one) =>
      chain.genesisText(one.register, one.epoch, one.mode, one.key, one.previous),
    ),
    keys: await Promise.all(vectors.keys.map(({ key }) => signing.isKey(key))),
    signatures: await Promise.all(
      vectors.signatures.map(async ({ key, sig, over, of }) => {
        const message = messages[over](...of);
        return [message, await signing.verifies(key, sig, message)];
      }),
    ),
  };
}
"""


def test_the_vectors_of_the_journal(page: Page) -> None:
    vectors = json.loads((_VECTORS / "journal.json").read_text("utf-8"))
    told = page.evaluate(_JOURNAL, vectors)
    assert told["canonical"] == [[case["text"], case["hash"]] for case in vectors["canonical"]]
    assert all(told["not_canonical"])
    assert told["genesis"] == [case["text"] for case in vectors["genesis"]]
    assert told["keys"] == [case["is_key"] for case in vectors["keys"]]
    wanted = [[case["message"], case["verifies"]] for case in vectors["signatures"]]
    assert told["signatures"] == wanted
