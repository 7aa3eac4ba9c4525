"""The queue between the broker's connection and the thread that commits."""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as the broker delivered it, and what is needed to acknowledge it.

    Parameters
    ----------
    topic, payload
        As they came.
    message_id, qos
        What the broker's acknowledgement names.
    connection
        The number of the connection it came over: on another one the same id is another message.
    retained
        The broker kept it from earlier and sends it because we subscribed.
    redelivered
        The broker says that it sends it again.
    """

    topic: str
    payload: bytes
    message_id: int
    qos: int
    connection: int
    retained: bool = False
    redelivered: bool = False


class DeliveryQueue:
    """A bounded queue; who puts into a full one waits, which is how the broker comes to wait too.

    Parameters
    ----------
    most_messages, most_bytes
        With more than either it is full; one message has always room, however large it is.
    """

    def __init__(self, most_messages: int, most_bytes: int) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._bytes = 0
        self._changed = threading.Condition()
        self._waiting: list[Delivery] = []
        self._closed = False

    def put(self, delivery: Delivery) -> None:
        """Add a delivery, waiting while the queue is full; once it is closed, let it fall.

        What falls is not acknowledged, so the broker delivers it again.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room)
            if not self._closed:
                self._waiting.append(delivery)
                self._bytes += len(delivery.payload)
                self._changed.notify_all()

    def take(self, timeout: Callable[[], float | None]) -> list[Delivery] | None:
        """Return everything queued, or nothing after the timeout, or None when closed and empty.

        Parameters
        ----------
        timeout
            Tells how long to wait, or None to wait for a delivery. [s]
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting), timeout())
            taken, self._waiting, self._bytes = self._waiting, [], 0
            self._changed.notify_all()
            return None if self._closed and not taken else taken

    def close(self, *, forget: bool = False) -> None:
        """Let nothing more in; `forget` what is queued too."""
        with self._changed:
            self._closed = True
            if forget:
                self._waiting = []
            self._changed.notify_all()

    @property
    def _has_room(self) -> bool:
        return len(self._waiting) < self._most_messages and self._bytes < self._most_bytes
