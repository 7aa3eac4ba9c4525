"""The backtest that a person asks for: one split, and what else shall be known of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow.compute as pc

from foreworn.errors import ConfigurationError, TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest.limits import NOT_PRICED, NOT_PROBED, ONE_SPLIT
from foreworn.loop.backtest.probes import Repeat, probe
from foreworn.loop.backtest.rolling import rolling_backtests, spreads
from foreworn.loop.backtest.time_split import Backtest, record_end, run_backtest
from foreworn.loop.backtest.unit_split import UnitBacktest, run_unit_backtest
from foreworn.loop.pricing import NotRunToFailure, Priced
from foreworn.settings import ScoringSettings
from foreworn.telemetry.signal import SignalCatalogue, SignalType
from models.failure import FailureModelSettings

PRICED_APART: Final = (
    "What is priced are models of the same kind, each on machines that it was trained without, with orders placed well "
    "ahead; it is not this very model's doing."
)
LEARNED_SHARE: Final = 0.7
"""Of the record, what is learned from unless a split is given."""


def backtest(
    history: FleetHistory,
    *,
    train_until: datetime | None = None,
    test_from: datetime | None = None,
    test_to: datetime | None = None,
    with_events: bool = True,
    with_plan: bool = True,
    settings: ScoringSettings | None = None,
    catalogue: SignalCatalogue | None = None,
    by_unit: int | None = None,
    origins: int | None = None,
    probes: bool = False,
    price: Callable[[FleetHistory], Priced] | None = None,
) -> dict[str, Any]:
    """Return the report of a backtest as JSON-able values; `foreworn.loop.backtest.report` has the keys.

    Parameters
    ----------
    history
        The whole record.
    train_until, test_from, test_to
        The split. Where only one of the first two is given, the other lies a horizon away; where neither is, the first
        70 % of the record are learned from. By unit, times left out split nothing.
    with_events, with_plan
        Whether event codes, and what carries the calendar of the maintenance plan, are among the features.
    settings
        For the horizon.
    catalogue
        Its counters are no features, as in training.
    by_unit
        Folds of machines, each judged by a model of the others; by time alone unless given.
    origins
        How many further splits the judged stretch is cut into, each judged by a model trained shortly before it.
    probes
        Whether to look for leaks; `check_probes` of the report's raises where one was found.
    price
        Prices acting on such models (`foreworn.loop.pricing.price` under a cost table); where the history cannot be
        priced, the report's limits say why.

    Raises
    ------
    ConfigurationError
        If the split is none, or origins are asked for by unit.
    TooLittleHistory
        If there is too little to train on, or nothing to judge.
    """
    horizon = (settings or ScoringSettings()).horizon
    chosen = FailureModelSettings(with_events=with_events, without_plan=not with_plan)
    leave_out = frozenset(s.name for _, s in catalogue or () if s.type is SignalType.COUNTER)
    if by_unit is not None and origins is not None:
        raise ConfigurationError("origins are splits by time: ask for --origins or for --by-unit")
    if by_unit is None or train_until is not None or test_from is not None:
        train_until, test_from = split(history, train_until, test_from, horizon)

    def run(of: FleetHistory) -> Backtest | UnitBacktest:
        if by_unit is not None:
            return run_unit_backtest(
                of, folds=by_unit, train_until=train_until, test_from=test_from, test_to=test_to,
                horizon=horizon, settings=chosen, leave_out=leave_out,
            )  # fmt: skip
        assert train_until is not None and test_from is not None  # noqa: PT018 - the split above
        return run_backtest(
            of, train_until=train_until, test_from=test_from, test_to=test_to,
            horizon=horizon, settings=chosen, leave_out=leave_out,
        )  # fmt: skip

    done = run(history)
    found = done.report()
    if origins is not None and isinstance(done, Backtest):
        found |= _origins(
            rolling_backtests(
                history, first=done.test_from, end=done.test_to, count=origins,
                horizon=horizon, settings=chosen, leave_out=leave_out,
            )
        )  # fmt: skip
    if probes:
        found |= _probes(done, history, run)
    if price is not None:
        found |= _priced(found["limits"], history, price)
    said = {ONE_SPLIT: found["origins"], NOT_PROBED: found["probes"], NOT_PRICED: price}
    found["limits"] = [sentence for sentence in found["limits"] if not said.get(sentence)] + _not_run(found["probes"])
    return found


def split(
    history: FleetHistory, train_until: datetime | None, test_from: datetime | None, horizon: timedelta
) -> tuple[datetime, datetime]:
    """Return where the training ends and the test begins, a horizon apart unless both are given.

    With neither, the training ends at the first midnight (UTC) past 70 % of the telemetry's time.
    """
    if train_until is None and test_from is None:
        first: datetime = pc.min(history.telemetry["time"]).as_py()
        at = first + LEARNED_SHARE * (record_end(history) - first)
        train_until = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if train_until is None:
        assert test_from is not None
        return test_from - horizon, test_from
    return train_until, train_until + horizon if test_from is None else test_from


def _origins(done: Sequence[Backtest]) -> dict[str, Any]:
    return {
        "origins": [
            {
                "train_until": one.train_until.isoformat(),
                "test_from": one.test_from.isoformat(),
                "test_to": one.test_to.isoformat(),
                "figures": one.figures(),
            }
            for one in done
        ],
        "spread": {name: asdict(spread) for name, spread in spreads(done).items()},
    }


def _priced(limits: Sequence[str], history: FleetHistory, price: Callable[[FleetHistory], Priced]) -> dict[str, Any]:
    try:
        priced = price(history).as_data()
    except (NotRunToFailure, TooLittleHistory) as why:
        return {"limits": [*limits, f"Not priced: {why}."]}
    return {"priced": priced, "limits": [*limits, PRICED_APART]}


def _probes(done: Backtest | UnitBacktest, history: FleetHistory, repeat: Repeat) -> dict[str, Any]:
    return {"probes": [asdict(found) for found in probe(done, history, repeat)]}


def _not_run(probes: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"The probe of {one['name']} could not be run: {one['said']}." for one in probes if one["passed"] is None]
