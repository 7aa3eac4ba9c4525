"""The courier: takes what is in the outbox to where it belongs, at least once."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from foreworn.clock import Clock
from foreworn.loop.operations import Operations
from foreworn.loop.outbox import Message

Delivery = Callable[[Message], None]
"""Delivers one message; delivered twice under the same key, it has the effect of once."""

LONGEST_PAUSE = timedelta(hours=1)
_AT_ONCE = 100

_log = logging.getLogger(__name__)


class Courier:
    """Delivers the outbox's messages; what cannot be delivered now is tried again, more and more seldom.

    Parameters
    ----------
    operations
        Where the outbox is.
    deliveries
        By topic.
    clock
        What is due goes by this.
    """

    def __init__(self, operations: Operations, deliveries: Mapping[str, Delivery], clock: Clock) -> None:
        self._operations = operations
        self._deliveries = dict(deliveries)
        self._clock = clock

    def deliver_due(self) -> int:
        """Deliver all that is due, and return how many messages arrived."""
        arrived = 0
        # What fails meanwhile is due after this: each message is tried once, however long a receiver takes to refuse.
        now = self._clock.now()
        while True:
            with self._operations.reading() as tx:
                messages = tx.outbox.due(now, limit=_AT_ONCE)
            if not messages:
                return arrived
            arrived += sum(self._deliver(message) for message in messages)

    def _deliver(self, message: Message) -> bool:
        delivery = self._deliveries.get(message.topic)
        if delivery is None:
            return self._later(message, f"nobody delivers {message.topic!r}")
        try:
            delivery(message)
        except Exception as problem:  # whatever one message does, the others arrive
            return self._later(message, f"{type(problem).__name__}: {problem}")
        with self._operations.transaction() as tx:
            tx.outbox.delivered(message.key, now=self._clock.now())
        return True

    def _later(self, message: Message, why: str) -> bool:
        pause = min(timedelta(seconds=2 ** min(message.attempts, 12)), LONGEST_PAUSE)
        _log.warning("%s was not delivered (%s); next attempt in %s", message.key, why, pause)
        with self._operations.transaction() as tx:
            tx.outbox.failed(message.key, why=why, again=self._clock.now() + pause)
        return False
