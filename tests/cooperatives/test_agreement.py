"""Whose money a price is: shares that sum, into which nobody pays, and that close at zero."""

from collections.abc import Sequence
from dataclasses import astuple, fields, replace
from datetime import date
from itertools import permutations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from almakane.cooperatives.agreement import (
    Discounts,
    PricedLine,
    Regime,
    Shares,
    Terms,
    check_terms,
    share,
    take_back,
)
from almakane.cooperatives.queries import agreement_on, commission_for
from almakane.cooperatives.services import agree
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.money import BASIS, LARGEST, allocate, inside
from tests.factories import mad, make_hub, make_maker

NOTHING = Shares(0)

vat_rates = st.sampled_from([0, 700, 1_000, 1_400, 2_000])
prices = st.one_of(st.integers(0, 2_000), st.integers(0, 10**7), st.just(LARGEST))


@st.composite
def terms_under(draw: st.DrawFn, vat_bp: int, regimes: Sequence[Regime]) -> Terms:
    """Terms that an agreement may have; the greatest rates are as likely as the usual ones."""
    card_fee, of_maker = draw(st.integers(0, 1_000)), draw(st.integers(0, BASIS))
    room = (BASIS**3 // (BASIS + vat_bp) - card_fee * of_maker) // BASIS
    terms = Terms(
        regime=draw(st.sampled_from(regimes)),
        commission_bp=draw(st.one_of(st.integers(0, room), st.just(room))),
        discounts=draw(st.sampled_from(Discounts)),
        card_fee_bp=card_fee,
        card_fee_maker_bp=of_maker,
        maker_vat_liable=draw(st.booleans()),
    )
    check_terms(terms, vat_bp)
    return terms


@st.composite
def sold_lines(
    draw: st.DrawFn, regimes: Sequence[Regime] = tuple(Regime)
) -> tuple[PricedLine, Terms, int]:
    """A line, the terms it came in under, and the VAT on the hub's services."""
    vat_bp = draw(vat_rates)
    terms = draw(terms_under(vat_bp, regimes))
    list_price, paid = draw(prices), draw(prices)
    if draw(st.booleans()):
        paid = min(paid, list_price)  # the usual case: a discount, or none
    line = PricedLine(
        list_price=list_price,
        paid=paid,
        floor=draw(st.integers(0, list_price)),
        tax_bp=draw(vat_rates) if terms.regime is not Regime.MANDATE and vat_bp else 0,
        by_card=draw(st.integers(0, paid)),
    )
    return line, terms, vat_bp


def less(left: Shares, taken: Shares) -> Shares:
    return Shares(*(a - b for a, b in zip(astuple(left), astuple(taken), strict=True)))


def plus(one: Shares, other: Shares) -> Shares:
    return Shares(*(a + b for a, b in zip(astuple(one), astuple(other), strict=True)))


def assert_sound(shares: Shares, regime: Regime) -> None:
    """The identities of a line's shares, and nobody below zero."""
    assert all(getattr(shares, part.name) >= 0 for part in fields(shares)), shares
    if regime is Regime.FIRM:
        assert replace(shares, gross=0, tax=0) == NOTHING
        return
    given_to_maker = shares.gross + shares.promotion + shares.vat_in
    taken = shares.commission + shares.commission_vat + shares.fees + shares.fees_vat
    assert given_to_maker == shares.net + taken
    if regime is Regime.MANDATE:
        assert shares.tax == shares.vat_in == 0


@given(sold_lines())
def test_a_price_goes_whole_to_those_it_belongs_to(
    sold: tuple[PricedLine, Terms, int],
) -> None:
    line, terms, vat_bp = sold
    shares = share(line, terms, vat_bp)

    assert shares.gross + shares.tax == line.paid
    assert shares.tax == inside(line.paid, line.tax_bp)
    assert_sound(shares, terms.regime)


@given(sold_lines([Regime.MANDATE]))
def test_the_hub_adds_only_what_it_bears(sold: tuple[PricedLine, Terms, int]) -> None:
    line, terms, vat_bp = sold
    promotion = share(line, terms, vat_bp).promotion

    if terms.discounts is Discounts.HUB:
        assert line.paid + promotion == max(line.paid, line.list_price)
    else:
        assert line.paid + promotion == max(line.paid, line.floor)


@given(sold_lines([Regime.MANDATE, Regime.COMMISSIONNAIRE]))
def test_a_dearer_sale_is_never_worse_for_the_maker(sold: tuple[PricedLine, Terms, int]) -> None:
    line, terms, vat_bp = sold
    line = replace(line, by_card=0)
    dearer = replace(line, paid=line.paid + 1_000)

    slack = 3  # centimes: commission, its VAT and the price's VAT are each rounded
    assert share(dearer, terms, vat_bp).net + slack >= share(line, terms, vat_bp).net


@given(sold_lines(), st.data())
def test_refunds_never_go_below_zero_and_close_every_part_at_zero(
    sold: tuple[PricedLine, Terms, int], data: st.DataObject
) -> None:
    line, terms, vat_bp = sold
    whole = share(line, terms, vat_bp)
    left, units, given_back = whole, 3, NOTHING

    while units > 1 and left.gross + left.tax:
        refund = data.draw(st.integers(0, left.gross + left.tax))
        taken = take_back(left, refund, 1, units)
        assert taken.gross + taken.tax == refund
        assert_sound(taken, terms.regime)
        left, units, given_back = less(left, taken), units - 1, plus(given_back, taken)
        assert_sound(left, terms.regime)
    last = take_back(left, left.gross + left.tax, units, units)

    assert last == left
    assert plus(given_back, last) == whole


@given(sold_lines(), st.data())
def test_the_order_of_refunds_changes_nothing_at_the_end(
    sold: tuple[PricedLine, Terms, int], data: st.DataObject
) -> None:
    line, terms, vat_bp = sold
    whole = share(line, terms, vat_bp)
    cuts = sorted(data.draw(st.lists(st.integers(0, line.paid), min_size=1, max_size=2)))
    refunds = [b - a for a, b in zip([0, *cuts], [*cuts, line.paid], strict=True)]

    for order in permutations(refunds):
        left = whole
        for n, refund in enumerate(order):
            left = less(left, take_back(left, refund, 1, len(order) - n))
        assert left == NOTHING


@given(sold_lines(), st.data())
def test_members_give_back_what_they_were_given_and_no_more(
    sold: tuple[PricedLine, Terms, int], data: st.DataObject
) -> None:
    line, terms, vat_bp = sold
    whole = share(line, terms, vat_bp)
    weights = data.draw(st.lists(st.integers(1, 100), min_size=1, max_size=8))
    left, members = whole, allocate(whole.net, weights)
    assert sum(members) == whole.net

    refund = data.draw(st.integers(0, line.paid))
    for amount in (refund, line.paid - refund):
        taken = take_back(left, amount, 1, 1 if amount == line.paid - refund else 2)
        parts = allocate(taken.net, members) if any(members) else [0] * len(members)
        left = less(left, taken)
        members = [member - part for member, part in zip(members, parts, strict=True)]
        assert min(members) >= 0
        assert sum(members) == left.net
    assert not any(members)


@given(sold_lines(), st.integers(2, 5))
def test_a_line_given_away_gives_back_by_the_unit_what_the_hub_added(
    sold: tuple[PricedLine, Terms, int], units: int
) -> None:
    line, terms, vat_bp = sold
    whole = left = share(replace(line, paid=0, by_card=0), terms, vat_bp)
    for gone in range(units):
        taken = take_back(left, 0, 1, units - gone)
        assert_sound(taken, terms.regime)
        left = less(left, taken)
        assert abs(left.promotion * units - whole.promotion * (units - gone - 1)) <= units * units
    assert left == NOTHING


@pytest.mark.parametrize("refund", [-1, mad(1000) + 1])
def test_more_than_what_is_left_is_never_taken(refund: int) -> None:
    whole = share(PricedLine(mad(1000), mad(1000)), Terms(Regime.MANDATE, 2_500), 2_000)
    with pytest.raises(ValueError, match="at most what is left"):
        take_back(whole, refund, 1, 1)


def test_a_discount_that_the_maker_bears_never_takes_her_below_zero() -> None:
    terms = Terms(Regime.MANDATE, 2_500, Discounts.MAKER)
    shares = share(PricedLine(mad(1000), mad(120)), terms, 2_000)
    assert (shares.net, shares.commission, shares.commission_vat) == (0, mad(100), mad(20))


def test_a_fee_never_takes_the_maker_below_zero() -> None:
    terms = Terms(Regime.MANDATE, 2_500, Discounts.MAKER, card_fee_bp=500, card_fee_maker_bp=BASIS)
    shares = share(PricedLine(mad(1000), mad(301), by_card=mad(301)), terms, 2_000)
    assert shares.net == 0
    assert shares.fees + shares.fees_vat == mad(1)


def test_a_consent_to_go_under_the_floor_is_a_floor_of_nothing() -> None:
    terms = Terms(Regime.MANDATE, 2_500)
    without = share(PricedLine(mad(1000), mad(800), floor=mad(900)), terms, 2_000)
    consented = share(PricedLine(mad(1000), mad(800)), terms, 2_000)
    assert (without.promotion, without.net) == (mad(100), mad(630))
    assert (consented.promotion, consented.net) == (0, mad(560))


@pytest.mark.parametrize(
    ("commission_bp", "card_fee_bp", "vat_bp", "allowed"),
    [
        (8_333, 0, 2_000, True),
        (8_334, 0, 2_000, False),
        (10_000, 0, 0, True),
        (10_000, 1, 0, False),
        (10_001, 0, 0, False),
        (-1, 0, 0, False),
        (8_000, 333, 2_000, True),
        (8_000, 334, 2_000, False),
    ],
)
def test_terms_that_could_take_more_than_the_whole_price_are_refused(
    commission_bp: int, card_fee_bp: int, vat_bp: int, allowed: bool
) -> None:
    terms = Terms(Regime.MANDATE, commission_bp, card_fee_bp=card_fee_bp, card_fee_maker_bp=BASIS)
    if allowed:
        check_terms(terms, vat_bp)
    else:
        with pytest.raises(Refusal):
            check_terms(terms, vat_bp)


def test_a_new_version_begins_after_the_one_before_it(books: Flask) -> None:
    with transaction() as session:
        maker = make_maker(session, make_hub(session))
        agree(session, maker, Terms(Regime.MANDATE, 3_000), valid_from=date(2026, 6, 1))

        assert agreement_on(session, maker.id, date(2026, 5, 31)).commission_bp == 2_500
        assert agreement_on(session, maker.id, date(2026, 6, 1)).commission_bp == 3_000
        with pytest.raises(Refusal, match="2026-06-01"):
            agree(session, maker, Terms(Regime.MANDATE, 3_500), valid_from=date(2026, 6, 1))
        with pytest.raises(Refusal, match="no agreement"):
            agreement_on(session, maker.id, date(2009, 12, 31))


def test_a_category_may_have_a_commission_of_its_own_within_the_same_bounds(books: Flask) -> None:
    with transaction() as session:
        maker = make_maker(session, make_hub(session))
        terms, day = Terms(Regime.MANDATE, 2_500), date(2026, 6, 1)
        with pytest.raises(Refusal, match="more than the whole price"):
            agree(session, maker, terms, valid_from=day, overrides={"rugs": 9_000})
        agreement = agree(session, maker, terms, valid_from=day, overrides={"rugs": 1_500})

        assert commission_for(session, agreement, "rugs") == 1_500
        assert commission_for(session, agreement, "pottery") == 2_500
