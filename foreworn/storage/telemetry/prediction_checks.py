"""Which forecasts, anomaly scores and demand forecasts every store can keep."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.health.anomaly import AnomalyScore
from foreworn.health.demand import DemandForecast
from foreworn.health.forecast import FORECAST_SCHEMA, Forecast
from foreworn.storage.telemetry.arrow_rows import one_row_per_forecast
from foreworn.storage.telemetry.plain import check_word, checked_ms, integer, number
from foreworn.telemetry.sample import to_epoch_ms

_WORDS: Final = {"machine": True, "component": True, "model_version": False}
"""The columns of words, and whether each needs one."""


def check_forecast(forecast: Forecast) -> None:
    """Refuse a forecast with what no store can keep."""
    check_word("machine", forecast.machine, needed=True)
    check_word("component", forecast.component, needed=True)
    check_word("model version", forecast.model_version)
    checked_ms(to_epoch_ms(forecast.time))
    checked_ms(to_epoch_ms(forecast.issued_at))
    number(forecast.probability)
    integer(forecast.revision)


def checked_forecasts(forecasts: pa.Table) -> pa.Table:
    """Return a table of forecasts as `FORECAST_SCHEMA`, one row per identity; refuse what no store can keep."""
    table = forecasts.select(FORECAST_SCHEMA.names).cast(FORECAST_SCHEMA)
    empty = [name for name in table.column_names if table[name].null_count]
    if empty:
        raise ValueError(f"a row has no {empty[0]}")
    for column, needed in _WORDS.items():
        for word in _may_be_unwritable(table[column]):
            check_word(column.replace("_", " "), word, needed=needed)
    for column in ("time", "issued_at"):
        bounds = pc.min_max(table[column].cast(pa.int64())).as_py()
        for ms in (v for v in bounds.values() if v is not None):
            checked_ms(ms)
    if not pc.all(pc.is_finite(table["probability"]), min_count=0).as_py():
        raise ValueError("a probability is not finite")
    return one_row_per_forecast(table)


def _may_be_unwritable(words: pa.ChunkedArray) -> list[str]:
    """Return all that `check_word` could refuse, and more, each once; what is plain ASCII is not looked at singly."""
    strange = pc.or_(pc.invert(pc.ascii_is_printable(words)), pc.ends_with(words, "\\"))
    found: list[str] = pc.unique(words.filter(pc.or_(strange, pc.equal(words, "")))).to_pylist()
    return found


def check_score(score: AnomalyScore) -> None:
    """Refuse an anomaly score with what no store can keep."""
    check_word("machine", score.machine, needed=True)
    check_word("detector", score.detector, needed=True)
    checked_ms(to_epoch_ms(score.time))
    for value in (score.score, score.threshold, score.p_value):
        number(value)


def check_demand(forecast: DemandForecast) -> None:
    """Refuse a demand forecast with what no store can keep."""
    check_word("part", forecast.part, needed=True)
    check_word("place", forecast.place, needed=True)
    checked_ms(to_epoch_ms(forecast.start))
    checked_ms(to_epoch_ms(forecast.issued_at))
    number(forecast.distribution.mean)
