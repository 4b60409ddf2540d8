"""What staff write about makers: who they are, who makes, and a new version of what was agreed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import PaidTo, Regime, Terms, check_terms
from almakane.cooperatives.amending import By, amend, put
from almakane.cooperatives.models import (
    Agreement,
    Artisan,
    Maker,
    MakerKind,
    MakerText,
    TaxProfile,
)
from almakane.cooperatives.services import add_artisan, agree, take_in_maker
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on


class Identity(NamedTuple):
    """Who a maker is, as papers name her."""

    name: str
    kind: MakerKind
    craft: str
    region: str
    phone: str
    since: date
    ice: str
    tax_id: str
    tax_profile: TaxProfile | None


class Said(NamedTuple):
    """What a maker's page says in one language."""

    name: str = ""
    place: str = ""
    story: str = ""


class Person(NamedTuple):
    """An artisan, and the weight of her part where a lot says no other."""

    name: str
    name_ar: str
    gender: str
    born: int | None
    weight: int


def start_maker(
    session: Session,
    hub_id: int,
    code: str,
    identity: Identity,
    texts: Mapping[str, Said],
    by: By,
) -> Maker:
    """Take a maker in with all that is known of her."""
    maker = take_in_maker(
        session,
        hub_id,
        code,
        identity.name,
        craft=identity.craft,
        kind=identity.kind,
        place=texts["fr"].place,
        region=identity.region,
        phone=identity.phone,
        since=identity.since,
        texts={
            language: (said.name or identity.name, said.story, said.place)
            for language, said in texts.items()
            if any(said)
        },
    )
    put(maker, **identity._asdict())
    amend(session, hub_id, ("maker", maker.id), "created", by)
    return maker


def write_maker(
    session: Session, maker: Maker, identity: Identity, texts: Mapping[str, Said], by: By
) -> None:
    """Write anew who a maker is and what her page says; money and pieces are not touched."""
    session.refresh(maker, with_for_update=True)
    changed = put(maker, **identity._asdict(), place=texts["fr"].place or maker.place)
    there = {
        text.language: text
        for text in session.scalars(select(MakerText).where(MakerText.maker_id == maker.id))
    }
    for language, said in texts.items():
        text = there.get(language)
        if text is None:
            if not any(said):
                continue
            text = MakerText(maker_id=maker.id, language=language, name="", story="", place="")
            session.add(text)
        told = said._replace(name=said.name or identity.name)
        changed += [f"{name}_{language}" for name in put(text, **told._asdict())]
    session.flush()
    if changed:
        amend(session, maker.hub_id, ("maker", maker.id), "profile", by, changed)


def take_in_artisan(session: Session, maker: Maker, person: Person, by: By) -> Artisan:
    """Add somebody who makes under the maker's name."""
    artisan = add_artisan(
        session, maker, person.name, person.name_ar, gender=person.gender, born=person.born
    )
    put(artisan, weight=person.weight)
    session.flush()
    amend(session, maker.hub_id, ("maker", maker.id), "artisan_added", by)
    return artisan


def write_artisan(session: Session, artisan: Artisan, person: Person, by: By) -> None:
    """Write anew who an artisan is; what she made keeps the weights it came in with."""
    session.refresh(artisan, with_for_update=True)
    changed = put(artisan, **person._replace(name_ar=person.name_ar or person.name)._asdict())
    session.flush()
    if changed:
        subject = ("maker", artisan.maker_id)
        amend(session, artisan.hub_id, subject, "artisan_changed", by, changed)


def let_go(session: Session, artisan: Artisan, by: By, *, is_back: bool = False) -> None:
    """An artisan is no longer among the maker's, or is again; what she is owed is not touched."""
    session.refresh(artisan, with_for_update=True)
    if (artisan.left_at is None) == is_back:
        return
    artisan.left_at = None if is_back else by.now
    what = "artisan_back" if is_back else "artisan_left"
    amend(session, artisan.hub_id, ("maker", artisan.maker_id), what, by)


class Version(NamedTuple):
    """What a new version of an agreement says."""

    terms: Terms
    valid_from: date
    overrides: Mapping[str, int]
    return_days: int
    unsold_days: int


def agree_anew(
    session: Session, maker: Maker, version: Version, *, today: date, by: By
) -> Agreement:
    """
    Add a version of the agreement with a maker, from a day on.

    Raises Refusal naming the field: for terms that no sale could keep, for members who are paid
    while nobody is named, and for a day that has passed where something was agreed before.
    """
    session.refresh(maker, with_for_update=True)
    any_before = session.scalar(
        select(func.count()).select_from(Agreement).where(Agreement.maker_id == maker.id)
    )
    if any_before and version.valid_from < today:
        raise Refusal(
            "A new version begins today or later: what came in before keeps its own.",
            field="valid_from",
        )
    named = session.scalar(
        select(func.count())
        .select_from(Artisan)
        .where(Artisan.maker_id == maker.id, Artisan.left_at.is_(None))
    )
    if version.terms.paid_to is PaidTo.MEMBERS and not named:
        raise Refusal(
            "Members are to be paid, and nobody is named yet: name the artisans first.",
            field="paid_to",
        )
    check_overrides(session, maker, version)
    agreement = agree(
        session,
        maker,
        version.terms,
        valid_from=version.valid_from,
        overrides=version.overrides,
        return_days=version.return_days,
        unsold_days=version.unsold_days,
    )
    subject = ("maker", maker.id)
    amend(session, maker.hub_id, subject, "agreement", by, [f"version {agreement.version}"])
    return agreement


def check_overrides(session: Session, maker: Maker, version: Version) -> None:
    """Refuse a category's own commission by its place in the form: `overrides-0-commission_bp`."""
    if version.terms.regime is Regime.FIRM:
        return
    rules = rules_on(session, maker.hub_id, version.valid_from)
    vat_bp = rules.vat_bp if rules.vat_liable else 0
    check_terms(version.terms, vat_bp)
    for n, commission_bp in enumerate(version.overrides.values()):
        try:
            check_terms(replace(version.terms, commission_bp=commission_bp), vat_bp)
        except Refusal as refusal:
            refusal.field = f"overrides-{n}-commission_bp"
            raise
