"""Who makes: cooperatives, their artisans, and the agreement with the hub."""
