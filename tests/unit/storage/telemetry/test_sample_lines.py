"""Lines by column: exact for every float, and each value in its type."""

import numpy as np
import pyarrow as pa
import pytest

from foreworn.storage.telemetry.sample_lines import sample_lines
from foreworn.telemetry.signal import LARGEST_INTEGER


def table(devices: list[str], **signals: object) -> pa.Table:
    times = pa.array(range(1, len(devices) + 1), pa.timestamp("ms", "UTC"))
    return pa.table({"time": times, "device": devices, **signals})


def lines(samples: pa.Table) -> list[str]:
    written: list[str] = sample_lines(samples).to_pylist()
    return written


def test_a_line_has_each_value_in_its_type() -> None:
    samples = table(["p 1"], **{"flow rate": [2.5], "strokes": [LARGEST_INTEGER], "mode": ['say "on" \\']})
    assert lines(samples) == [
        rf'telemetry,device=p\ 1 flow\ rate=2.5,strokes={LARGEST_INTEGER}i,mode="say \"on\" \\" 1' "\n"
    ]


@pytest.mark.parametrize(
    ("signals", "fields"),
    [
        pytest.param({"a": [1, None, 1], "b": [2, 2, None]}, ["a=1i,b=2i", "b=2i", "a=1i"], id="none is always there"),
        pytest.param({"a": [1, None, 1], "b": [2, 2, 2]}, ["b=2i,a=1i", "b=2i", "b=2i,a=1i"], id="one is always there"),
        pytest.param(
            {"a": [1, None, None], "b": [None, 2, None], "c": [None, None, 3], "d": [4, None, 4]},
            ["a=1i,d=4i", "b=2i", "c=3i,d=4i"],
            id="each line begins with another",
        ),
        pytest.param({"a": ["", None, "x"], "b": [None, 1.0, None]}, ['a=""', "b=1", 'a="x"'], id="empty text"),
    ],
)  # fmt: skip
def test_what_a_sample_has_not_is_not_in_its_line(signals: dict[str, list[object]], fields: list[str]) -> None:
    written = lines(table(["p"] * 3, **signals))
    assert written == [f"telemetry,device=p {told} {i + 1}\n" for i, told in enumerate(fields)]


def test_columns_in_pieces_give_the_same_lines() -> None:
    whole = table(["p1", "p2", "p1", "p3"], flow=[1.0, None, 3.0, 4.0], level=[None, 2, 3, None])
    pieces = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 2), whole.slice(3)])
    assert lines(pieces) == lines(whole)


def test_floats_read_back_as_the_same_float_bit_by_bit() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.integers(0, 2**64, 100_000, dtype=np.uint64).view(np.float64)
    largest = float(np.finfo(np.float64).max)
    chosen = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e300, largest, 1.0, 1e15, 1e16, 1e22, 2.0**53, 0.1]
    floats = np.concatenate([drawn[np.isfinite(drawn)], chosen, rng.normal(50, 10, 10_000).round(3)])
    written = lines(table(["p"] * len(floats), flow=floats))
    read = np.array([float(line.split(" ")[1].removeprefix("flow=")) for line in written])
    assert read.tobytes() == floats.tobytes()
