"""Money, days and numbers read right in the three languages."""

from datetime import UTC, date, datetime

import pytest

from almakane.web.formats import day, figure, hour, moment, money, month, number, percent

FRIDAY = date(2026, 11, 27)
MOMENT = datetime(2026, 6, 26, 14, 42, tzinfo=UTC)  # Casablanca is an hour ahead that summer


@pytest.mark.parametrize(
    ("centimes", "fr", "en"),
    [
        (340000, "3 400,00", "3,400.00"),
        (5, "0,05", "0.05"),
        (0, "0,00", "0.00"),
        (-85050, "−850,50", "−850.50"),
        (123456789012, "1 234 567 890,12", "1,234,567,890.12"),
    ],
)
def test_an_amount_has_two_decimals_groups_and_a_true_minus(
    centimes: int, fr: str, en: str
) -> None:
    assert figure(centimes, "fr") == fr.replace(" ", "\u00a0")
    assert figure(centimes, "ar") == fr.replace(" ", "\u00a0")
    assert figure(centimes, "en") == en


def test_money_is_never_broken_from_its_currency() -> None:
    assert money(340000, "fr") == "3\u00a0400,00\u00a0MAD"
    assert money(340000, "en") == "3,400.00\u00a0MAD"
    assert money(340000, "ar") == "\u20663\u00a0400,00\u2069\u00a0درهم"
    assert money(340000, "ar", "EUR").endswith("\u00a0EUR")


def test_a_rate_shows_the_decimals_that_it_has() -> None:
    assert percent(2500, "fr") == "25\u00a0%"
    assert percent(1250, "fr") == "12,5\u00a0%"
    assert percent(1205, "en") == "12.05%"
    assert percent(-1, "en") == "−0.01%"
    assert percent(10000, "ar") == "\u2066100%\u2069"


def test_a_count_is_grouped() -> None:
    assert number(1234567, "fr") == "1\u00a0234\u00a0567"
    assert number(-1234, "en") == "−1,234"


@pytest.mark.parametrize(
    ("language", "form", "words"),
    [
        ("fr", "weekday", "vendredi 27 novembre"),
        ("fr", "full", "vendredi 27 novembre 2026"),
        ("fr", "year", "27 novembre 2026"),
        ("ar", "weekday", "الجمعة 27 نونبر"),
        ("en", "weekday", "Friday 27 November"),
        ("en", "full", "Friday 27 November 2026"),
    ],
)
def test_a_day_is_told_in_words(language: str, form: str, words: str) -> None:
    assert day(FRIDAY, language, form) == words.replace(" ", "\u00a0")


def test_a_day_in_a_table_is_short() -> None:
    assert day(FRIDAY, "fr", "short") == "27/11"
    assert day(FRIDAY, "ar", "numeric") == "27/11/2026"


def test_the_first_of_a_month_is_an_ordinal_in_french_only() -> None:
    assert day(date(2026, 12, 1), "fr", "year") == "1er\u00a0décembre\u00a02026"
    assert day(date(2026, 12, 1), "en", "year") == "1\u00a0December\u00a02026"


def test_months_have_their_moroccan_names() -> None:
    names = [month(date(2026, n, 1), "ar").split("\u00a0")[0] for n in range(1, 13)]
    assert names[6:12] == ["يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر"]
    assert len(set(names)) == 12


def test_an_hour_is_the_one_on_the_wall_of_the_shop() -> None:
    assert hour(MOMENT, "fr") == "15\u00a0h\u00a042"
    assert hour(MOMENT, "ar") == "15:42"
    assert hour(MOMENT, "en") == "3.42\u00a0pm"
    assert hour(datetime(2026, 6, 26, 5, 0, tzinfo=UTC), "fr") == "6\u00a0h"
    assert hour(datetime(2026, 6, 26, 23, 0, tzinfo=UTC), "en") == "12\u00a0am"


def test_in_ramadan_the_clock_went_back_an_hour() -> None:
    assert hour(datetime(2026, 3, 1, 12, 5, tzinfo=UTC), "ar") == "12:05"


def test_since_september_2026_the_clock_is_at_utc_all_year() -> None:
    assert hour(datetime(2026, 9, 19, 12, 5, tzinfo=UTC), "ar") == "13:05"
    for on in (date(2026, 9, 20), date(2026, 11, 27), date(2027, 3, 1), date(2027, 7, 1)):
        noon = datetime(on.year, on.month, on.day, 12, 5, tzinfo=UTC)
        assert hour(noon, "ar") == "12:05"


def test_a_moment_near_midnight_has_the_day_of_the_shop() -> None:
    late = datetime(2026, 6, 26, 23, 30, tzinfo=UTC)
    assert moment(late, "fr", "short") == "27/06, 0\u00a0h\u00a030"
    assert moment(late, "ar").startswith("السبت\u00a027\u00a0يونيو، ")
    in_november = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert moment(in_november, "fr", "short") == "27/11, 23\u00a0h\u00a030"
