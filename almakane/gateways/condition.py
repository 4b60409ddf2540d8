"""How a printer is, in one word that agents, server and pages share."""

from enum import StrEnum


class Condition(StrEnum):
    """How a printer is, as far as it tells."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    UNTOLD = "untold"  # it is there, and never says how it is

    @property
    def prints(self) -> bool:
        """Whether what is sent now comes out, as far as anybody knows."""
        return self in (Condition.READY, Condition.PAPER_LOW, Condition.UNTOLD)
