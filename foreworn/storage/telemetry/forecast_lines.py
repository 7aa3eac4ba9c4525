"""Forecasts as InfluxDB's line protocol, computed by column: no object per line."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.storage.telemetry.line_protocol import escaped


def forecast_lines(forecasts: pa.Table) -> pa.StringArray:
    r"""Return a line per forecast, time in ms, each with its line end: what `forecast_line` gives of each.

    Parameters
    ----------
    forecasts
        As a store admits them: `FORECAST_SCHEMA` without nulls.
    """
    table = forecasts.combine_chunks()
    tags = [
        _tag(table["machine"], "machine"),
        _tag(table["component"], "component"),
        _tag(table["horizon_h"], "horizon", lambda hours: f"{hours!r}h"),
        _tag(table["model_version"], "model_version"),
        _tag(table["revision"], "revision", str),
    ]
    return pc.binary_join_element_wise(
        _text("forecast"),
        *tags,
        _text(" probability="),
        _of(table["probability"]),
        _text(",issued_at="),
        _of(table["issued_at"].cast(pa.int64())),
        _text("i "),
        _of(table["time"].cast(pa.int64())),
        _text("\n"),
        _text(""),
    )


def _tag(column: pa.ChunkedArray, key: str, written: Callable[..., str] = str) -> pa.StringArray:
    """Return a tag per row, each distinct one written once; an empty one is left out, as the protocol has it."""
    coded = column.combine_chunks().dictionary_encode()
    words = [written(value) for value in coded.dictionary.to_pylist()]
    return pa.array([f",{key}={escaped(word)}" if word else "" for word in words], pa.string()).take(coded.indices)


def _of(column: pa.ChunkedArray) -> pa.StringArray:
    return column.combine_chunks().cast(pa.string())


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.string())
