"""The forms at the door, and those of one's own account."""

from typing import Any

from flask_babel import lazy_gettext
from wtforms import HiddenField, PasswordField, SelectField
from wtforms.fields.choices import SelectChoice

from almakane.users.models import Role
from almakane.users.staffing import STAFF_ROLES
from almakane.users.words import ROLES
from almakane.web.forms import Filled, Form, Text
from almakane.web.languages import LANGUAGES


class SignInForm(Form):
    """A name and a password; what is wrong with either is said in the same words."""

    login = Text(
        lazy_gettext("Name to sign in with"),
        [Filled()],
        longest=64,
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "autofocus": True,
        },
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


class ChoosingForm(CodeForm):
    """The same of one's own accord: an open page must not lock its owner out."""

    password = PasswordField(
        lazy_gettext("Your password, once more"),
        [Filled()],
        render_kw={"autocomplete": "current-password"},
    )


class RecoveryForm(Form):
    """A code of the paper with the ten."""

    code = Text(
        lazy_gettext("One of your recovery codes"), [Filled()], longest=40, render_kw=_PAPER
    )
    next = HiddenField()


class NewPasswordForm(Form):
    """A password that its owner chooses."""

    password = PasswordField(
        lazy_gettext("The password that you want"),
        [Filled()],
        render_kw={"autocomplete": "new-password"},
    )


class PasswordForm(Form):
    """The person once more, and the new password."""

    password = PasswordField(
        lazy_gettext("Your password until now"),
        [Filled()],
        render_kw={"autocomplete": "current-password"},
    )
    code = Text(lazy_gettext("The six digits on your phone"), longest=40, render_kw=_CODE)
    new = PasswordField(
        lazy_gettext("The password that you want"),
        [Filled()],
        render_kw={"autocomplete": "new-password"},
    )


class ConfirmForm(Form):
    """The person once more."""

    password = PasswordField(
        lazy_gettext("Your password, once more"),
        [Filled()],
        render_kw={"autocomplete": "current-password"},
    )
    code = Text(lazy_gettext("The six digits on your phone"), longest=40, render_kw=_CODE)


class PinForm(Form):
    """The person once more, and the PIN that they want at the till."""

    password = PasswordField(
        lazy_gettext("Your password, once more"),
        [Filled()],
        render_kw={"autocomplete": "current-password"},
    )
    code = Text(lazy_gettext("The six digits on your phone"), longest=40, render_kw=_CODE)
    pin = PasswordField(
        lazy_gettext("The PIN that you want"),
        [Filled()],
        render_kw={"autocomplete": "off", "inputmode": "numeric", "maxlength": "12", "dir": "ltr"},
    )


_LANGUAGES = [SelectChoice(code, LANGUAGES[code]) for code in ("fr", "ar", "en")]


class PersonForm(Form):
    """Somebody who comes to work here."""

    name = Text(lazy_gettext("Name, as receipts and pages say it"), [Filled()], longest=120)
    login = Text(
        lazy_gettext("Name to sign in with"),
        [Filled()],
        longest=64,
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    role = SelectField(
        lazy_gettext("Role"),
        choices=[SelectChoice(role.value, ROLES[role]) for role in STAFF_ROLES],
        default=Role.CASHIER.value,
    )
    language = SelectField(lazy_gettext("Language"), choices=_LANGUAGES)


class PortalForm(Form):
    """A maker or an artisan who is to see their own account."""

    whose = SelectField(lazy_gettext("Maker or artisan"))
    language = SelectField(lazy_gettext("Language"), choices=_LANGUAGES, default="ar")
