"""What the house costs, month by month: a page to read it, and to enter it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from secrets import token_hex

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from almakane.db import retried, transaction
from almakane.errors import Refusal
from almakane.payouts.costs import (
    Cost,
    costs_of,
    enter_cost,
    month_costs,
    repeat_costs,
    reverse_cost,
)
from almakane.payouts.door import KEEPERS, bp
from almakane.payouts.forms import CostForm, RepeatForm
from almakane.payouts.models import OperatingCost
from almakane.payouts.months import month_of, months_from, read_month, write_month
from almakane.payouts.words import ACTIVITIES, COST_KINDS, FUNDS
from almakane.users.here import here
from almakane.users.models import User
from almakane.users.queries import signed_in
from almakane.web import go_to
from almakane.web.csv import Cell, csv_amount, csv_response


@bp.get("/costs")
def list_costs() -> ResponseReturnValue:
    """What a month cost, `?month=2026-10`; without it the last one that is over."""
    _session, _hub, today = here()
    asked = request.args.get("month")
    month = months_from(month_of(today), -1) if asked is None else read_month(asked)
    if month is None or month > month_of(today):
        abort(404)
    return _show(month, CostForm(uid=token_hex(8), month=write_month(month)))


def _show(month: date, form: CostForm) -> str:
    session, hub, today = here()
    rows = costs_of(session, hub.id, month)
    around = month_costs(session, hub.id, months_from(month, -1), month)
    before = around.get(months_from(month, -1))
    return render_template(
        "payouts/costs.html",
        month=month,
        rows=rows,
        told=around.get(month),
        before=before,
        forgotten=sorted(before.kinds.keys() - {row.cost.kind for row in rows}) if before else [],
        form=form,
        repeat=RepeatForm(uid=token_hex(8), month=write_month(month)),
        may_enter=signed_in().role in KEEPERS,
        earlier=months_from(month, -1),
        later=months_from(month, 1) if month < month_of(today) else None,
        kinds=COST_KINDS,
        activities=ACTIVITIES,
        funds=FUNDS,
    )


@bp.post("/costs")
def create_cost() -> ResponseReturnValue:
    """Enter a cost; the form sent twice enters one."""
    person, form = _keeper(), CostForm(request.form)
    cost = form.cost() if form.validate() else None
    if cost is None:
        return _show(_month_of(form.month.data), form), 422
    uid, today = form.uid.data, here().today

    def enter() -> OperatingCost:
        with transaction() as session:
            return enter_cost(
                *(session, person.hub_id, cost),
                uid=uid,
                today=today,
                now=datetime.now(UTC),
                actor=person.login,
            )

    try:
        retried(enter)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(_month_of(form.month.data), form), 422
    flash(gettext("Entered: %(kind)s.", kind=COST_KINDS[cost.kind]))
    return _back(cost)


@bp.post("/costs/repeats")
def create_cost_repeat() -> ResponseReturnValue:
    """Enter what the month before cost in this one too."""
    person, asked = _keeper(), RepeatForm(request.form)
    month = _month_of(asked.month.data)
    if not asked.validate():
        abort(400)
    uid, today = asked.uid.data, here().today

    def repeat() -> int:
        with transaction() as session:
            return len(
                repeat_costs(
                    *(session, person.hub_id, month),
                    uid=uid,
                    today=today,
                    now=datetime.now(UTC),
                    actor=person.login,
                )
            )

    try:
        count = retried(repeat)
    except Refusal as refusal:
        form = CostForm(uid=token_hex(8), month=write_month(month))
        form.refuse(refusal)
        return _show(month, form), 422
    flash(gettext("Costs entered as in the month before: %(count)s.", count=count))
    return go_to(url_for("payouts.list_costs", month=write_month(month)))


@bp.post("/costs/<int:cost_id>/reversal")
def create_cost_reversal(cost_id: int) -> ResponseReturnValue:
    """Undo a cost that was entered by mistake, by a row of its own."""
    person = _keeper()

    def reverse() -> OperatingCost:
        with transaction() as session:
            return reverse_cost(
                session, person.hub_id, cost_id, now=datetime.now(UTC), actor=person.login
            )

    try:
        row = retried(reverse)
    except Refusal:
        abort(404)
    flash(gettext("Undone. Both rows stay to be read, and count for nothing together."))
    return go_to(url_for("payouts.list_costs", month=write_month(row.month)))


@bp.get("/costs.csv")
def show_cost_file() -> ResponseReturnValue:
    """Every row that was ever entered, for a spreadsheet."""
    session, hub, _today = here()
    rows = session.query(OperatingCost).filter_by(hub_id=hub.id).order_by(OperatingCost.month).all()
    head = (
        *(gettext("Month"), gettext("What for"), gettext("Activity"), gettext("Paid by")),
        *(gettext("Note"), gettext("Entered by"), gettext("Number"), gettext("Undoes number")),
        gettext("Amount without VAT, MAD"),
    )

    def cells() -> Iterator[tuple[Cell, ...]]:
        for row in rows:
            signed = row.amount if row.reverses_id is None else -row.amount
            yield (
                *(row.month, str(COST_KINDS[row.kind]), str(ACTIVITIES[row.activity])),
                *(str(FUNDS[row.fund]), row.note, row.actor, row.id, row.reverses_id),
                csv_amount(signed),
            )

    return csv_response("costs.csv", head, list(cells()))


def _keeper() -> User:
    person = signed_in()
    if person.role not in KEEPERS:
        abort(403)
    return person


def _month_of(text: str | None) -> date:
    month = read_month(text or "")
    return month or abort(400)


def _back(cost: Cost) -> ResponseReturnValue:
    return go_to(url_for("payouts.list_costs", month=write_month(cost.month)))
