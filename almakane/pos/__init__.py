"""DOOR: the till. Shifts and their counts."""
