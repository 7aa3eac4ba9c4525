from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from foreworn.telemetry.sample import to_epoch_ms
from models.evaluation.alarms import FailureNotice
from models.evaluation.months import MonthOfFailures, failures_by_month, poisson_binomial
from models.evaluation.scored_rows import ScoredRows
from tests.unit.models.small_fleet import HOUR, at

DAY = 24 * HOUR
LATER = at(9999)


def rows(probability: float, hours: range, failures: Sequence[float] = (), machine: str = "m1") -> ScoredRows:
    """Forecasts of one seal, at one probability, or 1 in the day before a failure."""
    before = [any(0 < f - h <= 24 for f in failures) for h in hours]
    return ScoredRows(
        np.full(len(hours), machine, dtype=object),
        np.full(len(hours), "seal", dtype=object),
        np.array([to_epoch_ms(at(h)) for h in hours], dtype=np.int64),
        np.array([1.0 if soon else probability for soon in before]),
        np.array(before),
    )


def failed(hour: float, machine: str = "m1") -> FailureNotice:
    return FailureNotice(machine, "seal", to_epoch_ms(at(hour)), None, None, hour)


def months(
    scored: ScoredRows,
    failures: Sequence[FailureNotice] = (),
    *,
    every: timedelta = 3 * HOUR,
    known: datetime = LATER,
) -> list[MonthOfFailures]:
    return failures_by_month(scored, failures, horizon=DAY, every=every, known_until=known)


def test_overlapping_horizons_expect_no_failure_twice() -> None:
    # Rows from the first to the twelfth of January, every 3 h: time counts from the second on, eleven days of it but
    # the last rows' horizon; a failure within 24 h has a chance of 0.1 at each moment, so 0.1 a day is expected.
    (found,) = months(rows(0.1, range(0, 12 * 24, 3)))
    assert found.month == "2026-01"
    assert found.expected == pytest.approx(0.1 * 11)
    assert found.machine_months == pytest.approx(11 / 30)
    assert (found.low, found.high, found.observed) == (0, 3, 0)


def test_a_failure_that_every_row_before_it_was_sure_of_is_expected_once() -> None:
    (found,) = months(rows(0.0, range(0, 12 * 24, 3), failures=[120]), [failed(120)])
    assert found.expected == pytest.approx(1.0)
    assert (found.low, found.high, found.observed) == (1, 1, 1)


def test_a_finer_grid_expects_the_same() -> None:
    coarse, fine = (months(rows(0.1, range(0, 12 * 24, step)), every=step * HOUR)[0] for step in (12, 1))
    assert fine.expected == pytest.approx(coarse.expected)


def test_a_horizon_that_is_no_multiple_of_the_grid_expects_the_same() -> None:
    (found,) = months(rows(0.1, range(0, 12 * 24, 5)), every=5 * HOUR)
    assert found.expected == pytest.approx(0.1 * found.machine_months * 30)


def test_a_month_takes_the_time_that_lies_in_it_and_two_machines_add_up() -> None:
    # 20 January to 9 February; time counts from 21 January on: eleven days and nine.
    hours = range(19 * 24, 40 * 24, 3)
    both = ScoredRows.joined([rows(0.2, hours), rows(0.1, hours, machine="m2")])
    found = months(both, [failed(25 * 24), failed(32 * 24, "m2"), failed(19 * 24 + 5)])
    assert [(m.month, m.observed) for m in found] == [("2026-01", 1), ("2026-02", 1)]
    assert [m.expected for m in found] == pytest.approx([0.3 * 11, 0.3 * 9])
    assert [m.machine_months for m in found] == pytest.approx([2 * 11 / 30, 2 * 9 / 30])


def test_rows_whose_horizon_outlasts_the_record_do_not_count() -> None:
    scored = rows(0.1, range(0, 12 * 24, 3), failures=[285])
    (found,) = months(scored, [failed(285)], known=at(11 * 24))
    assert found.observed == 0
    assert found.expected == pytest.approx(0.1 * (9 + 3 / 24))


@pytest.mark.parametrize(
    ("scored", "every"),
    [
        pytest.param(rows(0.1, range(0)), 3 * HOUR, id="no rows"),
        pytest.param(rows(0.1, range(0, 480, 48)), 48 * HOUR, id="rows further apart than the horizon"),
        pytest.param(rows(0.1, range(0, 20, 3)), 3 * HOUR, id="less time than a horizon"),
    ],
)
def test_without_covered_time_there_is_no_month(scored: ScoredRows, every: timedelta) -> None:
    assert months(scored, every=every) == []


def test_counts_of_unequal_chances_are_distributed_as_scipy_has_it() -> None:
    chances = np.random.default_rng(4).beta(0.2, 2, 300)
    most = 120
    assert poisson_binomial(chances, most) == pytest.approx(
        stats.poisson_binom(chances).pmf(np.arange(most + 1)), abs=1e-12
    )
