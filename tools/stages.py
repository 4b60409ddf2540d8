"""
Make the named targets one after the other and say how long each took; the first failure ends it.

The last line is the closing line of the last stage: for the suite, pytest's own count of tests.
"""

import re
import subprocess
import sys
import time

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def main(stages: list[str]) -> int:
    """Make every stage; gives the exit code of the first that fails, or 0."""
    times: list[tuple[str, float]] = []
    code, last = 0, ""
    for stage in stages:
        print(f"== {stage}", flush=True)
        start = time.monotonic()
        code, last = make(stage)
        times.append((stage, time.monotonic() - start))
        if code:
            break
    print()
    for stage, seconds in [*times, ("total", sum(seconds for _, seconds in times))]:
        print(f"{stage:>10} {seconds:7.1f} s")
    if code:
        print(f"FAILED: {times[-1][0]}")
    print(last, flush=True)
    return code


def make(target: str) -> tuple[int, str]:
    """Make one target, its output passed on as it comes; gives the exit code and the last line."""
    last = ""
    with subprocess.Popen(
        ["make", "--no-print-directory", target],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            plain = _COLOURS.sub("", line).strip()
            if plain and not plain.startswith("make"):
                last = plain
    return process.returncode, last


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
