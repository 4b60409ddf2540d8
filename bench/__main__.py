"""`python -m bench [NAME ...] [--engine ENGINE] [--rows N]`."""

import argparse
from contextlib import closing
from types import ModuleType

from bench import (
    books,
    browser,
    checkout,
    counter,
    intake,
    journal,
    lookups,
    paper,
    portal,
    receipt,
    replay,
    report,
    sale,
    shop,
    statement,
    stock,
    till,
)
from bench.databases import Databases, Postgres, folder
from bench.machine import describe, load

BENCHMARKS: dict[str, ModuleType] = {
    "sale": sale,
    "shop": shop,
    "browser": browser,
    "checkout": checkout,
    "journal": journal,
    "books": books,
    "statement": statement,
    "paper": paper,
    "portal": portal,
    "intake": intake,
    "counter": counter,
    "receipt": receipt,
    "replay": replay,
    "stock": stock,
    "till": till,
    "lookups": lookups,
}
ENGINES = ("sqlite", "postgresql")


def main() -> None:
    """Measure what is asked for, all of it unless said, and write docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--rows", type=int, default=1_000_000, help="postings of the large books")
    parser.add_argument("--dry", action="store_true", help="print, and leave the page as it is")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    sections, version = [], None
    with folder() as home:
        for engine in asked.engine or ENGINES:
            server = Postgres(home) if engine == "postgresql" else None
            version = server.version if server else version
            try:
                databases = Databases(engine, home, server)
                for name in asked.names or BENCHMARKS:
                    busy = f"Load when it began: {load():.1f}."
                    print(f"{name} on {engine} ... {busy}", flush=True)
                    for section in BENCHMARKS[name].run(databases, asked.rows):
                        print(f"\n{section.title}\n\n{section.text}", flush=True)
                        sections.append(section._replace(text=f"{section.text}\n{busy}\n"))
            finally:
                if server:
                    with closing(server):
                        pass
    if not asked.dry:
        report.write(sections, describe(version))


if __name__ == "__main__":
    main()
