"""The numbers on our own labels are EAN-13, so that any scanner reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almakane.inventory.ean13 import check_digit, is_ean13, lot_code


@pytest.mark.parametrize(
    "code", ["4006381333931", "9783161484100", "5901234123457", "2000000000015", "0000000000000"]
)
def test_codes_that_the_world_has_printed_are_whole(code: str) -> None:
    assert is_ean13(code)
    assert check_digit(code[:12]) == int(code[12])


@given(st.integers(1, 10**11 - 1))
def test_every_lot_has_a_code_of_its_own_that_a_scanner_reads(number: int) -> None:
    code = lot_code(number)
    assert is_ean13(code)
    assert code.startswith("2")
    assert int(code[1:12]) == number


@given(st.integers(1, 10**11 - 1), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number: int, at: int, by: int) -> None:
    code = lot_code(number)
    wrong = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]
    assert not is_ean13(wrong)


@given(st.text(max_size=15))
def test_whatever_is_scanned_is_judged_without_an_error(scanned: str) -> None:
    assert is_ean13(scanned) in {True, False}


@pytest.mark.parametrize(
    "scanned",
    ["", "2", "200000000001", "20000000000155", "200000000001٥", "２000000000015", "2000000000016",
     " 2000000000015", "-200000000001", "²000000000015"],
)  # fmt: skip
def test_what_is_no_code_is_told_apart(scanned: str) -> None:
    assert not is_ean13(scanned)


@pytest.mark.parametrize("number", [0, -1, 10**11])
def test_a_number_that_fits_no_label_is_a_defect(number: int) -> None:
    with pytest.raises(ValueError, match="eleven digits"):
        lot_code(number)
