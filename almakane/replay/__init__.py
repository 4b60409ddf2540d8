"""Real trade from a file, run through the same services as the shop (docs/replay.md)."""

from almakane.replay.run import bar, run
from almakane.replay.summary import Summary

__all__ = ["Summary", "bar", "run"]
