"""What the figures were measured on, without the name of any host or folder."""

import os
import platform
import sqlite3
from datetime import date
from pathlib import Path


def describe(postgresql: str | None) -> str:
    """The machine in one paragraph; `postgresql` is the server's version, where one was used."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    model = next((line.split(":", 1)[1] for line in cpuinfo if line.startswith("model name")), "")
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    parts = [
        f"{os.cpu_count()} cores ({' '.join(model.split()) or platform.machine()})",
        f"{pages * size / 2**30:.0f} GiB of memory",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
    ]
    if postgresql:
        parts.append(f"PostgreSQL {postgresql}")
    return f"{date.today().isoformat()}: {', '.join(parts)}."  # noqa: DTZ011 - where it is run


def processor_time(pid: int) -> float:
    """Seconds of processor that a process has used, 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def load() -> float:
    """How many processes wanted a core in the last minute."""
    return os.getloadavg()[0]


def memory() -> float:
    """MiB of memory that this process has in use."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
