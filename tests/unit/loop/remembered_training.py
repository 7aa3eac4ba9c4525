"""Training that remembers: one fleet, time and settings are learned from once for all tests of a process.

The same always gives the same model, which the tests of training show; a second time would only take seconds more.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from foreworn.fleet.history import FleetHistory
from models.failure import FailureModelSettings, GradientBoostedFailureModel
from models.failure import train as train_model

_KNOWN: dict[tuple[object, ...], tuple[FleetHistory, GradientBoostedFailureModel]] = {}


def train(
    history: FleetHistory,
    *,
    until: datetime,
    horizon: timedelta = timedelta(hours=24),
    settings: FailureModelSettings,
    leave_out: Collection[str] = (),
    on_step: Callable[[str], None] = lambda step: None,
) -> GradientBoostedFailureModel:
    """Train as `models.failure.train`, once for each time, settings and history, which is known by its identity."""
    key = (id(history), until, horizon, settings.model_dump_json(), *sorted(leave_out))
    if key not in _KNOWN:
        found = train_model(
            history, until=until, horizon=horizon, settings=settings, leave_out=leave_out, on_step=on_step
        )
        _KNOWN[key] = history, found  # the history is kept, so that no other takes its identity
    return _KNOWN[key][1]
