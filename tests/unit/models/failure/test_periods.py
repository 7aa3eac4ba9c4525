from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.health.failure_curve import FailureCurve
from models.evaluation.outcomes import FAILED, SURVIVED, Record
from models.failure.periods import Period, cumulative, period_outcomes, periods_to, read_off
from models.features import RowIndex
from tests.unit.models.small_fleet import HOUR, at, history

DAY = timedelta(hours=24)
ENDS = (DAY, 2 * DAY, 4 * DAY, 7 * DAY)
STAMPS = st.lists(st.integers(1, 200), max_size=3)
examples = settings(derandomize=True, max_examples=60, deadline=None)


def record(failed: list[int], replaced: list[int], known: int = 10_000) -> Record:
    known_history = history(
        failures=[("m1", at(h), "seal") for h in failed],
        maintenance=[("m1", at(h), "seal", "preventive") for h in replaced],
    )
    return Record.of(known_history.failures, known_history.maintenance, known_until=at(known))


def taught(failed: list[int], replaced: list[int], known: int = 10_000) -> list[str]:
    """What the row at hour 0 teaches of each period."""
    told = []
    for period in periods_to(ENDS):
        found = period_outcomes(record(failed, replaced, known), RowIndex.of([("m1", at(0))]), "seal", period)
        told.append("failed" if found.failed[0] else "survived" if found.known[0] else "nothing")
    return told


@pytest.mark.parametrize(
    ("failed", "replaced", "known", "expected"),
    [
        pytest.param([], [], 200, ["survived"] * 4, id="nothing happened"),
        pytest.param([30], [], 200, ["survived", "failed", "nothing", "nothing"], id="what failed is at risk no more"),
        pytest.param([], [30], 200, ["survived", "nothing", "nothing", "nothing"], id="a replacement cuts it short"),
        pytest.param([40], [30], 200, ["survived", "nothing", "nothing", "nothing"], id="replaced before it failed"),
        pytest.param([30], [40], 200, ["survived", "failed", "nothing", "nothing"], id="failed before it was replaced"),
        pytest.param([], [], 50, ["survived", "survived", "nothing", "nothing"], id="the record ends within"),
        pytest.param([60], [], 60, ["survived", "survived", "nothing", "nothing"], id="failed as the record ends"),
        pytest.param(
            [60], [], 96, ["survived", "survived", "failed", "nothing"], id="the record ends with the interval"
        ),
        pytest.param([24], [], 200, ["failed", "nothing", "nothing", "nothing"], id="an interval takes in its end"),
    ],
)
def test_an_interval_teaches_what_is_known_of_it(
    failed: list[int], replaced: list[int], known: int, expected: list[str]
) -> None:
    assert taught(failed, replaced, known) == expected


@pytest.mark.parametrize("period", [Period(timedelta(0), 7 * DAY), Period(2 * DAY, 7 * DAY)])
def test_among_known_rows_as_many_fail_as_the_true_rate_says(period: Period) -> None:
    machines, days, mean_life = 500, 15, 20.0
    draw = np.random.default_rng(3)
    gaps = draw.exponential(mean_life, (machines, 12)).cumsum(axis=1)
    failures = [(f"m{i}", at(24 * day), "seal") for i, own in enumerate(gaps) for day in own if day < days]
    steady = Record.of(history(failures=failures).failures, None, known_until=at(24 * days))
    index = RowIndex.grid([f"m{i}" for i in range(machines)], at(0), at(24 * days), DAY / 2)
    found = period_outcomes(steady, index, "seal", period)
    expected = -np.expm1(-(period.end - period.start) / DAY / mean_life)
    assert found.failed[found.known].mean() == pytest.approx(expected, rel=0.08)


@examples
@given(STAMPS, STAMPS, st.integers(0, 250))
def test_the_first_interval_is_the_label_of_its_horizon(failed: list[int], replaced: list[int], known: int) -> None:
    index = RowIndex.of([("m1", at(0))])
    outcome = record(failed, replaced, known).outcomes(index, "seal", DAY)[0]
    found = period_outcomes(record(failed, replaced, known), index, "seal", Period(timedelta(0), DAY))
    assert found.failed[0] == (outcome == FAILED)
    assert found.known[0] == (outcome in (FAILED, SURVIVED))


@examples
@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.floats(0.1, 400))
def test_any_horizon_is_read_off_as_the_failure_curve_reads_it(hazards: list[float], hours: float) -> None:
    curve = cumulative(np.array([hazards]))
    assert (np.diff(curve[0]) >= 0).all()
    expected = FailureCurve(tuple(zip(ENDS, curve[0].tolist(), strict=True))).probability(hours * HOUR)
    assert read_off(curve, ENDS, hours * HOUR)[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("ends", [[], [timedelta(0)], [-DAY, DAY]])
def test_horizons_lie_ahead(ends: list[timedelta]) -> None:
    with pytest.raises(ValueError, match="a failure curve needs horizons"):
        periods_to(ends)
