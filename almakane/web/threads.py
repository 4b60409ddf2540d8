"""How many requests are served at once, and how many of them may do nothing but wait."""

from threading import BoundedSemaphore

THREADS = 8
WAITERS = THREADS // 4  # whoever waits longer than that keeps no till from selling

_places = BoundedSemaphore(WAITERS)


def take_place() -> bool:
    """Take one of the places for those who wait; whether there was one."""
    return _places.acquire(blocking=False)


def leave_place() -> None:
    """Give the place back."""
    _places.release()
