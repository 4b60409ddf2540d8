"""What the hash says, and what is trade: no database needed."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from almakane.replay.rules import (
    Skip,
    draw,
    give_back,
    in_dirhams,
    list_price,
    maker_of,
    pay,
    plan_of,
    uid_at,
    why_skipped,
)
from almakane.sales.ticket import TenderKind


def test_the_hash_is_the_same_everywhere_and_always() -> None:
    assert [draw("85123A/maker", 170), draw("R001/regime", 10), draw("é", 1_000)] == [1, 1, 51]


def test_every_kind_of_maker_is_among_them() -> None:
    plans = [plan_of(f"R{n:03d}") for n in range(1, 171)]

    regimes = {regime: sum(p.terms.regime == regime for p in plans) for regime in "BAC"}
    assert regimes["B"] > regimes["A"] > regimes["C"] > 0
    assert {plan.terms.discounts for plan in plans} == {"shared", "hub", "maker"}
    assert {plan.terms.paid_to for plan in plans} == {"cooperative", "members"}
    assert {plan.artisans for plan in plans} == {1, 2, 3, 4, 5, 6}
    assert len({plan.craft for plan in plans}) == 8
    assert all(1_500 <= plan.terms.commission_bp <= 3_500 for plan in plans)


def test_codes_fall_on_many_makers() -> None:
    assert len({maker_of(f"{20_000 + n}") for n in range(2_000)}) == 170


@pytest.mark.parametrize(
    ("pounds", "centimes"),
    [(25_500, 3_315), (10, 1), (3, 0), (5, 1), (-10, -1), (-110_620_600, -14_380_678)],
)
def test_a_price_in_pounds_is_a_price_in_dirhams(pounds: int, centimes: int) -> None:
    assert in_dirhams(pounds) == centimes


def test_the_price_of_a_month_is_that_of_most_lines_and_the_highest_of_those_that_tie() -> None:
    assert list_price({100: 3, 250: 3, 900: 1}) == 250


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("536365", "85123A", "HEART", 6, 3_315, "17850"), None),
        (("536365", "85123A", "", 6, 3_315, ""), None),
        (("536365", "DCGSSGIRL", "BAG", 6, 3_315, ""), None),
        (("A563185", "B", "Adjust bad debt", 1, 100, ""), Skip.BAD_DEBT),
        (("A563185", "POST", "", 1, 100, ""), Skip.BAD_DEBT),
        (("536365", "POST", "POSTAGE", 1, 100, ""), Skip.POSTAGE),
        (("C36365", "POST", "POSTAGE", -1, 100, ""), Skip.POSTAGE),
        (("536365", "GIFT_0001_20", "Voucher", 1, 100, ""), Skip.VOUCHER),
        (("536365", "TEST001", "x", 1, 100, ""), Skip.TEST),
        (("536365", "PADS", "x", 1, 100, ""), Skip.NO_PRODUCT),
        (("536365", "DCGS", "x", 1, 100, ""), Skip.NO_PRODUCT),
        (("536365", "1234", "x", 1, 100, ""), Skip.NO_PRODUCT),
        (("536365", "12345ABC", "x", 1, 100, ""), Skip.NO_PRODUCT),
        (("536365", "12345-1", "x", 1, 100, ""), Skip.NO_PRODUCT),
        (("536365", "٣٣٣٣٣", "x", 1, 100, ""), Skip.NO_PRODUCT),
        (("536365", "12345É", "x", 1, 100, ""), Skip.NO_PRODUCT),
        (("536365", "12345", "", -5, 0, ""), Skip.NO_DESCRIPTION),
        (("536365", "12345", "lost", -5, 0, ""), Skip.ADJUSTMENT),
        (("536365", "12345", "x", 0, 100, ""), Skip.ADJUSTMENT),
        (("536365", "12345", "x", 5, 0, ""), Skip.NO_PRICE),
        (("536365", "12345", "x", 5, -1, ""), Skip.NEGATIVE_PRICE),
        (("C36365", "12345", "x", -5, 0, "17850"), Skip.NO_PRICE),
        (("C36365", "12345", "x", 5, 100, "17850"), Skip.NO_UNITS),
        (("C36365", "12345", "x", -5, 100, ""), Skip.NO_CUSTOMER),
        (("C36365", "12345", "x", -5, 100, "17850"), None),
    ],
)
def test_a_line_has_one_reason_to_be_skipped_or_none(
    line: tuple[str, str, str, int, int, str], reason: Skip | None
) -> None:
    assert why_skipped(*line) == reason


@pytest.mark.parametrize("total", [1, 4, 5, 6, 99, 12_345, 1_999_995, 1_999_996, 2_000_000, 10**9])
def test_what_is_paid_is_what_is_due_and_cash_stays_below_its_limit(total: int) -> None:
    for invoice in map(str, range(400)):
        paid = pay(invoice, total)

        cash = sum(t.amount for t in paid.tenders if t.kind is TenderKind.CASH)
        assert sum(t.amount for t in paid.tenders) - paid.change == total + paid.rounding
        assert abs(paid.rounding) <= 5
        assert 0 <= paid.change <= cash
        assert cash - paid.change < 2_000_000
        assert all(t.amount > 0 for t in paid.tenders)
        assert cash or not paid.rounding


def test_every_kind_of_tender_is_used() -> None:
    paid = [pay(str(invoice), 12_345) for invoice in range(200)]

    kinds = {tuple(t.kind.value for t in p.tenders) for p in paid}
    assert kinds == {("cash",), ("terminal",), ("terminal", "cash"), ("cheque",), ("transfer",)}


def test_money_goes_back_in_the_tenders_kind_and_coins_too_small_by_card() -> None:
    paid = give_back({TenderKind.CHEQUE: 500, TenderKind.CASH: 1_234})
    assert [(t.kind.value, t.amount) for t in paid.tenders] == [("cheque", -500), ("cash", -1_230)]
    assert paid.rounding == 4

    small = give_back({TenderKind.CASH: 5})
    assert [(t.kind.value, t.amount) for t in small.tenders] == [("terminal", -5)]
    assert small.rounding == 0


def test_a_uid_is_a_uuid_of_version_7_that_tells_its_time() -> None:
    moment = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)

    uid = UUID(uid_at(moment, "ticket/536365/2"))

    assert (uid.version, uid.variant) == (7, "specified in RFC 4122")
    assert uid.int >> 80 == moment.timestamp() * 1000
    assert str(uid) == uid_at(moment, "ticket/536365/2") != uid_at(moment, "ticket/536365/3")
