"""A stock to divide by offers and acceptances, with private valuations and walk-away values."""
