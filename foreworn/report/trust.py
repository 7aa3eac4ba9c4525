"""Whether the probabilities can be taken at their word, in sentences."""

from collections.abc import Sequence

from foreworn.health.scorecard import wilson
from foreworn.report.record import BacktestRecord, Bin, Month
from foreworn.report.words import counted, figure, interval, percent, probabilities

_HONEST_SLOPE = (0.8, 1.25)
_ENOUGH = 20
"""Of fewer forecasts a share says next to nothing."""


def example(bins: Sequence[Bin]) -> str:
    """Return the range of probabilities that fewest would believe and most act on, and how often it came true."""
    known = [one for one in bins if one.forecasts >= _ENOUGH and one.mean_probability >= 0.3]
    if not known:
        return ""
    one = min(known, key=lambda b: abs(b.mean_probability - 0.6))
    low, high = wilson(one.failed, one.forecasts)
    kept = "as it was said" if low <= one.mean_probability <= high else "which is not what was said"
    return (
        f"Of {counted(one.forecasts, 'forecast')} of {probabilities(one.low, one.high)}, "
        f"{percent(one.mean_probability)} on average, {one.failed:,} were followed by the failure "
        f"({percent(one.failed_share)}): {kept}."
    )


def slope(record: BacktestRecord) -> str:
    """Return whether the forecasts were too bold or too shy."""
    value = record.figures.get("calibration_slope")
    if value is None:
        return ""
    low, high = (record.figures.get(f"calibration_slope_{end}") for end in ("low", "high"))
    sure = "" if low is None or high is None else f", 95 % interval {figure(low)} to {figure(high)}"
    if value < _HONEST_SLOPE[0]:
        word = "The forecasts are too bold: high ones come true less often, and low ones more often, than they say"
    elif value > _HONEST_SLOPE[1]:
        word = "The forecasts are too shy: high ones come true more often, and low ones less often, than they say"
    else:
        word = "The forecasts are neither too bold nor too shy"
    return f"{word} (calibration slope {figure(value)}; 1 is honest{sure})."


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


def months_told(months: Sequence[Month]) -> str:
    """Return whether as many failures came as the forecasts add up to."""
    if not months:
        return ""
    expected, came = sum(month.expected for month in months), sum(month.observed for month in months)
    inside = sum(month.inside for month in months)
    within = "each month's" if inside == len(months) else f"in {inside} of {counted(len(months), 'month')} the"
    return (
        f"The forecasts add up to {counted(round(expected), 'failure')} in {counted(len(months), 'month')}, and "
        f"{came:,} came; {within} number lay within what was expected."
    )
