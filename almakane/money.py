"""Integer centimes and basis points: rounding, dividing and reading money to the last coin."""

import re
import unicodedata
from collections.abc import Sequence

from almakane.errors import Refusal

BASIS = 10_000
LARGEST = 10**11  # one amount, in centimes: what the till protocol allows


class Sum(int):
    """Centimes within a sentence, as in a Refusal's values: told as money in the reader's way."""

    def __str__(self) -> str:
        return f"{write_amount(self)} MAD"


_AMOUNT = re.compile(r"(\d{1,10})(?:[.,](\d{1,2}))?")


def divide(numerator: int, denominator: int) -> int:
    """Divide two integers and round half away from zero: the books' one way of rounding."""
    if denominator <= 0:
        raise ValueError("The denominator is not positive.")
    if numerator < 0:
        return -divide(-numerator, denominator)
    return (numerator + denominator // 2) // denominator


def rate(amount: int, basis_points: int) -> int:
    """The part of `amount` centimes that a rate in basis points takes, rounded."""
    return divide(amount * basis_points, BASIS)


def inside(gross: int, basis_points: int) -> int:
    """The tax that a gross amount contains: gross x r / (1 + r), rounded."""
    return divide(gross * basis_points, BASIS + basis_points)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """
    Divide `total` over `weights` by largest remainder; a tie goes to the earliest weight.

    The parts sum to `total`, a weight of zero gets zero, and a negative total mirrors a positive.
    Raises ValueError if a weight is negative, or all are zero while there is something to divide.
    """
    if total < 0:
        return [-part for part in allocate(-total, weights)]
    whole = sum(weights)
    if any(weight < 0 for weight in weights):
        raise ValueError("A weight is negative.")
    if whole == 0:
        if total:
            raise ValueError("There is nobody to divide among.")
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
        for i in by_remainder[:left]:
            parts[i] += 1
    return parts


def to_step(amount: int, step: int) -> int:
    """Round to the nearest multiple of `step`, a tie toward zero: cash rounding."""
    if amount < 0:
        return -to_step(-amount, step)
    return (amount + (step - 1) // 2) // step * step


def parse_amount(text: str) -> int:
    """
    Read what people type for an amount, `1 250,5` or `1250.50`, as centimes.

    Spaces of all kinds may group digits. Only ASCII digits count: a digit of another script, an
    exponent, a sign or a third decimal raises Refusal, as does an amount over `LARGEST`.
    """
    plain = "".join(c for c in text if not (c.isspace() or unicodedata.category(c) == "Zs"))
    match = _AMOUNT.fullmatch(plain) if plain.isascii() else None
    if not match:
        raise Refusal("This is not an amount: write it like 1250,50.")
    dirhams, centimes = match.groups()
    amount = int(dirhams) * 100 + int((centimes or "0").ljust(2, "0"))
    if amount > LARGEST:
        raise Refusal("This amount is larger than any the shop takes.")
    return amount


def write_amount(amount: int) -> str:
    """Centimes as `-1250.50`: for files and logs, not for people."""
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // 100}.{amount % 100:02d}"
