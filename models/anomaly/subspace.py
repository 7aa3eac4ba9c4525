"""The directions in which healthy signals move together, and what lies outside them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features.window import Values

_RIDGE = 1e-6  # of a signal's variance: two copies of one signal still have an inverse


@dataclass(frozen=True, slots=True)
class PrincipalSubspace:
    r"""Principal components of standardised signals [1]_.

    With :math:`P` the loadings and :math:`\Lambda` the variances of the components that are kept, Hotelling's
    :math:`T^2 = z^\top P \Lambda^{-1} P^\top z` tells how far a row goes in the usual directions, and
    :math:`Q = \lVert z - P P^\top z \rVert^2` how far it leaves them. Both are given as sums of one share per
    signal: for :math:`T^2` the complete decomposition :math:`((P \Lambda^{-1/2} P^\top z)_i)^2` [2]_, whose parts
    are never negative, for :math:`Q` the squared residuals.

    Parameters
    ----------
    loadings : (n_signals, n_components) float
    variances : (n_components,) float
    covariance : (n_signals, n_signals) float
        About zero, where standardising put the middle.

    References
    ----------
    .. [1] J. E. Jackson, G. S. Mudholkar, "Control procedures for residuals associated with principal
       component analysis", Technometrics 21(3), 1979.
    .. [2] C. F. Alcala, S. J. Qin, "Reconstruction-based contribution for process monitoring", Automatica
       45(7), 2009.

    Examples
    --------
    Two signals that move together; one row goes far with them, one leaves their direction:

    >>> together = np.array([[1.0, 1.0], [-1.0, -1.0], [0.1, -0.1], [-0.1, 0.1]])
    >>> subspace = PrincipalSubspace.fit(together, retained=0.9)
    >>> rows = np.array([[2.0, 2.0], [1.0, -1.0]])
    >>> subspace.hotelling(rows).sum(axis=1).round(3).tolist(), subspace.residual(rows).sum(axis=1).round(3).tolist()
    ([8.0, 0.0], [0.0, 2.0])
    """

    loadings: Values
    variances: Values
    covariance: Values

    @classmethod
    def fit(cls, standardised: Values, *, retained: float, components: int | None = None) -> "PrincipalSubspace":
        """Return the fewest components that keep a share of the variance; at least one, and one less than signals.

        Parameters
        ----------
        standardised : (n_rows, n_signals) float, without NaN
        retained
            The share of the variance to keep, in (0, 1).
        components
            How many to keep instead.
        """
        covariance = standardised.T @ standardised / len(standardised)
        variances, loadings = np.linalg.eigh(covariance)
        variances, loadings = variances[::-1], loadings[:, ::-1]
        enough = int(np.searchsorted(np.cumsum(variances) / variances.sum(), retained)) + 1
        kept = max(min(enough, len(variances) - 1), 1) if components is None else components
        return cls(loadings[:, :kept].copy(), variances[:kept].copy(), covariance)

    @property
    def components(self) -> int:
        """How many components it keeps."""
        return len(self.variances)

    def hotelling(self, standardised: Values) -> Values:
        """Return each signal's share in T2, (n_rows, n_signals) float; their sum is T2."""
        root = (self.loadings / np.sqrt(self.variances)) @ self.loadings.T
        return _times(standardised, root) ** 2

    def residual(self, standardised: Values) -> Values:
        """Return each signal's share in Q, (n_rows, n_signals) float; their sum is Q."""
        return (standardised - _times(standardised, self.loadings @ self.loadings.T)) ** 2

    def filled(self, standardised: Values) -> Values:
        """Return rows with what is missing (NaN) put in as expected from what is there, under normality.

        A row without any signal becomes the middle.
        """
        missing = np.isnan(standardised)
        filled = np.where(missing, 0.0, standardised)
        for pattern in np.unique(missing[missing.any(axis=1)], axis=0):
            rows = (missing == pattern).all(axis=1)
            filled[np.ix_(rows, pattern)] = _times(filled[np.ix_(rows, ~pattern)], self._expectation(pattern))
        return filled

    def _expectation(self, missing: NDArray[np.bool_]) -> Values:
        there = self.covariance[np.ix_(~missing, ~missing)]
        there = there + _RIDGE * np.diag(np.diag(there))
        return np.asarray(np.linalg.solve(there, self.covariance[np.ix_(~missing, missing)]))


def _times(rows: Values, matrix: Values) -> Values:
    """Multiply row by row: a fast matrix product rounds a row by how many others there are."""
    product: Values = np.einsum("ij,jk->ik", rows, matrix, optimize=False)
    return product
