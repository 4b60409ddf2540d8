"""What couriers hold of ours, and writing down what they brought to the bank."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from almakane.db import db, retried, rows, transaction
from almakane.errors import Refusal
from almakane.hubs.models import Hub, Site
from almakane.hubs.queries import local_day
from almakane.inventory.deed import Deed
from almakane.journal.server import new_uid
from almakane.sales.deposits import Brought, bank_courier, with_courier
from almakane.shop.order_forms import CourierForm
from almakane.shop.order_words import COURIERS
from almakane.users.models import Role
from almakane.users.queries import signed_in
from almakane.web import SAFE_METHODS, go_to, require

bp = Blueprint("couriers", __name__, url_prefix="/couriers")
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))
_ACT = (Role.HUB_STAFF, Role.MANAGER)
_MOST = 200

_UNBANKED = """
SELECT sale.id, sale.number, sale.day, tender.amount, o.number, tender.ref
FROM tender JOIN sale ON sale.id = tender.sale_id
LEFT JOIN courier_slip_sale brought ON brought.sale_id = sale.id
LEFT JOIN web_order o ON o.uid = sale.customer AND o.hub_id = sale.hub_id
WHERE tender.kind = 'cod' AND sale.hub_id = ? AND brought.sale_id IS NULL
ORDER BY sale.id LIMIT ?
"""


@bp.before_request
def _only_staff_act() -> None:
    """The accountant looks; hub staff and managers act."""
    if request.method not in SAFE_METHODS and signed_in().role not in _ACT:
        abort(403)


@bp.get("")
def list_couriers() -> ResponseReturnValue:
    """Each courier, what he holds, and of which parcels."""
    return _show()


def _show(refused: dict[str, CourierForm] | None = None) -> str:
    refused = refused or {}
    session, hub_id = db.session(), signed_in().hub_id
    parcels: dict[str, list[Any]] = {}
    for row in rows(session, _UNBANKED, (hub_id, _MOST)):
        parcels.setdefault(row[5], []).append(row)
    told = []
    for courier in sorted({*COURIERS, *parcels}):
        held = with_courier(session, hub_id, courier)
        if not held and courier not in parcels:
            continue
        form = refused.get(courier) or CourierForm()
        form.uid.data = form.uid.data or new_uid(datetime.now(UTC))
        for field in form:  # there is a form for each courier, and an id is one thing's
            field.id = f"{courier}-{field.id}"
        ticked = request.form.getlist("sale") if courier in refused else None
        told.append((courier, held, parcels.get(courier, []), ticked, form))
    return render_template(
        "orders/couriers.html",
        couriers=told,
        courier_words=COURIERS,
        may_act=signed_in().role in _ACT,
    )


@bp.post("/<courier>/slips")
def create_slip(courier: str) -> ResponseReturnValue:
    """What he brought, less his fee."""
    if courier not in COURIERS:
        abort(404)
    form, person = CourierForm(request.form), signed_in()
    hub_id, login = person.hub_id, person.login
    ticked = [one for one in request.form.getlist("sale")[:_MOST] if one.isascii()]
    sale_ids = tuple(int(one) for one in ticked if one.isdigit() and len(one) < 19)
    if not form.validate():
        return _show({courier: form}), 422
    given = str(form.uid.data or "")

    def do() -> None:
        now = datetime.now(UTC)
        with transaction() as session:
            hub = session.get_one(Hub, hub_id)
            site = session.query(Site).filter_by(hub_id=hub_id).order_by(Site.id).first()
            uid = given if len(given) == len(new_uid(now)) and given.isascii() else new_uid(now)
            day = local_day(now, hub.zone)
            deed = Deed(hub_id, site.id if site else 0, uid, now, day, now, login)
            brought = Brought(
                sale_ids, form.banked.data or 0, form.fee.data or 0, form.evidence.data or ""
            )
            bank_courier(session, deed, courier, brought)

    try:
        retried(do)
    except Refusal as refusal:
        form.refuse(refusal)
        return _show({courier: form}), 422
    flash(gettext("Written down: the makers’ money of these parcels waits no longer."), "done")
    return go_to(url_for("couriers.list_couriers"))
