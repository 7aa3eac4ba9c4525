"""Health: what models say about machines, and what the rest of the house hears."""
