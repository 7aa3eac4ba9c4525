"""Which machines stand still: what they measure then says nothing about their health."""

import numpy as np
from numpy.typing import NDArray

from models.anomaly.sample_line import SampleLine
from models.anomaly.settings import AnomalySettings
from models.features.row_index import span_ms
from models.features.window import Times, window_bounds

_SHARE_OF_MEMORY_SEEN = 2 / 3


def standing(line: SampleLine, at: Times, settings: AnomalySettings) -> NDArray[np.bool_]:
    """Tell at which places a machine stands still.

    It does where a state signal said last that it does (`settings.standing_states`), or where the counter of
    its operating time has not moved for most of `settings.memory`. A machine that tells neither is running.

    Parameters
    ----------
    line
        What the machines said.
    at : (n_places,) int
        Places on the line. [ms]
    settings
        Names, and how long the last word counts.
    """
    still = np.zeros(len(at), dtype=bool)
    for signal in line.texts:
        standing_texts = _standing_texts(line, signal, settings)
        if standing_texts:
            still |= line.held(line.codes(signal, standing_texts), at, settings.memory) >= 0
    return still | _unmoved(line, at, settings)


def _standing_texts(line: SampleLine, signal: str, settings: AnomalySettings) -> tuple[str, ...]:
    said = line.shares(signal, np.ones(len(line.place), dtype=bool))
    return tuple(text for text in said if text.strip().lower() in settings.standing_states)


def _unmoved(line: SampleLine, at: Times, settings: AnomalySettings) -> NDArray[np.bool_]:
    counter = line.numbers(settings.operating_time)
    said = ~np.isnan(counter)
    stamps, values = line.place[said], counter[said]
    first, last = window_bounds(stamps, at, span_ms(settings.memory))
    seen = np.flatnonzero(last - first > 1)
    begin, end = first[seen], last[seen] - 1
    long_enough = stamps[end] - stamps[begin] >= span_ms(settings.memory) * _SHARE_OF_MEMORY_SEEN
    still = np.zeros(len(at), dtype=bool)
    still[seen] = long_enough & (values[end] == values[begin])
    return still
