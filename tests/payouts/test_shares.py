"""What was sold and whose it is, to the centime of the trial balance; and what the house costs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.db import retried, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.hubs.services import open_hub
from almakane.inventory.losses import record_loss
from almakane.inventory.models import LossKind
from almakane.ledger import chart
from almakane.ledger.book import pair
from almakane.ledger.queries import balances
from almakane.ledger.services import Fact, post
from almakane.payouts.costs import (
    Cost,
    costs_of,
    enter_cost,
    month_costs,
    month_losses,
    repeat_costs,
    reverse_cost,
    with_losses,
)
from almakane.payouts.models import Activity, CostKind, Fund, OperatingCost
from almakane.payouts.months import last_day
from almakane.payouts.queries import hub_share
from almakane.payouts.shares import (
    Split,
    add_days,
    add_splits,
    by_craft,
    by_maker,
    days_of_trade,
    months_of_trade,
)
from almakane.sales.sealing import seal_day
from tests.factories import (
    NOW,
    TODAY,
    Done,
    Sold,
    a_deed,
    a_line,
    a_return,
    card,
    mad,
    make_hub,
    make_lot,
    make_maker,
    new_uid,
    refund,
    sell,
    service_line,
)
from tests.payouts.test_services import a_whole_month

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
CRAFTS = ("rug", "pottery", "soap")


def prove(session: Session, hub: Hub, first: date, last: date) -> Split:
    """Days, makers and crafts come to the same, which is what the accounts say."""
    days = days_of_trade(session, hub.id, first, last)
    whole = add_days(days.values())
    makers = by_maker(session, hub.id, first, last)
    crafts = by_craft(session, hub.id, first, last)
    assert makers.whole == crafts.whole == whole.split
    assert (makers.own, makers.services) == (crafts.own, crafts.services)
    assert whole.split.share == whole.share.total
    assert whole.share.total == sum(
        share.total for share in hub_share(session, hub.id, first, last).values()
    )
    for split in (*makers.of.values(), *crafts.of.values(), makers.own, makers.services):
        assert split.corrected == 0
    return whole.split


def income(session: Session, hub: Hub) -> int:
    """The house's share as the trial balance has it, from the first day on."""
    found = balances(session, hub.id)
    of_share = ("income:", "cost:", chart.PROMOTION)
    return -sum(amount for code, amount in found.items() if code.startswith(of_share))


_OWED = """
SELECT COALESCE(SUM(CASE WHEN c.code LIKE 'owed:%' THEN p.amount ELSE 0 END)
     - SUM(CASE WHEN d.code LIKE 'owed:%' THEN p.amount ELSE 0 END), 0)
FROM posting p JOIN entry e ON e.id = p.entry_id
JOIN account d ON d.id = p.debit_id JOIN account c ON c.id = p.credit_id
WHERE e.hub_id = ? AND e.kind IN ('sale', 'refund', 'exchange')
"""


def test_days_makers_and_crafts_come_to_what_the_trial_balance_says(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        a_whole_month(session, hub)
        lot = make_lot(session, hub, make_maker(session, hub), mad(100))
        sell(session, hub, a_line(1, Sold(lot, mad(100), mad(100))), service_line(2, "x", 5000, 0))
        whole = prove(session, hub, TODAY, TODAY)
        assert whole.share == income(session, hub)
        assert whole.owed == int(rows(session, _OWED, (hub.id,))[0][0])
        assert whole.corrected == 0
        assert prove(session, hub, OCTOBER, OCTOBER) == Split()


TERMS = (
    Terms(Regime.MANDATE, 2_500),
    Terms(Regime.MANDATE, 3_000, paid_to=PaidTo.MEMBERS),
    Terms(Regime.MANDATE, 2_777, discounts=Discounts.HUB, card_fee_bp=200, card_fee_maker_bp=5_000),
    Terms(Regime.MANDATE, 1_900, discounts=Discounts.MAKER),
    Terms(Regime.COMMISSIONNAIRE, 2_500, maker_vat_liable=True),
    Terms(Regime.COMMISSIONNAIRE, 3_333, discounts=Discounts.HUB),
    Terms(Regime.FIRM, 0),
)


@pytest.mark.parametrize("seed", range(3))
def test_any_trade_comes_to_the_trial_balance_sealed_or_not(books: Flask, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a shop's customers, not a secret
    days = [TODAY - timedelta(days=n) for n in (40, 20, 3, 0)]
    with transaction() as session:
        hub = make_hub(session, vat_liable=seed != 1)
        makers = [make_maker(session, hub, terms, artisans=2) for terms in TERMS]
    for day in days:
        with transaction() as session:
            _trade(session, hub, makers, day, chance)
        with transaction() as session:
            first, last = chance.choice(days[:2]), TODAY
            prove(session, hub, first, last)
            assert prove(session, hub, days[0], TODAY).share == income(session, hub)
        if day != TODAY:
            with transaction() as session:
                seal_day(session, hub.id, day, now=NOW, actor="hind")
    with transaction() as session:
        whole = prove(session, hub, days[0], TODAY)
        assert whole.owed == int(rows(session, _OWED, (hub.id,))[0][0])
        months = months_of_trade(days_of_trade(session, hub.id, days[0], TODAY))
        assert add_splits(day.split for day in months.values()) == whole


def _trade(session: Session, hub: Hub, makers: list[Maker], day: date, chance: Random) -> None:
    done: list[Done] = []
    for maker in chance.sample(makers, 5):
        price = chance.randrange(1_001, 90_000)
        lot = make_lot(
            *(session, hub, maker, price),
            category=chance.choice(CRAFTS),
            unit_cost=price // 2,
            weights=dict.fromkeys(maker.artisans, 1),
        )
        unit = price - chance.choice((0, 0, price // 7))
        told = {"tenders": (card(unit),)} if chance.random() < 0.5 else {}
        done.append(sell(session, hub, a_line(1, Sold(lot, price, unit)), day=day, **told))
    for sale in chance.sample(done, 2):
        total = sale.ticket.lines[0].total
        part = chance.choice((total, total // 3))
        refund(session, hub, a_return(1, sale.ticket, 1, part, qty=int(part == total)), day=day)


def test_a_correction_without_a_line_has_a_place_of_its_own(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        fact = Fact(hub.id, None, "payout", "X", NOW, TODAY, NOW, "x", new_uid(), "x")
        post(session, fact, pair(chart.PROMOTION, chart.BANK, mad(12)))
        parts = by_maker(session, hub.id, TODAY, TODAY)
        assert parts.corrected == Split(share=-mad(12))
        [day] = days_of_trade(session, hub.id, TODAY, TODAY).values()
        assert (day.split.corrected, day.split.share) == (-mad(12), -mad(12))


def test_a_loss_is_no_sale_and_another_hubs_trade_is_not_ours(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        a_whole_month(session, hub)
        other = open_hub(session, "fes", "Fès", sites={})
        assert by_maker(session, other.id, TODAY, TODAY).whole == Split()
        assert days_of_trade(session, other.id, TODAY, TODAY) == {}
        makers = by_maker(session, hub.id, TODAY, TODAY).of
        lost = rows(session, "SELECT maker_id, net FROM earning WHERE kind = 'loss'")
        members = next(maker for maker, _net in lost)
        # 1 000.00 sold, 77.77 sold and taken back; the lost piece of 500.00 is not among them.
        assert (makers[members].sold, makers[members].owed) == (mad(1000), mad(700))


# What the house costs

RENT = Cost(OCTOBER, CostKind.RENT, Activity.HOUSE, Fund.OWN, mad(3_500), "Rue de la Skala")


def enter(session: Session, hub: Hub, cost: Cost = RENT, uid: str = "") -> OperatingCost:
    told = {"uid": uid or new_uid(), "today": TODAY, "now": NOW, "actor": "nadia"}
    return enter_cost(session, hub.id, cost, **told)  # type: ignore[arg-type]


def test_costs_are_summed_by_month_kind_activity_and_fund(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        enter(session, hub)
        training = (CostKind.TRAINING, Activity.TRAINING, Fund.RESTRICTED)
        enter(session, hub, Cost(OCTOBER, *training, mad(1_500)))
        enter(session, hub, Cost(NOVEMBER, CostKind.WAGES, Activity.SHOP, Fund.OWN, mad(6_800)))
        found = month_costs(session, hub.id, OCTOBER, NOVEMBER)
        assert found[OCTOBER].whole == mad(5_000)
        assert (found[OCTOBER].trade, found[OCTOBER].restricted) == (mad(3_500), mad(1_500))
        assert found[OCTOBER].kinds == {CostKind.RENT: mad(3_500), CostKind.TRAINING: mad(1_500)}
        assert found[NOVEMBER].whole == mad(6_800)
        other = open_hub(session, "fes", "Fès", sites={})
        assert month_costs(session, other.id, OCTOBER, NOVEMBER) == {}


def test_a_mistake_is_met_by_a_row_that_undoes_it_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        cost = enter(session, hub)
        undone = reverse_cost(session, hub.id, cost.id, now=NOW, actor="hind")
        assert reverse_cost(session, hub.id, cost.id, now=NOW, actor="hind").id == undone.id
        assert (undone.reverses_id, undone.actor, undone.amount) == (cost.id, "hind", mad(3_500))
        assert month_costs(session, hub.id, OCTOBER, OCTOBER) == {}
        assert [row.stands for row in costs_of(session, hub.id, OCTOBER)] == [False, False]
        assert sum(row.signed for row in costs_of(session, hub.id, OCTOBER)) == 0
        with pytest.raises(Refusal, match="undoes another"):
            reverse_cost(session, hub.id, undone.id, now=NOW, actor="hind")


def test_the_same_cost_told_twice_is_entered_once_even_at_the_same_moment(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)

    def click(_n: int) -> int:
        def once() -> int:
            with books.app_context(), transaction() as session:
                return enter(session, hub, uid="one-form").id

        return retried(once)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(click, range(4)))) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"month": date(2026, 12, 1)}, "month"),
        ({"month": date(1999, 12, 1)}, "month"),
    ],
)
def test_what_is_no_cost_is_refused(books: Flask, changed: dict[str, object], field: str) -> None:
    with transaction() as session:
        hub = make_hub(session)
        with pytest.raises(Refusal) as refused:
            enter(session, hub, RENT._replace(**changed))  # type: ignore[arg-type]
        assert refused.value.field == field


def test_another_hubs_cost_cannot_be_undone(books: Flask) -> None:
    with transaction() as session:
        cost = enter(session, make_hub(session))
        other = open_hub(session, "fes", "Fès", sites={})
        with pytest.raises(Refusal, match="no such cost"):
            reverse_cost(session, other.id, cost.id, now=NOW, actor="x")


def test_what_is_the_same_every_month_is_repeated_once(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        enter(session, hub)
        wrong = enter(session, hub, RENT._replace(kind=CostKind.OTHER, amount=mad(9)))
        reverse_cost(session, hub.id, wrong.id, now=NOW, actor="hind")
        told = {"today": TODAY, "now": NOW, "actor": "nadia"}
        first = repeat_costs(session, hub.id, NOVEMBER, uid="again", **told)  # type: ignore[arg-type]
        again = repeat_costs(session, hub.id, NOVEMBER, uid="again", **told)  # type: ignore[arg-type]
        assert [row.id for row in first] == [row.id for row in again]
        assert [(row.kind, row.amount, row.note) for row in first] == [RENT[1:2] + RENT[4:]]
        with pytest.raises(Refusal, match="has costs already"):
            repeat_costs(session, hub.id, NOVEMBER, uid="other", **told)  # type: ignore[arg-type]
        with pytest.raises(Refusal, match="no costs that could"):
            repeat_costs(session, hub.id, date(2026, 9, 1), uid="none", **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "act", ["UPDATE operating_cost SET amount = 1", "DELETE FROM operating_cost"]
)
def test_a_cost_that_is_entered_is_never_changed(books: Flask, act: str) -> None:
    with transaction() as session:
        enter(session, make_hub(session))
    with pytest.raises(DBAPIError, match="never changed"), transaction() as session:
        session.execute(text(act))


def test_losses_that_the_house_bears_belong_to_the_costs_of_a_month_that_has_some(
    books: Flask,
) -> None:
    with transaction() as session:
        hub = make_hub(session)
        lot = make_lot(session, hub, make_maker(session, hub), mad(1_000), quantity=3)
        record_loss(session, a_deed(session, hub), lot.id, 1, LossKind.LOST, "?")
        losses = month_losses(session, hub.id, NOVEMBER, last_day(NOVEMBER))
        assert losses == {NOVEMBER: mad(700)}
        assert with_losses(month_costs(session, hub.id, NOVEMBER, NOVEMBER), losses) == {}
        enter(session, hub, Cost(NOVEMBER, CostKind.WAGES, Activity.SHOP, Fund.OWN, mad(6_800)))
        cost = with_losses(month_costs(session, hub.id, NOVEMBER, NOVEMBER), losses)[NOVEMBER]
        assert (cost.whole, cost.trade, cost.losses) == (mad(7_500), mad(7_500), mad(700))
        assert cost.kinds == {CostKind.WAGES: mad(6_800)}
