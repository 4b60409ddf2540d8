"""DOOR: money out. Statements drawn from the ledger alone, and the hub's own share."""
