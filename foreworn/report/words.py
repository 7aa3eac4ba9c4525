"""How numbers read in a report: a unit and a denominator to each, and no more digits than are known."""

import math
from datetime import UTC, datetime
from typing import Final

_LONG_H: Final = 72
"""From here on a person plans in days."""


def percent(share: float) -> str:
    """Return a whole percent; next to nothing is not nothing, and next to all is not all.

    Examples
    --------
    >>> [percent(s) for s in (0.0, 0.002, 0.62, 0.998, 1.0, -0.04)]
    ['0 %', '<1 %', '62 %', '>99 %', '100 %', '−4 %']
    """
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1:
        return ">99 %"
    return f"{share * 100:.0f} %".replace("-", "−")


def chance(probability: float) -> str:
    """Return a probability with a decimal where whole percent would hide how small or large it is.

    Examples
    --------
    >>> [chance(p) for p in (0.0, 0.0004, 0.0123, 0.27, 0.968, 0.9997, 1.0)]
    ['0 %', '< 0.1 %', '1.2 %', '27 %', '96.8 %', '> 99.9 %', '100 %']
    """
    if 0 < probability < 0.001:
        return "< 0.1 %"
    if 0.999 < probability < 1:
        return "> 99.9 %"
    decimals = 1 if 0 < probability < 0.1 or 0.9 < probability < 1 else 0
    return f"{probability * 100:.{decimals}f} %"


def chances(low: float | None, high: float | None) -> str:
    """Return a range of shares with a decimal where whole percent would hide how small or large they are.

    Examples
    --------
    >>> chances(0.0, 0.0004), chances(0.55, 0.7), chances(None, None)
    ('0 % to < 0.1 %', '55 % to 70 %', '–')
    """
    return "–" if low is None or high is None else f"{chance(low)} to {chance(high)}"


def figure(value: float) -> str:
    """Return two decimals where they say something, thousands set apart where there are any.

    Examples
    --------
    >>> [figure(v) for v in (0.0134, 0.0, 3.5, 41.0, 12345.6, -0.25)]
    ['0.013', '0', '3.5', '41', '12,346', '−0.25']
    """
    if abs(value) >= 1000:
        text = f"{value:,.0f}"
    elif abs(value) >= 0.1:
        text = f"{value:.2f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:.2g}"
    return text.replace("-", "−")


def hours(length: float) -> str:
    """Return a notice in hours, with a decimal where it is short, and in days where it is long.

    Examples
    --------
    >>> hours(21.12), hours(3.4), hours(3.0), hours(165.8)
    ('21 h', '3.4 h', '3 h', '6.9 days')
    """
    if length >= _LONG_H:
        return f"{length / 24:.1f} days".replace(".0 days", " days")
    return f"{length:.0f} h" if length >= 10 else f"{length:.1f} h".replace(".0 h", " h")


def money(amount: float, currency: str) -> str:
    """Return an amount to three leading digits: costs are never known to more.

    Examples
    --------
    >>> money(21437.0, "EUR"), money(0.0, "EUR"), money(-84.26, "EUR")
    ('21,400 EUR', '0 EUR', '−84.3 EUR')
    """
    digits = 2 - math.floor(math.log10(abs(amount))) if amount else 0
    shown = f"{round(amount, digits):,.{min(2, max(0, digits))}f}"
    return f"{shown.replace('-', '−')} {currency}"


def counted(count: float, one: str, many: str = "") -> str:
    """Return the count with its noun.

    Examples
    --------
    >>> counted(1, "failure"), counted(1200, "failure"), counted(0, "failure")
    ('1 failure', '1,200 failures', '0 failures')
    """
    return f"{count:,.0f} {one if count == 1 else many or one + 's'}"


def interval(low: float, high: float) -> str:
    """Return a range of shares in whole percent, outward.

    Examples
    --------
    >>> interval(0.925, 0.991), interval(0.97, 1.0)
    ('92 to 100 %', '97 to 100 %')
    """
    outward = math.floor(low * 100 + 1e-9), math.ceil(high * 100 - 1e-9)
    return f"{outward[0]} to {outward[1]} %".replace("-", "−")


def probabilities(low: float, high: float) -> str:
    """Return a range of probabilities as its ends were chosen, unrounded.

    Examples
    --------
    >>> probabilities(0.005, 0.1)
    '0.5 to 10 %'
    """
    return f"{low * 100:g} to {high * 100:g} %"


def share_interval(low: float | None, high: float | None) -> str:
    """Return the 95 % interval of a share as the report has it; a dash where it has none.

    Examples
    --------
    >>> share_interval(0.722, 1.0), share_interval(None, None)
    ('72 to 100 %', '–')
    """
    return "–" if low is None or high is None else interval(low, high)


def span(length: float) -> str:
    """Return a length of time given in hours in the unit that a person plans with.

    Examples
    --------
    >>> span(24), span(168), span(36)
    ('24 hours', '7 days', '36 hours')
    """
    days = length / 24
    return f"{days:.0f} days" if length >= _LONG_H and days == int(days) else f"{length:g} hours"


def time_of(moment: datetime) -> str:
    """Return a time of the record to the minute.

    Examples
    --------
    >>> time_of(datetime(2015, 8, 1, 6, tzinfo=UTC))
    '2015-08-01 06:00 UTC'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day_of(moment: datetime) -> str:
    """Return the day of a time.

    Examples
    --------
    >>> day_of(datetime(2015, 8, 1, 6, tzinfo=UTC))
    '1 Aug 2015'
    """
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def sentence(text: str) -> str:
    """Return the text with a capital at its beginning and a stop at its end.

    Examples
    --------
    >>> sentence("nothing followed within 24 h"), sentence("")
    ('Nothing followed within 24 h.', '')
    """
    said = text.strip()
    return f"{said[:1].upper()}{said[1:]}{'' if said[-1:] in '.!?' else '.'}" if said else ""
