"""A ticket that contradicts itself, or that no database could keep, is refused by its field."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from almakane.db import Model
from almakane.errors import Refusal
from almakane.ledger.models import Account, Earning
from almakane.money import LARGEST
from almakane.sales.models import RefundLine, Sale, SaleLine
from almakane.sales.ticket import (
    LONGEST,
    Line,
    Return,
    Tender,
    TenderKind,
    Ticket,
    What,
    body_hash,
    check_adds_up,
)

LINE = Line(1, "2000000000015", "Bol", 2, 500_00, 500_00, 1000_00)
BACK = Return(1, "other", "T1-1-000001", 1, "2000000000015", 1, 400_00)
CASH = TenderKind.CASH
MOMENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
RTL = "\u202e"  # right-to-left override: odd, but a text


def a_ticket(**changed: Any) -> Ticket:
    values: dict[str, Any] = {
        "uid": "u",
        "register": "T1",
        "at": MOMENT,
        "day": date(2026, 11, 20),
        "cashier": "amina",
        "lines": (LINE,),
        "tenders": (Tender(CASH, 1000_00),),
    }
    return Ticket(**(values | changed))


def with_line(**changed: Any) -> Ticket:
    """A ticket whose one line is changed, paid to the centime."""
    line = replace(LINE, **changed)
    tenders = (Tender(CASH, line.total),) if line.total else ()
    return a_ticket(lines=(line,), tenders=tenders)


def with_return(**changed: Any) -> Ticket:
    back = replace(BACK, **changed)
    return a_ticket(lines=(), returns=(back,), tenders=(Tender(CASH, -back.total),))


@pytest.mark.parametrize(
    "ticket",
    [
        a_ticket(),
        a_ticket(tenders=(Tender(CASH, 1200_00),), change=200_00),
        a_ticket(tenders=(Tender(TenderKind.TERMINAL, 600_00), Tender(CASH, 400_00))),
        a_ticket(returns=(BACK,), tenders=(Tender(CASH, 600_00),)),
        a_ticket(lines=(replace(LINE, discount=1000_00, total=0),), tenders=()),
        a_ticket(lines=(replace(LINE, total=999_96, discount=4),), rounding=4),
        with_return(),
        with_return(qty=0),
        with_line(title="سجّادة " * 20, code="x" * 64),
        with_line(title=f"Bol {RTL}loB"),
        with_line(unit=LARGEST // 2, list=LARGEST, total=LARGEST),
        with_line(qty=9_999, unit=1, total=9_999),
        a_ticket(at=datetime(2026, 11, 20, 23, 59, tzinfo=timezone(timedelta(hours=14)))),
    ],
)
def test_a_ticket_that_adds_up_is_taken_as_it_is(ticket: Ticket) -> None:
    check_adds_up(ticket)


@pytest.mark.parametrize(
    ("ticket", "field", "reason"),
    [
        (a_ticket(lines=(), tenders=()), "lines", "does_not_add_up"),
        (with_line(total=999_99), "lines[1]", "does_not_add_up"),
        (with_line(discount=1), "lines[1]", "does_not_add_up"),
        (with_line(tax=1000_01), "lines[1]", "does_not_add_up"),
        (a_ticket(tenders=()), "tenders", "does_not_add_up"),
        (a_ticket(tenders=(Tender(CASH, 999_99),)), "tenders", "does_not_add_up"),
        (a_ticket(rounding=-10), "tenders", "does_not_add_up"),
        (a_ticket(change=10), "tenders", "does_not_add_up"),
        (a_ticket(change=-10), "change", "does_not_add_up"),
        (
            a_ticket(tenders=(Tender(TenderKind.TERMINAL, 1100_00),), change=100_00),
            "change",
            "does_not_add_up",
        ),
        (
            a_ticket(
                tenders=(Tender(TenderKind.TERMINAL, 1050_00), Tender(CASH, 10_00)), change=60_00
            ),
            "change",
            "does_not_add_up",
        ),
        (
            a_ticket(lines=(), returns=(BACK,), tenders=(Tender(CASH, -500_00),), change=-100_00),
            "change",
            "does_not_add_up",
        ),
        (with_return(of_uid="u"), "returns[1]", "bad_value"),
        (with_return(total=0, qty=0), "returns[1]", "bad_value"),
    ],
)
def test_a_ticket_that_contradicts_itself_is_refused(
    ticket: Ticket, field: str, reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        check_adds_up(ticket)
    assert (refused.value.field, refused.value.reason) == (field, reason)


HUGE = 2**63
NUMBERS: list[dict[str, int]] = [
    *({"qty": qty} for qty in (0, -1, 10_000, HUGE)),
    *({"unit": -1, "total": -2}, {"unit": LARGEST + 1, "discount": 2 * LARGEST + 1, "total": 1}),
    *({"list": value} for value in (-1, LARGEST + 1, HUGE)),
    {"unit": LARGEST, "total": 2 * LARGEST},
    {"discount": -100, "total": 1000_00 + 100},
    {"discount": HUGE, "unit": HUGE, "total": HUGE},
    *({"tax": value} for value in (-1,)),
    *({"tax_bp": value} for value in (-1, 10_001, HUGE)),
    *({"n": value} for value in (0, -1, 10_000, HUGE)),
]


@pytest.mark.parametrize("changed", NUMBERS)
def test_a_number_of_a_line_that_is_out_of_range_is_refused(changed: dict[str, int]) -> None:
    with pytest.raises(Refusal) as refused:
        check_adds_up(with_line(**changed))
    assert refused.value.reason == "bad_value"


@pytest.mark.parametrize(
    "changed",
    [
        *({"qty": qty} for qty in (-1, 10_000, HUGE)),
        *({"total": total} for total in (-1, LARGEST + 1, HUGE)),
        *({"tax": tax} for tax in (-1, 400_01, HUGE)),
        *({"n": n} for n in (0, -1, 10_000, HUGE)),
    ],
)
def test_a_number_of_a_return_that_is_out_of_range_is_refused(changed: dict[str, int]) -> None:
    with pytest.raises(Refusal) as refused:
        check_adds_up(with_return(**changed))
    assert refused.value.reason == "bad_value"


@pytest.mark.parametrize("amount", [0, LARGEST + 1, -LARGEST - 1, HUGE])
def test_a_tender_that_is_out_of_range_is_refused(amount: int) -> None:
    with pytest.raises(Refusal) as refused:
        check_adds_up(a_ticket(tenders=(Tender(CASH, amount), Tender(CASH, 1000_00 - amount))))
    assert refused.value.reason == "bad_value"


def test_the_whole_of_a_ticket_is_at_most_the_largest_amount() -> None:
    lines = tuple(replace(LINE, n=n, qty=1, unit=LARGEST, total=LARGEST) for n in (1, 2))
    tenders = (Tender(CASH, LARGEST), Tender(CASH, LARGEST))
    with pytest.raises(Refusal, match="out of range"):
        check_adds_up(a_ticket(lines=lines, tenders=tenders))


@pytest.mark.parametrize("rounding", [LARGEST + 1, -LARGEST - 1, HUGE])
def test_a_rounding_that_is_out_of_range_is_refused(rounding: int) -> None:
    with pytest.raises(Refusal):
        check_adds_up(a_ticket(rounding=rounding, tenders=(Tender(CASH, 1000_00 + rounding),)))


NOT_A_TEXT = ("a\x00b", "a\ud800b")  # what no database keeps, and what is no Unicode


@pytest.mark.parametrize(
    "ticket",
    [
        *(
            a_ticket(**{name: text})
            for text in NOT_A_TEXT
            for name in ("uid", "register", "number")
        ),
        *(a_ticket(**{name: text}) for text in NOT_A_TEXT for name in ("cashier", "note", "lang")),
        *(a_ticket(**{name: text}) for text in NOT_A_TEXT for name in ("shift", "customer")),
        *(a_ticket(approvals=(text,)) for text in NOT_A_TEXT),
        *(with_line(**{n: t}) for t in NOT_A_TEXT for n in ("code", "title", "tax_code")),
        *(
            with_return(**{n: t})
            for t in NOT_A_TEXT
            for n in ("of_uid", "of_number", "code", "why")
        ),
        *(a_ticket(tenders=(Tender(CASH, 1000_00, text),)) for text in NOT_A_TEXT),
        a_ticket(uid=""),
        a_ticket(uid="x" * 37),
        a_ticket(register="x" * 10_000),
        a_ticket(number="x" * 27),
        a_ticket(cashier="x" * 81),
        a_ticket(cashier=""),
        a_ticket(shift="x" * 37),
        a_ticket(customer="x" * 37),
        a_ticket(lang="fra"),
        a_ticket(note="x" * 10_000),
        a_ticket(approvals=("x" * 10_000,)),
        with_line(code=""),
        with_line(code="x" * 65),
        with_line(title="x" * 10_000),
        with_line(tax_code="x" * 17),
        with_return(why="x" * 501),
        with_return(code="x" * 65),
        with_return(of_uid=""),
        with_return(of_uid="x" * 37),
        a_ticket(tenders=(Tender(CASH, 1000_00, "x" * 121),)),
        a_ticket(tenders=(Tender(TenderKind.GIFT_CARD, 1000_00, ""),)),
        a_ticket(tenders=(Tender(TenderKind.CREDIT, 1000_00, "x" * 65),)),
    ],
)
def test_a_text_that_could_not_be_kept_is_refused(ticket: Ticket) -> None:
    with pytest.raises(Refusal) as refused:
        check_adds_up(ticket)
    assert refused.value.reason == "bad_value"


@pytest.mark.parametrize(
    "changed",
    [
        {"at": datetime(2026, 11, 20, 10, 0)},  # noqa: DTZ001 - that is the mistake
        {"at": datetime(1999, 12, 31, tzinfo=UTC)},
        {"at": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))},
        {"at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))},
        {"day": date(1999, 12, 31)},
        {"day": date.max},
    ],
)
def test_a_moment_that_no_clock_of_the_shop_shows_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        check_adds_up(a_ticket(**changed))
    assert refused.value.reason == "bad_value"


@pytest.mark.parametrize("lines", [(LINE, LINE), (replace(LINE, n=0),)])
def test_lines_are_numbered_from_one_and_each_its_own(lines: tuple[Line, ...]) -> None:
    tenders = (Tender(CASH, sum(line.total for line in lines)),)
    with pytest.raises(Refusal) as refused:
        check_adds_up(a_ticket(lines=lines, tenders=tenders))
    assert refused.value.reason == "bad_value"


def test_a_ticket_is_a_sale_a_refund_or_an_exchange() -> None:
    assert a_ticket().kind == "sale"
    assert with_return().kind == "refund"
    both = a_ticket(returns=(BACK,))
    assert both.kind == "exchange"
    assert (both.goods, both.returned, both.total, both.due) == (1000_00, 400_00, 600_00, 600_00)


def test_the_same_ticket_has_the_same_hash_and_any_other_another() -> None:
    ticket = a_ticket()
    others = [
        a_ticket(note="autre"),
        a_ticket(cashier="hind"),
        with_line(what=What.SERVICE),
        with_line(title="Bols"),
        a_ticket(tenders=(Tender(TenderKind.TERMINAL, 1000_00),)),
        a_ticket(at=MOMENT + timedelta(microseconds=1)),
    ]
    assert body_hash(ticket) == body_hash(a_ticket())
    assert len({body_hash(one) for one in (ticket, *others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("part", "table", "added"),
    [
        ("ticket", Sale, {"number": len("/999")}),
        ("shift", Sale, {}),
        ("line", SaleLine, {}),
        ("line", Earning, {}),
        ("return", RefundLine, {}),
    ],
)
def test_every_text_that_a_ticket_may_have_fits_its_column(
    part: str, table: type[Model], added: dict[str, int]
) -> None:
    columns = table.__table__.columns
    checked = 0
    for name, most in LONGEST[part].items():
        length = getattr(columns[name].type, "length", None) if name in columns else None
        if length is not None:
            assert most + added.get(name, 0) <= length, name
            checked += 1
    assert checked


def test_the_longest_card_is_still_the_name_of_an_account() -> None:
    most = Account.__table__.columns["code"].type.length  # type: ignore[attr-defined]
    check_adds_up(a_ticket(tenders=(Tender(TenderKind.GIFT_CARD, 1000_00, "x" * 64),)))
    assert len("giftcard:" + "x" * 64) <= most
