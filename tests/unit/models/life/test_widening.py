import numpy as np
import pytest

from models.life.widening import REACHES, Widening

MACHINES, ROWS = 40, 50
LIVES = 3000.0


def sure_and_wrong(unit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lives of thousands of hours that trees foretold all but surely, and wrong by some hundred hours."""
    draw = np.random.default_rng(1)
    machine = np.repeat(np.array([f"m{i}" for i in range(MACHINES)], dtype=object), ROWS)
    left = draw.uniform(0.0, LIVES, len(machine))
    middle = np.maximum(left + draw.normal(0.0, 300.0, len(left)), 1.0)
    close = draw.exponential(2.0, (2, len(left)))
    quantiles = np.stack([np.maximum(middle - close[0], 0.0), middle, middle + close[1]], axis=1)
    return machine, left * unit, quantiles * unit


def test_lives_of_thousands_of_hours_get_intervals_of_the_order_of_their_spread() -> None:
    machine, left, quantiles = sure_and_wrong(1.0)
    told = Widening.fit(machine, left, quantiles, cap=2000.0).of(quantiles)
    assert 700.0 < np.mean(told[:, 2] - told[:, 0]) < 1500.0  # of errors of 300 h, the middle 80 % is 770 h wide
    assert 0.78 < np.mean((told[:, 0] <= left) & (left <= told[:, 2])) < 0.90


def test_the_unit_changes_nothing() -> None:
    (machine, left, hours), (_, left_ms, ms) = sure_and_wrong(1.0), sure_and_wrong(3_600_000.0)
    by_hours = Widening.fit(machine, left, hours, cap=2000.0).of(hours)
    by_ms = Widening.fit(machine, left_ms, ms, cap=2000.0 * 3_600_000.0).of(ms)
    assert by_ms == pytest.approx(by_hours * 3_600_000.0)


def test_where_distances_tell_how_sure_a_forecast_is_they_are_stretched_and_no_more() -> None:
    draw = np.random.default_rng(2)
    machine = np.repeat(np.array([f"m{i}" for i in range(MACHINES)], dtype=object), ROWS)
    scale = draw.uniform(5.0, 60.0, len(machine))
    middle = np.full(len(machine), 500.0)
    quantiles = np.stack([middle - scale, middle, middle + scale], axis=1)
    left = middle + draw.normal(0.0, 1.0, len(middle)) * scale
    found = Widening.fit(machine, left, quantiles, cap=125.0)
    assert found.least == REACHES[0] * 125.0
    assert (found.low, found.high) == pytest.approx((1.35, 1.35), abs=0.2)  # 90 % of a normal error is below 1.28
