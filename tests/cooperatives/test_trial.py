"""A price tried out: its parts add up, and it is divided as a real sale is, whatever the terms."""

from contextlib import suppress

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Discounts, PaidTo, Regime, Terms, check_terms
from almakane.cooperatives.trial import Trial, Tried, parts_of, try_price
from almakane.db import rows, transaction
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on, vat_rate
from almakane.inventory.models import TaxClass
from almakane.money import BASIS
from tests.factories import (
    TODAY,
    Sold,
    a_line,
    card,
    cash,
    mad,
    make_hub,
    make_lot,
    make_maker,
    sell,
)


def test_a_mandate_at_25_per_cent_leaves_the_maker_700_of_1000() -> None:
    tried = try_price(Terms(Regime.MANDATE, 2_500), Trial(mad(1000), mad(1000), hub_vat_bp=2_000))
    parts = tried.parts
    assert (parts.maker, parts.house, parts.tax, parts.fee) == (mad(700), mad(250), mad(50), 0)


def test_three_artisans_of_one_piece_have_every_centime_of_her_part() -> None:
    tried = try_price(
        Terms(Regime.MANDATE, 2_500),
        Trial(mad(1000), mad(1000), hub_vat_bp=2_000, weights={7: 1, 8: 1, 9: 1}),
    )
    assert tried.members == {7: 23_334, 8: 23_333, 9: 23_333}


def test_goods_of_the_house_have_their_cost_in_the_makers_part() -> None:
    terms = Terms(Regime.FIRM, 0)
    parts = try_price(
        terms,
        Trial(mad(1200), mad(1200), goods_vat_bp=2_000, hub_vat_bp=2_000, cost=mad(600)),
    ).parts
    assert (parts.maker, parts.house, parts.tax) == (mad(600), mad(400), mad(200))
    dear = try_price(terms, Trial(mad(500), mad(500), cost=mad(600))).parts
    assert (dear.maker, dear.house, dear.added) == (mad(600), 0, mad(100))


ANY_TERMS = st.builds(
    Terms,
    regime=st.sampled_from(Regime),
    commission_bp=st.integers(0, BASIS),
    discounts=st.sampled_from(Discounts),
    card_fee_bp=st.integers(0, 500),
    card_fee_maker_bp=st.sampled_from((0, 3_333, 5_000, BASIS)),
    maker_vat_liable=st.booleans(),
    paid_to=st.sampled_from(PaidTo),
)
ANY_TRIAL = st.builds(
    lambda price, off, floor, by_card, goods, hub, cost: Trial(
        price,
        price - price * off // 100,
        price * floor // 100,
        by_card,
        goods,
        hub,
        price * cost // 100,
        {3: 2, 5: 1},
    ),
    price=st.integers(1, 10**9),
    off=st.integers(0, 100),
    floor=st.integers(0, 100),
    by_card=st.booleans(),
    goods=st.sampled_from((0, 1_000, 2_000)),
    hub=st.sampled_from((0, 2_000)),
    cost=st.integers(0, 120),
)


def agreed(terms: Terms, hub_vat_bp: int) -> bool:
    try:
        check_terms(terms, hub_vat_bp)
    except Refusal:
        return False
    return True


@given(terms=ANY_TERMS, trial=ANY_TRIAL)
def test_the_parts_of_a_price_are_what_was_paid_and_what_the_house_added(
    terms: Terms, trial: Trial
) -> None:
    if not agreed(terms, trial.hub_vat_bp):
        return
    tried = try_price(terms, trial)
    parts = tried.parts
    assert parts.maker + parts.house + parts.tax + parts.fee == trial.paid + parts.added
    assert min(parts.house, parts.fee, parts.added) >= 0
    assert not (parts.house and parts.added)
    assert parts == parts_of(
        tried.shares, terms.regime, trial.cost if terms.regime is Regime.FIRM else 0
    )
    if tried.members:
        assert sum(tried.members.values()) == tried.shares.net


class Undone(Exception):
    """The example is over: nothing of it stays."""


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    terms=ANY_TERMS,
    price=st.integers(1, 10**7),
    off=st.integers(0, 60),
    floor=st.integers(0, 100),
    by_card=st.booleans(),
    tax_class=st.sampled_from(TaxClass),
    vat_liable=st.booleans(),
)
@pytest.mark.engines("sqlite")
def test_what_a_trial_says_is_what_a_sale_books(
    books: Flask,
    terms: Terms,
    price: int,
    off: int,
    floor: int,
    by_card: bool,
    tax_class: TaxClass,
    vat_liable: bool,
) -> None:
    if not agreed(terms, 2_000 if vat_liable else 0):
        return
    paid, least, cost = max(1, price - price * off // 100), price * floor // 100, price // 2 or 1
    with suppress(Undone), transaction() as session:
        hub = make_hub(session, vat_liable=vat_liable)
        maker = make_maker(session, hub, terms, artisans=2)
        lot = make_lot(
            session,
            hub,
            maker,
            price,
            floor=least,
            unit_cost=cost,
            weights=dict(zip(maker.artisans, (2, 1), strict=True)),
            tax_class=tax_class,
        )
        rules = rules_on(session, hub.id, TODAY)
        trial = Trial(
            price,
            paid,
            least,
            by_card,
            goods_vat_bp=vat_rate(rules, tax_class),
            hub_vat_bp=rules.vat_bp if rules.vat_liable else 0,
            cost=cost,
            weights=dict(zip((one.id for one in maker.artisans), (2, 1), strict=True)),
        )
        tender = card(paid) if by_card else cash(paid)
        sell(session, hub, a_line(1, Sold(lot, price, paid)), tenders=(tender,))
        assert booked(session, terms) == told(try_price(terms, trial), terms)
        raise Undone


Booked = tuple[tuple[int, ...], dict[int, int]]

_LINE = "SELECT total, booked_tax, cost FROM sale_line"
_EARNING = (
    "SELECT gross, promotion, net, commission, commission_vat, fees, fees_vat, vat_in FROM earning"
)


def booked(session: Session, terms: Terms) -> Booked:
    """What the one sale of these books wrote: its line, its earning and who has what of it."""
    [(total, tax, cost)] = rows(session, _LINE)
    if terms.regime is Regime.FIRM:
        assert not rows(session, _EARNING)
        return (total - tax, tax, cost), {}
    [earning] = rows(session, _EARNING)
    members = dict(rows(session, "SELECT artisan_id, amount FROM earning_share"))
    return (tax, *earning), members


def told(tried: Tried, terms: Terms) -> Booked:
    """The same, as it was said beforehand."""
    shares = tried.shares
    if terms.regime is Regime.FIRM:
        return (shares.gross, shares.tax, tried.parts.maker), {}
    parts = (shares.gross, shares.promotion, shares.net, shares.commission, shares.commission_vat)
    more = (shares.fees, shares.fees_vat, shares.vat_in)
    return (shares.tax, *parts, *more), tried.members
