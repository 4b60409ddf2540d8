"""The world outside: what is to be told to it once a fact is committed."""

from pathlib import Path

FONTS = Path(__file__).parent / "fonts"  # of all papers: none of the machine's is asked for
