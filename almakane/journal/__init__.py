"""The registers' journals: who wrote what, in which order, and what became of it."""
