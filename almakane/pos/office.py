"""
The office's door to the registers: who writes, what waits there, and what to do about it.

Managers act; hub staff and the accountant may look.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Blueprint, abort, flash, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import http_date

from almakane.db import db, retried, transaction
from almakane.errors import Refusal
from almakane.journal.ending import (
    By,
    adopt,
    adopt_stray,
    dismiss,
    dismiss_stray,
    retry,
    see,
)
from almakane.journal.enrolment import open_enrolment
from almakane.journal.epochs import lose, revoke_token
from almakane.journal.event import Unfit
from almakane.pos.applying import apply
from almakane.pos.explaining import explain_flag, explain_reason, explain_stray
from almakane.pos.files import MOST_BYTES, Brought, Site, bring, read_file
from almakane.pos.forms import (
    AdoptionForm,
    ClosingForm,
    EnrolmentForm,
    EpochForm,
    FileForm,
    ReasonForm,
    SettlingForm,
    is_same_body,
)
from almakane.pos.needs import Grade, Need, needs_of
from almakane.pos.queries import Board, Device, boards, latest_events
from almakane.pos.repairing import close_by_force
from almakane.pos.telling import shown, tell
from almakane.pos.waiting import (
    FlagName,
    WaitingEvent,
    WaitingStray,
    find_event,
    find_stray,
    find_ticket,
    flagged,
    flags_named,
    open_flags,
    quarantined,
    strays,
    ticket_called,
)
from almakane.pos.wording import tender_words
from almakane.pos.words import ENDS, KINDS, MODES, OUTCOMES, SALES, STATES
from almakane.sales.flags import end_flag
from almakane.sales.models import Flag
from almakane.users.confirming import confirm_person
from almakane.users.devices import known_device
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.users.services import TooManyAttempts, whence
from almakane.web import SAFE_METHODS, go_to, require, settings

T = TypeVar("T")

bp = Blueprint("registers", __name__, url_prefix="/registers")
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

_EVENTS = 50  # of a chain, on one page
_WAITING = 25  # of each list
_FLAGS = 50
_MOST_AT_ONCE = 100


@bp.before_request
def _only_managers_act() -> None:
    if request.method not in SAFE_METHODS and signed_in().role is not Role.MANAGER:
        abort(403)


@bp.context_processor
def _words() -> dict[str, object]:
    return {
        "kinds": KINDS,
        "modes": MODES,
        "states": STATES,
        "outcomes": OUTCOMES,
        "ends": ENDS,
        "explain_flag": explain_flag,
        "explain_reason": explain_reason,
        "explain_stray": explain_stray,
        "shown": shown,
        "tell": tell,
        # a page of failure is drawn for whoever knocks, signed in or not
        "may_act": getattr(current_user, "role", None) is Role.MANAGER,
    }


def _now() -> datetime:
    return datetime.now(UTC)


def _by(why: str) -> By:
    return By(signed_in().login, why, _now())


def _done(work: Callable[[Session], T]) -> T:
    """Do something in a transaction of its own, tried again where that may help."""

    def do() -> T:
        with transaction() as session:
            return work(session)

    return retried(do)


# The registers


@bp.get("")
def list_registers() -> ResponseReturnValue:
    """Every register, and what needs a hand there."""
    now = _now()
    found = boards(db.session(), signed_in().hub_id, now)
    needs = {board.id: needs_of(board, now) for board in found}
    tills = [board for board in found if not board.is_server]
    return render_template(
        "registers/registers.html",
        tills=sorted(tills, key=lambda board: _urgency(needs[board.id])),
        servers=[board for board in found if board.is_server],
        needs=needs,
        now=now,
        count=sum(len(some) for some in needs.values()),
    )


def _urgency(needs: list[Need]) -> int:
    """The most urgent first; `sorted` leaves the rest in the order of their codes."""
    grades = [need.grade for need in needs]
    return -2 if Grade.STOPS in grades else -1 if grades else 0


@bp.get("/<code>")
def show_register(code: str) -> ResponseReturnValue:
    """One register: its devices, its latest events, and the acts; `?chain=` is another chain."""
    return _show_register(_board(code))


def _board(code: str) -> Board:
    found = boards(db.session(), signed_in().hub_id, _now(), code)
    if not found:
        abort(404)
    return found[0]


def _show_register(board: Board, **forms: object) -> str:
    now, chain_id, before = _now(), _asked("chain"), _asked("before")
    heads = [head for device in board.devices for head in device.heads]
    live = board.device.live_head if board.device else None
    chain_id = chain_id or (live.chain_id if live else None)
    if chain_id is not None and chain_id not in {head.chain_id for head in heads}:
        abort(404)
    events, more = (
        latest_events(db.session(), chain_id, before, _EVENTS) if chain_id else ([], False)
    )
    return render_template(
        "registers/register.html",
        board=board,
        needs=needs_of(board, now),
        now=now,
        chain_id=chain_id,
        events=events,
        older=events[-1].event.seq if more else None,
        before=before,
        most_megabytes=MOST_BYTES // 1024 // 1024,
        **{
            "enrolment": EnrolmentForm(),
            "closing": ClosingForm(),
            "file": FileForm(),
            "epoch": EpochForm(),
            **forms,
        },
    )


def _asked(name: str) -> int | None:
    """A row or a place that the address names; 404 for what is none."""
    text = request.args.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        abort(404)
    return int(text)


@bp.post("/<code>/enrolments")
def create_enrolment(code: str) -> ResponseReturnValue:
    """Open an enrolment, and show its code this once."""
    board, form, person = _board(code), EnrolmentForm(request.form), signed_in()
    if not form.validate():
        return _show_register(board, enrolment=form), 422
    address = whence(request.remote_addr, known_device(person.login))
    try:
        confirm_person(
            *(person, form.password.data, address),
            cost=settings().argon2_cost,
            now=_now(),
            vault=settings().vault_secret,
            code=form.code.data or "",
        )
        opened = _done(
            lambda session: open_enrolment(
                session, person.hub_id, code, by=person.login, now=_now()
            )
        )
    except TooManyAttempts as refusal:
        form.refuse(refusal)
        response = make_response(_show_register(_board(code), enrolment=form), 429)
        response.headers["Retry-After"] = http_date(refusal.until)
        return response
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_register(_board(code), enrolment=form), 422
    return render_template("registers/enrolment.html", board=_board(code), opened=opened), 201


@bp.post("/<code>/losses")
def create_loss(code: str) -> ResponseReturnValue:
    """State that a device is lost."""
    device, person = _named_device(code), signed_in()
    missing = _done(
        lambda session: lose(session, person.hub_id, device.epoch.id, by=person.login, now=_now())
    )
    flash(gettext("The device is said to be lost. Nothing more is taken from it by itself."))
    if missing:
        count = sum(one.had - one.hold for one in missing)
        flash(gettext("Events that it had and we do not hold: %(count)s.", count=count), "stops")
    return go_to(url_for("registers.show_register", code=code))


@bp.post("/<code>/revocations")
def create_revocation(code: str) -> ResponseReturnValue:
    """Take a device's token away."""
    device, person = _named_device(code), signed_in()
    _done(lambda session: revoke_token(session, person.hub_id, device.epoch.id))
    flash(gettext("The token was taken away: the device can tell us nothing more."))
    return go_to(url_for("registers.show_register", code=code))


def _named_device(code: str) -> Device:
    """The device of a register that a form names; 404 for none of its own."""
    named = EpochForm(request.form).epoch.data or ""
    devices = [one for one in _board(code).devices if one.epoch.key]
    found = next((one for one in devices if str(one.epoch.epoch) == named), None)
    return found or abort(404)


@bp.post("/<code>/closings")
def create_closing(code: str) -> ResponseReturnValue:
    """Close the open shift of a register whose device cannot."""
    board, form, person = _board(code), ClosingForm(request.form), signed_in()
    if not form.validate():
        return _show_register(board, closing=form), 422
    counted, left = form.amounts()
    try:
        closing = _done(
            lambda session: close_by_force(
                *(session, person.hub_id, code, counted, left),
                why=form.why.data,
                by=person.login,
                now=_now(),
            )
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_register(_board(code), closing=form), 422
    return render_template("registers/closing.html", board=_board(code), closing=closing), 201


@bp.post("/<code>/files")
def create_file(code: str) -> ResponseReturnValue:
    """Deliver an exported journal."""
    request.max_content_length = MOST_BYTES
    board, person = _board(code), signed_in()
    try:
        form = FileForm(request.form)
        sent = request.files.get("file")
        envelopes = read_file(sent.read() if sent else b"")
    except RequestEntityTooLarge:
        form = FileForm()
        form.refuse(Refusal("This file is larger than we take at once.", field="file"))
        return _show_register(board, file=form), 413
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_register(board, file=form), 422
    site = Site(person.hub_id, board.site_id, board.id, person.login)
    brought = bring(envelopes, site, keep_rest=bool(form.keep_rest.data), now=_now())
    return _show_file(board, brought, len(envelopes)), 201


def _show_file(board: Board, brought: list[Brought], count: int) -> str:
    return render_template("registers/file.html", board=board, brought=brought, count=count)


# What waits


@bp.get("/waiting")
def list_waiting() -> ResponseReturnValue:
    """Quarantined events, strays, and events whose flags nobody has seen."""
    session, hub_id, register = db.session(), signed_in().hub_id, request.args.get("register")
    if register is not None and not re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", register, re.ASCII):
        abort(404)
    events = quarantined(session, hub_id, register, _asked("events") or 0, _WAITING)
    without_place = strays(session, hub_id, register, _asked("strays") or 0, _WAITING)
    unseen = flagged(session, hub_id, register, _asked("flagged") or 0, _WAITING)
    return render_template(
        "registers/waiting.html",
        events=events[0],
        events_after=events[1],
        strays=without_place[0],
        strays_after=without_place[1],
        flagged=unseen[0],
        flagged_after=unseen[1],
        register=register,
        reason=ReasonForm(),
    )


@bp.get("/events/<int:event_id>")
def show_event(event_id: int) -> ResponseReturnValue:
    """One event: why it waits, what it says, and what may be done."""
    return _show_event(_event(event_id))


def _event(event_id: int) -> WaitingEvent:
    found = find_event(db.session(), signed_in().hub_id, event_id)
    if found is None:
        abort(404)
    return found


def _forms_of(found: WaitingEvent | WaitingStray) -> dict[str, object]:
    """What a person may fill in about something that waits, before anything was typed."""
    return {
        "adoption": AdoptionForm(body=found.told.body if found.told.is_object else ""),
        "dismissal": ReasonForm(prefix="dismissal-"),
        "still": None,
    }


def _show_event(found: WaitingEvent, **forms: object) -> str:
    return render_template(
        "registers/event.html",
        found=found,
        **(_forms_of(found) | forms),
    )


@bp.post("/events/<int:event_id>/retry")
def create_retry(event_id: int) -> ResponseReturnValue:
    """Take a quarantined event as it is."""
    found, hub_id = _event(event_id), signed_in().hub_id
    try:
        flags = _done(lambda session: retry(session, hub_id, event_id, apply, _by("")))
    except Unfit as unfit:
        return _show_event(found, still=unfit), 422
    _tell_taken(flags)
    return go_to(url_for("registers.list_waiting"))


@bp.post("/events/<int:event_id>/adoption")
def create_adoption(event_id: int) -> ResponseReturnValue:
    """Take a quarantined event with another body."""
    found, hub_id, form = _event(event_id), signed_in().hub_id, AdoptionForm(request.form)
    if not form.validate():
        return _show_event(found, adoption=form), 422
    try:
        amended = form.amended()
        flags = _done(
            lambda session: adopt(session, hub_id, event_id, amended, apply, _by(form.why.data))
        )
    except Unfit as unfit:
        return _show_event(found, adoption=form, still=unfit), 422
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_event(found, adoption=form), 422
    _tell_taken(flags)
    return go_to(url_for("registers.list_waiting"))


@bp.post("/events/<int:event_id>/dismissal")
def create_dismissal(event_id: int) -> ResponseReturnValue:
    """Leave a quarantined event without effect."""
    found, hub_id = _event(event_id), signed_in().hub_id
    form = ReasonForm(request.form, prefix="dismissal-")
    if not form.validate():
        return _show_event(found, dismissal=form), 422
    _done(lambda session: dismiss(session, hub_id, event_id, _by(form.why.data)))
    flash(gettext("Dismissed: it has no effect, and stays on record with your reason."))
    return go_to(url_for("registers.list_waiting"))


@bp.post("/retries")
def create_retries() -> ResponseReturnValue:
    """Take several quarantined events as they are, in their order, each by itself."""
    hub_id, taken = signed_in().hub_id, 0
    named = _ticked("event")
    for event_id in named:
        _event(event_id)
    for event_id in named:

        def take(session: Session, one: int = event_id) -> None:
            retry(session, hub_id, one, apply, _by(""))

        try:
            _done(take)
            taken += 1
        except (Unfit, Refusal):
            continue  # it still waits, and its page says why
    _tell_counts(taken, len(named))
    return go_to(url_for("registers.list_waiting"))


@bp.post("/sightings")
def create_sightings() -> ResponseReturnValue:
    """Say that flagged events which are no tickets were looked at."""
    hub_id, named = signed_in().hub_id, _ticked("event")
    for event_id in named:
        _event(event_id)

    def see_them(session: Session) -> None:
        for event_id in named:
            see(session, hub_id, event_id, _by(""))

    _done(see_them)
    flash(gettext("Seen: %(count)s.", count=len(named)))
    return go_to(url_for("registers.list_waiting"))


# Strays


@bp.get("/strays/<int:stray_id>")
def show_stray(stray_id: int) -> ResponseReturnValue:
    """One stray: why it has no place, what it says, and what may be done."""
    return _show_stray(_stray(stray_id))


def _stray(stray_id: int) -> WaitingStray:
    found = find_stray(db.session(), signed_in().hub_id, stray_id)
    if found is None:
        abort(404)
    return found


def _show_stray(found: WaitingStray, **forms: object) -> str:
    return render_template(
        "registers/stray.html",
        found=found,
        **(_forms_of(found) | forms),
    )


@bp.post("/strays/<int:stray_id>/adoption")
def create_stray_adoption(stray_id: int) -> ResponseReturnValue:
    """Take an event that has no place, as it is or with another body."""
    found, hub_id, form = _stray(stray_id), signed_in().hub_id, AdoptionForm(request.form)
    if not form.validate():
        return _show_stray(found, adoption=form), 422
    try:
        amended = form.amended()
        if is_same_body(amended, found.told.body):
            amended = None
        flags = _done(
            lambda session: adopt_stray(
                session, hub_id, stray_id, amended, apply, _by(form.why.data)
            )
        )
    except Unfit as unfit:
        return _show_stray(found, adoption=form, still=unfit), 422
    except Refusal as refusal:
        form.refuse(refusal)
        return _show_stray(found, adoption=form), 422
    _tell_taken(flags)
    return go_to(url_for("registers.list_waiting"))


@bp.post("/strays/<int:stray_id>/dismissal")
def create_stray_dismissal(stray_id: int) -> ResponseReturnValue:
    """Leave a stray without effect."""
    found, hub_id = _stray(stray_id), signed_in().hub_id
    form = ReasonForm(request.form, prefix="dismissal-")
    if not form.validate():
        return _show_stray(found, dismissal=form), 422
    _done(lambda session: dismiss_stray(session, hub_id, stray_id, _by(form.why.data)))
    flash(gettext("Dismissed: it has no effect, and stays on record with your reason."))
    return go_to(url_for("registers.list_waiting"))


@bp.post("/strays")
def create_stray_ends() -> ResponseReturnValue:
    """Adopt or dismiss several strays for one reason, each by itself."""
    hub_id, named, form = signed_in().hub_id, _ticked("stray"), ReasonForm(request.form)
    for stray_id in named:
        _stray(stray_id)
    if not form.validate():
        return _show_strays_again(named, form), 422
    is_adoption, ended = request.form.get("act") == "adopt", 0
    for stray_id in named:

        def end(session: Session, one: int = stray_id) -> None:
            if is_adoption:
                adopt_stray(session, hub_id, one, None, apply, _by(form.why.data))
            else:
                dismiss_stray(session, hub_id, one, _by(form.why.data))

        try:
            _done(end)
            ended += 1
        except (Unfit, Refusal):
            continue  # it still waits, and its page says why
    _tell_counts(ended, len(named))
    return go_to(url_for("registers.list_waiting"))


def _show_strays_again(named: list[int], form: ReasonForm) -> str:
    session, hub_id = db.session(), signed_in().hub_id
    events = quarantined(session, hub_id, None, 0, _WAITING)
    without_place = strays(session, hub_id, None, 0, _WAITING)
    unseen = flagged(session, hub_id, None, 0, _WAITING)
    return render_template(
        "registers/waiting.html",
        events=events[0],
        events_after=events[1],
        strays=without_place[0],
        strays_after=without_place[1],
        flagged=unseen[0],
        flagged_after=unseen[1],
        register=None,
        reason=form,
        ticked=named,
    )


def _ticked(name: str) -> list[int]:
    """The rows that were ticked, in their order; 422 with a sentence where there is none."""
    asked = request.form.getlist(name)
    if not all(re.fullmatch(r"[0-9]{1,18}", one, re.ASCII) for one in asked):
        abort(400)
    named = sorted({int(one) for one in asked})
    if not named:
        raise Refusal("Nothing is ticked.")
    if len(named) > _MOST_AT_ONCE:
        abort(400)
    return named


def _tell_taken(flags: tuple[str, ...]) -> None:
    flash(gettext("It is in the books now."))
    if flags:
        names = str(gettext(", ")).join(str(explain_flag(flag).name) for flag in flags)
        flash(gettext("With flags: %(names)s.", names=names), "waits")


def _tell_counts(done: int, asked: int) -> None:
    if done:
        flash(gettext("Done: %(count)s.", count=done))
    if done < asked:
        left = asked - done
        flash(gettext("Could not be done: %(count)s. Open them to see why.", count=left), "stops")


# Flags of tickets


@bp.get("/flags")
def list_flags() -> ResponseReturnValue:
    """Flags of tickets that wait for a person."""
    return _show_flags(SettlingForm(), [])


def _show_flags(form: SettlingForm, ticked: list[FlagName]) -> str:
    register = request.args.get("register")
    if register is not None and not re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", register, re.ASCII):
        abort(404)
    found, after = open_flags(
        db.session(), signed_in().hub_id, register, _asked("after") or 0, _FLAGS
    )
    return render_template(
        "registers/flags.html",
        flags=found,
        after=after,
        register=register,
        form=form,
        ticked={(name.sale_id, name.flag, name.line) for name in ticked},
    )


@bp.post("/flags")
def create_flag_ends() -> ResponseReturnValue:
    """Settle flags with a word on how."""
    form, hub_id, person = SettlingForm(request.form), signed_in().hub_id, signed_in()
    named = _flags_ticked()
    if len(flags_named(db.session(), hub_id, named)) < len(named):
        abort(404)
    if any(name.flag is Flag.STOCK_SHORT for name in named):
        raise Refusal(
            "What was sold beyond the books is put in order at its lot, and its flag ends with it."
            " Nothing was settled."
        )
    if not form.validate():
        return _show_flags(form, named), 422

    def end_them(session: Session) -> None:
        for name in named:
            end_flag(
                *(session, name.sale_id, name.flag, name.line),
                actor=person.login,
                how=form.how.data,
                now=_now(),
            )

    _done(end_them)
    flash(gettext("Settled: %(count)s.", count=len(named)))
    return go_to(url_for("registers.list_flags"))


def _flags_ticked() -> list[FlagName]:
    named = []
    for one in request.form.getlist("flag")[:_MOST_AT_ONCE]:
        found = re.fullmatch(r"([0-9]{1,18}):([a-z_]{1,20}):([0-9]{1,4})", one, re.ASCII)
        if found is None or found[2] not in set(Flag):
            abort(400)
        named.append(FlagName(int(found[1]), Flag(found[2]), int(found[3])))
    if not named:
        raise Refusal("Nothing is ticked.")
    return sorted(set(named))


@bp.get("/tickets/called/<path:number>")
def show_ticket_called(number: str) -> ResponseReturnValue:
    """The way to a ticket for pages that know its number alone."""
    sale_id = ticket_called(db.session(), signed_in().hub_id, number)
    if sale_id is None:
        abort(404)
    return go_to(url_for("registers.show_ticket", sale_id=sale_id))


@bp.get("/tickets/<int:sale_id>")
def show_ticket(sale_id: int) -> ResponseReturnValue:
    """A ticket's figures as they are booked, and its flags."""
    found = find_ticket(db.session(), signed_in().hub_id, sale_id)
    if found is None:
        abort(404)
    return render_template(
        "registers/ticket.html",
        found=found,
        form=SettlingForm(),
        ticked=(),
        sales=SALES,
        tenders=tender_words(gettext),
    )
