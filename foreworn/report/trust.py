"""Whether the probabilities can be taken at their word, in sentences."""

from collections.abc import Sequence
from typing import Final

from foreworn.report.record import BacktestRecord, Bin
from foreworn.report.words import counted, figure, interval, percent, probabilities, span

FEW: Final = 30
"""With fewer failures one more or less moves a share by more than three points."""
_HONEST_SLOPE: Final = (0.8, 1.25)
_ENOUGH: Final = 20
"""Of fewer forecasts a share says next to nothing."""
_SLIGHT: Final = 0.02
"""A share that is no further than this from what was said makes nobody plan differently."""
_TELLS_NOTHING: Final = 0.6
"""An interval that is wider holds what was said whatever was said."""
_HONEST: Final = "The forecasts are neither too bold nor too shy"
_UNDECIDED: Final = "Whether the forecasts are too bold or too shy cannot be told"
_TOO_BOLD: Final = "too bold: high ones come true less often, and low ones more often, than they say"
_TOO_SHY: Final = "too shy: high ones come true more often, and low ones less often, than they say"


def example(bins: Sequence[Bin]) -> str:
    """Return the range of probabilities that fewest would believe and most act on, and how often it came true."""
    known = [one for one in bins if one.forecasts >= _ENOUGH and one.mean_probability >= 0.3]
    if not known:
        return ""
    one = min(known, key=lambda b: abs(b.mean_probability - 0.6))
    expected = round(one.mean_probability * one.forecasts)
    return (
        f"Of {counted(one.forecasts, 'forecast')} of {probabilities(one.low, one.high)}, about {expected:,} should "
        f"have come true by their own word, and {one.failed:,} did: {_kept(one)}."
    )


def _kept(one: Bin) -> str:
    """Return whether what came true is what was said, chance allowed for."""
    off = one.failed_share - one.mean_probability
    if one.share_low is not None and one.share_high is not None:
        sure = f"95 % interval {interval(one.share_low, one.share_high)}"
        if one.share_high - one.share_low > _TELLS_NOTHING:
            return f"they are of too few failures to tell ({sure})"
        if one.share_low <= one.mean_probability <= one.share_high:
            return f"no further apart than chance allows ({sure})"
    else:
        sure = "no interval was measured"
    if abs(off) < _SLIGHT:
        return f"nearly the same ({sure})"
    return f"{'fewer' if off < 0 else 'more'} than was said, and more so than chance explains ({sure})"


def slope(record: BacktestRecord) -> str:
    """Return whether the forecasts were too bold or too shy, as far as the interval of the slope lets that be told."""
    value = record.figures.get("calibration_slope")
    if value is None:
        return ""
    low, high = (record.figures.get(f"calibration_slope_{end}") for end in ("low", "high"))
    if low is None or high is None:
        return f"{_UNDECIDED} (calibration slope {figure(value)}, where 1 is honest; no interval was measured)."
    if low <= 1 <= high:
        word = _HONEST if _HONEST_SLOPE[0] <= low and high <= _HONEST_SLOPE[1] else _holds_one(record)
    else:
        little = "a little " if _HONEST_SLOPE[0] <= value <= _HONEST_SLOPE[1] else ""
        word = f"The forecasts are {little}{_TOO_BOLD if value < 1 else _TOO_SHY}"
    return (
        f"{word} (calibration slope {figure(value)}, where 1 is honest; 95 % interval {figure(low)} to {figure(high)})."
    )


def _holds_one(record: BacktestRecord) -> str:
    failures = record.figures.get("failures", 0)
    if failures < FEW:
        return f"{_UNDECIDED}: {counted(failures, 'failure')} are too few"
    return "The forecasts cannot be told from honest ones: nothing shows that they are too bold or too shy"


def skill(record: BacktestRecord) -> str:
    """Return what the forecasts know beyond the ordinary rate of failures."""
    value = record.figures.get("brier_skill")
    if value is None:
        return ""
    if value <= 0:
        return (
            f"They know no more than the ordinary rate of failures (Brier skill {figure(value)}; 0 is the rate alone)."
        )
    low, high = (record.figures.get(f"brier_skill_{end}") for end in ("low", "high"))
    sure = "" if low is None or high is None else f"; 95 % interval {interval(low, high)}"
    if low is not None and low <= 0:
        return (
            f"Whether they know more than the ordinary rate of failures is open (Brier skill {percent(value)}{sure})."
        )
    return f"They err {percent(value)} less than always saying the ordinary rate of failures (Brier skill{sure})."


def months_told(record: BacktestRecord) -> str:
    """Return whether as many failures came as the forecasts add up to, and why not all that were judged count here."""
    months = record.months
    if not months:
        return ""
    expected, came = sum(month.expected for month in months), sum(month.observed for month in months)
    inside = sum(month.inside for month in months)
    within = "each month's" if inside == len(months) else f"in {inside} of {counted(len(months), 'month')} the"
    return (
        f"The forecasts add up to {counted(round(expected), 'failure')} in {counted(len(months), 'month')}, and "
        f"{came:,} came; {within} number lay within what was expected.{_elsewhere(record, came)}"
    )


def _elsewhere(record: BacktestRecord, came: int) -> str:
    """Return why fewer failures are counted by month than were judged; empty where all are."""
    judged = int(record.figures.get("failures", came))
    if judged <= came:
        return ""
    reach = span(record.horizon_h) if record.horizon_h is not None else "a horizon"
    return (
        f" {came:,} of the {counted(judged, 'judged failure')} are counted here: the other {judged - came:,} came "
        f"within {reach} of where a machine's forecasts begin, or of where its record ends, and forecasts can only be "
        "added up in between."
    )
