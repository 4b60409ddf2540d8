"""Files that lie, are cut or are no files: a clear sentence with the line and the field."""

import gzip
import os
from pathlib import Path

import pytest

from almakane.errors import Refusal
from almakane.replay.file import fingerprint, read_invoices
from almakane.replay.survey import survey
from tests.replay.files import HEADER, Row, shop_file, write

GOOD: Row = (
    *("536365", "85123A", "WHITE HEART", "6", "2010-12-01 08:26:00"),
    *("2.55", "17850", "United Kingdom"),
)


def changed(**fields: str) -> Row:
    """A good row but for some fields."""
    [*values] = (fields.get(name, value) for name, value in zip(HEADER, GOOD, strict=True))
    return tuple(values)  # type: ignore[return-value]


def test_a_run_of_lines_with_one_number_is_an_invoice(tmp_path: Path) -> None:
    rows = [
        GOOD,
        changed(stock_code=" 71053b ", invoiced_at="2010-12-01 08:27:00", customer=""),
        changed(invoice="C536365", quantity="-1"),
        changed(unit_price_gbp="0.001"),
    ]

    invoices = list(read_invoices(write(tmp_path / "shop.csv", rows)))

    assert [(i.number, i.line, len(i.rows), i.customer) for i in invoices] == [
        ("536365", 2, 2, "17850"),
        ("C536365", 4, 1, "17850"),
        ("536365", 5, 1, "17850"),
    ]
    assert invoices[0].at.minute == 26
    assert [(r.line, r.code, r.quantity, r.price) for r in invoices[0].rows] == [
        (2, "85123A", 6, 3_315),
        (3, "71053B", 6, 3_315),
    ]
    assert invoices[2].rows[0].price == 1


@pytest.mark.parametrize("packed", [False, True])
def test_the_same_file_packed_or_plain_says_the_same(tmp_path: Path, packed: bool) -> None:
    path = shop_file(tmp_path / "shop", packed=packed)

    found = survey(path, None, None)

    assert found.days == 6
    assert found.lines == found.sold + found.refunds + found.skipped.total()
    assert fingerprint(path) == fingerprint(shop_file(tmp_path / "again"))


def test_days_stop_the_run_but_its_last_month_is_read_to_the_end(tmp_path: Path) -> None:
    path = shop_file(tmp_path / "shop.csv")

    two, whole = survey(path, 2, None), survey(path, None, None)

    assert (two.days, str(two.last_day)) == (2, "2024-01-30")
    assert list(two.months) == ["2024-01"]
    assert two.months["2024-01"] == whole.months["2024-01"]
    assert two.lines < whole.lines
    assert survey(path, 1, two.last_day).lines == two.lines


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("invoice", ""),
        ("invoice", "5" * 21),
        ("stock_code", ""),
        ("stock_code", "8" * 21),
        ("description", "x" * 201),
        ("customer", "1" * 21),
        ("country", "x" * 61),
        *(("quantity", v) for v in ("", "12,50", "1e9", "NaN", "٣", str(2**63), "1.5", "+1", " 1")),
        *(("quantity", v) for v in ("0x10", "1_000", "--1", "inf", "1000000", "１")),
        *(("unit_price_gbp", v) for v in ("", "12,50", "1e9", "NaN", "٣", str(2**63), "inf", "1.")),
        *(("unit_price_gbp", v) for v in (".5", "1.23456", "£1", "1 000", "--1", "12345678")),
        *(
            ("invoiced_at", v)
            for v in ("", "2010-12-01", "01/12/2010 08:26", "2010-02-30 08:26:00")
        ),
        *(("invoiced_at", v) for v in ("2010-12-01T08:26:00", "0001-01-01 00:00:00", "now")),
        *(("invoiced_at", v) for v in ("2010-12-01 24:26:00", "٢٠١٠-12-01 08:26:00")),
        *(("invoiced_at", v) for v in ("1990-01-01 08:26:00", "1999-12-31 08:26:00")),
        ("invoiced_at", "2101-01-01 08:26:00"),
    ],
)
def test_a_field_that_no_till_writes_is_named_with_its_line(
    tmp_path: Path, field: str, value: str
) -> None:
    path = write(tmp_path / "shop.csv", [GOOD, changed(**{field: value}), GOOD])

    with pytest.raises(Refusal, match=f"Line 3, {field}: ") as refused:
        list(read_invoices(path))

    assert refused.value.field == field


@pytest.mark.parametrize(
    "sign", ["\0", "\u202e", "\u2066", "\x1b", "\x7f", "\u200b", "\ufeff", "\u2028", "\u2029"]
)
@pytest.mark.parametrize("field", ["invoice", "description", "customer", "country", "quantity"])
def test_a_sign_that_nobody_can_see_is_refused(tmp_path: Path, sign: str, field: str) -> None:
    path = write(tmp_path / "shop.csv", [GOOD, changed(**{field: f"1{sign}2"})])

    with pytest.raises(Refusal, match=r"Line 3.*sign") as refused:
        list(read_invoices(path))

    assert f"U+{ord(sign):04X}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no lines of trade"),
        (b"\n", "lacks the column invoice"),
        (",".join(HEADER).encode(), "no lines of trade"),
        (b"invoice,quantity\n1,2\n", "lacks the column stock_code"),
        ((",".join(HEADER) + ",colour\n").encode(), "nobody knows: colour"),
        ((",".join(reversed(HEADER)) + "\n").encode(), "in this order"),
        (b"\x00\x01\x02" * 900, "is longer than any line"),
        (b"PK\x03\x04\x14\x00\x00\n", "U\\+0003"),
        (b"\xff\xfei\x00\n", "not UTF-8"),
    ],
)
def test_a_file_that_is_no_file_of_trade_is_refused(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "shop.csv"
    path.write_bytes(text)

    with pytest.raises(Refusal, match=says):
        list(read_invoices(path))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("536365,85123A,HEART,6\n", "Line 3 has 4 fields"),
        ("536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850,UK,more\n", "Line 3 has 9 fields"),
        ("\n", "Line 3 has 0 fields"),
        ('536365,85123A,"HEART,6,2010-12-01 08:26:00,2.55,17850,UK\n', "Line 3 cannot be read"),
        ('536365,85123A,"HE"ART,6,2010-12-01 08:26:00,2.55,17850,UK\n', "Line 3 cannot be read"),
        (
            '536365,85123A,"HE\nART",6,2010-12-01 08:26:00,2.55,17850,UK\n',
            "a field goes on",
        ),
        (f"536365,85123A,{'x' * 10_000},6,2010-12-01 08:26:00,2.55,,UK\n", "Line 3 is longer"),
        (
            "536365,85123A,HEART,6,2010-11-30 08:26:00,2.55,17850,UK\n",
            "the day goes back",
        ),
        ("536365,85123A,HE", "Line 3 has 3 fields"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = write(tmp_path / "shop.csv", [changed(invoice="1")])
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(line)

    with pytest.raises(Refusal, match=says):
        list(read_invoices(path))


def test_amounts_that_no_till_takes_are_refused(tmp_path: Path) -> None:
    dear = changed(quantity="999999", unit_price_gbp="9999999.99")
    with pytest.raises(Refusal, match="Line 2, unit_price_gbp: 999999 at this price"):
        list(read_invoices(write(tmp_path / "dear.csv", [dear])))

    many = [changed(quantity="9000", unit_price_gbp="85")] * 101
    with pytest.raises(Refusal, match="Line 2: this invoice comes to more"):
        survey(write(tmp_path / "many.csv", many), None, None)

    heavy = [changed(quantity="999999", unit_price_gbp="0.01")] * 2
    with pytest.raises(Refusal, match="Line 3, quantity: no shelf holds so many of 85123A"):
        survey(write(tmp_path / "heavy.csv", heavy), None, None)

    long = [GOOD] * 10_001
    with pytest.raises(Refusal, match="Line 10002, invoice: one invoice has more than 10 000"):
        list(read_invoices(write(tmp_path / "long.csv", long)))


@pytest.mark.parametrize("part", [0.01, 0.3, 0.7, 0.999])
def test_a_packed_file_that_is_cut_is_named_at_its_line(tmp_path: Path, part: float) -> None:
    path = shop_file(tmp_path / "shop.csv.gz", packed=True)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])

    with pytest.raises(Refusal, match=r"cut or damaged|is the file cut"):
        list(read_invoices(path))


def test_a_packed_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = shop_file(tmp_path / "shop.csv.gz", packed=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)

    with pytest.raises(Refusal):
        list(read_invoices(path))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="is not a file"):
        list(read_invoices(tmp_path))
    with pytest.raises(Refusal, match="There is no file"):
        list(read_invoices(tmp_path / "none.csv"))
    with pytest.raises(Refusal, match=r"cannot be read|There is no file"):
        fingerprint(tmp_path / ("x" * 300))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refusal, match="is not a file"):
        fingerprint(tmp_path / "pipe")
    (tmp_path / "half.gz").write_bytes(gzip.compress(b"x" * 100)[:12])
    with pytest.raises(Refusal, match="cut or damaged"):
        fingerprint(tmp_path / "half.gz")
    with pytest.raises(Refusal):
        fingerprint(Path("a\0b"))
