"""How a device hands over what it has kept."""

import random
from dataclasses import dataclass
from datetime import timedelta

_FACTOR = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How entries travel: in which batches, how many at once, and when again.

    Parameters
    ----------
    wants_ack
        Keep an entry until the platform itself says that it is durable. False: until the broker's PUBACK, which a
        broker that is killed can have given in vain.
    batch_entries, batch_bytes
        A message holds no more; one entry that is larger travels alone.
    batch_wait
        An entry waits this long at most for company.
    in_flight
        Messages without the broker's PUBACK; fewer where an MQTT 5 broker says so.
    window
        Entries without the platform's acknowledgement. It bounds what is sent in vain while the platform is away, and
        how fast a backlog drains: this many entries per acknowledgement, of which there is one a second.
    resend_after
        Silence of the platform after which everything is sent again from the oldest; doubled each time, up to
        `resend_longest`.
    retry_shortest, retry_longest
        The pause before a connection is opened again; doubled after each failure. All pauses are drawn at random
        between half of that and the whole, so that a thousand devices do not come back at once.
    """

    wants_ack: bool = True
    batch_entries: int = 200
    batch_bytes: int = 65_536
    batch_wait: timedelta = timedelta(seconds=1)
    in_flight: int = 20
    window: int = 10_000
    resend_after: timedelta = timedelta(seconds=15)
    resend_longest: timedelta = timedelta(minutes=5)
    retry_shortest: timedelta = timedelta(seconds=1)
    retry_longest: timedelta = timedelta(minutes=1)

    def __post_init__(self) -> None:
        if min(self.batch_entries, self.batch_bytes, self.in_flight, self.window) < 1:
            raise ValueError("batch_entries, batch_bytes, in_flight and window are 1 or more")


class Pause:
    """A pause that doubles each time it is taken, until it is reset.

    Examples
    --------
    >>> pause = Pause(timedelta(seconds=1), timedelta(seconds=3))
    >>> [0.5 <= pause.next() <= 1, 1 <= pause.next() <= 2, 1.5 <= pause.next() <= 3, 1.5 <= pause.next() <= 3]
    [True, True, True, True]
    """

    def __init__(self, shortest: timedelta, longest: timedelta) -> None:
        self._shortest, self._longest = shortest.total_seconds(), longest.total_seconds()
        self._taken = 0

    def next(self) -> float:
        """Return how many seconds to wait now."""
        most = min(self._longest, self._shortest * _FACTOR**self._taken)
        self._taken = min(self._taken + 1, 60)  # or the power would overflow one day
        return random.uniform(most / 2, most)

    def reset(self) -> None:
        """Begin with the shortest again."""
        self._taken = 0
