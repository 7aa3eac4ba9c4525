"""Collectors: what is received is made durable, then acknowledged."""
