"""The hub (the legal entity), its sites, its dated rules and its number series."""
