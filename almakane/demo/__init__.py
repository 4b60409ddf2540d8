"""A hub that people would believe: its makers, their pieces, and half a year of trade."""

from almakane.demo.hub import PEOPLE, READERS, seed_demo

__all__ = ["PEOPLE", "READERS", "seed_demo"]
