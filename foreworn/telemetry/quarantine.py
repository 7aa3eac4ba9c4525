"""What was refused, why, and the bytes as they came."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    "bad_identity": "the device or site id is empty, too long, holds + # / $ or a control character, or is another's",
    "oversize": "the payload is larger than the limit",
    "store_refused": "the telemetry store refuses this entry",
}

REMEDIES = {
    "unreadable": "Mend what the device sends. These bytes stay unreadable: purge them.",
    "unknown_topic": "Let the device publish to foreworn/v1/SITE/DEVICE/KIND. Nothing is read from another topic: "
    "purge these.",
    "unknown_device": "Attach the device to a machine, then replay. If nobody knows it, purge.",
    "unknown_signal": "Add the signal to the machine model's catalogue, then replay. If nobody needs it, purge.",
    "wrong_type": "If the catalogue is wrong, mend the signal's type, then replay. If the device is, mend that and "
    "purge.",
    "not_finite": "Let the device leave out a signal that has no reading. These values are none: purge them.",
    "out_of_range": "If the value is right, widen the signal's range in the catalogue, then replay. If it is not, look "
    "at the sensor and purge.",
    "too_fast": "If the jump was real, replay these by their reason or their ids, and raise most_per_second in the "
    "catalogue. If it was not, look at the sensor and purge.",
    "unknown_state": "Add the state to the signal's list in the catalogue, then replay.",
    "future_time": "If the device's clock was wrong, set it and purge: a replay would believe these times once they "
    "have come. If the platform's was, set that and replay.",
    "bad_time": "Let the device send milliseconds since 1970, or RFC 3339. These times stay wrong: purge them.",
    "bad_identity": "Give the device or site another id. Nothing is read under this one: purge these.",
    "oversize": "Send smaller batches; or raise FOREWORN_INGESTION__LARGEST_PAYLOAD, then replay.",
    "store_refused": "Mend what the detail names, then replay. A signal that was added while the platform ran is known "
    "to its store after a restart.",
}
"""What to do about each reason."""

SKIPPED = {
    "not_asked_for": "the rate is judged by the value before, which is not at hand: name the reason too_fast, or the "
    "ids, to say that these values are right",
    "nothing_in_it": "today's rules take nothing from it, and refuse nothing",
}
"""Why a replay leaves an entry as it is."""


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


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A rejection as the quarantine keeps it.

    Parameters
    ----------
    id
        Never given twice.
    rejection
        What was refused; its payload may be cut, see `Quarantine.find`.
    payload_bytes
        Length of the whole payload. [B]
    """

    id: int
    rejection: Rejection
    payload_bytes: int

    @property
    def place(self) -> "Place":
        """Where it stands among all."""
        return self.rejection.received_at, self.id


Place = tuple[datetime, int]
"""Where an entry stands: by when it was received, then by its id; it stays true when the entry is gone."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries are meant: those that meet all that is given; without anything, every one.

    Parameters
    ----------
    ids
        Only these.
    device, reason, signal
        Only of this device, this reason, about this signal.
    since, until
        Only received in [since, until), platform time.

    Raises
    ------
    ValueError
        If the reason is not one of `REASONS`.
    """

    ids: tuple[int, ...] | None = None
    device: str | None = None
    reason: str | None = None
    signal: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.reason is not None and self.reason not in REASONS:
            raise ValueError(f"{self.reason!r} is not a reason: use one of {', '.join(REASONS)}")

    @property
    def said(self) -> dict[str, str | list[int]]:
        """What was given, as JSON-able values."""
        given: dict[str, str | list[int] | None] = {
            "ids": None if self.ids is None else list(self.ids),
            "device": self.device,
            "reason": self.reason,
            "signal": self.signal,
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
        }
        return {name: value for name, value in given.items() if value is not None}

    def covers(self, entry: QuarantineEntry) -> bool:
        """Tell whether an entry is meant."""
        refused = entry.rejection
        named = ((self.device, refused.device), (self.reason, refused.reason), (self.signal, refused.signal))
        return (
            (self.ids is None or entry.id in self.ids)
            and all(wanted is None or wanted == found for wanted, found in named)
            and (self.since is None or refused.received_at >= self.since)
            and (self.until is None or refused.received_at < self.until)
        )


EVERYTHING = Selection()


class Quarantine(Protocol):
    """Keeps what was refused so that it can be looked at, and replayed after a fix.

    It is bounded, by size and by age: the oldest go first, and are counted. Its order is that of `Place`.
    """

    def put(self, rejections: Sequence[Rejection]) -> None:
        """Keep them; keeping the same one twice keeps it once.

        Identity is (received_at, topic, payload, reason, signal). What is then too much or too old goes.
        """
        ...

    def find(
        self,
        selection: Selection = EVERYTHING,
        *,
        limit: int = 100,
        after: Place | None = None,
        payload: int | None = None,
    ) -> list[QuarantineEntry]:
        """Return entries, the newest first.

        Parameters
        ----------
        selection
            Which.
        limit
            How many at most.
        after
            Only those that come after this place: that of the last entry of the page before.
        payload
            Most bytes of each payload; None: all of it.
        """
        ...

    def get(self, id: int) -> QuarantineEntry:
        """Return one entry, whole.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        ...

    def newest(self, limit: int = 100, *, device: str | None = None) -> list[Rejection]:
        """Return what was refused last, whole, the newest first."""
        ...

    def count(self, selection: Selection = EVERYTHING) -> dict[str, int]:
        """Return how many are kept, by reason."""
        ...

    def dropped(self) -> dict[str, int]:
        """Return how many had to go because the quarantine is bounded, by reason, since it was made."""
        ...

    def restate(self, today: Mapping[int, tuple[str, str]]) -> None:
        """Give entries, by id, the reason and the detail of today; one that is not there stays away.

        Where the same refusal with that reason is kept already, the two are one.
        """
        ...

    def remove(self, ids: Sequence[int]) -> int:
        """Forget these entries; return how many were there."""
        ...

    def purge(self, selection: Selection) -> int:
        """Forget what is selected; return how many that were."""
        ...


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What came of a replay.

    Parameters
    ----------
    replayed
        Entries whose content is in the spool now, and which the quarantine has let go.
    refused
        Refused again, by reason: these stay.
    outdated
        Status messages: what a device said of its state then is no news, so these are let go.
    skipped
        Left as they are, by a key of `SKIPPED`.
    following
        Where to go on; None where all that is selected was looked at.
    """

    replayed: int = 0
    outdated: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    following: Place | None = None

    def __add__(self, other: "ReplayReport") -> "ReplayReport":
        return ReplayReport(
            self.replayed + other.replayed,
            self.outdated + other.outdated,
            dict(Counter(self.refused) + Counter(other.refused)),
            dict(Counter(self.skipped) + Counter(other.skipped)),
            other.following,
        )


class Replay(Protocol):
    """Sends what was refused through the rules of today."""

    def replay(self, selection: Selection, *, after: Place | None = None, limit: int | None = None) -> ReplayReport:
        """Replay up to `limit` of the selected entries, the newest first; see `ReplayReport`.

        Raises
        ------
        SpoolFailed, StoreUnavailable
            If something is away; what was replayed until then is, and the rest stays.
        """
        ...
