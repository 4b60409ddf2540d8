"""The forms at the door, and those of one's own account."""

from typing import Any

from flask_babel import lazy_gettext
from wtforms import HiddenField, PasswordField

from almakane.web.forms import Filled, Form, Text


class SignInForm(Form):
    """A name and a password; what is wrong with either is said in the same words."""

    login = Text(
        lazy_gettext("Name to sign in with"),
        [Filled()],
        longest=64,
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        lazy_gettext("Password"), [Filled()], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


_CODE: dict[str, Any] = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "spellcheck": "false",
    "dir": "ltr",
}
_PAPER: dict[str, Any] = {
    "autocomplete": "off",
    "autocapitalize": "characters",
    "spellcheck": "false",
    "dir": "ltr",
}


class CodeForm(Form):
    """The six digits that a phone shows."""

    code = Text(
        lazy_gettext("The six digits on your phone"), [Filled()], longest=40, render_kw=_CODE
    )
    next = HiddenField()


class RecoveryForm(Form):
    """A code of the paper with the ten."""

    code = Text(
        lazy_gettext("One of your recovery codes"), [Filled()], longest=40, render_kw=_PAPER
    )
    next = HiddenField()
