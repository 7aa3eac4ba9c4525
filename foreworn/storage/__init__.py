"""Storage: the adapters behind the ports of the core."""
