import numpy as np
import pytest

from foreworn.errors import TooLittleHistory
from models.features.regime import UNSEEN, OperatingRegimes, RegimeResiduals

DRAW = np.random.default_rng(4)


def flights(*levels: tuple[float, float], each: int = 200) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.vstack([np.array(level) + DRAW.normal(0, 0.003, (each, 2)) for level in levels])


LEVELS = ((0.0, 0.0), (10.0, 0.25), (20.0, 0.7), (35.0, 0.84))


def test_levels_that_lie_apart_are_regimes() -> None:
    regimes = OperatingRegimes.fit(("altitude", "mach"), flights(*LEVELS))
    assert len(regimes) == 4
    assert len(np.unique(regimes.of(np.array(LEVELS)))) == 4


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(DRAW.normal(0, 1, 500), id="a cloud"),
        pytest.param(DRAW.integers(0, 13, 500) / 1e4, id="a fine grid"),
        pytest.param(np.full(500, 100.0), id="a constant"),
    ],
)
def test_a_setting_without_gaps_is_one_level(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    regimes = OperatingRegimes.fit(("load",), column[:, None])
    assert len(regimes) == 1
    assert (regimes.of(column[:, None]) == 0).all()


def test_settings_that_training_had_not_seen_have_no_residual() -> None:
    settings = flights(*LEVELS)
    values = settings.sum(axis=1, keepdims=True) + DRAW.normal(0, 1, (len(settings), 1))
    learned = RegimeResiduals.fit(OperatingRegimes.fit(("altitude", "mach"), settings), ("t",), settings, values)
    strange = np.array([[5.0, 0.1], [10.0, 0.7]])
    assert learned.regimes.of(strange).tolist() == [UNSEEN, UNSEEN]
    assert np.isnan(learned.residuals(strange, np.array([[1.0], [1.0]]))).all()


def test_a_residual_counts_spreads_above_what_is_usual_in_the_regime() -> None:
    settings = np.repeat([[0.0], [1.0]], 100, axis=0)
    values = np.tile([[9.0], [11.0]], (100, 1)) + 50 * settings
    learned = RegimeResiduals.fit(OperatingRegimes.fit(("load",), settings), ("t",), settings, values)
    residual = learned.residuals(np.array([[0.0], [1.0]]), np.array([[12.0], [60.0]]))
    assert residual[:, 0].tolist() == pytest.approx([2 / np.std([9, 11] * 50, ddof=1), 0.0])


def test_a_signal_that_stands_still_in_a_regime_is_left_out() -> None:
    settings = np.repeat([[0.0], [1.0]], 100, axis=0)
    values = np.hstack([DRAW.normal(0, 1, (200, 1)), np.where(settings == 0, 3.0, DRAW.normal(0, 1, (200, 1)))])
    learned = RegimeResiduals.fit(OperatingRegimes.fit(("load",), settings), ("a", "b"), settings, values)
    assert learned.signals == ("a",)


def test_nothing_that_varies_is_too_little_history() -> None:
    with pytest.raises(TooLittleHistory, match="no signal varies"):
        RegimeResiduals.fit(OperatingRegimes.fit((), np.empty((50, 0))), ("a",), np.empty((50, 0)), np.ones((50, 1)))


def test_regimes_of_too_few_samples_are_too_little_history() -> None:
    with pytest.raises(TooLittleHistory, match="no operating regime of load has 30 samples"):
        OperatingRegimes.fit(("load",), np.arange(5.0)[:, None])


def test_what_was_learned_survives_as_data() -> None:
    settings = flights(*LEVELS)
    values = DRAW.normal(0, 1, (len(settings), 2))
    learned = RegimeResiduals.fit(OperatingRegimes.fit(("a", "m"), settings), ("x", "y"), settings, values)
    kept = RegimeResiduals.from_data(learned.as_data())
    assert np.array_equal(kept.residuals(settings, values), learned.residuals(settings, values))
    assert np.array_equal(kept.covariance, learned.covariance)
