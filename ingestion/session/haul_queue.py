"""The queue between the thread that reads the broker's connection and the thread that commits."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ingestion.session.bulk_socket import BulkSocket
from ingestion.session.haul import Haul

MOST_BYTES_TAKEN = 8 * 1024 * 1024
"""In one turn, so that what has been read is soon committed, and a turn takes a bounded part of the memory."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A haul and the connection it came over, which is the only one that may acknowledge it."""

    haul: Haul
    over: BulkSocket


class HaulQueue:
    """A queue that never makes its reader wait, and tells when it ought to read no more.

    What has been taken counts until it is done with, so `has_room` bounds everything that is received and not
    yet durable.

    Parameters
    ----------
    most_bytes
        With more than this there is no room.
    most_messages, most_bytes_taken
        `take` returns about so much at most.
    """

    def __init__(self, most_bytes: int, most_messages: int, most_bytes_taken: int = MOST_BYTES_TAKEN) -> None:
        self._most_bytes = most_bytes
        self._most_messages = most_messages
        self._most_bytes_taken = most_bytes_taken
        self._changed = threading.Condition()
        self._waiting: deque[Delivered] = deque()
        self._messages = 0
        self._held = self._taken = 0
        self._is_closed = False
        self._is_hungry = False
        self.on_hungry: Callable[[], None] = _nothing
        """Called when the taker has nothing left to do, or room appears."""

    @property
    def has_room(self) -> bool:
        """Whether more may be read."""
        return self._held < self._most_bytes

    @property
    def is_hungry(self) -> bool:
        """Whether the taker has nothing left to do."""
        return self._is_hungry

    def put(self, delivered: Delivered) -> None:
        """Add what was read; once the queue is closed, let it fall: the broker delivers it again."""
        with self._changed:
            if self._is_closed:
                return
            self._waiting.append(delivered)
            self._messages += len(delivered.haul)
            self._held += delivered.haul.size
            self._is_hungry = False
            self._changed.notify_all()

    def rest(self, seconds: float) -> None:
        """Let company gather for a while, unless there is a turn's worth or the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._has_turn, seconds)

    def take(self, timeout: Callable[[], float | None]) -> list[Delivered] | None:
        """Return a turn's worth, or nothing after the timeout, or None when closed and empty.

        Parameters
        ----------
        timeout
            Tells how long to wait, or None to wait for a delivery. [s]
        """
        self._done()
        with self._changed:
            if not self._waiting and not self._is_closed:
                self._is_hungry = True
                self.on_hungry()
                self._changed.wait_for(lambda: self._is_closed or bool(self._waiting), timeout())
                self._is_hungry = False
            taken = self._turn()
            return None if self._is_closed and not taken else taken

    def close(self, *, forget: bool = False) -> None:
        """Let nothing more in; `forget` what is queued too."""
        with self._changed:
            self._is_closed = True
            if forget:
                self._waiting.clear()
            self._changed.notify_all()

    @property
    def _has_turn(self) -> bool:
        return self._messages >= self._most_messages or self._held - self._taken >= self._most_bytes_taken

    def _turn(self) -> list[Delivered]:
        taken: list[Delivered] = []
        count = 0
        while self._waiting and (not taken or self._has_place(self._waiting[0].haul, count)):
            taken.append(self._waiting.popleft())
            count += len(taken[-1].haul)
            self._taken += taken[-1].haul.size
        self._messages -= count
        return taken

    def _has_place(self, haul: Haul, count: int) -> bool:
        """Tell whether a turn of `count` messages can take a haul more."""
        messages, size = count + len(haul), self._taken + haul.size
        return messages <= self._most_messages and size <= self._most_bytes_taken

    def _done(self) -> None:
        """Give back the room of what was taken before: it is durable."""
        with self._changed:
            was_full = not self.has_room
            self._held -= self._taken
            self._taken = 0
            if was_full and self.has_room:
                self.on_hungry()


def _nothing() -> None:
    """Wake nobody."""
