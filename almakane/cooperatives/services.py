"""Taking a maker in, agreeing on terms, and naming the artisans."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.agreement import Terms, check_terms
from almakane.cooperatives.models import (
    Agreement,
    AgreementOverride,
    Artisan,
    Maker,
    MakerKind,
    MakerText,
)
from almakane.errors import Refusal
from almakane.hubs.queries import rules_on


def take_in_maker(
    session: Session,
    hub_id: int,
    code: str,
    name: str,
    *,
    craft: str,
    kind: MakerKind = MakerKind.COOPERATIVE,
    place: str = "",
    region: str = "",
    phone: str = "",
    since: date = date(2024, 1, 1),
    texts: Mapping[str, tuple[str, str, str]] | None = None,
) -> Maker:
    """Add a maker; `texts` is language to name, story and place. Refuses a code that is in use."""
    if session.scalar(select(Maker.id).where(Maker.hub_id == hub_id, Maker.code == code)):
        raise Refusal("Another maker has the code %(code)s.", field="code", code=code)
    maker = Maker(
        hub_id=hub_id,
        code=code,
        kind=kind,
        name=name,
        craft=craft,
        place=place,
        region=region,
        phone=phone,
        since=since,
    )
    session.add(maker)
    session.flush()
    session.add_all(
        MakerText(maker_id=maker.id, language=language, name=title, story=story, place=where)
        for language, (title, story, where) in (texts or {}).items()
    )
    session.flush()
    return maker


def agree(
    session: Session,
    maker: Maker,
    terms: Terms,
    *,
    valid_from: date = date(2010, 1, 1),
    overrides: Mapping[str, int] | None = None,
    return_days: int = 7,
    unsold_days: int = 180,
) -> Agreement:
    """
    Add an agreement version, valid from a day on; what came in before keeps its own version.

    Refuses terms that could take more than the whole price, and a day that is not after the
    version before it.
    """
    rules = rules_on(session, maker.hub_id, valid_from)
    vat_bp = rules.vat_bp if rules.vat_liable else 0
    for commission_bp in (terms.commission_bp, *(overrides or {}).values()):
        changed = asdict(terms) | {"commission_bp": commission_bp}
        check_terms(Terms(**changed), vat_bp)
    last = session.scalar(
        select(Agreement)
        .where(Agreement.maker_id == maker.id)
        .order_by(Agreement.version.desc())
        .limit(1)
    )
    if last and valid_from <= last.valid_from:
        raise Refusal(
            "A new version begins after the one before it, on %(day)s.",
            field="valid_from",
            day=last.valid_from,
        )
    agreement = Agreement(
        maker_id=maker.id,
        version=last.version + 1 if last else 1,
        valid_from=valid_from,
        return_days=return_days,
        unsold_days=unsold_days,
        **asdict(terms),
    )
    session.add(agreement)
    session.flush()
    session.add_all(
        AgreementOverride(agreement_id=agreement.id, category=category, commission_bp=rate)
        for category, rate in (overrides or {}).items()
    )
    session.flush()
    return agreement


def add_artisan(
    session: Session,
    maker: Maker,
    name: str,
    name_ar: str = "",
    *,
    gender: str = "",
    born: int | None = None,
) -> Artisan:
    """Add a person who makes pieces under a maker's name."""
    artisan = Artisan(
        hub_id=maker.hub_id,
        maker_id=maker.id,
        name=name,
        name_ar=name_ar or name,
        gender=gender,
        born=born,
    )
    session.add(artisan)
    session.flush()
    return artisan
