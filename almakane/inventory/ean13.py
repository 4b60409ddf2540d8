"""Numbers for our own labels: EAN-13 with the in-store prefix 2 (GS1 General Specifications)."""

IN_STORE = "2"


def check_digit(first12: str) -> int:
    """The 13th digit: weights 1 and 3 in turn, from the left."""
    total = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(first12))
    return -total % 10


def lot_code(number: int) -> str:
    """The code of the lot of that number, `2000000000015` for 1; ValueError past 11 digits."""
    if not 0 < number < 10**11:
        raise ValueError("A lot's number has at most eleven digits.")
    first12 = f"{IN_STORE}{number:011d}"
    return f"{first12}{check_digit(first12)}"


def is_ean13(code: str) -> bool:
    """Whether a scanned text is a whole EAN-13."""
    return (
        len(code) == 13
        and code.isascii()
        and code.isdigit()
        and check_digit(code[:12]) == int(code[12])
    )
