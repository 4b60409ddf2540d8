"""THE MONEY BOOK: who is owed what, as pairs of accounts that no code path can unbalance."""
