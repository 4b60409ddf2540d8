"""A replay in a process of its own that is killed when it has called something so often."""

import subprocess
import sys
from pathlib import Path

from almakane.settings import ROOT

_KILLED = """
import os, signal, sys
from importlib import import_module
from pathlib import Path
from almakane import replay
from almakane.app import create_app
from almakane.settings import Settings

url, path, after, what, journal = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]
calls = 0
module, name = what.rsplit(".", 1)
module = import_module(module)
real = getattr(module, name)

def killing(*args, **named):
    global calls
    calls += 1
    result = real(*args, **named)
    if calls == after:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(module, name, killing)
settings = Settings(database_url=url, data_dir=path.parent, secret_key="x")
with create_app(settings).app_context():
    replay.run(path, journal=journal == "journal")
"""


def run_and_kill(
    database_url: str, path: Path, after: int, what: str, *, journal: bool = False
) -> None:
    """Kill a run when `what`, as `room.module.function`, has returned `after` times."""
    door = "journal" if journal else "plain"
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, database_url, str(path), str(after), what, door],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr.decode()[-2_000:]
