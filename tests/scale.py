"""How much of a thing a test does: little in `make test`, much in `make faults`."""

import os

FAULTS = os.environ.get("ALMAKANE_FAULTS") == "1"


def count(quick: int, large: int) -> int:
    """The number of repetitions, kills or rows that this run asks for."""
    return large if FAULTS else quick
