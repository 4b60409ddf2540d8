"""The form at the door."""

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
