"""LightGBM as Foreworn uses it: binary, seeded, the same bits for the same input."""

from importlib.metadata import version
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.failure.settings import FailureModelSettings

Values = NDArray[np.float64]


def library() -> str:
    """Return the library's name and major version, which a model's version rests on."""
    return f"lightgbm {version('lightgbm').split('.')[0]}"


class Booster:
    """Trees that give the log-odds of one component's failure."""

    def __init__(self, trees: Any) -> None:
        self._trees = trees

    @classmethod
    def fit(
        cls, matrix: Values, failed: NDArray[np.bool_], settings: FailureModelSettings, categories: tuple[int, ...]
    ) -> "Booster":
        """Grow trees.

        Parameters
        ----------
        matrix : (n_rows, n_features) float
            NaN where a feature is not known.
        failed : (n_rows,) bool
        settings
            Size and seed.
        categories
            Columns that hold categories.
        """
        rows = lightgbm.Dataset(
            matrix, label=failed.astype(np.float64), categorical_feature=list(categories), params={"verbosity": -1}
        )
        return cls(lightgbm.train(_parameters(settings), rows, num_boost_round=settings.trees))

    @classmethod
    def from_text(cls, text: str) -> "Booster":
        """Read LightGBM's own text format."""
        return cls(lightgbm.Booster(model_str=text))

    def text(self) -> str:
        """Return the trees in LightGBM's own text format."""
        return str(self._trees.model_to_string())

    def gain(self) -> Values:
        """Return by how much each feature's splits lowered the loss in training, (n_features,) float."""
        return np.asarray(self._trees.feature_importance("gain"), dtype=np.float64)

    def raw(self, matrix: Values) -> Values:
        """Return the log-odds of each row."""
        return np.asarray(self._trees.predict(matrix, raw_score=True, num_threads=1), dtype=np.float64)

    def contributions(self, matrix: Values) -> Values:
        """Return each feature's exact share in the log-odds.

        Returns
        -------
        (n_rows, n_features + 1) float
            The last column is what is said of an average training row; a row's sum is its log-odds.
        """
        return np.asarray(self._trees.predict(matrix, pred_contrib=True, num_threads=1), dtype=np.float64)


def _parameters(settings: FailureModelSettings) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.fewest_rows_in_leaf,
        "lambda_l2": settings.leaf_shrinkage,
        "feature_fraction": settings.feature_share,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": settings.threads,
        "verbosity": -1,
    }
