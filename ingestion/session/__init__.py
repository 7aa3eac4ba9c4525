"""One connection to the broker: its bytes, its packets, and what has come over it."""
