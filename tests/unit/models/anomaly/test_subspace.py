import numpy as np
import pytest

from models.anomaly.subspace import PrincipalSubspace
from models.features.window import Values


def rows(count: int = 500) -> Values:
    draw = np.random.default_rng(4)
    common = draw.normal(size=(count, 2)) @ np.array([[1.0, 1.0, 0.5, 0.0], [0.0, 0.5, -1.0, 1.0]])
    return np.asarray(common + 0.2 * draw.normal(size=(count, 4)))


def test_shares_of_hotelling_add_up_to_the_textbook_statistic() -> None:
    z, fitted = rows(), PrincipalSubspace.fit(rows(), retained=0.9)
    textbook = [r @ fitted.loadings @ np.diag(1 / fitted.variances) @ fitted.loadings.T @ r for r in z]
    np.testing.assert_allclose(fitted.hotelling(z).sum(axis=1), textbook)
    assert (fitted.hotelling(z) >= 0).all()


def test_shares_of_the_residual_add_up_to_what_the_components_leave() -> None:
    z, fitted = rows(), PrincipalSubspace.fit(rows(), retained=0.9)
    kept = ((z @ fitted.loadings) ** 2).sum(axis=1)
    np.testing.assert_allclose(fitted.residual(z).sum(axis=1), (z**2).sum(axis=1) - kept)


@pytest.mark.parametrize(
    ("signals", "retained", "components"),
    [
        pytest.param(4, 0.9, 2, id="two directions hold nearly all"),
        pytest.param(4, 0.999, 3, id="one direction is always left for the residual"),
        pytest.param(1, 0.5, 1, id="a single signal is its own direction"),
    ],
)
def test_the_fewest_components_that_keep_the_share_are_kept(signals: int, retained: float, components: int) -> None:
    assert PrincipalSubspace.fit(rows()[:, :signals], retained=retained).components == components


def test_what_is_missing_is_put_in_as_a_regression_on_the_rest_would() -> None:
    z = rows()
    fitted = PrincipalSubspace.fit(z, retained=0.9)
    slopes, *_ = np.linalg.lstsq(z[:, [0, 1, 3]], z[:, 2])
    holes = z[:5].copy()
    holes[:, 2] = np.nan
    filled = fitted.filled(holes)
    np.testing.assert_allclose(filled[:, 2], z[:5][:, [0, 1, 3]] @ slopes, rtol=1e-4)
    np.testing.assert_array_equal(filled[:, [0, 1, 3]], z[:5][:, [0, 1, 3]])


def test_a_row_without_any_signal_is_the_middle() -> None:
    filled = PrincipalSubspace.fit(rows(), retained=0.9).filled(np.full((1, 4), np.nan))
    assert filled.tolist() == [[0.0] * 4]


def test_a_signal_that_is_there_twice_can_be_missing_once() -> None:
    z = rows()[:, [0, 0, 1, 2]]
    holes = z[:3].copy()
    holes[:, 1] = np.nan
    np.testing.assert_allclose(PrincipalSubspace.fit(z, retained=0.9).filled(holes), z[:3], atol=1e-4)
