"""Telephone numbers as people type them, and as they are kept."""

import phonenumbers

from almakane.errors import Refusal

_HOME = "MA"
_LONGEST = 40  # as typed, with spaces, dots and brackets


def read_phone(text: str, field: str = "phone") -> str:
    """A number in E.164, `+212661234567`; one without a country is Moroccan. Raises Refusal."""
    wrong = Refusal(
        "This is no telephone number that can be called: write it as 06 12 34 56 78, or with its "
        "country code.",
        field=field,
    )
    if len(text) > _LONGEST:
        raise wrong
    try:
        number = phonenumbers.parse(text, _HOME)
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def show_phone(number: str) -> str:
    """A number as it is read aloud: `06 61 23 45 67`, abroad with its country code."""
    try:
        parsed = phonenumbers.parse(number, _HOME)
    except phonenumbers.NumberParseException:
        return number  # somebody else's form of it
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if parsed.country_code == phonenumbers.country_code_for_region(_HOME)
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(parsed, form)
