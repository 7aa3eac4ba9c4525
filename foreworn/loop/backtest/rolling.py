"""Backtests at several origins: one split may be lucky, and how far figures spread is a figure too."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest.time_split import Backtest, prefixed, run_backtest
from models.evaluation.rolling_origins import rolling_origins
from models.failure import FailureModelSettings


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure over the origins that had it."""

    mean: float
    low: float
    high: float
    origins: int


def rolling_backtests(
    history: FleetHistory,
    *,
    first: datetime,
    end: datetime,
    count: int = 4,
    horizon: timedelta = timedelta(hours=24),
    settings: FailureModelSettings | None = None,
    leave_out: Collection[str] = (),
    censoring: bool = True,
    on_step: Callable[[str], None] = lambda step: None,
) -> list[Backtest]:
    """Train before each origin, with a gap of one horizon, and judge what follows it up to the next.

    Parameters
    ----------
    history
        What is stamped at or after `end` is not looked at, so that a later test part stays unseen.
    first, end, count
        Where the first judged stretch begins, where the last one ends, and how many there are.
    horizon, settings, leave_out, censoring, on_step
        As in `run_backtest`.

    Raises
    ------
    TooLittleHistory
        If there is too little to train on before an origin, or nothing to judge after it.
    """
    known = history.until(end)
    return [
        run_backtest(
            known,
            train_until=origin.train_until,
            test_from=origin.test_from,
            test_to=origin.test_to,
            horizon=horizon,
            settings=settings,
            leave_out=leave_out,
            censoring=censoring,
            on_step=prefixed(on_step, f"stretch {number} of {count}"),
        )
        for number, origin in enumerate(rolling_origins(first, end, count=count, gap=horizon), 1)
    ]


def spreads(backtests: Sequence[Backtest]) -> Mapping[str, Spread]:
    """Return the mean and the range of every figure over the origins; intervals by machine stay with each origin."""
    found: dict[str, list[float]] = {}
    for one in backtests:
        for name, value in one.figures().items():
            if not name.endswith(("_low", "_high")):
                found.setdefault(name, []).append(float(value))
    return {
        name: Spread(float(np.mean(values)), min(values), max(values), len(values)) for name, values in found.items()
    }
