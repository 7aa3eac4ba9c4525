"""How messages are read, as a choice: of itself it loads no collector."""

from enum import StrEnum


class CollectorKind(StrEnum):
    """How messages are read from the broker."""

    BULK = "bulk"
    """Many at a time, decoded by column."""
    PAHO = "paho"
    """One at a time, through paho's callbacks: the simple form of the same, to compare with."""
