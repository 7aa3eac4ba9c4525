import numpy as np
import pytest

from models.anomaly.smoothing import smoothed
from models.features.window import Times, Values

HOUR = 3_600_000


def naive(stamps: Times, values: Values, time: int, width: int, time_constant: int, memory: int) -> float:
    seen = [(s, v) for s, v in zip(stamps.tolist(), values.tolist(), strict=True) if time - width < s <= time]
    if not seen or time - seen[-1][0] >= memory:
        return float("nan")
    weights = [np.exp((s - time) / time_constant) for s, _ in seen]
    return float(sum(w * v for w, (_, v) in zip(weights, seen, strict=True)) / sum(weights))


def test_it_equals_the_weighted_mean_written_out() -> None:
    draw = np.random.default_rng(2)
    stamps = np.unique(draw.integers(0, 400 * HOUR, 150))
    values, times = draw.normal(20, 5, len(stamps)), np.arange(0, 420 * HOUR, 5 * HOUR)
    spans = {"width": 24 * HOUR, "time_constant": 6 * HOUR, "memory": 4 * HOUR}
    found = smoothed(stamps, values, times, **spans)
    expected = [naive(stamps, values, t, **spans) for t in times.tolist()]
    assert np.isnan(found).any()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_signal_that_stands_still_has_its_very_value() -> None:
    stamps = np.arange(0, 10 * HOUR, HOUR // 7)
    found = smoothed(
        stamps, np.full(len(stamps), 0.1), stamps, width=24 * HOUR, time_constant=6 * HOUR, memory=3 * HOUR
    )
    assert set(found.tolist()) == {0.1}


@pytest.mark.parametrize("gap", [pytest.param(2, id="a short gap"), pytest.param(12, id="a long gap")])
def test_what_lies_beyond_a_gap_fades_by_its_length(gap: int) -> None:
    stamps = np.array([0, gap * HOUR])
    (found,) = smoothed(
        stamps, np.array([1.0, 0.0]), stamps[1:], width=24 * HOUR, time_constant=6 * HOUR, memory=3 * HOUR
    ).tolist()
    assert found == pytest.approx(np.exp(-gap / 6) / (1 + np.exp(-gap / 6)))
