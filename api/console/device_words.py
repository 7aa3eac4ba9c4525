"""How a device's clock, silence and quality read to a person."""

from datetime import timedelta

from api.console.words import span
from foreworn.telemetry.quality import SignalQuality
from foreworn.telemetry.silence import Silence

_IN_STEP = timedelta(seconds=5)


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
