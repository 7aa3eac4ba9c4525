import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.features import window
from models.features.window import window_bounds, window_moments
from models.features.window_ends import passed


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


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        pytest.param(np.arange(9000), np.arange(-50, 9050, 3), id="samples and rows at equal steps"),
        pytest.param(np.repeat([5, 70, 71], 900), np.arange(2000), id="many samples at one time"),
        pytest.param(np.arange(0, 9000, 7), np.arange(5000)[::-1], id="rows backwards"),
        pytest.param(np.arange(4), np.zeros(3000, np.int64), id="every row at one time"),
        pytest.param(np.empty(0, np.int64), np.arange(3000), id="no samples"),
    ],
)
def test_bounds_that_were_guessed_are_those_of_a_search(stamps: NDArray[np.int64], times: NDArray[np.int64]) -> None:
    first, last = window_bounds(stamps, times, 30)
    np.testing.assert_array_equal(passed(stamps, times), np.searchsorted(stamps, times, side="right"))
    np.testing.assert_array_equal(last, np.searchsorted(stamps, times, side="right"))
    np.testing.assert_array_equal(first, np.searchsorted(stamps, times - 30, side="right"))


@pytest.mark.parametrize("samples", [3, 24, 31])
@pytest.mark.parametrize("hole", [3, 9, 48, 51, 10])
def test_rows_that_nobody_asked_for_change_no_bit_of_the_others(samples: int, hole: int) -> None:
    values = np.random.default_rng(samples).normal(50, 2, 3000)
    ends = np.concatenate([np.arange(samples, 900, 3), np.arange(897 + hole, 2990, 3)])
    among = window_moments(np.arange(3000), values, ends, samples)
    for place in [0, 200, *range(len(np.arange(samples, 900, 3)) - 2, len(ends), 97)]:
        alone = window_moments(np.arange(3000), values, ends[place : place + 1], samples)
        assert alone.mean.tobytes() == among.mean[place].tobytes()
        assert alone.spread.tobytes() == among.spread[place].tobytes()
