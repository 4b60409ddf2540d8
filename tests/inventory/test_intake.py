"""A delivery before it is one: announced, written down, changed, and taken in once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from almakane.check.signatures import broken_signatures
from almakane.cooperatives.agreement import PaidTo, Regime, Terms
from almakane.cooperatives.models import Artisan, Maker
from almakane.cooperatives.services import take_in_maker
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub
from almakane.inventory.intake import (
    MOST_LINES,
    Brought,
    add_line,
    add_lines,
    announce_delivery,
    as_told,
    begin_receiving,
    change_line,
    count_line,
    count_the_rest,
    drop_intake,
    drop_line,
    lines_of,
    restore_line,
    start_intake,
)
from almakane.inventory.models import (
    Consignment,
    ConsignmentSignature,
    Intake,
    IntakeLine,
    IntakeState,
    Lot,
    LotArtisan,
    LotKind,
    Product,
    ProductText,
    SignatureWay,
    TaxClass,
)
from almakane.inventory.queries import on_hand
from almakane.inventory.services import add_product
from almakane.inventory.taking_in import Signed, draft_of, receive, sign, signed_lines_hash
from almakane.ledger.queries import balance
from almakane.money import LARGEST
from tests.accounts import assert_sound
from tests.factories import NOW, TODAY, a_deed, mad, make_hub, make_maker, new_uid


class Scene(NamedTuple):
    session: Session
    hub: Hub
    maker: Maker

    def begin(self) -> Intake:
        return start_intake(self.session, self.maker, "amina", uid=new_uid(), now=NOW)

    def take_in(self, intake: Intake, signed: Signed | None = None) -> Consignment:
        return receive(self.session, intake, a_deed(self.session, self.hub), signed)

    def lacks(self, intake: Intake) -> list[str]:
        return [str(lack.refusal) for lack in draft_of(self.session, intake, TODAY).lacks]


@pytest.fixture
def scene(books: Flask) -> Any:
    with transaction() as session:
        hub = make_hub(session)
        yield Scene(session, hub, make_maker(session, hub, artisans=3))


def a_bowl(key: str = "a", **changed: Any) -> Brought:
    line = Brought(
        key,
        title="Bol bleu",
        title_ar="زلافة زرقاء",
        category="pottery",
        tax_class=TaxClass.STANDARD,
        price=mad(180),
        floor=mad(150),
    )
    return replace(line, **changed)


def lots_of(session: Session, consignment: Consignment) -> list[Lot]:
    return session.query(Lot).filter_by(consignment_id=consignment.id).order_by(Lot.n).all()


# Announced


def test_an_announced_delivery_waits_and_books_nothing(scene: Scene) -> None:
    lines = [a_bowl("a", quantity=12), a_bowl("b", title="Plat")]
    intake = announce_delivery(
        scene.session, scene.maker, lines, "nadia", uid=new_uid(), now=NOW, by_maker=True
    )
    assert intake.state is IntakeState.ANNOUNCED
    there = lines_of(scene.session, intake)
    assert [(line.announced, line.counted) for line in there] == [(12, None), (1, None)]
    assert not scene.session.query(Consignment).count()


def test_an_announcement_told_twice_is_one(scene: Scene) -> None:
    uid = new_uid()
    one, two = (
        announce_delivery(scene.session, scene.maker, [a_bowl()], "nadia", uid=uid, now=NOW)
        for _ in range(2)
    )
    assert one.id == two.id
    assert len(lines_of(scene.session, one)) == 1


def test_what_is_announced_is_by_those_who_made_it_before(scene: Scene) -> None:
    first, second, _third = scene.maker.artisans
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl(weights={first.id: 2, second.id: 1}))
    [bowl] = lots_of(scene.session, scene.take_in(intake))
    lines = [Brought("a", product_id=bowl.product_id), a_bowl("b", title="Plat")]
    announced = announce_delivery(
        scene.session, scene.maker, lines, "nadia", uid=new_uid(), now=NOW
    )
    again, new = map(as_told, lines_of(scene.session, announced))
    assert again.weights == {first.id: 2, second.id: 1}
    assert new.weights == {}


def test_what_somebody_who_works_alone_announces_is_by_her(scene: Scene) -> None:
    alone = make_maker(scene.session, scene.hub, artisans=1)
    intake = announce_delivery(scene.session, alone, [a_bowl()], "nadia", uid=new_uid(), now=NOW)
    [line] = map(as_told, lines_of(scene.session, intake))
    assert line.weights == {alone.artisans[0].id: 1}


def test_an_announcement_of_nothing_is_refused(scene: Scene) -> None:
    with pytest.raises(Refusal, match="no lines"):
        announce_delivery(scene.session, scene.maker, [], "nadia", uid=new_uid(), now=NOW)


def test_the_number_of_another_makers_announcement_is_refused(scene: Scene) -> None:
    intake, other = scene.begin(), make_maker(scene.session, scene.hub)
    with pytest.raises(Refusal, match="already used"):
        start_intake(scene.session, other, "amina", uid=intake.uid, now=NOW)


def test_a_site_of_nobody_is_refused(scene: Scene) -> None:
    with pytest.raises(Refusal, match="place of the house"):
        start_intake(scene.session, scene.maker, "amina", uid=new_uid(), now=NOW, site_id=999)


def test_what_was_announced_is_counted_line_by_line(scene: Scene) -> None:
    lines = [a_bowl("a", quantity=12), a_bowl("b", title="Plat"), a_bowl("c", title="Jarre")]
    intake = announce_delivery(
        scene.session, scene.maker, lines, "nadia", uid=new_uid(), now=NOW, by_maker=True
    )
    begin_receiving(scene.session, intake, NOW)
    assert scene.lacks(intake)[0] == "The delivery has no lines."
    bowls, dish, jar = lines_of(scene.session, intake)
    count_line(scene.session, intake, bowls, 10)
    count_line(scene.session, intake, jar, 0)
    assert scene.lacks(intake) == ["Count it: nobody has said how many are here."]
    assert count_the_rest(scene.session, intake) == 1
    assert dish.counted == 1
    consignment = scene.take_in(intake)
    assert [lot.quantity for lot in lots_of(scene.session, consignment)] == [10, 1]


# Lines


def test_a_line_told_twice_is_there_once(scene: Scene) -> None:
    intake = scene.begin()
    one = add_line(scene.session, intake, a_bowl("a", quantity=3))
    two = add_line(scene.session, intake, a_bowl("a", quantity=9))
    assert (one.id, two.counted) == (two.id, 3)
    assert add_lines(scene.session, intake, [a_bowl("a"), a_bowl("b"), a_bowl("b")]) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "k" * 65}, "key"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1_000_001}, "quantity"),
        ({"price": -1}, "price"),
        ({"price": LARGEST + 1}, "price"),
        ({"floor": -1}, "floor"),
        ({"unit_cost": 2**70}, "unit_cost"),
        ({"title": "x" * 121}, "title"),
        ({"title": "nul\0"}, "title"),
        ({"note": "\ud800"}, "note"),
        ({"category": "c" * 25}, "category"),
        ({"product_id": 2**80}, "product_id"),
        ({"weights": {1: 0}}, "weights"),
        ({"weights": {999_999: 1}}, "weights"),
    ],
)
def test_a_line_that_could_not_be_kept_is_refused_at_its_field(
    scene: Scene, changed: dict[str, Any], field: str
) -> None:
    intake = scene.begin()
    with pytest.raises(Refusal) as refused:
        add_line(scene.session, intake, a_bowl(**changed))
    assert refused.value.field == field
    assert not lines_of(scene.session, intake)


def test_a_line_names_products_and_artisans_of_its_maker_only(scene: Scene) -> None:
    other = make_maker(scene.session, scene.hub, artisans=1)
    product = add_product(
        scene.session, other, "P-other", category="rug", price=mad(10), tax_class=TaxClass.EXEMPT
    )
    intake = scene.begin()
    for wrong in ({"product_id": product.id}, {"weights": {other.artisans[0].id: 1}}):
        with pytest.raises(Refusal):
            add_line(scene.session, intake, a_bowl(**wrong))


def test_a_delivery_has_an_end(scene: Scene) -> None:
    intake = scene.begin()
    add_lines(scene.session, intake, [a_bowl(str(n)) for n in range(MOST_LINES)])
    with pytest.raises(Refusal, match="at most 2000 lines"):
        add_line(scene.session, intake, a_bowl("one more"))


def test_a_change_is_undone_and_done_again(scene: Scene) -> None:
    intake = scene.begin()
    one, two, _three = scene.maker.artisans
    line = add_line(scene.session, intake, a_bowl(quantity=3, weights={one.id: 2}))
    told = as_told(line)
    changed = replace(told, quantity=4, price=mad(200), weights={one.id: 1, two.id: 1})
    change_line(scene.session, intake, line, changed)
    assert as_told(line) == changed
    restore_line(scene.session, intake, line)
    assert as_told(line) == told
    restore_line(scene.session, intake, line)
    assert as_told(line) == changed


def test_a_dropped_line_is_put_back_as_it_was(scene: Scene) -> None:
    intake = scene.begin()
    line = add_line(scene.session, intake, a_bowl())
    drop_line(scene.session, intake, line, NOW)
    assert not lines_of(scene.session, intake)
    restore_line(scene.session, intake, line)
    assert [there.id for there in lines_of(scene.session, intake)] == [line.id]


# What is missing


def bare(**changed: Any) -> Brought:
    return replace(Brought("a", title="Bol", category="pottery", price=mad(10)), **changed)


@pytest.mark.parametrize(
    ("line", "lack"),
    [
        (bare(), "Choose its tax class: the till cannot sell without."),
        (a_bowl(title=""), "Write what it is called."),
        (a_bowl(category=""), "Choose what kind of piece it is."),
        (a_bowl(price=None), "Write its price."),
        (a_bowl(price=0, floor=0), "Write its price."),
        (a_bowl(floor=mad(181)), "The floor lies above the price: lower it."),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(scene: Scene, line: Brought, lack: str) -> None:
    intake = scene.begin()
    add_line(scene.session, intake, line)
    assert scene.lacks(intake) == [lack]
    with pytest.raises(Refusal, match="Something is missing in 1 of the lines"):
        scene.take_in(intake)
    assert not scene.session.query(Product).count()


def test_members_who_are_paid_are_named(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        maker = make_maker(session, hub, artisans=1, paid_to=PaidTo.MEMBERS)
        scene = Scene(session, hub, maker)
        intake = scene.begin()
        line = add_line(session, intake, a_bowl())
        assert scene.lacks(intake) == ["Say who made it: her members are paid themselves."]
        change_line(session, intake, line, a_bowl(weights={maker.artisans[0].id: 1}))
        assert not scene.lacks(intake)


def test_what_the_house_buys_has_a_cost_and_is_owed_for(books: Flask) -> None:
    with transaction() as session:
        hub = make_hub(session)
        scene = Scene(session, hub, make_maker(session, hub, Terms(Regime.FIRM, 0)))
        intake = scene.begin()
        line = add_line(session, intake, a_bowl(quantity=3))
        assert scene.lacks(intake) == ["Write what the house pays for one."]
        change_line(session, intake, line, a_bowl(quantity=3, unit_cost=mad(60)))
        scene.take_in(intake)
        assert balance(session, hub.id, f"owed:m{scene.maker.id}") == mad(-180)


def test_a_maker_with_whom_nothing_is_agreed_delivers_nothing(scene: Scene) -> None:
    maker = take_in_maker(scene.session, scene.hub.id, "NEW", "Neuve", craft="rug")
    scene = scene._replace(maker=maker)
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl())
    assert scene.lacks(intake) == ["There is no agreement with this maker on 2026-11-20."]
    with pytest.raises(Refusal, match="no agreement"):
        scene.take_in(intake)


# Taken in


def test_a_delivery_becomes_products_lots_and_moves(scene: Scene) -> None:
    intake, session = scene.begin(), scene.session
    one, two, _three = scene.maker.artisans
    known = add_product(
        *(session, scene.maker, "JAR"),
        category="pottery",
        price=mad(900),
        tax_class=None,
        texts={"fr": ("Jarre", "")},
    )
    add_lines(
        session,
        intake,
        [
            a_bowl("a", quantity=6, weights={one.id: 2, two.id: 1}),
            a_bowl("b"),  # alike in all: another lot of the same product
            a_bowl("c", price=mad(190)),
            Brought("d", product_id=known.id, tax_class=TaxClass.REDUCED, floor=mad(800)),
        ],
    )
    consignment = scene.take_in(intake)
    lots = lots_of(session, consignment)
    assert [(lot.title, lot.kind, lot.quantity, lot.floor) for lot in lots] == [
        ("Bol bleu", LotKind.BATCH, 6, mad(150)),
        ("Bol bleu", LotKind.PIECE, 1, mad(150)),
        ("Bol bleu", LotKind.PIECE, 1, mad(150)),
        ("Jarre", LotKind.PIECE, 1, mad(800)),
    ]
    first, second, third, jar = (session.get_one(Product, lot.product_id) for lot in lots)
    assert first.id == second.id != third.id
    assert (first.price, third.price, jar.id) == (mad(180), mad(190), known.id)
    assert known.tax_class is TaxClass.REDUCED
    assert first.code == f"{scene.maker.code}-001"
    said = session.query(ProductText).filter_by(product_id=first.id)
    assert {text.language: text.title for text in said} == {"fr": "Bol bleu", "ar": "زلافة زرقاء"}
    made = session.query(LotArtisan).filter_by(lot_id=lots[0].id)
    assert {who.artisan_id: who.weight for who in made} == {one.id: 2, two.id: 1}
    assert [on_hand(session, lot.id) for lot in lots] == [6, 1, 1, 1]
    assert (intake.state, intake.consignment_id) == (IntakeState.RECEIVED, consignment.id)
    assert_sound(session)


def test_a_delivery_is_taken_in_once(scene: Scene) -> None:
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl())
    assert scene.take_in(intake).id == scene.take_in(intake).id
    assert scene.session.query(Lot).count() == 1


def test_a_code_that_is_taken_is_passed_over(scene: Scene) -> None:
    taken = f"{scene.maker.code}-001"
    add_product(
        scene.session, scene.maker, taken, category="rug", price=1, tax_class=TaxClass.EXEMPT
    )
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl())
    [lot] = lots_of(scene.session, scene.take_in(intake))
    product = scene.session.get_one(Product, lot.product_id)
    assert product.code == f"{scene.maker.code}-002"


def ended(scene: Scene, how: str) -> Intake:
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl())
    if how == "received":
        scene.take_in(intake)
    else:
        drop_intake(scene.session, intake, "she is ill", by="hind", now=NOW)
    return intake


@pytest.mark.parametrize("how", ["received", "dropped"])
@pytest.mark.parametrize(
    "act",
    [
        lambda s, i, line: add_line(s, i, a_bowl("z")),
        lambda s, i, line: change_line(s, i, line, a_bowl(quantity=9)),
        lambda s, i, line: count_line(s, i, line, 2),
        lambda s, i, line: count_the_rest(s, i),
        lambda s, i, line: drop_line(s, i, line, NOW),
        restore_line,
        lambda s, i, line: begin_receiving(s, i, NOW),
    ],
    ids=["add", "change", "count", "count the rest", "drop", "restore", "begin"],
)
def test_what_has_ended_changes_no_more(
    scene: Scene, how: str, act: Callable[[Session, Intake, IntakeLine], object]
) -> None:
    intake = ended(scene, how)
    [line] = lines_of(scene.session, intake)
    before = as_told(line)
    with pytest.raises(Refusal, match=r"taken in already|called off"):
        act(scene.session, intake, line)
    assert [as_told(line) for line in lines_of(scene.session, intake)] == [before]


def test_what_was_called_off_is_not_taken_in_and_stays_so(scene: Scene) -> None:
    intake = ended(scene, "dropped")
    drop_intake(scene.session, intake, "another reason", by="amina", now=NOW)
    assert (intake.why, intake.ended_by) == ("she is ill", "hind")
    with pytest.raises(Refusal, match="called off"):
        scene.take_in(intake)


def test_what_is_taken_in_is_not_called_off(scene: Scene) -> None:
    with pytest.raises(Refusal, match="taken in already"):
        drop_intake(scene.session, ended(scene, "received"), "", by="hind", now=NOW)


# Signed


def signed_by(lines_hash: str, **changed: Any) -> Signed:
    told = Signed("Zohra Alami", lines_hash, "ar", NOW, "M10 20L30 40M5 5L5 5")
    return told._replace(**changed)


def test_a_signature_is_kept_with_the_lines_it_was_put_under(scene: Scene) -> None:
    intake = scene.begin()
    one, two, _three = scene.maker.artisans
    lines = [a_bowl("a", quantity=6, weights={two.id: 2, one.id: 1}), a_bowl("b", title="Plat é")]
    add_lines(scene.session, intake, lines)
    shown = draft_of(scene.session, intake, TODAY).hash
    consignment = scene.take_in(intake, signed_by(shown))
    [kept] = scene.session.query(ConsignmentSignature).all()
    assert kept.consignment_id == consignment.id
    assert kept.lines_hash == signed_lines_hash(scene.session, consignment) == shown
    assert (kept.signer, kept.way, kept.language) == ("Zohra Alami", SignatureWay.DRAWN, "ar")


def test_lines_that_changed_since_they_were_shown_are_not_signed(scene: Scene) -> None:
    intake = scene.begin()
    line = add_line(scene.session, intake, a_bowl())
    shown = draft_of(scene.session, intake, TODAY).hash
    change_line(scene.session, intake, line, a_bowl(floor=mad(1)))
    with pytest.raises(Refusal, match="have changed since"):
        scene.take_in(intake, signed_by(shown))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"signer": ""}, "signer"),
        ({"signer": "x" * 121}, "signer"),
        ({"mark": "M1 1L2 2" * 8_000}, "mark"),
        ({"mark": "<script>"}, "mark"),
        ({"mark": "M1 1L2000 1"}, "mark"),
        ({"mark": "L1 1"}, "mark"),
        ({"mark": "M1 1"}, "mark"),
    ],
)
def test_a_signature_that_is_none_is_refused(
    scene: Scene, changed: dict[str, Any], field: str
) -> None:
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl())
    consignment = scene.take_in(intake)
    lines_hash = signed_lines_hash(scene.session, consignment)
    told = signed_by(lines_hash, **changed)
    with pytest.raises(Refusal) as refused:
        sign(scene.session, consignment, told, actor="hind", now=NOW)
    assert refused.value.field == field


def test_a_delivery_is_signed_once_and_a_name_is_enough(scene: Scene) -> None:
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl())
    consignment = scene.take_in(intake)
    lines_hash = signed_lines_hash(scene.session, consignment)
    one, two = (
        sign(scene.session, consignment, signed_by(lines_hash, mark=mark), actor="hind", now=NOW)
        for mark in ("", "M1 1L2 2")
    )
    assert one.id == two.id
    assert two.way is SignatureWay.TYPED


def test_artisans_keep_their_order_in_what_is_signed(scene: Scene) -> None:
    artisans: list[Artisan] = list(scene.maker.artisans)
    intake = scene.begin()
    weights = {artisan.id: n for n, artisan in enumerate(reversed(artisans), 1)}
    add_line(scene.session, intake, a_bowl(weights=weights))
    shown = draft_of(scene.session, intake, TODAY).hash
    assert scene.take_in(intake, signed_by(shown)).id


def test_the_prover_makes_the_hash_of_what_was_signed_anew(scene: Scene) -> None:
    one, two, _three = scene.maker.artisans
    intake = scene.begin()
    add_line(scene.session, intake, a_bowl(quantity=3, weights={two.id: 1, one.id: 2}))
    add_line(scene.session, intake, a_bowl("b", title="Plat", weights={}))
    shown = draft_of(scene.session, intake, TODAY).hash
    scene.take_in(intake, Signed("Zohra", shown, "fr", NOW))
    assert not list(broken_signatures(scene.session.connection(), fast=False))
    again = scene.begin()
    add_line(scene.session, again, a_bowl("c"))
    taken = scene.take_in(again)
    scene.session.add(
        ConsignmentSignature(
            hub_id=scene.hub.id,
            consignment_id=taken.id,
            signer="Zohra",
            way=SignatureWay.TYPED,
            mark="",
            mark_hash="0" * 64,
            language="fr",
            lines_hash=shown,  # of another delivery
            signed_at=NOW,
            recorded_at=NOW,
            actor="salma",
        )
    )
    scene.session.flush()
    [told] = broken_signatures(scene.session.connection(), fast=False)
    assert told.rule == "what_was_signed_is_in_the_books"
    assert not list(broken_signatures(scene.session.connection(), fast=True))
