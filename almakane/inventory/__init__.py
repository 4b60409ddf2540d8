"""THE STOCK BOOK: which piece is where, whose it is, and who has a claim on it."""
