"""The office's door to makers: who they are, who makes for them, and where their money goes."""

from datetime import UTC, datetime

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from almakane.cooperatives import agreement_pages, words
from almakane.cooperatives.amending import By, amendments_of
from almakane.cooperatives.door import (
    TREASURERS,
    WRITERS,
    artisans_of,
    bp,
    calling,
    done,
    find_maker,
    only,
)
from almakane.cooperatives.forms import (
    ArtisanForm,
    MakerForm,
    NewMakerForm,
    RibForm,
)
from almakane.cooperatives.keeping import (
    Identity,
    Person,
    Said,
    let_go,
    start_maker,
    take_in_artisan,
    write_artisan,
    write_maker,
)
from almakane.cooperatives.models import Artisan, Maker, MakerKind, MakerText, TaxProfile
from almakane.cooperatives.queries import Called
from almakane.cooperatives.ribs import name_rib, ribs_of
from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.users.here import here
from almakane.users.queries import signed_in
from almakane.web import go_to, settings
from almakane.web.languages import language

__all__ = ["bp"]

_LANGUAGES = ("fr", "ar", "en")
_ALSO_HERE = (agreement_pages,)  # its pages open by the same door


# Who a maker is


@bp.get("/new")
def new_maker() -> ResponseReturnValue:
    """What is asked of a maker who comes for the first time."""
    only(*WRITERS)
    form = NewMakerForm()
    form.since.data = here().today
    return render_template("cooperatives/new_maker.html", form=form)


@bp.post("")
def create_maker() -> ResponseReturnValue:
    """Take a maker in; then her artisans and what is agreed."""
    only(*WRITERS)
    form, hub = NewMakerForm(request.form), here().hub
    if not form.validate():
        return render_template("cooperatives/new_maker.html", form=form), 422
    login = signed_in().login

    def take_in() -> str:
        with transaction() as session:
            return start_maker(
                session,
                hub.id,
                form.code.data,
                _identity(form),
                _texts(form),
                By(login, datetime.now(UTC)),
            ).code

    try:
        code = retried(take_in)
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("cooperatives/new_maker.html", form=form), 422
    flash(gettext("Taken in. Name the artisans, then write down what is agreed."))
    return go_to(url_for("makers.show_profile", code=code))


def _identity(form: MakerForm) -> Identity:
    return Identity(
        name=form.name.data,
        kind=MakerKind(form.kind.data),
        craft=form.craft.data,
        region=form.region.data or "",
        phone=form.phone.data or "",
        since=form.since.data or here().today,
        ice=form.ice.data or "",
        tax_id=form.tax_id.data or "",
        tax_profile=TaxProfile(form.tax_profile.data) if form.tax_profile.data else None,
    )


def _texts(form: MakerForm) -> dict[str, Said]:
    return {
        code: Said(*(form[f"{name}_{code}"].data or "" for name in Said._fields))
        for code in _LANGUAGES
    }


@bp.get("/<code>/profile")
def show_profile(code: str) -> ResponseReturnValue:
    """Who a maker is, who makes for her, and what was changed about her."""
    return _show_profile(find_maker(db.session(), code))


@bp.post("/<code>/profile")
def update_profile(code: str) -> ResponseReturnValue:
    """Keep who a maker is and what her page says."""
    only(*WRITERS)
    maker = find_maker(db.session(), code)
    form = MakerForm(request.form, known=maker)
    if not form.validate():
        return _show_profile(maker, form=form), 422
    identity, texts = _identity(form), _texts(form)
    done(code, lambda session, one, by: write_maker(session, one, identity, texts, by))
    flash(gettext("The profile is kept."))
    return go_to(url_for("makers.show_profile", code=code))


def _show_profile(
    maker: Maker,
    *,
    form: MakerForm | None = None,
    artisan: ArtisanForm | None = None,
    rib: RibForm | None = None,
) -> str:
    session, _hub, _today = here()
    called, named = calling(session, maker), artisans_of(session, maker)
    texts = {
        text.language: text
        for text in session.scalars(select(MakerText).where(MakerText.maker_id == maker.id))
    }
    return render_template(
        "cooperatives/profile.html",
        maker=maker,
        called=called,
        form=form or _profile_form(maker, texts),
        missing=[
            language
            for language in _LANGUAGES
            if language not in texts or not (texts[language].name and texts[language].story)
        ],
        artisans=list(
            session.scalars(
                select(Artisan)
                .where(Artisan.maker_id == maker.id)
                .order_by(Artisan.left_at.is_not(None), Artisan.id)
            )
        ),
        artisan_form=artisan or _new_artisan_form(),
        rib_form=_rib_form(called, named, rib),
        ribs=ribs_of(session, maker.id),
        may_name=signed_in().role in TREASURERS,
        amendments=amendments_of(session, "maker", maker.id),
        words=words,
        may_write=signed_in().role in WRITERS,
    )


def _profile_form(maker: Maker, texts: dict[str, MakerText]) -> MakerForm:
    form = MakerForm(obj=maker, known=maker)
    form.kind.data = maker.kind.value
    form.tax_profile.data = maker.tax_profile.value if maker.tax_profile else ""
    for code in _LANGUAGES:
        for name in Said._fields:
            form[f"{name}_{code}"].data = getattr(texts.get(code), name, "")
    if not form.place_fr.data:
        form.place_fr.data = maker.place
    return form


# Who makes


_ARTISAN = "artisan-"  # before its fields, for the maker's own stand on the same page


def _new_artisan_form() -> ArtisanForm:
    form = ArtisanForm(prefix=_ARTISAN)
    form.weight.data = 1
    return form


@bp.post("/<code>/artisans")
def create_artisan(code: str) -> ResponseReturnValue:
    """Name somebody who makes under the maker's name."""
    only(*WRITERS)
    maker, form = find_maker(db.session(), code), ArtisanForm(request.form, prefix=_ARTISAN)
    if not form.validate():
        return _show_profile(maker, artisan=form), 422
    person = _person(form)
    done(code, lambda session, one, by: take_in_artisan(session, one, person, by))
    flash(gettext("Named. Pieces that come in can be hers or his from now on."))
    return go_to(url_for("makers.show_profile", code=code, _anchor="artisans"))


def _person(form: ArtisanForm) -> Person:
    return Person(
        form.name.data,
        form.name_ar.data or "",
        form.gender.data or "",
        form.born.data,
        form.weight.data or 1,
    )


@bp.get("/<code>/artisans/<int:artisan_id>")
def edit_artisan(code: str, artisan_id: int) -> ResponseReturnValue:
    """Who an artisan is."""
    maker, artisan = _find_artisan(code, artisan_id)
    return _show_artisan(maker, artisan, ArtisanForm(obj=artisan))


@bp.post("/<code>/artisans/<int:artisan_id>")
def update_artisan(code: str, artisan_id: int) -> ResponseReturnValue:
    """Keep who an artisan is."""
    only(*WRITERS)
    maker, artisan = _find_artisan(code, artisan_id)
    form = ArtisanForm(request.form)
    if not form.validate():
        return _show_artisan(maker, artisan, form), 422
    person = _person(form)
    done(
        code,
        lambda session, _one, by: write_artisan(
            session, session.get_one(Artisan, artisan_id), person, by
        ),
    )
    flash(gettext("Kept. What came in before keeps its shares."))
    return go_to(url_for("makers.show_profile", code=code, _anchor="artisans"))


@bp.post("/<code>/artisans/<int:artisan_id>/departure")
def create_departure(code: str, artisan_id: int) -> ResponseReturnValue:
    """An artisan is no longer among the maker's."""
    return _let_go(code, artisan_id, is_back=False)


@bp.post("/<code>/artisans/<int:artisan_id>/return")
def delete_departure(code: str, artisan_id: int) -> ResponseReturnValue:
    """An artisan is among the maker's again."""
    return _let_go(code, artisan_id, is_back=True)


def _let_go(code: str, artisan_id: int, *, is_back: bool) -> ResponseReturnValue:
    only(*WRITERS)
    _find_artisan(code, artisan_id)
    done(
        code,
        lambda session, _one, by: let_go(
            session, session.get_one(Artisan, artisan_id), by, is_back=is_back
        ),
    )
    return go_to(url_for("makers.show_profile", code=code, _anchor="artisans"))


def _find_artisan(code: str, artisan_id: int) -> tuple[Maker, Artisan]:
    session = db.session()
    maker = find_maker(session, code)
    artisan = session.get(Artisan, artisan_id)
    if artisan is None or artisan.maker_id != maker.id:
        abort(404)
    return maker, artisan


def _show_artisan(maker: Maker, artisan: Artisan, form: ArtisanForm) -> str:
    session = db.session()
    return render_template(
        "cooperatives/artisan.html",
        maker=maker,
        called=calling(session, maker),
        artisan=artisan,
        form=form,
        may_write=signed_in().role in WRITERS,
    )


# Where the money goes


def _rib_form(called: Called, named: list[Artisan], form: RibForm | None = None) -> RibForm:
    form = form or RibForm()
    names = {one.id: one.name_ar if language() == "ar" else one.name for one in named}
    form.offer(called.name, names)
    return form


@bp.post("/<code>/ribs")
def create_rib(code: str) -> ResponseReturnValue:
    """Name a bank account; a second person confirms it before money goes there."""
    only(*TREASURERS)
    session = db.session()
    maker = find_maker(session, code)
    form = _rib_form(calling(session, maker), artisans_of(session, maker), RibForm(request.form))
    if not form.validate():
        return _show_profile(maker, rib=form), 422
    whose = int(form.whose.data) if form.whose.data else None
    rib, vault = form.rib.data, settings().vault_secret
    try:
        done(code, lambda session, one, by: name_rib(session, one, whose, rib, vault=vault, by=by))
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_profile(maker, rib=form), 422
    flash(gettext("Named. No money goes there before a second person has confirmed it."))
    return go_to(url_for("makers.show_profile", code=code, _anchor="bank"))
