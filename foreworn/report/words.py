"""How numbers read in a report: a unit and a denominator to each, and no more digits than are known."""

import math
from datetime import UTC, datetime

from foreworn.health.scorecard import wilson


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
    """Return a notice in hours, with a decimal where it is short.

    Examples
    --------
    >>> hours(21.12), hours(3.4), hours(3.0)
    ('21 h', '3.4 h', '3 h')
    """
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


def share_range(hits: int, trials: int, low: float | None, high: float | None) -> tuple[float, float]:
    """Return the 95 % interval of a share; where resampling has nothing to vary, Wilson's of the bare counts.

    Whoever caught all of ten failures is resampled to 100 % for ever, and has still seen ten only.

    Examples
    --------
    >>> low, high = share_range(10, 10, 1.0, 1.0)
    >>> round(low, 2), round(high, 2)
    (0.72, 1.0)
    """
    if low is None or high is None or low == high:
        return wilson(hits, trials)
    return low, high


def share_interval(hits: int, trials: int, low: float | None, high: float | None) -> str:
    """Return `share_range` in words.

    Examples
    --------
    >>> share_interval(10, 10, 1.0, 1.0), share_interval(9, 10, 0.7, 1.0), share_interval(0, 0, None, None)
    ('72 to 100 %', '70 to 100 %', '–')
    """
    return interval(*share_range(hits, trials, low, high)) if trials else "–"


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
