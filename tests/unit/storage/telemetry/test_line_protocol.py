import pyarrow as pa
import pytest

from foreworn.storage.telemetry.line_protocol import SampleLines, escaped, point, text
from foreworn.telemetry.signal import LARGEST_INTEGER, Signal, SignalType, SignalValue

SIGNALS = [
    Signal("flow rate"),
    Signal("strokes", type=SignalType.COUNTER),
    Signal("mode", type=SignalType.STATE),
]


@pytest.mark.parametrize(
    ("word", "written"),
    [
        pytest.param("pump-1", "pump-1", id="most names are written as they are"),
        pytest.param("a b", r"a\ b", id="a space"),
        pytest.param("a,b=c", r"a\,b\=c", id="comma and equals sign"),
        pytest.param(r"C:\drive", r"C:\drive", id="a backslash before a letter stands for itself"),
        pytest.param('"quoted"', '"quoted"', id="quotes mean nothing in a tag"),
    ],
)
def test_names_are_escaped(word: str, written: str) -> None:
    assert escaped(word) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [("", '""'), ('say "hi"', r'"say \"hi\""'), ("back\\", r'"back\\"'), ("two\nlines", '"two\nlines"')],
)
def test_texts_are_quoted(value: str, written: str) -> None:
    assert text(value) == written


def test_an_empty_tag_is_left_out() -> None:
    assert point("log", [("device", "p1"), ("logger", "")], ["seq=1i"], 5) == "log,device=p1 seq=1i 5"


def test_a_line_has_each_value_in_its_type() -> None:
    values: dict[str, SignalValue] = {"flow rate": 1e-05, "strokes": LARGEST_INTEGER, "mode": "on"}
    (line,) = SampleLines(SIGNALS).of_samples([("p 1", 1000, values)])
    assert line == rf'telemetry,device=p\ 1 flow\ rate=1e-05,strokes={LARGEST_INTEGER}i,mode="on" 1000'


def test_a_table_gives_the_lines_of_its_samples() -> None:
    rows: list[tuple[str, int, dict[str, SignalValue]]] = [
        ("p1", 1, {"flow rate": 2.0, "mode": ""}),
        ("p 2", 2, {"strokes": 7}),
    ]
    table = pa.table(
        {
            "time": pa.array([1, 2], pa.timestamp("ms", "UTC")),
            "device": ["p1", "p 2"],
            "flow rate": [2.0, None],
            "strokes": pa.array([None, 7], pa.int64()),
            "mode": ["", None],
        }
    )
    lines = SampleLines(SIGNALS)
    assert list(lines.of_table(table)) == list(lines.of_samples(rows))
