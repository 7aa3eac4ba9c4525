"""What was refused, why, and the bytes as they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

REASONS = {
    "unreadable": "the payload is not JSON, or not of the wire format",
    "unknown_topic": "the topic is not one that devices publish to",
    "unknown_device": "the device is not in the registry",
    "unknown_signal": "the machine model's catalogue has no such signal",
    "wrong_type": "the value is not of the signal's type",
    "not_finite": "the value is NaN or infinite",
    "out_of_range": "the value is outside what is physically possible",
    "too_fast": "the value has changed faster since the last one than it physically can",
    "unknown_state": "the text is not one of the signal's states",
    "future_time": "the time lies further ahead of the clock than clocks may differ",
    "bad_time": "the time is missing, unreadable or before 1971: in seconds, perhaps",
    "bad_identity": "the device or site id is empty, too long, or holds + # / $ or a control character",
    "oversize": "the payload is larger than the limit",
    "store_refused": "the telemetry store refuses this entry",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused message, or one refused value of a message whose rest was kept.

    Parameters
    ----------
    received_at
        When the platform got it, platform time.
    topic, payload
        As they came; `payload` is the whole message even where one value was refused.
    reason
        A key of `REASONS`.
    detail
        What a person needs to mend it: names signal, value and limit.
    device
        The device, where the topic names one.
    signal
        The refused signal, where only a value was refused.
    """

    received_at: datetime
    topic: str
    payload: bytes
    reason: str
    detail: str
    device: str | None = None
    signal: str | None = None


class Quarantine(Protocol):
    """Keeps what was refused so that it can be looked at, and replayed after a fix."""

    def put(self, rejections: Sequence[Rejection]) -> None:
        """Keep them; keeping the same one twice keeps it once.

        Identity is (received_at, topic, payload, reason, signal).
        """
        ...

    def newest(self, limit: int = 100, *, device: str | None = None) -> list[Rejection]:
        """Return the newest first."""
        ...

    def count(self) -> dict[str, int]:
        """Return how many are kept, by reason."""
        ...
