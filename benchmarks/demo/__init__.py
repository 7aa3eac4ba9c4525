"""How fast a history is replayed through the whole platform, and where the time goes."""
