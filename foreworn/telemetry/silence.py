"""Notice that a device has fallen silent: it said good-bye, or has not spoken for longer than it ever waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.telemetry.intake import DeviceProgress
from foreworn.telemetry.signal import Signal

PATIENCE = 3
"""A device may miss two visits; a third makes it silent."""
LEAST_PATIENCE = timedelta(minutes=1)
UNKNOWN_CADENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """A device that ought to speak and does not.

    Parameters
    ----------
    since
        When it spoke last, or when it, or its last will, said that it is gone.
    said_goodbye
        Whether it, or its last will, said so.
    usual_gap
        The usual time between its visits; None before there were a few.
    patience
        How long it may stay away before it counts as silent.
    """

    since: datetime
    said_goodbye: bool
    usual_gap: timedelta | None
    patience: timedelta


def cadence_of(signals: Iterable[Signal]) -> timedelta:
    """Return how often a device is heard that sends these signals: the shortest of their cadences."""
    return min((signal.cadence for signal in signals), default=UNKNOWN_CADENCE)


def silence_of(progress: DeviceProgress, cadence: timedelta, now: datetime) -> Silence | None:
    """Return since when a device is silent, or None where it is not.

    Its deadline is `PATIENCE` times the gap it usually leaves, and never less than the catalogue's cadence; while
    its gap is not known, as many cadences. Whoever never spoke is not silent.

    Parameters
    ----------
    progress
        What is known of the device.
    cadence
        How often the catalogue says that it is heard.
    now
        The platform's time.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> pump = DeviceProgress("pump-7", last_spoke_at=noon, usual_gap=timedelta(minutes=10))
    >>> silence_of(pump, timedelta(minutes=1), noon + timedelta(minutes=30)) is None
    True
    >>> silence_of(pump, timedelta(minutes=1), noon + timedelta(minutes=31)).patience
    datetime.timedelta(seconds=1800)
    """
    if progress.last_spoke_at is None:
        return None
    usual = progress.usual_gap
    patience = max(PATIENCE * (cadence if usual is None else usual), cadence, LEAST_PATIENCE)
    gone_at = progress.state_since if progress.state == "offline" else None
    if gone_at is not None and gone_at >= progress.last_spoke_at:
        return Silence(gone_at, True, usual, patience)
    if now - progress.last_spoke_at > patience:
        return Silence(progress.last_spoke_at, False, usual, patience)
    return None
