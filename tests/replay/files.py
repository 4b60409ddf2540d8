"""A small shop's file, made up: the dirt of the real one, twice as thick, the same each time."""

import csv
import gzip
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

HEADER = (
    *("invoice", "stock_code", "description", "quantity", "invoiced_at", "unit_price_gbp"),
    *("customer", "country"),
)
Row = tuple[str, str, str, str, str, str, str, str]

_DAYS = ("2024-01-29", "2024-01-30", "2024-01-31", "2024-02-01", "2024-02-10", "2024-03-13")
_DIRT = (
    *(("POST", "POSTAGE", "1", "18.00"), ("DOT", "DOTCOM POSTAGE", "1", "113.5")),
    *(("C2", "CARRIAGE", "1", "50.00"), ("M", "Manual", "2", "1.25"), ("m", "Manual", "1", "2.55")),
    *(("D", "Discount", "-1", "27.5"), ("S", "SAMPLES", "-1", "4.31"), ("B", "Adjust", "1", "9.1")),
    *(("BANK CHARGES", "Bank Charges", "1", "15.00"), ("AMAZONFEE", "AMAZON FEE", "-1", "135.75")),
    *(("CRUK", "CRUK Commission", "-1", "1.6"), ("gift_0001_20", "Gift Voucher £20.00", "1", "17")),
    *(("TEST001", "This is a test", "5", "4.5"), ("PADS", "PADS TO MATCH", "1", "0.001")),
    *(("21111", "", "7", "0.0"), ("21112", "damages", "-30", "0.00"), ("21113", "?", "-8", "1.2")),
    *(("21114", "found", "4", "0.0"), ("21115", "a gift", "3", "0.0001"), ("DCGS", "x", "1", "1")),
    *(("21116", "owed", "2", "-3.10"), ("21117", "", "-5", "0")),
)


def shop_file(path: Path, *, packed: bool = False, seed: int = 13) -> Path:
    """Write the file: six days of three months, sixteen invoices a day, and refunds of them."""
    return write(path, _rows(random.Random(seed)), packed=packed)  # noqa: S311 - no secret


def write(path: Path, rows: Iterable[Row], *, packed: bool = False) -> Path:
    """Write rows under the header."""
    opened = gzip.open if packed else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


def _rows(dice: random.Random) -> Iterable[Row]:
    codes = [f"{20_000 + 37 * i}" + dice.choice(("", "", "A", "b", "BL")) for i in range(150)]
    codes += ["DCGSSGIRL", "DCGS0003"]
    prices = {code: dice.choice((42, 85, 125, 165, 295, 495, 1275, 4250, 39_950)) for code in codes}
    bought: list[tuple[str, str, int]] = []  # customer, code, quantity
    number = 551_000
    for day in _DAYS:
        at = datetime.fromisoformat(f"{day} 08:26:00")
        for _ in range(16):
            number += 1
            at += timedelta(minutes=dice.randint(0, 30))
            customer = dice.choice(("", *(str(12_340 + i) for i in range(7))))
            if bought and dice.random() < 0.25:
                yield from _refund(dice, number, at, customer, bought)
            else:
                yield from _sale(dice, number, at, customer, prices, bought)
    yield (f"A{number + 1}", "B", "Adjust bad debt", "1", f"{at}", "11062.06", "", "Morocco")


def _sale(
    dice: random.Random,
    number: int,
    at: datetime,
    customer: str,
    prices: dict[str, int],
    bought: list[tuple[str, str, int]],
) -> Iterable[Row]:
    for line in range(dice.choice((1, 2, 5, 12, 30))):
        code = dice.choice(sorted(prices))
        quantity = dice.choice((1, 1, 2, 3, 6, 12, 25, 144))
        if line == 0 and prices[code] < 300 and dice.random() < 0.1:
            quantity = dice.choice((9_999, 10_000, 21_000))
        pence = prices[code] * dice.choice((100, 100, 100, 100, 60, 85, 105, 197)) // 100
        title = dice.choice((f"PIECE {code}", f'A "{code}", LARGE', "", f"Pièce {code} £"))
        spelt = dice.choice((code, code, code.lower(), f" {code}"))
        price = dice.choice((f"{pence / 100:.2f}", f"{pence / 100:.3f}"))
        if dice.random() < 0.02:
            price = dice.choice(("0.001", "0.002", "0.0031", "0.01"))
        bought.append((customer, code, quantity))
        moment = str(at + timedelta(minutes=line // 20))
        yield (f"{number}", spelt, title, f"{quantity}", moment, price, customer, "Morocco")
    if dice.random() < 0.8:
        code, title, units, price = dice.choice(_DIRT)
        yield (f"{number}", code, title, units, str(at), price, customer, "Morocco")


def _refund(
    dice: random.Random,
    number: int,
    at: datetime,
    customer: str,
    bought: list[tuple[str, str, int]],
) -> Iterable[Row]:
    mine = [piece for piece in bought if piece[0] == customer] or bought
    for _ in range(dice.choice((1, 1, 2, 4))):
        _buyer, code, quantity = dice.choice(mine)
        units = dice.choice((1, 1, max(quantity // 3, 1), quantity, quantity, quantity * 3, 0))
        price = dice.choice(("1.25", "4.95", "0", "-1"))
        if dice.random() < 0.8:
            price = "1.25"
        yield (f"C{number}", code, "BACK", f"-{units}", str(at), price, customer, "Morocco")
    if dice.random() < 0.2:
        yield (f"C{number}", "M", "Manual", "-1", str(at), "5.95", customer, "Morocco")
