"""Rows of running machines by regime, and their smoothed signals."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.anomaly.regimes import UNKNOWN, Codes, Regimes
from models.anomaly.sample_line import SampleLine
from models.anomaly.settings import AnomalySettings
from models.anomaly.smoothing import smoothed
from models.anomaly.standing import standing
from models.features.row_index import span_ms
from models.features.window import Times, Values


class WorkingLine:
    """A sample line, sorted by how the machines were working.

    Attributes
    ----------
    row_code : (n_rows,) int
        The regime that each row's machine works in; `UNKNOWN` where it stands still or does not say.
    """

    def __init__(self, line: SampleLine, regimes: Regimes, settings: AnomalySettings) -> None:
        self._line, self._regimes, self._settings = line, regimes, settings
        self._sample_code = self._working(line.place)
        self.row_code = self._working(line.row_place)

    def matrix(self, rows: NDArray[np.intp], code: int, signals: Sequence[str]) -> Values:
        """Return the smoothed signals of rows that work in a regime, (n_rows, n_signals) float, NaN where silent.

        Only what was said in the same regime is smoothed: a mean over two ways of working is neither.
        """
        same = self._sample_code == code
        matrix = np.empty((len(rows), len(signals)))
        for column, signal in enumerate(signals):
            values = self._line.numbers(signal)
            said = same & ~np.isnan(values)
            matrix[:, column] = smoothed(
                self._line.place[said],
                values[said],
                self._line.row_place[rows],
                width=span_ms(self._settings.width),
                time_constant=span_ms(self._settings.time_constant),
                memory=span_ms(self._settings.memory),
            )
        return matrix

    def _working(self, at: Times) -> Codes:
        code = self._regimes.codes(self._line, at, self._settings)
        return np.where(standing(self._line, at, self._settings), UNKNOWN, code)
