import numpy as np
import pytest
from scipy.stats import genpareto

from models.anomaly.score_distribution import ScoreDistribution


def test_below_the_tail_nothing_is_assumed() -> None:
    scores = np.concatenate([np.full(600, 1.0), np.linspace(7, 9, 400)])
    fitted = ScoreDistribution.of(scores)
    assert fitted.exceeded_with(0.7) == 1.0
    assert fitted.exceeded_with(0.2) == pytest.approx(8.0, abs=0.01)
    assert fitted.p_value(np.array([8.0]))[0] == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(
    "shape", [pytest.param(0.0, id="exponential"), pytest.param(0.2, id="heavy"), pytest.param(-0.2, id="bounded")]
)
def test_beyond_what_was_counted_the_tail_goes_on(shape: float) -> None:
    levels = (np.arange(2_000) + 0.5) / 2_000
    fitted = ScoreDistribution.of(genpareto.ppf(levels, shape))
    truth = float(genpareto.isf(0.0002, shape))
    found = float(fitted.exceeded_with(0.0002))
    assert found == pytest.approx(truth, rel=0.1) if shape >= 0 else found > truth  # never too sure of an end


def test_threshold_and_p_value_are_each_others_inverse() -> None:
    fitted = ScoreDistribution.of(np.random.default_rng(1).gamma(2.0, size=3_000))
    for probability in (0.5, 0.11, 0.1, 0.02, 0.001, 1e-9):
        score = fitted.exceeded_with(probability)
        assert fitted.p_value(np.array([score]))[0] == pytest.approx(probability)


def test_higher_scores_never_have_higher_p_values_and_none_has_zero() -> None:
    fitted = ScoreDistribution.of(np.random.default_rng(1).gamma(2.0, size=1_000))
    p_values = fitted.p_value(np.append(np.linspace(0, 60, 1_000), 1e9))
    assert (np.diff(p_values) <= 0).all()
    assert p_values[0] == 1.0
    assert p_values[-1] > 0


def test_scores_that_are_all_the_same_are_exceeded_by_what_is_higher() -> None:
    fitted = ScoreDistribution.of(np.full(100, 2.0))
    assert fitted.exceeded_with(0.01) == pytest.approx(2.0)
    assert fitted.p_value(np.array([2.1]))[0] < 1e-9
