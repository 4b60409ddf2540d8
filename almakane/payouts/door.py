"""The office's one door to the money: who comes in, and who may write."""

from flask import Blueprint

from almakane.users.models import Role
from almakane.web import require

bp = Blueprint("payouts", __name__)
bp.before_request(require(Role.HUB_STAFF, Role.MANAGER, Role.ACCOUNTANT))

KEEPERS = (Role.MANAGER, Role.ACCOUNTANT)  # who draw statements and enter costs; others read
