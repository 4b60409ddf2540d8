"""The shop behind a socket, as `almakane serve` runs it: prints its port, then serves."""

import sys
from pathlib import Path

from almakane import serving
from almakane.app import create_app
from almakane.settings import Settings


def main(database_url: str, data_dir: str, processes: str) -> None:
    """Serve on a port of the system's choice."""
    settings = Settings(database_url, Path(data_dir), secret_key="bench")  # noqa: S106 - nobody signs in
    app = create_app(settings)
    listener = serving.listen("127.0.0.1", 0)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    with app.app_context():
        serving.answer(app, listener, int(processes))


if __name__ == "__main__":
    main(*sys.argv[1:])
