"""A shop with a till at its door, and the staff who look at their board."""

from tests.pos.conftest import office

__all__ = ["office"]
