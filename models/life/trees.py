"""LightGBM for remaining life: the expected life up to a cap, and three quantiles without one."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.features.window import Values
from models.life.settings import LifeModelSettings

QUANTILES: Final = (0.1, 0.5, 0.9)
QUANTILE_TREES: Final = ("p10", "p50", "p90")


def expected_name(number: int) -> str:
    """Return what the texts of the `number`-th forest of the expected life, from 0, are called."""
    return f"expected_{number + 1}"


def library() -> str:
    """Return the library's name and major version, which a model's version rests on."""
    return f"lightgbm {version('lightgbm').split('.')[0]}"


@dataclass(frozen=True, slots=True)
class LifeTrees:
    """Boosters on the same columns: several for the expected life, one for each quantile.

    A booster that may look at few columns for each tree depends on which they were; the mean over seeds does so less.
    The expected life learns from lives capped where nothing shows their length any more, and from lives cut short
    that had reached the cap. A quantile of capped lives would be the cap itself for every healthy machine, so the
    quantiles learn from lives as long as they were, and only from those that ended in a failure.
    """

    expected: tuple[Any, ...]
    quantiles: tuple[Any, Any, Any]

    @classmethod
    def fit(
        cls, matrix: Values, left: Values, ended: NDArray[np.bool_], settings: LifeModelSettings, *, whole: bool = True
    ) -> "LifeTrees":
        """Grow them.

        Parameters
        ----------
        matrix : (n_rows, n_columns) float
        left : (n_rows,) float
            Life left, or at least that much.
        ended : (n_rows,) bool
            Whether the life is known to its end.
        settings
            Sizes and seed.
        whole
            Whether quantiles are grown; without, they are the expected life.
        """
        known = (ended | (left >= settings.cap)) & ~np.isnan(left)
        if settings.learn_up_to is not None:
            known &= left <= settings.learn_up_to
        rows = lightgbm.Dataset(
            matrix[known], label=np.minimum(left[known], settings.cap), params=_QUIET | _BINS, free_raw_data=False
        )
        expected = tuple(_expected(rows, settings.seed + number, settings) for number in range(settings.seeds))
        if not whole:
            return cls(expected, (expected[0], expected[0], expected[0]))
        failed = np.flatnonzero(ended[known])
        rows = rows if len(failed) == known.sum() else rows.subset(failed.tolist())
        rows.construct()
        rows.set_label(left[known][failed])
        grown = [_quantile(rows, quantile, settings) for quantile in QUANTILES]
        return cls(expected, (grown[0], grown[1], grown[2]))

    @classmethod
    def from_texts(cls, texts: dict[str, str]) -> "LifeTrees":
        """Read LightGBM's own text format, by the names that `texts` gives."""
        number = len(texts) - len(QUANTILE_TREES)
        expected = tuple(lightgbm.Booster(model_str=texts[expected_name(i)]) for i in range(number))
        low, middle, high = (lightgbm.Booster(model_str=texts[name]) for name in QUANTILE_TREES)
        return cls(expected, (low, middle, high))

    def texts(self) -> dict[str, str]:
        """Return LightGBM's own text format, by names."""
        named = {expected_name(i): trees for i, trees in enumerate(self.expected)}
        named |= dict(zip(QUANTILE_TREES, self.quantiles, strict=True))
        return {name: str(trees.model_to_string()) for name, trees in named.items()}

    def expected_life(self, matrix: Values) -> Values:
        """Return the expected life, (n_rows,) float, not yet held within 0 and the cap."""
        return np.asarray(self.expected_by_seed(matrix).mean(axis=1))

    def expected_by_seed(self, matrix: Values) -> Values:
        """Return what each seed's trees expect, (n_rows, n_seeds) float, not yet held within 0 and the cap."""
        told = [trees.predict(matrix, num_threads=1) for trees in self.expected]
        return np.stack(told, axis=1).astype(np.float64)

    def quantile_lives(self, matrix: Values) -> Values:
        """Return p10, p50 and p90, (n_rows, 3) float, never below 0 and in order."""
        told = [trees.predict(matrix, num_threads=1) for trees in self.quantiles]
        return np.sort(np.maximum(np.stack(told, axis=1), 0.0), axis=1)

    def contributions(self, matrix: Values) -> Values:
        """Return each column's exact share in the expected life, (n_rows, n_columns + 1) float; last, the mean."""
        shares = [trees.predict(matrix, pred_contrib=True, num_threads=1) for trees in self.expected]
        return np.asarray(np.mean(np.stack(shares), axis=0), dtype=np.float64)


_QUIET: Final = {"verbosity": -1}
_BINS: Final = {"max_bin": 127, "bin_construct_sample_cnt": 50_000}


def _expected(rows: Any, seed: int, settings: LifeModelSettings) -> Any:
    seeded = _parameters(settings) | {"objective": "l2", "seed": seed % (2**31)}
    return lightgbm.train(seeded, rows, num_boost_round=settings.trees)


def _quantile(rows: Any, quantile: float, settings: LifeModelSettings) -> Any:
    objective = {"objective": "quantile", "alpha": quantile, "learning_rate": 2 * settings.learning_rate}
    return lightgbm.train(_parameters(settings) | objective, rows, num_boost_round=settings.quantile_trees)


def _parameters(settings: LifeModelSettings) -> dict[str, Any]:
    return (
        _QUIET
        | _BINS
        | {
            "learning_rate": settings.learning_rate,
            "num_leaves": settings.leaves,
            "min_data_in_leaf": settings.fewest_rows_in_leaf,
            "lambda_l2": settings.leaf_shrinkage,
            "feature_fraction": settings.feature_share,
            "bagging_fraction": settings.row_share,
            "bagging_freq": 1,
            "seed": settings.seed % (2**31),
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": settings.threads,
        }
    )
