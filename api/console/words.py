"""How numbers, times and forecasts read to a person."""

from datetime import UTC, datetime, timedelta

from foreworn.health.forecast import Forecast
from foreworn.telemetry.signal import Signal

_DAYS_OF_WEEK = 7
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


def date(time: datetime) -> str:
    """Return the day.

    Examples
    --------
    >>> date(datetime(2015, 8, 1, 6, tzinfo=UTC))
    '1 Aug 2015'
    """
    utc = time.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def when(time: datetime, now: datetime) -> str:
    """Return a time of the calendar as one would say it on the day of `now`; it is in UTC.

    Examples
    --------
    >>> now = datetime(2015, 8, 1, 6, tzinfo=UTC)
    >>> [when(now + timedelta(days=d), now) for d in (0, 2, -3, 12, 300)]
    ['06:00 today', 'Mon 06:00', 'Wed 06:00', '13 Aug 06:00', '27 May 2016 06:00']
    """
    utc, today = time.astimezone(UTC), now.astimezone(UTC).date()
    days = abs((utc.date() - today).days)
    if days == 0:
        return f"{utc:%H:%M} today"
    if days < _DAYS_OF_WEEK:
        return f"{utc:%a %H:%M}"
    day = f"{utc.day} {utc:%b}" if utc.year == today.year else date(utc)
    return f"{day} {utc:%H:%M}"


def deadline(forecast: Forecast, now: datetime) -> str:
    """Return by when the forecast expects what it expects, such as `by Tue 06:00`."""
    end = forecast.time + forecast.horizon
    return f"by {when(end, now)}" if end > now else f"by {when(end, now)} (passed)"


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
