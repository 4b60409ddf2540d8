"""Chromium: `python -m tests.browser.chromium` brings one to a machine that has none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PACKAGE = ["chromium", "fonts-noto-core"]

ADVICE = (
    "The browser tests need Chromium, and none was found. Install your system's package `chromium`,"
    " or run `.venv/bin/playwright install chromium`."
)


def find_chromium() -> str | None:
    """The program's path: the system's own, else one that Playwright has fetched."""
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    home = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    return next(map(str, sorted(home.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


def main() -> None:
    """Install Chromium where there is none and the system lets us; say so where it does not."""
    if find_chromium():
        return
    sys.stdout.write("Installing Chromium for the browser tests ...\n")
    if shutil.which("apt-get") and os.geteuid() == 0:
        install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *_PACKAGE]
        if not _run(install) and _run(["apt-get", "update", "--quiet"]):
            _run(install)
    else:
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    if not find_chromium():
        sys.stderr.write(f"{ADVICE}\n")


def _run(command: list[str]) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    main()
