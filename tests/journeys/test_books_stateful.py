"""
The books against a shop that was written apart: whatever happens, both say the same.

Hypothesis makes up trading days: deliveries, sales, refunds, losses, returns, transfers, claims,
shifts, seals, statements, late facts and transactions that break. After each step every account,
every level, every day's turnover and all that waits is compared with `tests.journeys.model`.
"""

from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import count as numbers
from itertools import product
from typing import Any, ClassVar, TypeVar

import pytest
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.check import prove
from almakane.cooperatives.agreement import Bearer, Discounts, PaidTo, Regime, Terms
from almakane.cooperatives.models import Maker
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.db import db, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Site
from almakane.hubs.services import open_hub
from almakane.inventory.deed import Deed
from almakane.inventory.deliveries import (
    Delivered,
    buy_out,
    receive_consignment,
    return_to_maker,
)
from almakane.inventory.holds import place_hold
from almakane.inventory.losses import record_loss
from almakane.inventory.models import HoldKind, LossKind, Lot, LotKind, PlaceKind, TaxClass
from almakane.inventory.queries import lock_lots
from almakane.inventory.services import add_product, set_up_places, transfer
from almakane.ledger.queries import balances, turnover, waiting
from almakane.ledger.services import release_earnings
from almakane.payouts.models import Statement
from almakane.payouts.queries import maker_balances, statement_rows
from almakane.payouts.services import draw_statements
from almakane.pos.models import Shift
from almakane.pos.services import close_shift, open_shift, shift_state
from almakane.sales.models import Register, RegisterKind
from almakane.sales.sealing import seal_day
from almakane.sales.services import MAKER_CONSENT, Recorded, record_sale
from almakane.sales.ticket import Line, Return, Tender, TenderKind, Ticket, What
from tests.factories import new_uid
from tests.journeys import model
from tests.scale import count

T = TypeVar("T")

OPENING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_hubs = numbers(1)

# What is drawn

prices = st.one_of(
    st.sampled_from([1_000_00, 1, 4, 5, 15, 99, 333_33, 999_96]), st.integers(1, 30_000_00)
)
few = st.integers(1, 3)
kinds_of_terms = st.sampled_from(  # one draw, or most examples would try the same
    list(product("BAC", ["shared", "hub", "maker"], [False, True], [False, True]))
)


@st.composite
def some_terms(draw: st.DrawFn) -> model.Terms:
    """Terms that leave a maker something of every price."""
    fee, fee_part = draw(st.sampled_from([(0, 0), (200, 5_000), (150, 10_000), (299, 3_333)]))
    commission = draw(st.one_of(st.sampled_from([2_500, 0, 3_333]), st.integers(0, 8_000)))
    regime, discounts, to_members, liable = draw(kinds_of_terms)
    return model.Terms(
        regime=regime,
        commission=Fraction(commission, 10_000),
        discounts=discounts,
        fee=Fraction(fee, 10_000),
        fee_part=Fraction(fee_part, 10_000),
        liable=liable,
        to_members=to_members,
        hub_bears_loss=draw(st.booleans()),
        return_days=draw(st.sampled_from([7, 0, 20])),
    )


def basis_points(rate: Fraction) -> int:
    return int(rate * 10_000)


class Broken(Exception):
    """What goes wrong in the middle of a transaction."""


class Books(RuleBasedStateMachine):
    """The application and the model, told the same."""

    seen: ClassVar[set[str]] = set()  # by examples before this one, whose rows are still there

    def __init__(self) -> None:
        super().__init__()
        self.now = OPENING
        self.sites: dict[str, int] = {}
        self.categories: dict[str, dict[str, Fraction]] = {}  # of a maker, to their commission
        self.terms: dict[str, model.Terms] = {}  # of a maker today
        self.versions: Counter[str] = Counter()
        self.statements: dict[str, Statement] = {}
        self.promised: Counter[tuple[str, str]] = Counter()

    # Beginnings

    @initialize(
        data=st.data(),
        terms=st.lists(some_terms(), min_size=2, max_size=3),
        liable=st.booleans(),
        step=st.sampled_from([10, 1, 5, 20]),
        waits=st.sampled_from([7, 0, 30]),
    )
    def open(
        self, data: st.DataObject, terms: list[model.Terms], liable: bool, step: int, waits: int
    ) -> None:
        registers = {"T1": "medina", "T2": "muhub", "WEB": "medina"}
        code = f"hub{next(_hubs)}"
        with transaction() as session:
            rules: dict[str, int | bool] = {"cash_step": step, "till_wait_days": waits}
            hub = open_hub(
                session,
                code,
                "Almakane",
                sites={"medina": "Médina", "muhub": "Muhub"},
                rules=rules,
                vat_liable=liable,
            )
            self.hub = hub.id
            for site in session.scalars(select(Site).where(Site.hub_id == hub.id)):
                self.sites[site.code] = site.id
                set_up_places(session, site.id)
            for name, where in registers.items():
                kind = RegisterKind.SERVER if name == "WEB" else RegisterKind.TILL
                session.add(
                    Register(hub_id=hub.id, site_id=self.sites[where], code=name, kind=kind)
                )
        self.shop = model.Shop(
            model.House(liable=liable, step=step, till_wait=waits), registers, webs=["WEB"]
        )
        for agreed in terms:
            self._take_in(data, agreed, 2)

    @precondition(lambda self: len(self.terms) < 3)
    @rule(data=st.data(), terms=some_terms(), artisans=few)
    def take_in(self, data: st.DataObject, terms: model.Terms, artisans: int) -> None:
        """A maker comes, and brings something at once."""
        self._take_in(data, terms, artisans)

    def _take_in(self, data: st.DataObject, terms: model.Terms, artisans: int) -> None:
        overrides = {"rugs": Fraction(data.draw(st.integers(0, 8_000), "rugs"), 10_000)}
        with transaction() as session:
            maker = take_in_maker(session, self.hub, new_uid()[-6:], "Coopérative", craft="rugs")
            name = f"m{maker.id}"
            self._agree(session, maker, terms, overrides, OPENING.date() - timedelta(days=30))
            names = [f"a{add_artisan(session, maker, 'Artisane').id}" for _ in range(artisans)]
        self.shop.makers[name] = names
        self._deliver(data, name)

    def _agree(
        self,
        session: Session,
        maker: Maker,
        terms: model.Terms,
        overrides: dict[str, Fraction],
        since: date,
    ) -> None:
        name = f"m{maker.id}"
        real = Terms(
            regime=Regime(terms.regime),
            commission_bp=basis_points(terms.commission),
            discounts=Discounts(terms.discounts),
            card_fee_bp=basis_points(terms.fee),
            card_fee_maker_bp=basis_points(terms.fee_part),
            maker_vat_liable=terms.liable,
            paid_to=PaidTo.MEMBERS if terms.to_members else PaidTo.COOPERATIVE,
            loss_bearer=Bearer.HUB if terms.hub_bears_loss else Bearer.MAKER,
        )
        agree(
            session,
            maker,
            real,
            valid_from=since,
            overrides={category: basis_points(rate) for category, rate in overrides.items()},
            return_days=terms.return_days,
        )
        self.terms[name], self.categories[name] = terms, overrides

    @precondition(lambda self: self.terms)
    @rule(data=st.data(), terms=some_terms())
    def agree_anew(self, data: st.DataObject, terms: model.Terms) -> None:
        """A new version of an agreement; what came in before keeps its own."""
        name = data.draw(st.sampled_from(sorted(self.terms)), "maker")
        self.versions[name] += 1
        since = OPENING.date() - timedelta(days=30 - self.versions[name])
        if since > self.now.date() - timedelta(days=8):
            return
        with transaction() as session:
            self._agree(session, _maker(session, name), terms, {}, since)

    # Stock in and out

    @precondition(lambda self: self.terms and len(self.shop.lots) < 12)
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self._deliver(data, data.draw(st.sampled_from(sorted(self.terms)), "maker"))

    def _deliver(self, data: st.DataObject, name: str) -> None:
        site = data.draw(st.sampled_from(["medina", "medina", "muhub"]), "site")
        wanted = [self._draw_lot(data, name) for _ in range(data.draw(few, "lots"))]
        deed = self._deed(data, site)
        products = []
        with transaction() as session:
            maker = _maker(session, name)
            for lot, category in wanted:
                product = add_product(
                    session,
                    maker,
                    new_uid()[-8:],
                    category=category,
                    price=lot.price,
                    tax_class=TaxClass(lot.tax_class),
                )
                products.append(product.id)
        lines = [
            Delivered(
                product,
                lot.quantity,
                LotKind.PIECE if lot.is_piece else LotKind.BATCH,
                lot.floor,
                lot.cost,
                "Pièce",
                {int(artisan[1:]): weight for artisan, weight in lot.weights.items()},
            )
            for product, (lot, _) in zip(products, wanted, strict=True)
        ]
        number, codes = self._once(
            data, lambda session, deed: self._receive(session, deed, name, lines), deed
        )
        lots = [replace(lot, code=code) for code, (lot, _) in zip(codes, wanted, strict=True)]
        assert self.shop.deliver(site, lots, deed.day, self.now) == number

    @staticmethod
    def _receive(
        session: Session, deed: Deed, name: str, lines: list[Delivered]
    ) -> tuple[str, tuple[str, ...]]:
        consignment = receive_consignment(session, deed, _maker(session, name), lines)
        query = select(Lot.code).where(Lot.consignment_id == consignment.id).order_by(Lot.n)
        return consignment.number, tuple(session.scalars(query))

    def _draw_lot(self, data: st.DataObject, name: str) -> tuple[model.Lot, str]:
        terms = self.terms[name]
        category = data.draw(st.sampled_from(["pottery", "rugs"]), "category")
        commission = self.categories[name].get(category, terms.commission)
        price = data.draw(prices, "price")
        quantity = data.draw(st.sampled_from([1, 1, 2, 3, 7]), "quantity")
        artisans = self.shop.makers[name]
        who = data.draw(
            st.lists(st.sampled_from(artisans), unique=True, min_size=int(terms.to_members)), "who"
        )
        lot = model.Lot(
            code="",
            maker=name,
            terms=replace(terms, commission=commission),
            price=price,
            quantity=quantity,
            is_piece=quantity == 1,
            floor=price * data.draw(st.sampled_from([0, 80, 90, 100]), "floor") // 100,
            cost=price // 2 if terms.regime == "C" else 0,
            tax_class=data.draw(st.sampled_from(["standard", "reduced", "exempt"]), "class"),
            weights={
                artisan: data.draw(few, "weight")
                for artisan in sorted(who, key=lambda artisan: int(artisan[1:]))
            },
        )
        return lot, category

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        """Pieces go back to their maker."""
        site, place, code, quantity = self._draw_stock(data)
        deed = self._deed(data, site)

        def act(session: Session, deed: Deed) -> str:
            lot = self._lot(session, code)
            maker = session.get_one(Maker, lot.maker_id)
            return return_to_maker(
                session, deed, maker, [(lot.id, quantity)], PlaceKind(place)
            ).number

        self._both(
            lambda: self._once(data, act, deed),
            lambda: self.shop.give_back(site, code, quantity, place, self.now),
        )

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), cost=prices)
    def buy(self, data: st.DataObject, cost: int) -> None:
        """The hub buys what was consigned."""
        site, _, code, quantity = self._draw_stock(data)
        deed = self._deed(data, site)
        lot = self.shop.lots[code]

        def act(session: Session, deed: Deed) -> tuple[str, str]:
            [facts] = lock_lots(session, self.hub, codes=[code])
            consignment = buy_out(session, deed, facts, quantity, cost)
            query = select(Lot.code).where(Lot.consignment_id == consignment.id)
            return consignment.number, session.scalars(query).one()

        def tell(number: str, new: str) -> tuple[str, str]:
            terms = replace(self.terms[lot.maker], regime="C")
            bought = replace(lot, code=new, terms=terms, quantity=quantity, cost=cost, floor=0)
            return self.shop.buy_out(site, code, bought, deed.day, self.now), new

        answer: list[tuple[str, str]] = []
        with suppress(Refusal):
            answer.append(self._once(data, act, deed))
        if answer:
            assert tell(*answer[0]) == answer[0]
        else:
            with pytest.raises(model.Cannot):
                tell("", "nobody")

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), damaged=st.booleans(), settled=st.sampled_from([None, True, False]))
    def lose(self, data: st.DataObject, damaged: bool, settled: bool | None) -> None:
        """Pieces are lost or damaged in custody."""
        site, place, code, quantity = self._draw_stock(data)
        deed = self._deed(data, site)
        kind = LossKind.DAMAGED if damaged else LossKind.LOST
        bearer = {None: None, True: Bearer.HUB, False: Bearer.MAKER}[settled]

        def act(session: Session, deed: Deed) -> str:
            return record_loss(
                session,
                deed,
                self._lot(session, code).id,
                quantity,
                kind,
                "tombée",
                place=PlaceKind(place),
                bearer=bearer,
            ).number

        self._both(
            lambda: self._once(data, act, deed),
            lambda: self.shop.lose(
                *(site, code, quantity, kind.value, place, deed.day, self.now),
                hub_bears=settled,
                uid=deed.uid,
            ),
        )

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data())
    def transfer(self, data: st.DataObject) -> None:
        """Pieces move within the house, or to the other one."""
        site, place, code, quantity = self._draw_stock(data)
        to_site = data.draw(st.sampled_from(sorted(self.sites)), "to site")
        to = data.draw(st.sampled_from(model.ON_HAND), "to")
        deed = self._deed(data, site)

        def act(session: Session, deed: Deed) -> str:
            return transfer(
                session,
                deed,
                self._lot(session, code).id,
                quantity,
                PlaceKind(place),
                PlaceKind(to),
                to_site_id=self.sites[to_site],
            )

        self._both(
            lambda: self._once(data, act, deed),
            lambda: self.shop.transfer(code, quantity, (site, place), (to_site, to)),
        )

    def _lot(self, session: Session, code: str) -> Lot:
        return session.scalars(select(Lot).where(Lot.hub_id == self.hub, Lot.code == code)).one()

    def _draw_stock(self, data: st.DataObject) -> tuple[str, str, str, int]:
        """Something that stands somewhere, or (seldom) that does not."""
        there = sorted(
            (site, place, code)
            for (code, site, place), quantity in self.shop.places.items()
            if quantity > 0 and place in model.ON_HAND
        )
        if not there or data.draw(st.integers(0, 9), "nothing there") == 9:
            code = data.draw(st.sampled_from(sorted(self.shop.lots)), "lot")
            return "muhub", "reserve", code, 1
        site, place, code = data.draw(st.sampled_from(there), "stock")
        most = self.shop.places[code, site, place]
        beyond = data.draw(st.integers(0, 9), "beyond") // 9
        return site, place, code, data.draw(st.integers(1, most), "quantity") + beyond

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), kind=st.sampled_from(sorted(model.LIVES)), quantity=few)
    def claim(self, data: st.DataObject, kind: str, quantity: int) -> None:
        """A buyer on the web holds pieces."""
        site, _, code, _ = self._draw_stock(data)
        uid = new_uid()

        def act() -> None:
            with transaction() as session:
                lot = self._lot(session, code).id
                place_hold(
                    *(session, self.hub, self.sites[site], lot, quantity, HoldKind(kind)),
                    *(uid, self.now),
                )

        self._both(act, lambda: self.shop.hold(uid, code, quantity, kind, site, self.now))

    # Tickets

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), lines=st.integers(1, 4))
    def sell(self, data: st.DataObject, lines: int) -> None:
        self._tell(self._draw_ticket(data, lines, 0))

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data())
    def sell_one(self, data: st.DataObject) -> None:
        self._tell(self._draw_ticket(data, 1, 0))

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data())
    def sell_and_repent(self, data: st.DataObject) -> None:
        """A sale, and soon after some of it comes back, in two parts."""
        self._tell(self._draw_ticket(data, 2, 0))
        self._tell(self._draw_ticket(data, 0, 1))
        self._tell(self._draw_ticket(data, 0, 2))

    @precondition(lambda self: self.shop.holds)
    @rule(data=st.data())
    def fulfil(self, data: st.DataObject) -> None:
        """A buyer comes for what is held."""
        hold = data.draw(st.sampled_from(self.shop.holds), "hold")
        lot = self.shop.lots[hold.lot]
        line = model.Line(1, "lot", lot.code, hold.quantity, lot.price, lot.price)
        ticket = self._draw_ticket(data, 0, 0)._replace(tenders=(), rounding=0, change=0)
        ticket = self._draw_tenders(data, ticket._replace(lines=(line,)))
        with transaction() as session:
            answer = self._record(session, ticket, [hold.uid])
        self._compare(answer, self.shop.record(ticket, self.now, hold.uid))

    @precondition(lambda self: self.shop.sold)
    @rule(data=st.data(), backs=st.integers(1, 3))
    def refund(self, data: st.DataObject, backs: int) -> None:
        self._tell(self._draw_ticket(data, 0, backs))

    @precondition(lambda self: self.shop.sold)
    @rule(data=st.data(), lines=st.integers(1, 2), backs=st.integers(1, 2))
    def exchange(self, data: st.DataObject, lines: int, backs: int) -> None:
        self._tell(self._draw_ticket(data, lines, backs))

    @precondition(lambda self: self.shop.told)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A till that heard no answer sends its ticket again; what it is told is the same."""
        told = self.shop.told[data.draw(st.sampled_from(sorted(self.shop.told)), "ticket")]
        with transaction() as session:
            again = self._record(session, told.ticket)
        assert again.outcome == "replayed"
        assert (again.number, _flags(again)) == (told.number, told.flags)

    @precondition(lambda self: self.shop.told)
    @rule(data=st.data())
    def contradict(self, data: st.DataObject) -> None:
        """The uid of one ticket, the body of another."""
        told = self.shop.told[data.draw(st.sampled_from(sorted(self.shop.told)), "ticket")]
        with pytest.raises(Refusal) as refusal, transaction() as session:
            self._record(session, told.ticket._replace(note="autre"))
        assert refusal.value.reason == "uid_twice"

    @precondition(lambda self: self.shop.sold)
    @rule(data=st.data())
    def come_too_early(self, data: st.DataObject) -> None:
        """A return whose sale is still on its way."""
        ticket = self._draw_ticket(data, 0, 1)
        [back, *_] = ticket.backs
        early = ticket._replace(backs=(back._replace(of=new_uid()),))
        self._both(lambda: self._tell_apart(early), lambda: self.shop.record(early, self.now))

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), backs=st.integers(0, 1), again=st.booleans())
    def break_off(self, data: st.DataObject, backs: int, again: bool) -> None:
        """Something fails after the ticket was recorded: it never was, until it is sent again."""
        ticket = self._draw_ticket(data, 1, backs if self.shop.sold else 0)
        with suppress(Broken), transaction() as session:
            self._record(session, ticket)
            raise Broken
        if again:
            self._tell(ticket)

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), fate=st.sampled_from(["kept", "middle", "all"]))
    def send_a_batch(self, data: st.DataObject, fate: str) -> None:
        """A till delivers three events under savepoints; one of them, or all, come to nothing."""
        tickets = []
        for _ in range(3):
            tickets.append(self._draw_ticket(data, 1, 0))
            for tender in tickets[-1].tenders:  # what a card has paid, it does not pay twice
                self.promised[tender.kind, tender.ref] += tender.amount if tender.asked else 0
        self.promised.clear()
        answers: list[Recorded] = []
        with suppress(Broken), transaction() as session:
            for n, ticket in enumerate(tickets):
                with suppress(Broken), session.begin_nested():
                    answers.append(self._record(session, ticket))
                    if n == 1 and fate == "middle":
                        answers.pop()
                        raise Broken
            if fate == "all":
                raise Broken
        if fate != "all":
            kept = tickets if fate == "kept" else [tickets[0], tickets[2]]
            for ticket, answer in zip(kept, answers, strict=True):
                self._compare(answer, self.shop.record(ticket, self.now))

    def _tell(self, ticket: model.Ticket) -> None:
        self._compare(self._tell_apart(ticket), self.shop.record(ticket, self.now))

    def _tell_apart(self, ticket: model.Ticket) -> Recorded:
        with transaction() as session:
            return self._record(session, ticket)

    @staticmethod
    def _compare(answer: Recorded, told: model.Told) -> None:
        assert answer.number == told.number
        assert _flags(answer) == told.flags
        assert answer.outcome == ("flagged" if told.flags else "recorded")

    def _record(
        self, session: Session, ticket: model.Ticket, fulfils: Collection[str] = ()
    ) -> Recorded:
        real = Ticket(
            uid=ticket.uid,
            register=ticket.register,
            at=datetime(*ticket.day.timetuple()[:3], 12, tzinfo=UTC),
            day=ticket.day,
            cashier="amina",
            lines=tuple(
                Line(
                    *(line.n, line.code, "Pièce", line.qty, line.list, line.unit, line.total),
                    discount=line.discount,
                    tax=line.tax,
                    what=What(line.what),
                )
                for line in ticket.lines
            ),
            returns=tuple(
                Return(
                    *(back.n, back.of, "", back.line, "", back.qty, back.total),
                    restock=back.restock,
                )
                for back in ticket.backs
            ),
            tenders=tuple(
                Tender(TenderKind(kind), amount, ref, "taken" if asked else None)
                for kind, amount, ref, asked in ticket.tenders
            ),
            rounding=ticket.rounding,
            change=ticket.change,
            number=ticket.number,
            shift=ticket.shift,
            approvals=(MAKER_CONSENT,) if ticket.consent else (),
            note=ticket.note,
        )
        return record_sale(
            session,
            self.hub,
            real,
            now=self.now,
            shift=shift_state(session, real.shift),
            fulfils=fulfils,
        )

    def _draw_ticket(
        self, data: st.DataObject, lines: int, backs: int, shift: str | None = None
    ) -> model.Ticket:
        shifts = [shift] if shift else [None] * 4 + ["unknown", *sorted(self.shop.shifts)]
        shift = data.draw(st.sampled_from(shifts), "shift")
        known = self.shop.shifts.get(shift or "")
        register = known.register if known else data.draw(st.sampled_from(["T1", "T2", "WEB"]))
        number = data.draw(st.sampled_from([""] * 7 + [f"{register}-1-000001"]), "number")
        ticket = model.Ticket(
            uid=new_uid(),
            register=register,
            day=known.day if known else self._draw_day(data),
            lines=tuple(self._draw_line(data, n, register) for n in range(1, lines + 1)),
            backs=tuple(self._draw_back(data, n) for n in range(1, backs + 1)),
            number=number,
            shift=shift,
            consent=data.draw(st.integers(0, 3), "consent") == 3,
        )
        return self._draw_tenders(data, ticket)

    def _draw_line(self, data: st.DataObject, n: int, register: str) -> model.Line:
        what = data.draw(st.sampled_from(["lot"] * 7 + ["gift_card", "service", "unknown"]), "what")
        if what == "gift_card":
            code, price = f"g{data.draw(few, 'card')}", data.draw(prices, "amount")
            return model.Line(n, what, code, 1, price, price)
        if what == "service":
            code = data.draw(st.sampled_from(["delivery", "wrapping"]), "service")
            price = data.draw(prices, "amount")
            tax = model.within(price, self.shop.house.own_vat)
            return model.Line(n, what, code, 1, price, price, tax=tax)
        if what == "unknown":
            price = data.draw(prices, "amount")
            return model.Line(n, "lot", "2999999999990", data.draw(few, "qty"), price, price)
        site = self.shop.registers[register]
        there = {code: self.shop.places[code, site, "shelf"] for code in sorted(self.shop.lots)}
        shown = [code for code, quantity in there.items() if quantity > 0]
        if not shown or data.draw(st.integers(0, 9), "any lot") == 9:
            shown = list(there)
        lot = self.shop.lots[data.draw(st.sampled_from(shown), "lot")]
        beyond = data.draw(st.integers(0, 9), "beyond") // 9
        qty = data.draw(st.integers(1, max(1, there[lot.code])), "qty") + beyond
        listed = lot.price + data.draw(st.sampled_from([0, 0, 0, 500]), "older")
        percent = data.draw(st.sampled_from([100, 100, 100, 90, 80, 33, 0]), "percent")
        unit = listed * percent // 100
        discount = data.draw(st.integers(0, unit * qty), "discount") if percent == 90 else 0
        line = model.Line(n, "lot", lot.code, qty, listed, unit, discount)
        house = self.shop.house
        liable = lot.terms.liable if lot.terms.regime == "B" else house.liable
        tax = model.within(line.total, house.rate(lot.tax_class, seller_is_liable=liable))
        wrong = data.draw(st.integers(0, 9), "wrong tax") == 9
        return line._replace(tax=0 if wrong else tax)

    def _draw_back(self, data: st.DataObject, n: int) -> model.Back:
        sold = sorted(self.shop.sold)[-8:]
        of, line = data.draw(st.sampled_from(sold), "of")
        left = self.shop.sold[of, line].left
        units = data.draw(st.integers(0, left.units), "units")
        how = data.draw(st.sampled_from(["units", "all", "some", "beyond"]), "how much")
        if how == "all":
            units, total = left.units, left.paid
        elif how == "units":
            part = Fraction(units, left.units) if left.units else Fraction(0)
            total = model.nearest(left.paid * part)
        elif how == "some":
            total = data.draw(st.integers(0, left.paid), "money")
        else:
            units, total = units + 1, left.paid + data.draw(prices, "beyond")
        if not units and not total:
            units, total = 1, 1
        return model.Back(n, of, line, units, total, data.draw(st.booleans(), "restock"))

    def _draw_tenders(self, data: st.DataObject, ticket: model.Ticket) -> model.Ticket:
        """Pay what is due, or pay it out: other tenders first, then cash with its rounding."""
        left, tenders = ticket.total, []
        if ticket.lines and ticket.backs and data.draw(st.integers(0, 4), "credit too") == 4:
            tenders.append(model.Tender("credit", -ticket.total or -1, "c1"))
            if tenders[0].amount > 0:
                tenders = []
            left -= sum(tender.amount for tender in tenders)
        for _ in range(data.draw(st.integers(0, 3), "other tenders")):
            kind = data.draw(
                st.sampled_from(
                    ["terminal", "terminal", "gift_card", "credit", "cheque", "transfer"]
                ),
                "kind",
            )
            part = left if data.draw(st.booleans(), "all of it") else left // 2
            tender = self._draw_tender(data, kind, part)
            if tender.amount and (tender.kind, tender.ref) not in {
                (other.kind, other.ref) for other in tenders if other.asked
            }:
                tenders.append(tender)
                left -= tender.amount
        rounding = change = 0
        if left:
            if data.draw(st.integers(0, 9), "unrounded") < 9:
                rounding = model.to_coins(left, self.shop.house.step) - left
            cash = left + rounding
            if cash > 0:
                change = data.draw(st.sampled_from([0, 50_00, 1]), "change")
            elif not cash:
                change = 10_00
            tenders.append(model.Tender("cash", cash + change))
        return ticket._replace(tenders=tuple(tenders), rounding=rounding, change=change)

    def _draw_tender(self, data: st.DataObject, kind: str, amount: int) -> model.Tender:
        if kind not in ("gift_card", "credit"):
            return model.Tender(kind, amount)
        account = kind.replace("_", "")
        ref = f"{account[0]}{data.draw(few, 'which')}"
        if amount < 0:
            return model.Tender(kind, amount, ref)
        held = max(0, -self.shop.books[f"{account}:{ref}"] - self.promised[kind, ref])
        if data.draw(st.integers(0, 3), "asked") < 3:
            return model.Tender(kind, min(amount, held), ref, asked=True)
        return model.Tender(kind, amount, ref)

    # Days

    @rule(hours=st.sampled_from([1, 7, 15, 24, 60]))
    def let_time_pass(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(data=st.data(), register=st.sampled_from(["T1", "T2"]), amount=st.integers(0, 1_000_00))
    def begin_a_shift(self, data: st.DataObject, register: str, amount: int) -> None:
        self._open_shift(new_uid(), register, self._draw_day(data), amount)

    def _open_shift(self, uid: str, register: str, day: date, amount: int) -> None:
        def act(amount: int = amount) -> None:
            with transaction() as session:
                open_shift(session, self.hub, register, uid, day, amount, at=self.now, by="amina")

        self._both(act, lambda: self.shop.open_shift(uid, register, day, amount, self.now))
        if uid in self.shop.shifts:
            act()  # which is the same shift
            with pytest.raises(Refusal):
                act(amount + 1)

    @precondition(lambda self: any(shift.is_open for shift in self.shop.shifts.values()))
    @rule(data=st.data(), short=st.sampled_from([0, 0, 20_00, -5_00]), part=st.integers(0, 100))
    def end_a_shift(self, data: st.DataObject, short: int, part: int) -> None:
        running = sorted(uid for uid, shift in self.shop.shifts.items() if shift.is_open)
        self._close_shift(data.draw(st.sampled_from(running), "shift"), short, part)

    def _close_shift(self, uid: str, short: int, part: int) -> None:
        held = self.shop.books[f"cash:{self.shop.shifts[uid].register}"]
        counted = max(0, held - short)
        left = counted * part // 100
        for _ in range(2):  # the second time says the same, and does nothing
            with transaction() as session:
                shift = session.scalars(select(Shift).where(Shift.uid == uid)).one()
                closing = close_shift(session, shift.id, counted, left, at=self.now, by="amina")
                assert (closing.expected, closing.counted) == (held, counted)
        self.shop.close_shift(uid, counted, left, self.now)

    @precondition(lambda self: self.shop.lots)
    @rule(data=st.data(), register=st.sampled_from(["T1", "T2"]), sealed=st.booleans())
    def sell_after_the_count(self, data: st.DataObject, register: str, sealed: bool) -> None:
        """A till was off the network: its shift is counted, its day sealed, then comes a sale."""
        running = [s.uid for s in self.shop.shifts.values() if s.is_open and s.register == register]
        uid = running[0] if running else new_uid()
        if not running:
            self._open_shift(uid, register, self.shop.today(self.now), 100_00)
        self._close_shift(uid, 0, 50)
        if sealed:
            self.seal(0)
        self._tell(self._draw_ticket(data, 2, 0, uid))

    @rule(ago=st.sampled_from([0, 1, 3]))
    def seal(self, ago: int) -> None:
        day = self.shop.today(self.now) - timedelta(days=ago)

        def act() -> None:
            with transaction() as session:
                seal_day(session, self.hub, day, now=self.now, actor="system")

        self._both(act, lambda: self.shop.seal(day))

    @precondition(lambda self: self.terms)
    @rule(twice=st.booleans())
    def draw(self, twice: bool) -> None:
        """Statements: each begins where the one before ended, and says what the books say."""
        day = self.shop.today(self.now)
        with transaction() as session:
            drawn = draw_statements(session, self.hub, day, now=self.now, actor="system")
            for statement in drawn:
                self._check_statement(session, statement)
        if twice:
            with transaction() as session:
                assert not draw_statements(session, self.hub, day, now=self.now, actor="system")

    def _check_statement(self, session: Session, statement: Statement) -> None:
        name = f"a{statement.artisan_id}" if statement.artisan_id else f"m{statement.maker_id}"
        last = self.statements.get(name)
        opening, begins = (last.closing, last.to_entry_id) if last else (0, 0)
        assert (statement.opening, statement.from_entry_id) == (opening, begins)
        assert statement.closing == self.shop.owed(name)
        assert statement.waiting == self.shop.waiting(name, statement.day)
        assert statement.available == statement.closing - statement.waiting
        told = list(statement_rows(session, statement))
        assert opening + sum(row.amount for row in told) == statement.closing
        self.shop.numbers["REL"] += 1
        assert statement.number == f"REL-{self.shop.numbers['REL']:06d}"
        self.statements[name] = statement

    @precondition(lambda self: any(earned.on is None for earned in self.shop.earned.values()))
    @rule(data=st.data(), days=st.integers(0, 20))
    def release(self, data: st.DataObject, days: int) -> None:
        """A cheque clears: its money may be paid out from a day on."""
        waits = sorted(line for line, earned in self.shop.earned.items() if earned.on is None)
        uid = data.draw(st.sampled_from(waits), "line").split("/")[0]
        lines = [f"{uid}/{line.n}" for line in self.shop.told[uid].ticket.lines]
        on = self.shop.today(self.now) + timedelta(days=days)
        with transaction() as session:
            released = release_earnings(
                session, self.hub, lines, on, because="encaissé", actor="hind", now=self.now
            )
        assert released == self.shop.release(uid, on)

    # Both

    def _draw_day(self, data: st.DataObject) -> date:
        """Today, or a day that is told of late."""
        ago = data.draw(st.sampled_from([0, 0, 0, 1, 2, 6]), "days ago")
        return self.shop.today(self.now) - timedelta(days=ago)

    def _deed(self, data: st.DataObject, site: str) -> Deed:
        day = self._draw_day(data)
        return Deed(self.hub, self.sites[site], new_uid(), self.now, day, self.now, "hind")

    def _once(self, data: st.DataObject, act: Callable[[Session, Deed], T], deed: Deed) -> T:
        """Do a deed: once after it broke off, or twice, which is once."""
        how = data.draw(st.sampled_from(["once", "once", "twice", "after all"]), "how")
        if how == "after all":
            with suppress(Broken), transaction() as session:
                act(session, deed)
                raise Broken
        with transaction() as session:
            answer = act(session, deed)
        if how == "twice":
            with transaction() as session:
                assert act(session, deed) == answer
        return answer

    def _both(self, real: Callable[[], Any], told: Callable[[], Any]) -> None:
        """Either both do it, with the same answer, or both say no."""
        try:
            expected = told()
        except model.Cannot:
            with pytest.raises(Refusal):
                real()
        else:
            assert real() == expected

    @invariant()
    def the_books_agree(self) -> None:
        with transaction() as session:
            booked = balances(session, self.hub)
            assert sum(booked.values()) == 0
            assert _without_zeros(booked) == _without_zeros(self.shop.books)
            moved = {
                (day, code): amount
                for day, code, amount in turnover(session, self.hub, date.min, date.max)
            }
            assert _without_zeros(moved) == {
                (day, code): amount
                for (day, code), amount in self.shop.turnover.items()
                if amount and code in _RESULTS
            }

    @invariant()
    def the_levels_agree(self) -> None:
        with transaction() as session:
            levels = {
                (code, site, place): quantity
                for code, site, place, quantity in rows(
                    session,
                    "SELECT lot.code, site.code, place.kind, level.quantity FROM stock_level level "
                    "JOIN lot ON lot.id = level.lot_id JOIN place ON place.id = level.place_id "
                    "JOIN site ON site.id = place.site_id WHERE lot.hub_id = ?",
                    (self.hub,),
                )
            }
        assert _without_zeros(levels) == _without_zeros(self.shop.places)

    @invariant()
    def what_waits_agrees(self) -> None:
        today = self.shop.today(self.now)
        with transaction() as session:
            for day in (today, today + timedelta(days=9)):
                of_maker = {
                    f"m{found.maker.id}": found for found in maker_balances(session, self.hub, day)
                }
                for name, artisans in self.shop.makers.items():
                    waits: Counter[str] = Counter()
                    for wait in waiting(session, int(name[1:]), day):
                        waits[f"a{wait.artisan_id}" if wait.artisan_id else name] += wait.amount
                    told = {who: self.shop.waiting(who, day) for who in [name, *artisans]}
                    assert _without_zeros(waits) == _without_zeros(told)
                    assert of_maker[name].waiting == sum(told.values())
                    assert of_maker[name].owed == sum(map(self.shop.owed, [name, *artisans]))

    def teardown(self) -> None:
        """At the end of a story the prover finds nothing that the stories before did not leave."""
        found = prove(db.session.connection())
        db.session.rollback()
        new = {str(violation) for violation in found} - self.seen
        self.seen.update(new)
        assert not new, "\n".join(sorted(new))


_RESULTS = {
    *("income:commission", "income:fees", "income:sales", "income:shipping", "income:services"),
    *("cost:consigned", "cost:own", "expense:loss", "expense:promotion"),
    *("differences", "rounding", "over_short"),
}


def _maker(session: Session, name: str) -> Maker:
    return session.get_one(Maker, int(name[1:]))


def _flags(answer: Recorded) -> set[tuple[str, int]]:
    """Flags by name and line; a hold is of the ticket, whichever line broke it."""
    return {
        (flag.value, 0 if flag.value.startswith("hold_") else line) for flag, line in answer.flags
    }


def _without_zeros(amounts: dict[Any, int]) -> dict[Any, int]:
    return {name: amount for name, amount in amounts.items() if amount}


@pytest.mark.parametrize("part", range(count(1, 20)))
def test_the_books_agree_with_a_shop_told_apart(books: Flask, engine_name: str, part: int) -> None:
    examples = {"sqlite": 50, "postgresql": 15}[engine_name]
    Books.seen = set()
    run_state_machine_as_test(
        Books, settings=settings(max_examples=examples, stateful_step_count=25)
    )
