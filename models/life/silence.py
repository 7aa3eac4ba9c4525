"""Signals that a machine does not say any more: remaining life is told without them, and says so."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from models.features.fleet_record import FleetRecord, is_numeric
from models.features.row_index import span_ms
from models.life.inputs import LifeInputs
from models.life.settings import LifeModelSettings

SILENT_AFTER: Final = 20
"""Steps of other words after which a signal counts as silent: one that is said seldom is not."""

MOST_NAMED: Final = 3
_NEVER: Final = np.iinfo(np.int64).min // 2


def notes_on_silence(
    record: FleetRecord, history: FleetHistory, inputs: LifeInputs, settings: LifeModelSettings
) -> list[str]:
    """Say of each row which signals its machine has not said lately, and which it says that training did not read.

    A signal that was renamed is both. What training did not read is told beside a silence alone: most machines say
    something that does not tell wear.

    Returns
    -------
    list[str]
        One per row of the record; empty where nothing is missing.
    """
    expected, aside = inputs.residuals.signals, {*settings.operating_settings, *settings.leave_out, settings.unit}
    unread = [s for s in history.signals if s not in {*expected, *aside} and is_numeric(history.telemetry, s)]
    names = [*expected, *unread]
    last = np.stack([_last_said(record, name) for name in names], axis=1)
    lately = last > last.max(axis=1, keepdims=True) - span_ms(SILENT_AFTER * settings.step)
    lately &= last > _NEVER
    split = len(expected)
    return [_note(_chosen(expected, ~said[:split]), _chosen(unread, said[split:])) for said in lately]


def _last_said(record: FleetRecord, signal: str) -> NDArray[np.int64]:
    """Return where each row's machine last said a signal, on the record's line; far before it where it never did."""
    places, _ = record.samples(signal)
    last = np.append(places, _NEVER)[np.searchsorted(places, record.place, side="right") - 1]
    return np.where(last >= record.lane, last, _NEVER)


def _chosen(names: Sequence[str], which: NDArray[np.bool_]) -> list[str]:
    return [name for name, chosen in zip(names, which.tolist(), strict=True) if chosen]


def _note(silent: Sequence[str], unread: Sequence[str]) -> str:
    if not silent:
        return ""
    said = f"nothing was said lately of {_listed(silent)}: it is told from the other signals"
    return f"{said}; training did not read {_listed(unread)}, which is said" if unread else said


def _listed(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are.

    Examples
    --------
    >>> _listed(["flow", "pressure"]), _listed(["a", "b", "c", "d", "e"])
    ('flow, pressure', 'a, b, c and 2 more')
    """
    more = len(names) - MOST_NAMED
    first = ", ".join(names[:MOST_NAMED])
    return f"{first} and {more} more" if more > 0 else first
