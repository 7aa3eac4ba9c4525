from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.health.label import Outcome, outcome
from models.evaluation.outcomes import CODES, Record
from models.features import RowIndex
from tests.unit.models.small_fleet import HOUR, at, history

STAMPS = st.lists(st.integers(0, 60), max_size=6)


def following(stamps: list[int], hour: int) -> datetime | None:
    return min((at(s) for s in stamps if s > hour), default=None)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(STAMPS, STAMPS, st.integers(0, 60), st.integers(1, 30), st.integers(0, 90))
def test_outcomes_are_those_of_the_label_once_the_horizon_is_over(
    failed: list[int], replaced: list[int], hour: int, horizon: int, known: int
) -> None:
    record = history(
        failures=[("m1", at(h), "seal") for h in failed],
        maintenance=[("m1", at(h), "seal", "preventive") for h in replaced],
    )
    found = Record.of(record.failures, record.maintenance, known_until=at(known)).outcomes(
        RowIndex.of([("m1", at(hour))]), "seal", horizon * HOUR
    )
    expected = outcome(
        at(hour),
        horizon * HOUR,
        next_failure=following([h for h in failed if h <= known], hour),
        next_preventive=following([h for h in replaced if h <= known], hour),
        known_until=at(known),
    )
    assert CODES[int(found[0])] is (expected if hour + horizon <= known else Outcome.PENDING)


def test_corrective_work_and_other_components_censor_nothing() -> None:
    work = history(maintenance=[("m1", at(5), "seal", "corrective"), ("m1", at(5), "bearing", "preventive")])
    record = Record.of(work.failures, work.maintenance, known_until=at(99))
    assert [CODES[i] for i in record.outcomes(RowIndex.of([("m1", at(0))]), "seal", 24 * HOUR)] == ["survived"]


@pytest.mark.parametrize(
    ("hours", "standing"),
    [
        pytest.param(10, True, id="at the failure"),
        pytest.param(10 + 1 / 3600, False, id="a second later"),
    ],
)
def test_a_machine_stands_at_the_moment_any_of_its_components_fails(hours: float, standing: bool) -> None:
    record = Record.of(history(failures=[("m1", at(10), "seal")]).failures, None, known_until=at(99))
    assert record.failures.at_own_time(RowIndex.of([("m1", at(hours)), ("m2", at(hours))])).tolist() == [
        standing,
        False,
    ]


def test_without_maintenance_a_preventive_replacement_is_survival() -> None:
    record = Record.of(history().failures, None, known_until=at(0) + timedelta(days=9))
    assert [CODES[i] for i in record.outcomes(RowIndex.of([("m1", at(0))]), "seal", 24 * HOUR)] == ["survived"]


def test_among_rows_that_are_over_as_many_fail_as_the_true_rate_says() -> None:
    machines, days, mean_life = 500, 15, 20.0
    gaps = np.random.default_rng(3).exponential(mean_life, (machines, 12)).cumsum(axis=1)
    failures = [(f"m{i}", at(24 * day), "seal") for i, own in enumerate(gaps) for day in own if day < days]
    record = Record.of(history(failures=failures).failures, None, known_until=at(24 * days))
    index = RowIndex.grid([f"m{i}" for i in range(machines)], at(0), at(24 * days), 12 * HOUR)
    found = record.outcomes(index, "seal", 7 * 24 * HOUR)
    decided = found[found != CODES.index(Outcome.PENDING)]
    assert (decided == CODES.index(Outcome.FAILED)).mean() == pytest.approx(1 - np.exp(-7 / mean_life), rel=0.08)
