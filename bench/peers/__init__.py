"""Almakane beside others: `make bench-peers`."""
