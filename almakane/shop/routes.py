"""The street side of the house."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from almakane.web import public

bp = Blueprint("shop", __name__)
bp.before_request(public)


@bp.get("/")
def home() -> ResponseReturnValue:
    """What the house is, what is made for it, and where the money goes."""
    return render_template("shop/home.html")
