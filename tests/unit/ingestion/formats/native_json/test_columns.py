"""The column reader reads what is exactly as the catalogue wants it, and says of the rest that it is unread."""

import numpy as np
import pytest

from foreworn.telemetry.signal import Signal, SignalType
from ingestion.formats.native_json.columns import NO_SEQ, ColumnReader

READER = ColumnReader(
    [
        Signal("vibration"),
        Signal("starts", type=SignalType.INTEGER),
        Signal("mode", type=SignalType.STATE, states=("run", "stop")),
        Signal("a note, of sorts", type=SignalType.STATE),
    ]
)


def test_each_signal_is_a_column_of_its_type_with_nulls_where_there_is_no_value() -> None:
    rows = READER.read(
        [
            b'{"ts": 5, "seq": 1, "values": {"vibration": 1, "mode": "run"}}',
            b' {"values": {"starts": 9223372036854775807, "a note, of sorts": "x"}, "ts": 6}\n',
        ]
    )
    np.testing.assert_array_equal(rows.floats, [[1.0, np.nan]])
    assert {name: (str(column.type), column.to_pylist()) for name, column in rows.others.items()} == {
        "starts": ("int64", [None, 9223372036854775807]),
        "mode": ("string", ["run", None]),
        "a note, of sorts": ("string", [None, "x"]),
    }
    assert (rows.times.tolist(), rows.seqs.tolist(), rows.unread.tolist()) == ([5, 6], [1, NO_SEQ], [])


def test_what_cannot_be_read_leaves_the_others_in_place() -> None:
    good = b'{"ts": %d, "values": {"vibration": 1}}'
    batch = b"[" + good % 2 + b"," + good % 3 + b"]"
    rows = READER.read([b"junk", good % 1, b"[]", batch, b"[" * 5000, b"\xff", good % 4, b""])
    assert rows.messages.tolist() == [1, 3, 3, 6]
    assert rows.times.tolist() == [1, 2, 3, 4]
    assert rows.unread.tolist() == [0, 2, 4, 5, 7]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"ts": 0, "values": {"starts": 41.0}}', id="a whole float for an integer"),
        pytest.param('{"ts": 0, "values": {"starts": 9223372036854775808}}', id="an integer past 64 bits"),
        pytest.param('{"ts": 0, "values": {"starts": true}}', id="true for an integer"),
        pytest.param('{"ts": 0, "values": {"vibration": null}}', id="null"),
        pytest.param('{"ts": 0, "values": {"vibration": NaN}}', id="NaN"),
        pytest.param('{"ts": 0, "values": {"vibration": 1e999}}', id="more than a double holds"),
        pytest.param(f'{{"ts": 0, "values": {{"vibration": {"9" * 5000}}}}}', id="more digits than anybody reads"),
        pytest.param('{"ts": 0, "values": {"mode": "idle"}}', id="a state not in the list"),
        pytest.param('{"ts": 0, "values": {"torque": 1}}', id="a signal not in the catalogue"),
        pytest.param('{"ts": 0, "values": {"f0": 1}}', id="what a signal is called inside"),
        pytest.param('{"ts": 0, "colour": 1, "values": {"vibration": 1}}', id="an unknown member"),
        pytest.param('{"ts": 0}', id="no values"),
        pytest.param('{"values": {"vibration": 1}}', id="no time"),
        pytest.param('{"ts": "2026-01-01T00:00:00Z", "values": {"vibration": 1}}', id="a time in words"),
        pytest.param('{"ts": -1, "values": {"vibration": 1}}', id="a time before 1970"),
        pytest.param('{"ts": 253402300800000, "values": {"vibration": 1}}', id="a time past 9999"),
        pytest.param('{"ts": 0, "seq": null, "values": {"vibration": 1}}', id="a number that is null"),
        pytest.param('{"ts": 0, "seq": -1, "values": {"vibration": 1}}', id="a negative number"),
    ],
)
def test_what_is_not_exactly_so_is_left_to_the_decoder(body: str) -> None:
    assert READER.read([body.encode()]).unread.tolist() == [0]


def test_a_zero_keeps_its_sign() -> None:
    rows = READER.read([b'[{"ts":0,"values":{"vibration":-0.0}},{"ts":0,"values":{"vibration":-0}}]'])
    assert np.signbit(rows.floats).tolist() == [[True, False]]


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(["float"] * 3, id="floats alone"),
        pytest.param(["integer", "counter"], id="no float"),
        pytest.param(["integer", "float"], id="one float among others"),
        pytest.param(["float", "integer", "float", "counter"], id="floats among others"),
    ],
)
def test_every_value_is_in_its_own_column_whatever_the_order_of_the_catalogue(kinds: list[str]) -> None:
    reader = ColumnReader([Signal(f"s{i}", type=SignalType(kind)) for i, kind in enumerate(kinds)])
    said = ",".join(f'"s{i}":{i}' for i in reversed(range(len(kinds))))
    rows = reader.read([f'{{"ts":0,"values":{{{said}}}}}'.encode()] * 2)
    found = {signal.name: row.tolist() for signal, row in zip(reader.floats, rows.floats, strict=True)}
    found |= {name: column.to_pylist() for name, column in rows.others.items()}
    assert found == {f"s{i}": [i, i] for i in range(len(kinds))}
