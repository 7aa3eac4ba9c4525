from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from foreworn.errors import TooLittleHistory
from models.demand.usage import UsageRecord, UsageSeries, unexplained, usage_series

NOW = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def _series(records: list[UsageRecord], *, forecast: set[tuple[str, str]] | None = None) -> UsageSeries:
    return usage_series(records, known_from=NOW - 3.5 * WEEK, now=NOW, every=WEEK, forecast=forecast or (), window=WEEK)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param(NOW - WEEK, (0, 0, 1), id="the beginning of a period is in it"),
        pytest.param(NOW - timedelta(milliseconds=1), (0, 0, 1), id="the last moment counts"),
        pytest.param(NOW, (0, 0, 0), id="now is not over yet"),
        pytest.param(NOW - 3.2 * WEEK, (0, 0, 0), id="a period begun before the record is left out"),
        pytest.param(NOW - WEEK - DAY, (0, 1, 0), id="the period before"),
    ],
)
def test_usage_falls_into_the_period_of_its_time(time: datetime, expected: tuple[float, ...]) -> None:
    assert _series([UsageRecord(time, 1)]).quantities == expected


def test_what_a_failure_forecast_speaks_for_is_no_history() -> None:
    records = [UsageRecord(NOW - DAY, 2, "p1", "seal"), UsageRecord(NOW - DAY, 5, "p2", "seal")]

    assert _series(records, forecast={("p1", "seal")}).quantities == (0, 0, 5)


def test_a_job_is_planned_in_part_of_its_windows_and_history_in_the_rest() -> None:
    """Whenever one looks, what is booked and what history adds are together what will be used."""
    rng = np.random.default_rng(7)
    uses = np.sort(rng.uniform(0, 2_000, size=4_000))
    notice = rng.uniform(0, 45, size=uses.size)
    window = 30.0
    rate = (
        sum(unexplained(UsageRecord(NOW, 1, notice=n * DAY), forecast=(), window=window * DAY) for n in notice) / 2_000
    )

    looks = np.arange(100, 1_900, 3.7)
    known = [np.sum((uses >= t) & (uses < t + window) & (uses - notice <= t)) for t in looks]
    used = [np.sum((uses >= t) & (uses < t + window)) for t in looks]

    assert np.mean(known) + rate * window == pytest.approx(np.mean(used), rel=0.01)
    assert np.mean(known) > 0.3 * np.mean(used)


def test_a_record_shorter_than_a_period_is_too_little() -> None:
    with pytest.raises(TooLittleHistory, match="import older usage"):
        usage_series([], known_from=NOW - DAY, now=NOW, every=WEEK, window=WEEK)


def test_the_past_of_a_series_ends_where_it_is_cut() -> None:
    series = UsageSeries(NOW, WEEK, (1, 2, 3))

    assert series.until(2) == UsageSeries(NOW - WEEK, WEEK, (1, 2))
    assert series.starts == [NOW - 3 * WEEK, NOW - 2 * WEEK, NOW - WEEK]


@pytest.mark.parametrize(("quantity", "notice"), [(0, timedelta(0)), (1, -DAY)])
def test_what_is_no_usage_is_refused(quantity: int, notice: timedelta) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        UsageRecord(NOW, quantity, notice=notice)
