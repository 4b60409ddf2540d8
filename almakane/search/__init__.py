"""The words that makers, artisans and products are found by: kept with them, read by all doors."""
