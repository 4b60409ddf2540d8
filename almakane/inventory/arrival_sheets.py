"""Lines of a delivery from a spreadsheet: sent, looked at line by line, then written down."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from almakane.cooperatives.queries import maker_names
from almakane.cooperatives.words import CRAFTS
from almakane.errors import Refusal
from almakane.inventory.arrival_desk import (
    asked_by,
    begin_asked,
    the_intake,
    to_begin,
    written,
)
from almakane.inventory.dry_run import Proposal
from almakane.inventory.intake import MOST_LINES, open_still
from almakane.inventory.intake_forms import (
    TAX_CLASSES,
)
from almakane.inventory.long_sheets import Look, look_into
from almakane.inventory.models import (
    Intake,
    IntakeSheet,
    TaxClass,
)
from almakane.inventory.piece_list import MOST_ROWS, Reading, Wrong
from almakane.inventory.sheets import keep_sheet, known_to, propose, read_sheet, take_sheet
from almakane.inventory.spreadsheet import LARGEST_FILE, is_long, too_large
from almakane.users.here import here
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import go_to, require, settings
from almakane.web.csv import csv_response
from almakane.web.languages import language, refusal_text

bp = Blueprint("sheets", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER))

_PROBLEMS = 200  # of a file, on one page
_SHEET_BYTES = LARGEST_FILE + 64 * 1024  # with what a form puts around a file


@bp.get("/deliveries/<int:intake_id>/sheets")
def new_sheet(intake_id: int) -> ResponseReturnValue:
    """A file to bring, and what it should look like."""
    session, _hub, _today = here()
    return _show_sheets(session, the_intake(session, intake_id))


@bp.get("/deliveries/new/sheet")
def new_first_sheet() -> ResponseReturnValue:
    """A file with which a delivery begins: nothing is begun before it is sent and can be read."""
    session, _hub, _today = here()
    intake = to_begin(session)
    if intake is None:  # nobody said whose
        return go_to(url_for("intake.new_delivery"))
    return _show_sheets(session, intake)


def _show_sheets(session: Session, intake: Intake, error: str = "") -> tuple[str, int]:
    asked = asked_by(intake)
    kept = session.execute(
        select(IntakeSheet.id, IntakeSheet.name, IntakeSheet.brought_at, IntakeSheet.taken_at)
        .where(IntakeSheet.intake_id == intake.id)
        .order_by(IntakeSheet.id.desc())
    ).all()
    return render_template(
        "intake/sheets.html",
        intake=intake,
        name=maker_names(session, intake.hub_id, language())[intake.maker_id].name,
        kept=kept,
        back=url_for("intake.new_delivery", **dict[str, Any](asked))
        if asked
        else url_for("intake.show_delivery", intake_id=intake.id),
        to=url_for("sheets.create_first_sheet")
        if asked
        else url_for("sheets.create_sheet", intake_id=intake.id),
        asked=asked,
        error=error,
        largest=LARGEST_FILE // 1024 // 1024,
        most=MOST_LINES,
        most_rows=MOST_ROWS,
    ), (422 if error else 200)


@bp.get("/deliveries/sheet.csv")
def show_empty_sheet() -> ResponseReturnValue:
    """A file with the names of the columns and an example, to be filled in."""
    head = (
        *(gettext("Title"), gettext("Quantity"), gettext("Price"), gettext("Floor")),
        *(gettext("Artisans"), gettext("Kind"), gettext("VAT"), gettext("Code"), gettext("Note")),
    )
    example = (gettext("Blue bowl"), 6, "180,00", "150,00", "Aïcha 2, Zohra 1", "", "20", "", "")
    return csv_response("pieces.csv", head, [example])


@bp.post("/deliveries/<int:intake_id>/sheets")
def create_sheet(intake_id: int) -> ResponseReturnValue:
    """Keep a file, and show what it would add."""
    return _take_sheet(
        lambda session: the_intake(session, intake_id),
        lambda session: the_intake(session, intake_id),
    )


@bp.post("/deliveries/new/sheet")
def create_first_sheet() -> ResponseReturnValue:
    """Begin a delivery with a file that can be read."""

    def asked(session: Session) -> Intake:
        intake = to_begin(session)
        if intake is None:
            raise Refusal("There is no such maker here.", field="maker")
        return intake

    return _take_sheet(asked, begin_asked)


def _take_sheet(
    asked: Callable[[Session], Intake], begun: Callable[[Session], Intake]
) -> ResponseReturnValue:
    """Keep the file of a request with the delivery that is, or is begun; `asked` shows its page."""
    request.max_content_length = _SHEET_BYTES  # for this door alone
    session, _hub, _today = here()
    intake = asked(session)
    if (request.content_length or 0) > _SHEET_BYTES:
        return _show_sheets(session, intake, refusal_text(too_large()))
    file, by = request.files.get("sheet"), signed_in().login
    content = b""
    if file:
        content = file.read()
        file.close()
    session.rollback()  # a long file takes a while

    def keep(writing: Session) -> tuple[int, int]:
        taken = begun(writing)
        name = (file.filename or "") if file else ""
        sheet = keep_sheet(writing, taken, name, content, by=by, now=datetime.now(UTC))
        return taken.id, sheet.id

    try:
        if not is_long(content):
            read_sheet(content)  # what cannot be read is not kept
        intake_id, sheet_id = written(keep)
    except Refusal as refusal:
        session, _hub, _today = here()
        return _show_sheets(session, asked(session), refusal_text(refusal))
    return go_to(url_for("sheets.show_sheet", intake_id=intake_id, sheet_id=sheet_id))


def _the_sheet(session: Session, intake_id: int, sheet_id: int) -> tuple[Intake, IntakeSheet]:
    intake = the_intake(session, intake_id)
    sheet = session.scalar(
        select(IntakeSheet).where(IntakeSheet.id == sheet_id, IntakeSheet.intake_id == intake.id)
    )
    if sheet is None:
        abort(404)
    return intake, sheet


def _otherwise() -> dict[str, Any]:
    """What is so of the lines that do not say it."""
    category, tax = request.values.get("category", ""), request.values.get("tax_class", "")
    return {
        "category": category if category in CRAFTS else "",
        "tax_class": TaxClass(tax) if tax in set(TaxClass) else None,
    }


class _Seen(NamedTuple):
    """A file as it was looked at; some of what is wrong with it is read as it is asked for."""

    proposal: Proposal
    wrong: Callable[[int | None, int], Iterable[Wrong]]  # so many, after so many


def _look(session: Session, intake: Intake, sheet: IntakeSheet) -> _Seen | Look:
    """
    What a file would add. A long one is looked at elsewhere: until that is done, how far it is.

    Raises Refusal for a long file that turned out to be none.
    """
    known = known_to(session, intake, **_otherwise())
    content = sheet.content
    if not is_long(content):
        proposal, wrong = propose(read_sheet(content), known)
        return _Seen(
            proposal, lambda limit, offset: islice(wrong, offset, limit and offset + limit)
        )
    look = look_into(content, known, settings().data_dir / "sheets")
    return _Seen(look.proposal(), look.wrong) if look.is_done else look


@bp.get("/deliveries/<int:intake_id>/sheets/<int:sheet_id>")
def show_sheet(intake_id: int, sheet_id: int) -> ResponseReturnValue:
    """What a file would add, and what is wrong with each other line: nothing is written yet."""
    session, _hub, _today = here()
    intake, sheet = _the_sheet(session, intake_id, sheet_id)
    return _show_sheet(session, intake, sheet)


def _show_sheet(
    session: Session, intake: Intake, sheet: IntakeSheet, error: str = ""
) -> tuple[str, int]:
    name = maker_names(session, intake.hub_id, language())[intake.maker_id].name
    about: dict[str, Any] = {"intake": intake, "sheet": sheet, "name": name}
    try:
        seen = _look(session, intake, sheet)
    except Refusal as refusal:
        return render_template("intake/reading.html", error=refusal_text(refusal), **about), 422
    if isinstance(seen, Look):
        return render_template("intake/reading.html", lines=seen.lines, **about), 200
    pages = max(1, -(-seen.proposal.wrongs // _PROBLEMS))
    page = _asked_page(pages)
    otherwise = _otherwise()
    return render_template(
        "intake/sheet.html",
        **about,
        proposal=seen.proposal,
        wrong=[
            (one.line, columns_in_words()[one.column], refusal_text(one.refusal), one.cell)
            for one in seen.wrong(_PROBLEMS, (page - 1) * _PROBLEMS)
        ],
        page=page,
        pages=pages,
        asked={name: str(value) for name, value in otherwise.items() if value},
        fresh=seen.proposal.fresh[:_PROBLEMS],
        kinds=[("", gettext("As the maker’s craft")), *((c, str(w)) for c, w in CRAFTS.items())],
        taxes=[("", gettext("Choose")), *((one.value, str(w)) for one, w in TAX_CLASSES.items())],
        otherwise=otherwise,
        words=CRAFTS,
        most=MOST_LINES,
        error=error,
    ), (422 if error else 200)


def _asked_page(pages: int) -> int:
    asked = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,5}", asked, re.ASCII) or int(asked) > pages:
        abort(404)
    return int(asked)


def columns_in_words() -> dict[str, str]:
    """What each column of a file is called on a page."""
    return {
        "title": gettext("Title"),
        "title_ar": gettext("Title in Arabic"),
        "quantity": gettext("Quantity"),
        "price": gettext("Price"),
        "floor": gettext("Floor"),
        "unit_cost": gettext("Cost"),
        "artisans": gettext("Artisans"),
        "category": gettext("Kind"),
        "tax_class": gettext("VAT"),
        "technique": gettext("Technique"),
        "reference": gettext("Code"),
        "note": gettext("Note"),
    }


@bp.get("/deliveries/<int:intake_id>/sheets/<int:sheet_id>.csv")
def show_sheet_problems(intake_id: int, sheet_id: int) -> ResponseReturnValue:
    """Every line that is left out, and why: to be mended and brought again."""
    session, _hub, _today = here()
    intake, sheet = _the_sheet(session, intake_id, sheet_id)
    seen = _look(session, intake, sheet)
    if isinstance(seen, Look):
        return go_to(url_for("sheets.show_sheet", intake_id=intake_id, sheet_id=sheet_id))
    columns = columns_in_words()
    told = (
        (one.line, columns[one.column], refusal_text(one.refusal), one.cell)
        for one in seen.wrong(None, 0)
    )
    session.rollback()
    head = (gettext("Line"), gettext("Column"), gettext("What is wrong"), gettext("What it says"))
    return csv_response(f"problems-{sheet_id}.csv", head, told)


@bp.post("/deliveries/<int:intake_id>/sheets/<int:sheet_id>/lines")
def create_sheet_lines(intake_id: int, sheet_id: int) -> ResponseReturnValue:
    """Add what a file says and can be read. Done twice, the second adds nothing."""
    session, _hub, _today = here()
    otherwise = _otherwise()
    intake, sheet = _the_sheet(session, intake_id, sheet_id)
    content = sheet.content
    reading = None if is_long(content) else read_sheet(content)
    seen = None if reading else _look(session, intake, sheet)
    if isinstance(seen, Look):  # the delivery changed meanwhile: it is looked at again
        return go_to(url_for("sheets.show_sheet", intake_id=intake_id, sheet_id=sheet_id))

    def take(writing: Session) -> int:
        taken, sheet = _the_sheet(writing, intake_id, sheet_id)
        now = datetime.now(UTC)
        if seen:
            return take_sheet(writing, taken, sheet, seen.proposal, now=now)
        open_still(writing, taken)
        known = known_to(writing, taken, **otherwise)
        proposal = propose(reading or Reading(), known).proposal
        return take_sheet(writing, taken, sheet, proposal, now=now)

    try:
        count = written(take)
    except Refusal as refusal:
        session, _hub, _today = here()
        return _show_sheet(
            session, *_the_sheet(session, intake_id, sheet_id), refusal_text(refusal)
        )
    if count:
        flash(gettext("Lines added: %(count)s.", count=count))
    else:
        flash(gettext("All that can be read of this file is here already: nothing was added."))
    return go_to(url_for("intake.show_delivery", intake_id=intake_id))
