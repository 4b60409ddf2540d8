"""The makers' door: their pieces, their sales and their money, each with her own part alone."""
