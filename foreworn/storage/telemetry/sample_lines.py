"""Samples as InfluxDB's line protocol, computed by column: no object per line, none per value."""

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.storage.telemetry.line_protocol import escaped

_KEYS = ("time", "device")


def sample_lines(samples: pa.Table) -> pa.StringArray:
    r"""Return a line per sample of the measurement `telemetry`, time in ms, each with its line end.

    Parameters
    ----------
    samples
        As a store admits them: `time` (ms), `device`, and signals as float64, int64 or string; every row has a
        value. Floats are written with the fewest digits that read back as the same float.

    Examples
    --------
    >>> times = pa.array([1000, 2000], pa.timestamp("ms", "UTC"))
    >>> table = pa.table({"time": times, "device": ["p 1", "p2"], "flow": [0.1, None], "level": [None, 7]})
    >>> print("".join(sample_lines(table).to_pylist()), end="")
    telemetry,device=p\ 1 flow=0.1 1000
    telemetry,device=p2 level=7i 2000
    """
    columns = {name: _one_chunk(samples[name]) for name in samples.column_names}
    # Columns without nulls go first: after one of them it is known that a comma is needed.
    signals = sorted((name for name in columns if name not in _KEYS), key=lambda name: columns[name].null_count > 0)
    parts: list[pa.Array | pa.Scalar] = [_heads(columns["device"])]
    begun: pa.Array | None = None
    for name in signals:
        values = columns[name]
        parts += _field(escaped(name), values, begun)
        told = values.is_valid()
        begun = told if begun is None else pc.or_(begun, told)
    return _together(*parts, _text(" "), columns["time"].cast(pa.int64()).cast(pa.string()), _text("\n"))


def _heads(devices: pa.StringArray) -> pa.StringArray:
    """Return how each line begins, written once per device."""
    coded = devices.dictionary_encode()
    heads = pa.array([f"telemetry,device={escaped(device)}" for device in coded.dictionary.to_pylist()], pa.string())
    return heads.take(coded.indices)


def _field(key: str, values: pa.Array, begun: pa.Array | None) -> list[pa.Array | pa.Scalar]:
    """Return the parts of a field that make nothing where the value is null; `begun`: the line has a field before."""
    if begun is None:
        before: pa.Array | pa.Scalar = _text(f" {key}=")
    elif begun.true_count == len(begun):
        before = _text(f",{key}=")
    else:
        before = pc.if_else(begun, _text(f",{key}="), _text(f" {key}="))
    written = _written(values)
    if not values.null_count:
        return [before, *written]
    return [pc.binary_join_element_wise(before, *written, _text(""))]


def _written(values: pa.Array) -> list[pa.Array | pa.Scalar]:
    if pa.types.is_integer(values.type):
        return [values.cast(pa.string()), _text("i")]
    if pa.types.is_floating(values.type):
        return [values.cast(pa.string())]
    escapes = pc.replace_substring(pc.replace_substring(values, "\\", "\\\\"), '"', '\\"')
    return [_text('"'), escapes, _text('"')]


def _together(*parts: pa.Array | pa.Scalar) -> pa.StringArray:
    """Return the parts joined, a null as nothing."""
    # Not null_handling="skip": where all parts of a row are null it leaves the row out without a word (Arrow 26).
    return pc.binary_join_element_wise(*parts, _text(""), null_handling="replace", null_replacement="")


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.string())
