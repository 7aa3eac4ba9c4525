"""The outbox: what leaves the operations store for other systems, at least once, with a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to be told elsewhere.

    Parameters
    ----------
    key
        Idempotency key: the same key is the same message.
    topic
        Which handler delivers it, such as `demand`.
    payload
        What is told, as JSON-able values.
    created_at
        When the change was made that it tells of.
    attempts
        How often delivery was tried and failed.
    """

    key: str
    topic: str
    payload: Mapping[str, object]
    created_at: datetime
    attempts: int = 0


class Outbox(Protocol):
    """Keeps what is to be delivered; lives in the operations store, inside the transaction of the change."""

    def put(self, message: Message) -> None:
        """Add a message; one whose key is known changes nothing."""
        ...

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[Message]:
        """Return undelivered messages whose next attempt is due, oldest first."""
        ...

    def delivered(self, key: str, *, now: datetime) -> None:
        """Mark one as delivered."""
        ...

    def failed(self, key: str, *, why: str, again: datetime) -> None:
        """Count a failed attempt, and say when to try again."""
        ...

    def depth(self) -> int:
        """Return how many wait."""
        ...
