"""Rates, latencies and processor time of what was run, and their medians over rounds."""

import math
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import NamedTuple


class Run(NamedTuple):
    """One round of one side: seconds of each call, of the whole, and of the processor."""

    calls: list[float]
    wall: float
    processor: float

    @property
    def rate(self) -> float:
        """Calls in a second."""
        return len(self.calls) / self.wall

    @property
    def cost(self) -> float:
        """Milliseconds of processor for a call."""
        return 1_000 * self.processor / len(self.calls)

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred calls were done."""
        ordered = sorted(self.calls)
        return 1_000 * ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]


class Summary(NamedTuple):
    """The medians of one side's rounds; milliseconds, but for the rate."""

    rate: float
    p50: float
    p99: float
    cost: float


def summarize(runs: Sequence[Run]) -> Summary:
    """The median round of each figure."""
    return Summary(
        median(run.rate for run in runs),
        median(run.percentile(50) for run in runs),
        median(run.percentile(99) for run in runs),
        median(run.cost for run in runs),
    )


def ratio(ours: Sequence[Run], bare: Sequence[Run]) -> float:
    """Our rate as a part of the bare one: the median of rounds that ran one after the other."""
    return median(a.rate / b.rate for a, b in zip(ours, bare, strict=True))


def once(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def each(work: Callable[[], object], times: int) -> float:
    """Milliseconds that something takes: the median of so many times."""
    return 1_000 * median(once(work) for _ in range(times))
