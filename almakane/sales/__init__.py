"""What a sale is, the same for every door."""
