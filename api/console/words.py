"""How numbers, times and forecasts read to a person."""

import math
from datetime import UTC, datetime, timedelta

from foreworn.health.forecast import Forecast
from foreworn.telemetry.signal import Signal

_DAYS_OF_WEEK = 7
_WHOLE_HOURS_FROM = 10
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


def money(amount: float, currency: str, digits: int = 2) -> str:
    """Return an amount to as many leading digits as are known of it, with its currency.

    Examples
    --------
    >>> [money(v, "EUR") for v in (3127.4, 84.2, 0.0, -950.0)]
    ['3,100 EUR', '84 EUR', '0 EUR', '−950 EUR']
    >>> money(21437.0, "EUR", digits=3)
    '21,400 EUR'
    """
    whole = 0.0
    if amount:
        whole = round(amount, min(0, digits - 1 - math.floor(math.log10(abs(amount)))))
    return f"{whole:,.0f} {currency}".replace("-", "−")


def hours(length: timedelta) -> str:
    """Return working time in hours, to the half hour where it is short.

    Examples
    --------
    >>> [hours(timedelta(minutes=m)) for m in (0, 20, 90, 180, 3840)]
    ['0 h', '0.3 h', '1.5 h', '3 h', '64 h']
    """
    value = length / _HOUR
    return f"{value:.0f} h" if value >= _WHOLE_HOURS_FROM else f"{value:.1f} h".replace(".0 h", " h")


def within(length: timedelta) -> str:
    """Return how far a forecast looks, in the words of a sentence.

    Examples
    --------
    >>> [within(timedelta(hours=h)) for h in (1, 24, 36, 168)]
    ['within 1 hour', 'within 24 hours', 'within 36 hours', 'within 7 days']
    """
    if length < 2 * _DAY:
        return f"within {plural(round(length / _HOUR), 'hour')}"
    return f"within {plural(round(length / _DAY), 'day')}"


def sentence(text: str) -> str:
    """Return the text with a capital at its beginning and a stop at its end.

    Examples
    --------
    >>> sentence("replace the bearing"), sentence("Why?")
    ('Replace the bearing.', 'Why?')
    """
    return f"{text[:1].upper()}{text[1:]}{'' if text[-1:] in '.!?' else '.'}"


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
    >>> [when(now + timedelta(days=d), now) for d in (0, 2, -1, -3, 12, 300)]
    ['06:00 today', 'Mon 06:00', 'yesterday 06:00', 'last Wed 06:00', '13 Aug 06:00', '27 May 2016 06:00']
    """
    utc, today = time.astimezone(UTC), now.astimezone(UTC).date()
    days = (utc.date() - today).days
    if days == 0:
        return f"{utc:%H:%M} today"
    if days == -1:
        return f"yesterday {utc:%H:%M}"
    if abs(days) < _DAYS_OF_WEEK:
        return f"{'last ' if days < 0 else ''}{utc:%a %H:%M}"
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
