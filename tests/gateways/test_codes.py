"""Codes have their check digits, their quiet, and a size that the paper holds."""

import pytest

from almakane.gateways.codes import QrFit, bar_modules, fit_qr, qr_modules
from almakane.gateways.paper import Barcode, Symbology
from almakane.inventory.ean13 import lot_code


def test_the_labels_of_lots_can_be_drawn() -> None:
    for number in (1, 42, 99_999_999_999):
        bars = bar_modules(Barcode(lot_code(number), Symbology.EAN13))
        assert len(bars.strip("0")) == 95


@pytest.mark.parametrize("code", ["2000000000016", "200000000001", "abc", "", "٢٠٠٠"])
def test_an_ean_with_a_wrong_check_digit_is_a_defect(code: str) -> None:
    with pytest.raises(ValueError, match=r"digit|ean13"):
        bar_modules(Barcode(code, Symbology.EAN13))


def test_code_128_takes_plain_letters_alone() -> None:
    assert bar_modules(Barcode("T1-2-000123")).startswith("0" * 10 + "1")
    with pytest.raises(ValueError, match="code128"):
        bar_modules(Barcode("تذكرة"))


def test_a_short_code_is_large_and_a_long_one_as_clear_as_may_be() -> None:
    assert fit_qr("https://almakane.example/t/abc", 512) == QrFit("M", 6)
    assert fit_qr("x" * 640, 512) == QrFit("M", 4)
    assert fit_qr("x" * 900, 384) == QrFit("L", 3)
    assert fit_qr("x" * 2900, 384) is None


def test_what_fits_is_what_is_drawn() -> None:
    for length in (20, 300, 700):
        fit = fit_qr("x" * length, 512)
        assert fit
        assert (len(qr_modules("x" * length, fit.level)) + 8) * fit.dots <= 512


@pytest.mark.parametrize("level", ["L", "M"])
def test_the_table_of_sizes_is_right_at_its_edges(level: str) -> None:
    """What does not fit one version any more takes the next: the library would raise if not."""
    sizes = [len(qr_modules("x" * length, level)) for length in range(1, 700, 7)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 21
    largest = 2953 if level == "L" else 2331
    assert len(qr_modules("x" * largest, level)) == 177
    with pytest.raises(ValueError, match="too much"):
        qr_modules("x" * (largest + 1), level)
