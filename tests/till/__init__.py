"""A till written from docs/till-protocol.md alone; it imports nothing of the shop."""
