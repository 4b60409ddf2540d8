"""The staff's own room: the day's board, one box to find anything, and the house's settings."""
