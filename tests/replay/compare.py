"""
A larger comparison, by hand: `python -m tests.replay.compare PATH --days N --database-url URL`.

The database is migrated where it is empty; a replay there is gone on with. Each difference between
the books and the oracle is printed, and the exit is 1 if there is any. `Books` is a hash over what
each account and each artisan has of each day: it is the same with `--journal` and without.
"""

import argparse
import logging
import resource
import sys
import tempfile
from pathlib import Path

from almakane import replay
from almakane.app import bring_up_to_date, create_app
from almakane.db import transaction
from almakane.errors import Refusal
from almakane.settings import Settings
from tests.replay.oracle import work_out
from tests.replay.proof import by_day, differences, digest


def main() -> int:
    """Replay, work out, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--days", type=int)
    parser.add_argument("--journal", action="store_true")
    parser.add_argument("--database-url", required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(asked.database_url, data_dir=Path(folder), secret_key="compare")
        app = create_app(settings)
        with app.app_context():
            logging.getLogger("alembic").setLevel(logging.WARNING)
            bring_up_to_date(app)
            try:
                summary = replay.run(asked.path, days=asked.days, journal=asked.journal)
            except Refusal as refusal:
                print(refusal, file=sys.stderr)  # noqa: T201 - a command
                return 1
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            told = work_out(asked.path, asked.days)
            with transaction() as session:
                found = differences(session, summary, told)
                books = digest(by_day(session))
    lines = [str(summary), f"Peak memory: {memory} MB", f"Books: {books}", *found]
    lines.append(f"{len(found)} differences from the oracle")
    print("\n".join(lines))  # noqa: T201 - a command
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
