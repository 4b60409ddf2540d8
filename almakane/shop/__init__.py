"""The web's door: the street side, the basket, orders from afar."""
