"""What both twins of the quarantine hold to so that it stays bounded: how much an entry is, and which must go."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.telemetry.quarantine import Rejection

BESIDE = 420
"""What an entry takes in a database beside its payload and its texts: the row, four indexes, half-filled pages. [B]

Measured on SQLite with a hundred thousand refusals of 200 bytes.
"""
_TOLD_EVERY = timedelta(minutes=1)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What decides whether an entry stays."""

    id: int
    received_at: datetime
    size: int


def kept_size(rejection: Rejection) -> int:
    """Return how much an entry counts against the bound, in bytes."""
    return BESIDE + len(rejection.payload) + len(rejection.topic) + len(rejection.detail)


def surplus(oldest_first: Iterable[Kept], excess: int, horizon: datetime | None) -> Iterator[Kept]:
    """Yield the oldest until `excess` bytes are gone, and nothing is left that came before `horizon`."""
    for kept in oldest_first:
        if excess <= 0 and (horizon is None or kept.received_at >= horizon):
            return
        excess -= kept.size
        yield kept


class DropTeller:
    """Says on the log what had to go, at most once a minute: in a flood something goes with every turn.

    Parameters
    ----------
    monotonic
        Seconds that never go back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._untold: Counter[str] = Counter()
        self._told_at = float("-inf")

    def tell(self, dropped: Mapping[str, int]) -> None:
        """Say it, or keep it for the next time."""
        self._untold.update(dropped)
        if not self._untold or self._monotonic() - self._told_at < _TOLD_EVERY.total_seconds():
            return
        reasons = ", ".join(f"{reason} {count}" for reason, count in self._untold.most_common())
        _log.warning(
            "the quarantine is full or its oldest entries are too old: %d had to go (%s); mend what is refused, or "
            "raise FOREWORN_INGESTION__QUARANTINE_BYTES or FOREWORN_INGESTION__QUARANTINE_AGE",
            self._untold.total(),
            reasons,
        )
        self._untold.clear()
        self._told_at = self._monotonic()
