"""The shop behind a socket, for tests that need a real server: prints its port, then serves."""

import sys
from dataclasses import replace
from pathlib import Path

from waitress import create_server

from almakane.app import create_app
from almakane.demo.patterns import open_patterns
from almakane.settings import Settings
from almakane.users.services import UNTRIED


def main(database_url: str, data_dir: str, kind: str = "shop") -> None:
    """Serve on a port of the system's choice, with threads as `almakane serve` has."""
    settings = Settings(database_url, Path(data_dir), secret_key="test", argon2_cost=UNTRIED)
    is_demo = kind == "demo"  # its people have phones
    app = create_app(replace(settings, requires_second_factor=is_demo))
    if is_demo:
        open_patterns(app)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    sys.stdout.write(f"{server.effective_port}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
