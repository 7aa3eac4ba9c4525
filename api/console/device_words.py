"""How a device's clock, pace, silence and quality read to a person."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from api.console.words import number, span
from foreworn.telemetry.intake import DeviceProgress
from foreworn.telemetry.quality import HOUR, SignalQuality
from foreworn.telemetry.silence import Silence

_IN_STEP = timedelta(seconds=5)
_RATED = 4 * HOUR

MEANINGS: Mapping[str, str] = {
    "completeness": "how many of the readings came that the signal's cadence promises since the device is heard",
    "timeliness": "how much of what the device sent came in time",
    "validity": "how many of the signal's values were taken, not refused",
    "uniqueness": "how much of what the device sent had not come before",
}
"""What each part of a signal's quality says."""


def clock(skew: timedelta | None) -> str:
    """Return what is known of a device's clock; positive is behind.

    Examples
    --------
    >>> [clock(timedelta(seconds=s)) for s in (240, -130, 1)]
    ['4 min behind', '2 min ahead', 'in step']
    >>> clock(None)
    'not known'
    """
    if skew is None:
        return "not known"
    if abs(skew) < _IN_STEP:
        return "in step"
    return f"{span(abs(skew))} {'behind' if skew > timedelta(0) else 'ahead'}"


def clock_caveat(skew: timedelta | None) -> str:
    """Return how sure a clock's estimate is; empty where there is nothing to add.

    Examples
    --------
    >>> [clock_caveat(timedelta(seconds=s)) for s in (-130, 1)]
    ['at least: nothing arrives before it is sent', '']
    """
    if skew is None or abs(skew) < _IN_STEP:
        return ""
    if skew < timedelta(0):
        return "at least: nothing arrives before it is sent"
    return "at most: it may also always wait that long before it sends"


def pace(progress: DeviceProgress, now: datetime) -> str:
    """Return how many entries come an hour, or came at all while the device is heard too shortly for a rate.

    Examples
    --------
    >>> from datetime import UTC
    >>> from foreworn.telemetry.quality import HourTally
    >>> hours = tuple(HourTally(494_000 + n, entries=12) for n in range(6))
    >>> at = [hours[n].time + timedelta(minutes=30) for n in (1, 5)]
    >>> pace(DeviceProgress("d1", hours=hours[:2]), at[0]), pace(DeviceProgress("d1", hours=hours), at[1])
    ('24 so far', '13.7')
    """
    if progress.hours and now - progress.hours[0].time < _RATED:
        return f"{sum(tally.entries for tally in progress.hours):,} so far"
    return number(progress.hourly_rate(now))


def usually(silence: Silence) -> str:
    """Return how often a silent device speaks otherwise.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> usually(Silence(noon, False, timedelta(minutes=10), timedelta(minutes=30)))
    'it usually speaks every 10 min'
    >>> usually(Silence(noon, False, None, timedelta(hours=3)))
    'it should speak within 3 h'
    """
    if silence.usual_gap is None:
        return f"it should speak within {span(silence.patience)}"
    return f"it usually speaks every {span(silence.usual_gap)}"


_FAULTS = {
    "completeness": "readings are missing",
    "timeliness": "readings come late",
    "validity": "values are refused",
    "uniqueness": "readings come again",
}


def fault(quality: SignalQuality) -> str:
    """Return what a signal's score comes from; empty where nothing is wrong.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> fault(SignalQuality("d1", "rpm", noon, 0.5, 0.9)), fault(SignalQuality("d1", "rpm", noon, 1.0))
    ('readings are missing', '')
    """
    return "" if quality.weakest is None or quality.score == 1 else _FAULTS[quality.weakest]
