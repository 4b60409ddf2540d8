"""Numbers that others gave out: what is read, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.cooperatives.numbers import read_ice, read_phone, read_rib, write_phone
from almakane.errors import Refusal

RIBS = (
    *("001810007800020110620318", "001810007800020110620221", "011519000001205000534921"),
    *("007780000123456789012396", "230780000123456789012372", "350810000000001234567867"),
    "145780000000000000000106",
)
ICES = (
    *("001561191000066", "001527456000081", "002163624000014", "000030205000041"),
    "009999999000012",
)


@pytest.mark.parametrize("rib", RIBS)
def test_a_rib_is_read_as_it_is_written_on_paper(rib: str) -> None:
    assert read_rib(rib) == rib
    assert read_rib(f"{rib[:3]} {rib[3:6]} {rib[6:22]}\u00a0{rib[22:]}") == rib
    assert read_rib(f"ma64{rib}") == rib


@pytest.mark.parametrize(
    "text",
    [
        "001810007800020110620319",
        "MA37001810007800020110620319",
        "MA37001810007800020110620318",
        "00181000780002011062031",
        "0018100078000201106203180",
        "0" * 24,
        "٠٠١٨١٠٠٠٧٨٠٠٠٢٠١١٠٦٢٠٣١٨",
        "FR7630006000011234567890189",
        "abc",
        "",
    ],
)
def test_what_is_no_rib_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_rib(text)
    assert refusal.value.field == "rib"


@given(rib=st.sampled_from(RIBS), at=st.integers(0, 23), digit=st.integers(1, 9))
def test_no_single_wrong_digit_of_a_rib_goes_unseen(rib: str, at: int, digit: int) -> None:
    wrong = rib[:at] + str((int(rib[at]) + digit) % 10) + rib[at + 1 :]
    with pytest.raises(Refusal):
        read_rib(wrong)


@given(rib=st.sampled_from(RIBS), at=st.integers(0, 22))
def test_no_two_neighbours_of_a_rib_change_places_unseen(rib: str, at: int) -> None:
    if rib[at] != rib[at + 1]:
        with pytest.raises(Refusal):
            read_rib(rib[:at] + rib[at + 1] + rib[at] + rib[at + 2 :])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0661 23 45 67", "+212661234567"),
        ("06.61.23.45.67", "+212661234567"),
        ("+212 661-234567", "+212661234567"),
        ("00212661234567", "+212661234567"),
        ("+212 (0)6 61 23 45 67", "+212661234567"),
        ("0522 00 00 00", "+212522000000"),
        ("0801234567", "+212801234567"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_a_telephone_is_kept_with_its_country(typed: str, kept: str) -> None:
    assert read_phone(typed) == kept
    assert read_phone(write_phone(kept)) == kept


@pytest.mark.parametrize(
    "typed", ["0123456789", "066123456", "06612345678", "+2121234", "call me", "+", "٠٦٦١٢٣٤٥٦٧"]
)
def test_what_nobody_can_call_is_refused(typed: str) -> None:
    with pytest.raises(Refusal):
        read_phone(typed)


def test_a_telephone_is_written_in_pairs() -> None:
    assert write_phone("+212661234567") == "+212 6 61 23 45 67"
    assert write_phone("+33612345678") == "+33612345678"


@pytest.mark.parametrize("ice", ICES)
def test_an_ice_is_fifteen_digits_that_check_one_another(ice: str) -> None:
    assert read_ice(f"{ice[:9]} {ice[9:13]} {ice[13:]}") == ice
    with pytest.raises(Refusal):
        read_ice(ice[:-1] + str((int(ice[-1]) + 1) % 10))


def test_a_maker_may_have_no_ice() -> None:
    assert read_ice(" ") == ""
    for text in ("001561191000065", "0" * 15, "123", "x" * 15):
        with pytest.raises(Refusal):
            read_ice(text)
