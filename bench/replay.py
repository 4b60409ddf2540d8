"""
A year of real trade through the books: lines a second, and memory that must stay flat.

Needs the shop's file: `ALMAKANE_RETAIL_CSV` says where it is; without it nothing is measured. It
runs in a process of its own, so that the memory is its own. PostgreSQL runs sixty days.
"""

import multiprocessing
import os
import resource
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from almakane.replay import run as replay
from bench.databases import Databases, opened
from bench.machine import memory
from bench.report import Section, table

_DAYS = {"sqlite": None, "postgresql": 60}
_PARTS = 12  # a year's months, near enough


class _Sampler:
    """A progress bar that keeps the memory in use at each twelfth of the way."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self.samples: list[float] = []

    def update(self, lines: int) -> None:
        self._done += lines
        if self._done * _PARTS >= self._total * (len(self.samples) + 1):
            self.samples.append(memory())

    def close(self) -> None:
        pass


class _Run(NamedTuple):
    lines: int
    seconds: float
    samples: list[float]
    peak: float


def run(databases: Databases, _postings: int) -> list[Section]:
    """Replay the file that the environment names."""
    path = os.environ.get("ALMAKANE_RETAIL_CSV", "")
    if not path:
        print("ALMAKANE_RETAIL_CSV names no file: the replay is left out.")
        return []
    days = _DAYS[databases.engine]
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(databases.create(), path, days, theirs))
    process.start()
    theirs.close()
    done: _Run = ours.recv()
    process.join()
    engine = "SQLite" if databases.is_sqlite else "PostgreSQL"
    text = table(
        ("lines", "seconds", "lines/s", "peak memory"),
        (
            *(f"{done.lines:,}", f"{done.seconds:,.0f}"),
            *(f"{done.lines / done.seconds:,.0f}", f"{done.peak:.0f} MiB"),
        ),
    )
    samples = ", ".join(f"{sample:.0f}" for sample in done.samples)
    text += f"\nMemory in use at each twelfth of the way, in MiB: {samples}.\n"
    span = f"its first {days} days" if days else "the whole year"
    return [Section(f"Replay of a real shop's year, {engine}, {span}", text)]


def _work(url: str, path: str, days: int | None, pipe: Connection) -> None:
    with opened(url):
        samplers: list[_Sampler] = []

        def progress(total: int) -> _Sampler:
            samplers.append(_Sampler(total))
            return samplers[0]

        summary = replay(Path(path), days=days, progress=progress)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pipe.send(_Run(summary.run_lines, summary.seconds, samplers[0].samples, peak))
