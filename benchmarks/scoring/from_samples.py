"""Features for a year of samples, beside pandas' `rolling` of the same definitions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.fleet import SIGNALS, START, FleetPlan, fleet
from benchmarks.scoring.pandas_windows import PandasWindows
from benchmarks.scoring.peak_memory import peak_mib
from benchmarks.scoring.turns import alternate, ratio, spread
from foreworn.fleet.history import FleetHistory
from models.features import FeatureSet, RowIndex, WindowMean, WindowSpread, compute, features_of

WIDTHS: Final = (timedelta(hours=3), timedelta(hours=24))
EVERY: Final = timedelta(hours=3)
USUAL: Final = "per_machine"
"""The way that `ratio_vs_pandas` is held against: pandas' quicker one of those that need no trick."""
_DIFFERENCE: Final = 1e-9  # as a share of the signal's largest value


@dataclass(frozen=True, slots=True)
class Year:
    """A fleet's record and the rows to compute: every 3 h from the second day on."""

    history: FleetHistory
    rows: RowIndex

    @classmethod
    def of(cls, plan: FleetPlan) -> "Year":
        """Return the record of a plan."""
        history = fleet(plan)
        return cls(history, RowIndex.grid([m.id for m in history.machines], START + WIDTHS[-1], plan.end, EVERY))


def windows() -> FeatureSet:
    """Return mean and spread of every signal over every width."""
    return FeatureSet(tuple(kind(s, w) for s in SIGNALS for w in WIDTHS for kind in (WindowMean, WindowSpread)))


def ours(year: Year) -> Callable[[], NDArray[np.float64]]:
    """Return what computes the windows by Foreworn, from the record's Arrow tables."""
    return lambda: compute(windows(), year.history, year.rows).matrix


def theirs(year: Year) -> dict[str, Callable[[], NDArray[np.float64]]]:
    """Return what computes the windows by pandas, by the name of the way, from a frame that is ready."""
    return PandasWindows(year.history.telemetry, SIGNALS, WIDTHS, START, EVERY).ways()


def against_pandas(plan: FleetPlan, turns: int) -> dict[str, float | int]:
    """Return how much longer pandas takes, each way, after all were found to say the same.

    Raises
    ------
    RuntimeError
        If they do not.
    """
    year = Year.of(plan)
    features, pandas = ours(year), theirs(year)
    matrix = features()
    for way in pandas.values():
        check_same(matrix, way())
    found = alternate({"features": features, **pandas}, turns)
    default = features_of(year.history)
    whole = alternate({"default": lambda: compute(default, year.history, year.rows)}, turns)
    figures: dict[str, float | int] = ratio("ratio_vs_pandas", found[USUAL], found["features"])
    for name in pandas:
        if name != USUAL:
            figures |= ratio(f"ratio_vs_pandas_{name}", found[name], found["features"])
        figures |= spread(f"pandas_{name}_cpu_seconds", found[name])
        figures[f"pandas_{name}_peak_mib"] = peak_mib(pandas[name])
    return {
        **figures,
        **spread("features_cpu_seconds", found["features"]),
        "features_peak_mib": peak_mib(features),
        **spread("default_features_cpu_seconds", whole["default"]),
        "feature_rows": len(year.rows),
    }


def check_same(matrix: NDArray[np.float64], rolled: NDArray[np.float64]) -> None:
    """Compare the windows of both, which stand in another order: pandas has them by width, kind, and then signal.

    Raises
    ------
    RuntimeError
        If a value differs by more than a 10^-9th of its signal's largest value, or is known to one of them alone.
    """
    by_kind = rolled.reshape(len(rolled), 2 * len(WIDTHS), len(SIGNALS))
    same_order = by_kind.transpose(0, 2, 1).reshape(len(rolled), -1)
    largest = np.repeat(np.nanmax(np.abs(matrix.reshape(len(matrix), len(SIGNALS), -1)), axis=(0, 2)), 2 * len(WIDTHS))
    if not np.allclose(matrix / largest, same_order / largest, rtol=0, atol=_DIFFERENCE, equal_nan=True):
        raise RuntimeError("the windows are not those of pandas")
