import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import window
from models.features.window import window_bounds, window_moments


@pytest.mark.parametrize(
    ("time", "seen"),
    [
        pytest.param(100, [100], id="a sample at the row's own time is seen"),
        pytest.param(99, [], id="a sample after the row is not seen"),
        pytest.param(109, [100], id="a sample just inside the window's far end is seen"),
        pytest.param(110, [], id="a sample a whole width ago is not seen"),
    ],
)
def test_a_window_is_open_at_its_far_end_and_closed_at_the_row(time: int, seen: list[int]) -> None:
    stamps = np.array([100])
    first, last = window_bounds(stamps, np.array([time]), 10)
    assert stamps[first[0] : last[0]].tolist() == seen


def test_a_signal_that_stands_still_has_no_spread_at_all() -> None:
    moments = window_moments(np.arange(7), np.full(7, 0.1), np.array([6]), 7)
    assert moments.mean.tolist() == [0.1]
    assert moments.spread.tolist() == [0.0]


def test_one_sample_has_a_mean_and_no_spread() -> None:
    moments = window_moments(np.array([5]), np.array([3.0]), np.array([5]), 1)
    assert moments.mean.tolist() == [3.0]
    assert np.isnan(moments.spread).all()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=40),
    width=st.integers(1, 30),
    shift=st.floats(-1e6, 1e6),
    seed=st.integers(0, 99),
)
def test_moments_are_those_of_the_windows_own_samples(gaps: list[int], width: int, shift: float, seed: int) -> None:
    stamps = np.cumsum(gaps)
    values = np.random.default_rng(seed).normal(shift, 1, len(stamps))
    times = np.arange(int(stamps[-1]) + 5)
    moments = window_moments(stamps, values, times, width)
    for i, time in enumerate(times):
        own = values[(stamps > time - width) & (stamps <= time)]
        np.testing.assert_allclose(moments.mean[i], own.mean() if len(own) else np.nan, rtol=1e-12)
        spread = own.std(ddof=1) if len(own) > 1 else np.nan
        np.testing.assert_allclose(moments.spread[i], spread, rtol=1e-6, atol=1e-9)


def test_cutting_the_work_into_parts_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps, times = np.arange(500), np.arange(0, 500, 3)
    values = np.random.default_rng(1).normal(size=500)
    whole = window_moments(stamps, values, times, 50)
    monkeypatch.setattr(window, "_LARGEST_GATHER", 60)
    parts = window_moments(stamps, values, times, 50)
    assert whole.mean.tobytes() == parts.mean.tobytes()
    assert whole.spread.tobytes() == parts.spread.tobytes()


@pytest.mark.parametrize("every", [1, 3, 8, 60, 500])
@pytest.mark.parametrize("samples", [1, 2, 23, 24, 31, 144, 1000])
def test_a_window_alone_has_the_bits_it_has_among_others(samples: int, every: int) -> None:
    values = np.random.default_rng(samples).normal(1e6, 1e-3, samples + 400 * min(every, 9))
    stamps, ends = np.arange(len(values)), np.arange(samples - 1, len(values), every)
    among = window_moments(stamps, values, ends, samples)
    for place in np.linspace(0, len(ends) - 1, 12).astype(int):
        first = ends[place] - samples + 1
        alone = window_moments(np.arange(samples), values[first:][:samples], np.array([samples - 1]), samples)
        assert alone.mean.tobytes() == among.mean[place].tobytes()
        assert alone.spread.tobytes() == among.spread[place].tobytes()


@pytest.mark.parametrize("samples", [7, 24, 144, 1440])
@pytest.mark.parametrize("noise", [1e-4, 1.0, 1e3])
def test_the_spread_of_small_noise_on_a_large_value_is_kept_to_twelve_digits(samples: int, noise: float) -> None:
    values = np.random.default_rng(samples).normal(1e6, noise, samples)
    moments = window_moments(np.arange(samples), values, np.array([samples - 1]), samples)
    exact = [Fraction(value) for value in values.tolist()]
    mean = sum(exact, Fraction()) / samples
    spread = math.sqrt(sum(((value - mean) ** 2 for value in exact), Fraction()) / (samples - 1))
    assert float(moments.spread[0]) == pytest.approx(spread, rel=1e-12, abs=0)
    assert float(moments.mean[0]) == pytest.approx(float(mean), rel=1e-15, abs=0)


def test_a_signal_that_stands_still_for_days_has_no_spread_at_all() -> None:
    moments = window_moments(np.arange(3000), np.full(3000, 0.1), np.arange(1439, 3000, 60), 1440)
    assert set(moments.mean.tolist()) == {0.1}
    assert set(moments.spread.tolist()) == {0.0}
