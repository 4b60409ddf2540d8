"""What crafts, categories and terms are called on a page."""

from flask_babel import lazy_gettext

from almakane.cooperatives import wording

CRAFTS = {code: lazy_gettext(message) for code, message in wording.CRAFTS.items()}

REGIMES = {regime: lazy_gettext(message) for regime, message in wording.REGIMES.items()}
DISCOUNTS = {who: lazy_gettext(message) for who, message in wording.DISCOUNTS.items()}
BEARERS = {who: lazy_gettext(message) for who, message in wording.BEARERS.items()}
PAID_TO = {whom: lazy_gettext(message) for whom, message in wording.PAID_TO.items()}
