"""What differs from the rules is recorded and flagged, never refused (section 7)."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from almakane.db import transaction
from almakane.hubs.models import HubHabits
from almakane.pos.applying import BANDS
from almakane.sales.sealing import seal_day
from almakane.users.models import Role, User
from tests.factories import TODAY, mad
from tests.journal.shop import Shop, ask, broken
from tests.till.client import Till, back_of, line
from tests.till.journal import moment, uuid7


def flags(till: Till) -> list[str]:
    """The flags of the last event that was sent."""
    [(status, told)] = till.send()
    assert status == 200, told
    last = told["results"][-1]
    assert last["outcome"] in ("recorded", "flagged"), last
    return list(last.get("flags", []))


def test_a_sale_by_the_rules_has_no_flag(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == []


@pytest.mark.parametrize(
    ("sold", "flag"),
    [
        ({"code": "2000000009998"}, "lot_unknown"),
        ({"list": mad(300), "unit": mad(300)}, "price_old"),
        ({"tax": 1}, "tax_differs"),
        ({"qty": 1_001}, "stock_short"),
        ({"unit": mad(200)}, "over_band"),
    ],
)
def test_a_line_that_differs(shop: Shop, till: Till, sold: dict[str, Any], flag: str) -> None:
    told = {"code": shop.pot, "unit": mad(280), "list": mad(280), **sold}
    code, unit = told.pop("code"), told.pop("unit")
    till.sell(line(code, unit, **told))

    assert flag in flags(till)
    assert broken() == []


def test_a_discount_within_the_band_needs_nobody(shop: Shop, till: Till) -> None:
    off = mad(280) * BANDS[Role.CASHIER] // 10_000
    till.sell(line(shop.pot, mad(280), discount=off))
    assert flags(till) == []


def test_the_band_of_the_day_is_the_one_that_was_set(shop: Shop, till: Till) -> None:
    with transaction() as session:
        session.add(
            HubHabits(
                **{"hub_id": shop.hub_id, "valid_from": date(2020, 1, 1), "actor": "hind"},
                **{"cashier_band_bp": 500, "staff_band_bp": 500, "return_days": 7},
                **{"label_sheet": "a4-24", "set_at": datetime(2020, 1, 1, tzinfo=UTC)},
            )
        )
    till.sell(line(shop.pot, mad(280), discount=mad(28)))
    assert flags(till) == ["over_band"]


def test_a_manager_bargains_by_herself(shop: Shop, till: Till) -> None:
    till.cashier = "hind"
    till.sell(line(shop.pot, mad(200), list=mad(280)))
    assert flags(till) == []


def test_an_offline_approval_lifts_the_band_and_is_told(shop: Shop, till: Till) -> None:
    approvals = [till.approval("bargain")]
    till.sell(line(shop.pot, mad(200), list=mad(280)), approvals=approvals)
    assert flags(till) == ["approved_offline"]


def test_an_offline_approval_is_good_up_to_an_amount(shop: Shop, till: Till) -> None:
    approvals = [till.approval("bargain")]
    till.sell(line(shop.pot, mad(30), qty=9, list=mad(280)), approvals=approvals)
    assert flags(till) == ["approved_offline", "no_approval", "over_band"]


@pytest.mark.parametrize("by", ["amina", "nobody"])
def test_an_approval_by_no_manager_is_none(shop: Shop, till: Till, by: str) -> None:
    approvals = [till.approval("bargain", by=by)]
    till.sell(line(shop.pot, mad(200), list=mad(280)), approvals=approvals)
    assert flags(till) == ["no_approval", "over_band"]


def test_an_online_approval_needs_its_grant(shop: Shop, till: Till) -> None:
    approvals = [till.approval("bargain", grant="made-up")]
    till.sell(line(shop.pot, mad(200), list=mad(280)), approvals=approvals)
    assert flags(till) == ["no_approval", "over_band"]


def test_a_refund_asks_a_manager(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)))
    till.give_back(back_of(sale), approvals=[])
    assert flags(till) == ["no_approval"]


def test_more_than_was_left_goes_to_the_hubs_differences(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)))
    till.give_back(back_of(sale))
    till.give_back(back_of(sale))

    assert flags(till) == ["approved_offline", "over_refund"]
    assert broken() == []


@pytest.mark.parametrize(
    ("cashier", "flag"), [("nobody", "unknown_cashier"), ("amina", "cashier_disabled")]
)
def test_a_cashier_who_is_none(shop: Shop, till: Till, cashier: str, flag: str) -> None:
    with transaction() as session:
        amina = session.query(User).filter_by(login="amina").one()
        amina.disabled_at = datetime.now(UTC)
    till.cashier = cashier
    till.sell(line(shop.pot, mad(280)))
    assert flag in flags(till)


def test_a_sale_of_a_shift_that_nobody_knows(shop: Shop, till: Till) -> None:
    till.shift = uuid7(till.now)
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == ["shift_missing"]
    assert broken() == []


def test_a_shift_of_another_register_is_no_shift_of_this_one(shop: Shop, till: Till) -> None:
    till.send()
    other = shop.till("T2")
    other.shift = till.shift
    other.sell(line(shop.pot, mad(280)))
    assert flags(other) == ["shift_missing"]


def test_a_sale_after_the_count(shop: Shop, till: Till) -> None:
    till.close_shift(mad(500))
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == ["shift_closed"]
    assert broken() == []


def test_cash_beyond_the_limit(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280), qty=72))
    assert flags(till) == ["cash_limit"]


def test_a_number_that_leaps_or_comes_again(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)), number="T1-1-000003")
    assert flags(till) == ["number_gap"]
    till.sell(line(shop.pot, mad(280)), number="T1-1-000003")
    assert flags(till) == ["number_twice"]
    assert ask("SELECT number FROM sale ORDER BY id") == [("T1-1-000003",), ("T1-1-000003/2",)]


def test_a_quarantined_ticket_keeps_its_number(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)), colour="red")
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == []
    assert ask("SELECT number FROM sale") == [("T1-1-000002",)]
    assert broken() == []


def test_sums_that_do_not_go_on(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)), perpetual={"sales": 1, "refunds": 0})
    assert flags(till) == ["total_differs"]


def test_a_rounding_that_is_not_the_houses(shop: Shop, till: Till) -> None:
    till.sell(
        line(shop.pot, mad(280)),
        totals={
            **{"goods": mad(280), "returned": 0, "tax": 0, "total": mad(280)},
            **{"rounding": 3, "due": mad(280) + 3},
        },
        tenders=[{"kind": "cash", "amount": mad(280) + 3, "ref": "", "auth": None}],
    )
    assert "total_differs" in flags(till)


def test_a_clock_that_runs_ahead(shop: Shop, till: Till) -> None:
    till.send()
    till.now = datetime.now(UTC) + timedelta(seconds=300)
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == ["clock_skew"]


def test_a_clock_that_runs_behind_shows_in_the_heartbeat(shop: Shop, till: Till) -> None:
    till.send()
    till.heartbeat(at=moment(datetime.now(UTC) - timedelta(seconds=300)))
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == ["clock_skew"]
    till.heartbeat()
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == []


def test_a_gift_card_that_was_not_taken(shop: Shop, till: Till) -> None:
    tender = {"kind": "gift_card", "amount": mad(280), "ref": "a" * 64, "auth": None}
    till.sell(line(shop.pot, mad(280)), tenders=[tender])
    assert flags(till) == ["tender_unsecured"]
    tender["auth"] = "made-up"
    till.sell(line(shop.pot, mad(280)), tenders=[tender])
    assert flags(till) == ["tender_unsecured"]
    assert broken() == []


def test_the_day_is_the_shifts_unless_that_is_sealed(shop: Shop, till: Till) -> None:
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == []
    with transaction() as session:
        seal_day(session, shop.hub_id, TODAY, now=datetime.now(UTC), actor="hind")
    till.sell(line(shop.pot, mad(280)))
    assert flags(till) == ["late_day"]
    assert broken() == []


def test_a_drawer_opened_without_a_sale_asks_a_manager(shop: Shop, till: Till) -> None:
    body: dict[str, Any] = {"shift": till.shift, "why": "change", "note": "", "approvals": []}
    till.write("drawer_opened", body)
    assert flags(till) == ["no_approval"]
    till.write("drawer_opened", body, cashier="hind")
    assert flags(till) == []
    till.write("drawer_opened", {**body, "approvals": [till.approval("drawer")]})
    assert flags(till) == ["approved_offline"]


def test_cash_goes_to_the_safe_and_comes_from_it(shop: Shop, till: Till) -> None:
    body = {"shift": till.shift, "direction": "out", "amount": mad(200), "why": "too much"}
    till.write("cash_moved", {**body, "note": "", "approvals": []})
    assert flags(till) == []
    moved = {**body, "direction": "in", "amount": mad(50), "note": "", "approvals": []}
    till.write("cash_moved", moved)
    assert flags(till) == []
    till.close_shift(mad(350), left=0)
    assert flags(till) == []
    assert ask("SELECT expected, counted FROM shift_closing") == [(mad(350), mad(350))]
    assert broken() == []


def test_a_closing_that_expected_something_else(shop: Shop, till: Till) -> None:
    till.close_shift(mad(490))
    assert flags(till) == ["total_differs"]
    assert broken() == []


def test_a_basket_dropped_and_a_receipt_printed_again_are_only_told(shop: Shop, till: Till) -> None:
    sale = till.sell(line(shop.pot, mad(280)))
    told = json.loads(sale["text"])
    again = {
        **{"shift": till.shift, "of": told["uid"], "number": told["body"]["number"]},
        **{"copy": 1, "approvals": []},
    }
    till.write("reprinted", again)
    assert flags(till) == []
    lines = [{"n": 1, **line(shop.pot, mad(280))}]
    till.write("voided", {"shift": till.shift, "lines": lines, "why": "", "approvals": []})
    assert flags(till) == []


def test_a_line_above_its_list_price_does_not_pay_for_another(shop: Shop, till: Till) -> None:
    dear = line(shop.bowl, mad(9_000), list=mad(95))
    cheap = line(shop.pot, mad(30), qty=9, list=mad(280))
    till.sell(dear, cheap, approvals=[till.approval("bargain")])
    assert "no_approval" in flags(till)
