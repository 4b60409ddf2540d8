"""Real trade from a file, run through the same services as the shop (docs/replay.md)."""

from almakane.replay.summary import Summary
from almakane.replay.trading import bar, run

__all__ = ["Summary", "bar", "run"]
