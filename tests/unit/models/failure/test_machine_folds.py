from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pyarrow.compute as pc
import pytest
from pydantic import ValidationError

from foreworn.fleet.history import FleetHistory
from foreworn.loop.pricing.lives import by_machine
from models.evaluation.outcomes import Occurrences
from models.failure import FailureModelSettings, train
from models.failure.component_training import too_little
from models.failure.machine_folds import MachineFolds
from models.failure.periods import periods_to
from models.failure.training_rows import scorable_rows, training_rows
from models.features import features_of
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import HOUR, at, history, machine

MACHINE = np.repeat(np.array([f"m{n}" for n in range(10)], dtype=object), 7)
EVERYTHING = np.ones(len(MACHINE), dtype=bool)
HORIZON = 24 * HOUR
BY_MACHINE = FailureModelSettings(
    every=3 * HOUR, curve=(HORIZON,), trees=40, fewest_rows_in_leaf=20, feature_share=1.0
).for_unseen_machines()


def test_no_machine_is_on_both_sides_and_every_row_is_foretold_once() -> None:
    own = MACHINE != "m4"
    folds = list(MachineFolds(MACHINE, MACHINE == "m1", own, count=4, seed=3))
    assert len(folds) == 4
    for train_on, score in folds:
        assert not set(MACHINE[train_on]) & set(MACHINE[score])
        assert (train_on | score).tolist() == own.tolist()
    assert np.sum([score for _, score in folds], axis=0).tolist() == own.astype(int).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_machines_that_failed_are_spread_over_the_folds(seed: int) -> None:
    failed = np.isin(MACHINE.astype(str), ["m1", "m5", "m7"])
    folds = MachineFolds(MACHINE, failed, EVERYTHING, count=3, seed=seed)
    assert [len(set(MACHINE[score & failed])) for _, score in folds] == [1, 1, 1]


def test_a_single_fold_of_machines_would_leave_nothing_to_learn_from() -> None:
    with pytest.raises(ValidationError, match="at least 2 by machine"):
        FailureModelSettings(inner_folds_by="machine", inner_folds=1)


def test_failures_of_one_machine_alone_are_too_few_to_calibrate_on_and_it_is_said() -> None:
    known = fleet()
    own = known.failures.filter(pc.equal(known.failures["machine"], "m00"))
    rows = training_rows(
        FleetHistory(known.machines, known.telemetry, known.events, known.maintenance, own),
        features_of(known, with_events=False, horizon=24 * HOUR),
        until=UNTIL,
        horizon=24 * HOUR,
        every=3 * HOUR,
        periods=periods_to([24 * HOUR]),
    )
    settings = SMALL.model_copy(update={"fewest_failures": 2, "inner_folds_by": "machine"})
    assert too_little(rows, "bearing", settings) == (
        f"its {len(rows.failure_times('bearing'))} failures are all of one machine; some are needed of others, to "
        "calibrate on"
    )


@cache
def begun_together(count: int = 60) -> FleetHistory:
    """Return machines that all begin in the same hour and shake more and more, each at its own pace, till they fail."""
    draw = np.random.default_rng(11)
    names = [f"m{n:02d}" for n in range(count)]
    lengths = draw.integers(80, 300, count)
    telemetry = [
        {"time": at(hour), "machine": name, "vibration": 40 + 30 * (hour / length) ** 4 + draw.normal(0, 3)}
        for name, length in zip(names, lengths.tolist(), strict=True)
        for hour in range(length)
    ]
    return history(
        machines=[
            replace(machine(name, components=("seal",)), retired_at=at(int(length) + 1))
            for name, length in zip(names, lengths, strict=True)
        ],
        telemetry=telemetry,
        failures=[(name, at(int(length)), "seal") for name, length in zip(names, lengths, strict=True)],
    )


def expected_of_observed(settings: FailureModelSettings) -> float:
    """Return how many failures were expected, of those that there were, on rows of machines not learned from."""
    known = begun_together()
    taught = {m.id for m in known.machines[::2]}
    model = train(by_machine(known, taught), until=at(1000), horizon=HORIZON, settings=settings)
    index = scorable_rows(known, model.features.warm_up, start=at(0), end=at(300), every=3 * HOUR)
    index = index.where(np.array([name not in taught for name in index.machine.tolist()]))
    failing = Occurrences(known.failures).next_after(index, "seal") <= index.time + HORIZON / timedelta(milliseconds=1)
    return float(model.probabilities(known, index)["seal"].sum() / failing.sum())


def test_a_fleet_that_began_in_one_hour_fails_as_often_as_said_by_folds_of_machines_and_not_by_those_of_time() -> None:
    by_time = expected_of_observed(BY_MACHINE.model_copy(update={"inner_folds_by": "time"}))
    assert expected_of_observed(BY_MACHINE) == pytest.approx(1, abs=0.15)
    assert abs(by_time - 1) > 0.25
