"""The world outside: what is to be told to it once a fact is committed."""
