import numpy as np
import pytest
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from models.features.fused_index import FusedIndices
from models.features.regime import UNSEEN
from models.features.slow_directions import slow_directions
from models.features.window import Values

LIVES, EACH = 12, 100
LIFE = np.repeat(np.arange(LIVES), EACH)
WEAR = np.tile(np.linspace(0, 1, EACH) ** 3, LIVES)
SHOWN = np.array([[3.0, 0.5, -1.0], [0.5, 3.0, 1.0]])
"""What wear does to three signals in each of two regimes."""


def worn(seed: int = 1) -> tuple[Values, NDArray[np.intp]]:
    """Return signals of engines that wear, and the regime of each sample; a loud common noise shows no wear."""
    draw = np.random.default_rng(seed)
    regime = draw.integers(0, 2, len(WEAR))
    loud = draw.normal(0, 2, (len(WEAR), 1)) * np.array([0.0, 0.0, 1.0])
    return WEAR[:, None] * SHOWN[regime] + loud + draw.normal(0, 0.3, (len(WEAR), 3)), regime


def read(weights: Values, offset: Values, values: Values, regime: NDArray[np.intp]) -> Values:
    return np.asarray(np.einsum("nks,ns->nk", weights[regime], values) + offset[regime])


def test_wear_reads_the_same_in_every_regime() -> None:
    values, regime = worn()
    told = read(*slow_directions(values, regime, LIFE, 1, 2), values, regime)[:, 0]
    lines = [np.polyfit(WEAR[regime == r], told[regime == r], 1) for r in (0, 1)]
    assert lines[0] == pytest.approx(lines[1], rel=0.1)


def test_what_stays_from_sample_to_sample_counts_and_not_what_varies_most() -> None:
    values, regime = worn()
    told = read(*slow_directions(values, regime, LIFE, 1, 2), values, regime)[:, 0]
    centred = values - values.mean(axis=0)
    main = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    assert abs(np.corrcoef(told, WEAR)[0, 1]) > 0.9
    assert abs(np.corrcoef(main, WEAR)[0, 1]) < 0.6


def test_a_regime_seldom_seen_is_read_like_all_together() -> None:
    values, regime = worn()
    seldom = np.where(np.arange(len(regime)) < 20, 2, 0)
    weights, _ = slow_directions(values, seldom, LIFE, 1, 3)
    assert np.isfinite(weights).all()
    assert weights[1] == pytest.approx(weights[2])  # of the second there is no sample at all
    assert not np.array_equal(weights[0], weights[2])


def drifting() -> tuple[FusedIndices, Values, Values]:
    """Return directions of engines that fail at one level of wear, and drift besides as far as chance has it."""
    draw = np.random.default_rng(3)
    drift = np.repeat(draw.normal(0, 1, LIVES), EACH) * np.tile(np.linspace(0, 1, EACH), LIVES)
    values = np.column_stack([WEAR + drift, WEAR - drift, WEAR]) + draw.normal(0, 0.1, (len(WEAR), 3))
    alike = np.zeros(len(WEAR), dtype=np.intp)
    return FusedIndices.directions(("a", "b", "c"), values, alike, LIFE, 1), values, drift


def test_indices_are_a_line_a_direction_that_ends_at_one_level_and_the_rest() -> None:
    found, values, drift = drifting()
    alike, ends = np.zeros(len(WEAR), dtype=np.intp), np.arange(EACH - 1, len(WEAR), EACH)
    told = read(found.weights, found.offset, values, alike)
    smoothed = np.column_stack([np.convolve(x, np.full(5, 0.2))[: len(x)] for x in told.T])
    indices = found.turned(told, smoothed, 1 - WEAR, ends)
    line, end, rest = read(indices.weights, indices.offset, values, alike).T
    assert indices.names == ("health index 1", "health index 2", "health index 3")
    assert np.corrcoef(line, 1 - WEAR)[0, 1] > 0.9
    assert np.corrcoef(end, WEAR)[0, 1] > 0.9  # it rises as life is used
    assert end[ends].std() < 0.2 * np.ptp(end)
    assert abs(np.corrcoef(rest, drift)[0, 1]) > 0.9


def test_where_no_life_is_whole_at_its_end_the_line_itself_is_followed() -> None:
    found, values, _ = drifting()
    told = read(found.weights, found.offset, values, np.zeros(len(WEAR), dtype=np.intp))
    indices = found.turned(told, told + 0.01 * np.roll(told, 1, axis=0), 1 - WEAR, np.array([EACH - 1]))
    assert abs(np.corrcoef(indices.weights[0, 0], indices.weights[0, 1])[0, 1]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda values, regime: (np.where(LIFE[:, None] > 0, np.nan, values)[71:], regime[71:]), id="NaN"),
        pytest.param(lambda values, regime: (values, np.full(len(regime), UNSEEN)), id="settings never seen"),
    ],
)
def test_too_few_whole_samples_are_too_little_history(spoilt: object) -> None:
    assert callable(spoilt)
    values, regime = spoilt(*worn())
    with pytest.raises(TooLittleHistory, match="samples of lives have all of a, b, c"):
        FusedIndices.directions(("a", "b", "c"), values, regime, LIFE[: len(values)], 2)


def test_a_signal_alone_is_its_own_direction_and_lives_of_one_sample_do_no_harm() -> None:
    values, regime = worn()
    lives = np.concatenate([LIFE[:-40], LIVES + np.arange(40)])
    indices = FusedIndices.directions(("a",), values[:, :1], regime, lives, 2)
    assert indices.weights.shape == (2, 1, 1)
    assert np.isfinite(indices.weights).all()
