"""How numbers, times and forecasts read to a person."""

from datetime import UTC, datetime, timedelta

from foreworn.health.forecast import Reason
from foreworn.telemetry.signal import Signal, SignalCatalogue

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def percent(probability: float) -> str:
    """Return a whole percent; what is possible but less is `<1 %`, what is not certain is never 100.

    Examples
    --------
    >>> [percent(p) for p in (0.0, 0.004, 0.62, 0.999, 1.0)]
    ['0 %', '<1 %', '62 %', '>99 %', '100 %']
    """
    if 0 < probability < 0.01:
        return "<1 %"
    if 0.99 < probability < 1:
        return ">99 %"
    return f"{probability * 100:.0f} %"


def number(value: float) -> str:
    """Return three significant digits, thousands set apart, no exponent where a person would write none.

    Examples
    --------
    >>> [number(v) for v in (0.012345, 7.86, 41.0, 999.6, 18204.0, -3.5)]
    ['0.0123', '7.86', '41', '1,000', '18,204', '−3.5']
    """
    text = f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
    return text.replace("-", "−")


def plural(count: int, one: str, many: str = "") -> str:
    """Return the count with its noun.

    Examples
    --------
    >>> plural(1, "machine"), plural(1200, "machine"), plural(0, "reading")
    ('1 machine', '1,200 machines', '0 readings')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def span(length: timedelta) -> str:
    """Return a length of time in the largest unit that leaves no long number.

    Examples
    --------
    >>> [span(timedelta(hours=h)) for h in (0.5, 24, 36, 72, 24 * 30)]
    ['30 min', '24 h', '36 h', '3 d', '30 d']
    """
    if length < _MINUTE:
        return f"{length.total_seconds():.0f} s"
    if length < _HOUR:
        return f"{length / _MINUTE:.0f} min"
    return f"{length / _HOUR:.0f} h" if length < 2 * _DAY else f"{length / _DAY:.0f} d"


def exact(time: datetime) -> str:
    """Return the time as it stands in a record.

    Examples
    --------
    >>> exact(datetime(2015, 8, 1, 6, tzinfo=UTC))
    '2015-08-01 06:00 UTC'
    """
    utc = time.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M:%S UTC" if utc.second else "%Y-%m-%d %H:%M UTC")


def relative(time: datetime, now: datetime) -> str:
    """Return how long ago it was, or how soon it will be.

    Examples
    --------
    >>> now = datetime(2015, 8, 1, 6, tzinfo=UTC)
    >>> [relative(now - timedelta(hours=h), now) for h in (0, 0.5, 3, 100, -2)]
    ['just now', '30 min ago', '3 h ago', '4 d ago', 'in 2 h']
    """
    past = now - time
    if abs(past) < _MINUTE:
        return "just now"
    return f"{span(past)} ago" if past > timedelta(0) else f"in {span(-past)}"


def reading(signal_or_feature: str) -> str:
    """Return a machine-readable name as a person reads it.

    Examples
    --------
    >>> reading("vibration_rms")
    'vibration rms'
    """
    return signal_or_feature.replace("_", " ")


def label(signal: Signal) -> str:
    """Return what a person calls the signal."""
    return signal.label or reading(signal.name)


def usual(low: float, high: float) -> str:
    """Return a usual range.

    Examples
    --------
    >>> usual(2.0, 4.0), usual(0.0, 0.0)
    ('2–4', '0')
    """
    return number(low) if number(low) == number(high) else f"{number(low)}–{number(high)}"


def reason_name(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return the feature's name with the signal as a person calls it, such as `vibration (mean 24 h)`."""
    if _is_category(reason):
        return reason.feature
    rest = reason.feature.removeprefix(reason.source).strip()
    signal = signal_of(reason, catalogue)
    name = label(signal) if signal else reading(reason.source)
    if rest == reason.feature and rest != reason.source:
        return reading(reason.feature)
    return f"{name} ({rest})" if rest else name


def signal_of(reason: Reason, catalogue: SignalCatalogue) -> Signal | None:
    """Return the signal a reason is about; None where it is about an event or a record."""
    return catalogue.by_name(reason.source) if reason.source in catalogue.names else None


def reason_value(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return the feature's value now with its unit, or `not known`; a category stands in the name already."""
    if _is_category(reason):
        return ""
    if reason.value is None:
        return "not known"
    return number(reason.value) + _unit(reason, catalogue)


def reason_usual(reason: Reason) -> str:
    """Return where the middle 90 % of the training rows lay, or an empty text."""
    if reason.usual_low is None or reason.usual_high is None:
        return ""
    return usual(reason.usual_low, reason.usual_high)


def reason_phrase(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return one reason in a few words, such as `vibration (mean 24 h) 7.9 mm/s, usual 2–4`."""
    phrase = f"{reason_name(reason, catalogue)} {reason_value(reason, catalogue)}".strip()
    ordinary = reason_usual(reason)
    return f"{phrase}, usual {ordinary}" if ordinary else phrase


def _is_category(reason: Reason) -> bool:
    return reason.source == "machine model"


def _unit(reason: Reason, catalogue: SignalCatalogue) -> str:
    signal = signal_of(reason, catalogue)
    if signal is not None:
        return f" {signal.unit}" if signal.unit else ""
    if reason.feature.startswith("hours since"):
        return " h"
    return " years" if reason.source == "machine age" else ""


def position(reason: Reason) -> str:
    """Return where the value lies against its usual range."""
    if reason.value is None or reason.usual_low is None or reason.usual_high is None:
        return ""
    if reason.value > reason.usual_high:
        return "above usual"
    return "below usual" if reason.value < reason.usual_low else "as usual"
