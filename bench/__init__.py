"""How fast the books are, beside the bare driver: `python -m bench` writes docs/benchmarks.md."""
