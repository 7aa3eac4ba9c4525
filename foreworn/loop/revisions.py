"""What is said anew, held against what is on record."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_WHOSE: Final = ["machine", "component", "time"]
_SAID: Final = ["model_version", "revision", "probability"]


def as_revisions(forecasts: pa.Table, standing: pa.Table) -> tuple[pa.Table, NDArray[np.bool_]]:
    """Return forecasts with the revision that each is, and which of them are not on record yet, in their order.

    Parameters
    ----------
    forecasts
        What is said now: `FORECAST_SCHEMA`, revision 0.
    standing
        What is on record of the same machines and times, sorted as a store returns it.

    Returns
    -------
    forecasts
        Where nothing stood before, revision 0. Where the newest revision says the same, that revision; otherwise the
        next one.
    fresh : (n_forecasts,) bool
    """
    if not len(standing):
        return forecasts, np.full(len(forecasts), fill_value=True)
    before = _before(forecasts, standing)
    is_first = before["revision"].is_null().to_numpy()
    same = pc.and_(
        pc.equal(before["model_version"], forecasts["model_version"]),
        pc.equal(before["probability"], forecasts["probability"]),
    )
    known = pc.fill_null(same, False).to_numpy()
    revision = np.where(is_first, 0, pc.fill_null(before["revision"], 0).to_numpy() + ~known)
    place = forecasts.column_names.index("revision")
    return forecasts.set_column(place, "revision", pa.array(revision, pa.int64())), ~known


def _before(forecasts: pa.Table, standing: pa.Table) -> pa.Table:
    """Return the newest revision on record of each forecast, row by row; null where there is none."""
    newest = standing.sort_by("revision").group_by(_WHOSE, use_threads=False)  # the sort is stable
    known = newest.aggregate([(name, "last") for name in _SAID]).rename_columns([*_WHOSE, *_SAID])
    rows = forecasts.select(_WHOSE).append_column("row", pa.array(np.arange(len(forecasts))))
    return rows.join(known, _WHOSE, join_type="left outer").sort_by("row")
