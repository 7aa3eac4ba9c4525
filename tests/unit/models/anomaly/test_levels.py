import numpy as np
import pytest

from models.anomaly.levels import level_cuts
from models.features.window import Values

draw = np.random.default_rng(8)


def cuts(values: Values) -> tuple[float, ...]:
    return level_cuts(values, separation=5.0, material=0.1, fewest_share=0.05, most=6)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(draw.normal(50, 5, 4_000), id="a normal spread"),
        pytest.param(draw.uniform(0, 100, 4_000), id="a uniform spread"),
        pytest.param(draw.exponential(10, 4_000), id="a skewed spread"),
        pytest.param(np.full(500, 3.0), id="a constant"),
        pytest.param(np.empty(0), id="nothing"),
        pytest.param(np.concatenate([draw.normal(50, 0.1, 3_900), np.full(100, 90.0)]), id="a rare outlier"),
        pytest.param(np.repeat([32.0, 33.0], 500), id="levels that differ by too little to matter"),
        pytest.param(np.repeat(np.arange(1.0, 11.0) * 10, 100), id="more levels than make regimes"),
    ],
)
def test_one_level_has_no_cut(values: Values) -> None:
    assert cuts(values) == ()


@pytest.mark.parametrize("levels", [(20.0, 60.0), (10.0, 50.0, 90.0), (10.0, 30.0, 50.0, 70.0, 90.0)])
def test_levels_that_lie_apart_are_told_apart(levels: tuple[float, ...]) -> None:
    values = draw.permutation(np.concatenate([draw.normal(level, 1.0, 400) for level in levels]))
    found = cuts(values)
    assert len(found) == len(levels) - 1
    for cut, low, high in zip(found, levels, levels[1:], strict=False):
        assert low + 5 < cut < high - 5
