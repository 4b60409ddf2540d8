"""What roles, and what is done to accounts, are called on pages."""

from flask_babel import lazy_gettext

from almakane.users.models import Act, Role

ROLES = {
    Role.MANAGER: lazy_gettext("Manager"),
    Role.HUB_STAFF: lazy_gettext("Hub staff"),
    Role.ACCOUNTANT: lazy_gettext("Accountant"),
    Role.CASHIER: lazy_gettext("Cashier"),
    Role.MAKER: lazy_gettext("Maker"),
    Role.ARTISAN: lazy_gettext("Artisan"),
}

ACTS = {
    Act.CREATED: lazy_gettext("The account was made"),
    Act.ROLE: lazy_gettext("Another role"),
    Act.DISABLED: lazy_gettext("The account was closed"),
    Act.ENABLED: lazy_gettext("The account was opened again"),
    Act.PASSWORD: lazy_gettext("A password was chosen"),
    Act.PASSWORD_LINK: lazy_gettext("A link to a new password was given"),
    Act.ENTRY_LINK: lazy_gettext("A link of entry was given"),
    Act.LINK_REVOKED: lazy_gettext("A link was ended"),
    Act.ENTERED: lazy_gettext("Came in by a link"),
    Act.PIN: lazy_gettext("A PIN was set"),
    Act.FACTOR_CHOSEN: lazy_gettext("A second factor was chosen"),
    Act.FACTOR_RESET: lazy_gettext("The second factor was reset"),
    Act.CODES_RENEWED: lazy_gettext("New recovery codes"),
    Act.CODE_SPENT: lazy_gettext("A recovery code was spent"),
    Act.SIGNED_OUT: lazy_gettext("Signed out everywhere"),
}
