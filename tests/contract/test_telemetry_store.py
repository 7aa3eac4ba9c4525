"""What every telemetry store promises: `foreworn.telemetry.store.TelemetryStore`."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreworn.errors import ConfigurationError, NotFound, StoreRejected
from foreworn.storage.telemetry.arrow_rows import sample_schema
from foreworn.telemetry.sample import Event, LogLine, Sample, TelemetryBatch
from foreworn.telemetry.sample_columns import SampleColumns
from foreworn.telemetry.signal import LARGEST_INTEGER, Signal, SignalCatalogue, SignalType, SignalValue
from foreworn.telemetry.store import EVENT_SCHEMA, LOG_SCHEMA, WINDOW_SCHEMA
from tests import naive
from tests.telemetry_stores import ALWAYS, CATALOGUE, AnyStore, NewStore, at, batch, sample

# A store is made for every example, so that none sees what another wrote.
quick = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD_WORDS = [
    "a\"b'c",
    "press 1, west=2",
    r"C:\drive",
    r"a\,b",
    r"a\ b",
    "ü🙂",
    "%s {} ;",
    "a||b",
    " edge ",
    "tags",
    "1",
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
devices = st.sampled_from(["a", "b", *ODD_WORDS])
floats = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-LARGEST_INTEGER - 1, LARGEST_INTEGER)
samples = st.builds(
    Sample,
    devices,
    st.integers(0, 5).map(at),
    st.fixed_dictionaries(
        {}, optional={"flow": floats, "pressure": floats, "strokes": integers, "level": integers, "mode": texts}
    ),
)


def by_column(written: Sequence[Sample]) -> SampleColumns:
    schema = sample_schema([CATALOGUE.by_name(n) for n in CATALOGUE.names])
    table = pa.Table.from_pylist([{"time": s.time, "device": s.device, **s.values} for s in written], schema)
    return SampleColumns(table, pa.chunked_array([[s.seq for s in written]], pa.int64()))


def rows(table: pa.Table) -> list[dict[str, object]]:
    return [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()]


def test_an_empty_store_answers_with_empty_tables_of_the_right_columns(store: AnyStore) -> None:
    signals = [CATALOGUE.by_name(n) for n in CATALOGUE.names]
    assert store.samples(*ALWAYS).schema == sample_schema(signals)
    assert store.last().schema == sample_schema(signals)
    assert store.events(*ALWAYS).schema == EVENT_SCHEMA
    assert store.logs(*ALWAYS).schema == LOG_SCHEMA
    assert store.windows(*ALWAYS, timedelta(days=1)).schema == WINDOW_SCHEMA
    assert store.count_samples(*ALWAYS) == 0


def test_a_sample_comes_back_with_the_types_of_the_catalogue(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=2, strokes=LARGEST_INTEGER, level=-7, mode="run")))
    table = store.samples(*ALWAYS)
    assert table.schema.types[2:] == [pa.float64(), pa.int64(), pa.string(), pa.float64(), pa.int64()]
    expected = {"time": at(1), "device": "p1", "flow": 2.0, "strokes": LARGEST_INTEGER, "level": -7, "mode": "run"}
    assert rows(table) == [expected]


def test_a_sample_sent_twice_is_one_sample(store: AnyStore) -> None:
    for _ in range(2):
        store.write(batch(sample("p1", 1, flow=2.0)))
    assert store.count_samples(*ALWAYS) == 1
    assert len(store.samples(*ALWAYS)) == 1


def test_the_later_received_wins_signal_by_signal(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0, mode="run")))
    store.write(batch(sample("p1", 1, flow=2.0, strokes=5)))
    assert rows(store.samples(*ALWAYS)) == [
        {"time": at(1), "device": "p1", "flow": 2.0, "mode": "run", "strokes": 5},
    ]


def test_the_later_received_wins_within_one_batch(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0, level=3), sample("p1", 1, flow=2.0, mode="run")))
    assert rows(store.samples(*ALWAYS)) == [{"time": at(1), "device": "p1", "flow": 2.0, "level": 3, "mode": "run"}]


def test_samples_out_of_order_are_read_by_device_and_time(store: AnyStore) -> None:
    store.write(batch(sample("p2", 3, flow=1.0), sample("p1", 9, flow=1.0)))
    store.write(batch(sample("p2", 1, flow=1.0), sample("P3", 5, flow=1.0)))
    table = store.samples(*ALWAYS)
    found = list(zip(table["device"].to_pylist(), table["time"].to_pylist(), strict=True))
    assert found == [("P3", at(5)), ("p1", at(9)), ("p2", at(1)), ("p2", at(3))]


def test_two_devices_at_one_time_are_two_samples(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0), sample("p2", 1, level=2)))
    assert rows(store.samples(*ALWAYS)) == [
        {"time": at(1), "device": "p1", "flow": 1.0},
        {"time": at(1), "device": "p2", "level": 2},
    ]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        pytest.param(at(1), at(3), [1, 2], id="the start is in the range and the end is not"),
        pytest.param(at(1) + timedelta(microseconds=1), at(3), [2], id="a start between milliseconds is rounded up"),
        pytest.param(at(1), at(3) + timedelta(microseconds=1), [1, 2, 3], id="as is an end"),
        pytest.param(at(2), at(2), [], id="an empty range is empty"),
        pytest.param(at(3), at(1), [], id="a range that ends before it starts is empty"),
        pytest.param(
            datetime.min.replace(tzinfo=UTC),
            datetime.max.replace(tzinfo=UTC),
            [0, 1, 2, 3],
            id="the range may be longer than what a store can hold",
        ),
    ],
)
def test_ranges_are_half_open(store: AnyStore, start: datetime, end: datetime, found: list[int]) -> None:
    entries = [Event("p1", at(i), "E1") for i in range(4)], [LogLine("p1", at(i), "info", "x") for i in range(4)]
    store.write(
        TelemetryBatch(tuple(sample("p1", i, flow=1.0) for i in range(4)), tuple(entries[0]), tuple(entries[1]))
    )
    times = [at(i) for i in found]
    assert store.samples(start, end)["time"].to_pylist() == times
    assert store.events(start, end)["time"].to_pylist() == times
    assert store.logs(start, end)["time"].to_pylist() == times
    assert store.count_samples(start, end) == len(times)
    assert store.windows(start, end, timedelta(minutes=1))["time"].to_pylist() == times


def test_no_device_is_not_all_devices(store: AnyStore) -> None:
    store.write(
        TelemetryBatch(
            (sample("p1", 1, flow=1.0), sample("p2", 1, flow=2.0)),
            (Event("p1", at(1), "E1"), Event("p2", at(1), "E1")),
            (LogLine("p1", at(1), "info", "x"), LogLine("p2", at(1), "info", "x")),
        )
    )
    hour = timedelta(hours=1)
    for chosen, found in ((None, ["p1", "p2"]), ([], []), (["p2", "nobody"], ["p2"]), (["p1", "p1"], ["p1"])):
        assert store.samples(*ALWAYS, devices=chosen)["device"].to_pylist() == found
        assert store.events(*ALWAYS, devices=chosen)["device"].to_pylist() == found
        assert store.logs(*ALWAYS, devices=chosen)["device"].to_pylist() == found
        assert store.last(devices=chosen)["device"].to_pylist() == found
        assert store.windows(*ALWAYS, hour, devices=chosen)["device"].to_pylist() == found


def test_a_long_list_of_devices_is_no_problem(store: AnyStore) -> None:
    names = [f"device-{i:04d}" for i in range(1200)]
    store.write(batch(*(sample(name, 1, flow=1.0) for name in names)))
    assert store.samples(*ALWAYS, devices=names)["device"].to_pylist() == names
    assert store.last(devices=names)["device"].to_pylist() == names


def test_signals_come_in_the_order_asked_and_samples_with_none_of_them_are_left_out(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0, level=2), sample("p1", 2, mode="run"), sample("p1", 3, level=4)))
    table = store.samples(*ALWAYS, signals=["level", "flow"])
    assert table.column_names == ["time", "device", "level", "flow"]
    assert table.to_pylist() == [
        {"time": at(1), "device": "p1", "level": 2, "flow": 1.0},
        {"time": at(3), "device": "p1", "level": 4, "flow": None},
    ]
    assert store.samples(*ALWAYS, signals=[]).to_pylist() == []
    assert store.count_samples(*ALWAYS) == 3


def test_a_signal_that_was_never_reported_is_a_column_of_nulls_of_its_type(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0)))
    table = store.samples(*ALWAYS)
    assert table["strokes"].type == pa.int64()
    assert table["strokes"].null_count == 1
    assert store.last()["mode"].to_pylist() == [None]


def test_asking_for_an_unknown_signal_names_it(store: AnyStore) -> None:
    with pytest.raises(NotFound, match="torque"):
        store.samples(*ALWAYS, signals=["torque"])


def test_a_sample_without_values_is_no_sample(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1)))
    store.write(TelemetryBatch())
    assert store.count_samples(*ALWAYS) == 0


@pytest.mark.parametrize("value", [LARGEST_INTEGER, LARGEST_INTEGER - 1, -LARGEST_INTEGER - 1, 2**53 + 1, 0])
def test_integers_are_exact(store: AnyStore, value: int) -> None:
    store.write(batch(sample("p1", 1, strokes=value, level=value)))
    for table in (store.samples(*ALWAYS), store.last()):
        assert table["strokes"].to_pylist() == table["level"].to_pylist() == [value]


@pytest.mark.parametrize(
    "state",
    ["", "null", "NULL", "NaN", "a,b", 'a "quoted" b', "two\nlines", "\r\n", "\n\n", "back\\", "\t", " ", "é🙂"],
)
def test_states_come_back_as_they_went(store: AnyStore, state: str) -> None:
    store.write(batch(sample("p1", 1, mode=state), sample("p1", 2, flow=1.0), sample("p2", 1, mode=state, level=1)))
    assert store.samples(*ALWAYS)["mode"].to_pylist() == [state, None, state]
    assert store.last()["mode"].to_pylist() == [state, state]


@pytest.mark.parametrize("word", ODD_WORDS)
def test_names_come_back_as_they_went(store: AnyStore, word: str) -> None:
    event, line = Event(word, at(1), word, word, word), LogLine(word, at(1), word, word, word, {word: word}, 1)
    store.write(TelemetryBatch((sample(word, 1, flow=1.0),), (event,), (line,)))
    assert store.samples(*ALWAYS, devices=[word])["device"].to_pylist() == [word]
    assert store.last(devices=[word])["device"].to_pylist() == [word]
    assert store.windows(*ALWAYS, timedelta(hours=1), devices=[word])["device"].to_pylist() == [word]
    (found,) = store.events(*ALWAYS, devices=[word]).to_pylist()
    assert (found["device"], found["code"], found["severity"], found["message"]) == (word,) * 4
    (found,) = store.logs(*ALWAYS, devices=[word]).to_pylist()
    assert (found["device"], found["level"], found["logger"], found["message"]) == (word,) * 4


@pytest.mark.parametrize(
    "name",
    ["count", "name", "tags", "c0", "seq", "a b", 'say "x"', "x,y=z", "select", "ü", "signal", "empty", "{0}", "$step"],
)
def test_a_signal_may_have_any_name_that_can_be_told_from_others(store: AnyStore, name: str) -> None:
    store.use(SignalCatalogue({"*": [Signal(name), Signal("mode", type=SignalType.STATE)]}))
    store.write(batch(sample("p1", 1, **{name: 1.5}, mode="")))
    assert rows(store.samples(*ALWAYS)) == [{"time": at(1), "device": "p1", name: 1.5, "mode": ""}]
    assert rows(store.last()) == [{"time": at(1), "device": "p1", name: 1.5, "mode": ""}]
    assert store.windows(*ALWAYS, timedelta(hours=1))["signal"].to_pylist() == [name]


@pytest.mark.parametrize("names", [["time"], ["Device"], ["flow", "Flow"], ["two\nlines"], ["back\\"], [""]])
def test_signals_that_a_store_cannot_keep_apart_are_refused_when_they_are_declared(
    store: AnyStore, names: list[str]
) -> None:
    with pytest.raises(ConfigurationError, match="rename"):
        store.use(SignalCatalogue({"*": [Signal(name) for name in names]}))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param({"torque": 1.0}, "no signal 'torque'", id="an unknown signal"),
        pytest.param({"flow": "fast"}, "flow.*not a number", id="a text for a float"),
        pytest.param({"flow": True}, "flow.*bool", id="a truth value for a float"),
        pytest.param({"flow": math.nan}, "flow.*not finite", id="NaN"),
        pytest.param({"flow": -math.inf}, "flow.*not finite", id="infinity"),
        pytest.param({"flow": 10**400}, "flow", id="an integer no float can be"),
        pytest.param({"level": 1.5}, "level.*not an integer", id="a float for an integer"),
        pytest.param({"level": False}, "level.*bool", id="a truth value for an integer"),
        pytest.param({"strokes": LARGEST_INTEGER + 1}, "64 bits", id="an integer past 64 bits"),
        pytest.param({"mode": 3}, "mode.*not text", id="a number for a state"),
        pytest.param({"mode": "\ud800"}, "mode", id="half a character"),
    ],
)
def test_a_value_of_the_wrong_type_is_rejected_and_nothing_of_its_batch_is_stored(
    store: AnyStore, values: dict[str, SignalValue], why: str
) -> None:
    good, event = sample("p1", 1, flow=1.0), Event("p1", at(1), "E1")
    with pytest.raises(StoreRejected, match=why):
        store.write(
            TelemetryBatch(
                (good, sample("p1", 2, level=1, **values) if "level" not in values else Sample("p1", at(2), values)),
                (event,),
            )
        )
    assert store.count_samples(*ALWAYS) == 0
    assert len(store.events(*ALWAYS)) == 0


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(TelemetryBatch((Sample("", at(2), {"flow": 1.0}),)), id="a device without a name"),
        pytest.param(TelemetryBatch((Sample("a\nb", at(2), {"flow": 1.0}),)), id="a line break in a device"),
        pytest.param(TelemetryBatch((Sample("a\\", at(2), {"flow": 1.0}),)), id="a device that ends in a backslash"),
        pytest.param(
            TelemetryBatch((Sample("a", datetime(2300, 1, 1, tzinfo=UTC), {"flow": 1.0}),)), id="a time past 2262"
        ),
        pytest.param(TelemetryBatch(events=(Event("a", at(2), ""),)), id="an event without a code"),
        pytest.param(TelemetryBatch(events=(Event("a", at(2), "E\x00"),)), id="a control character in a code"),
        pytest.param(TelemetryBatch(events=(Event("a", at(2), "E1", message="\ud800"),)), id="half a character"),
        pytest.param(TelemetryBatch(events=(Event("a", at(2), "E1", seq=2**63),)), id="a seq past 64 bits"),
        pytest.param(
            TelemetryBatch(logs=(LogLine("a", at(2), "info", "x", fields={"f": math.nan}),)), id="NaN in a log line"
        ),
    ],
)
def test_an_entry_no_store_can_keep_is_rejected_and_nothing_is_stored(store: AnyStore, bad: TelemetryBatch) -> None:
    good = TelemetryBatch((sample("p1", 1, flow=1.0),), (Event("p1", at(1), "E1"),), (LogLine("p1", at(1), "i", "x"),))
    with pytest.raises(StoreRejected):
        store.write(TelemetryBatch((*good.samples, *bad.samples), good.events + bad.events, good.logs + bad.logs))
    assert store.count_samples(*ALWAYS) == len(store.events(*ALWAYS)) == len(store.logs(*ALWAYS)) == 0


def test_a_catalogue_that_grows_is_used_from_then_on(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0)))
    with pytest.raises(StoreRejected):
        store.write(batch(sample("p1", 2, torque=1.0)))
    store.use(SignalCatalogue({"*": [Signal("flow", "l/min"), Signal("torque", "Nm")]}))
    store.write(batch(sample("p1", 2, torque=1.0)))
    assert store.samples(*ALWAYS).column_names == ["time", "device", "flow", "torque"]
    assert store.samples(*ALWAYS)["torque"].to_pylist() == [None, 1.0]


def test_the_last_value_of_every_signal_is_kept_however_old(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0, mode="run"), sample("p1", 5, flow=5.0), sample("p1", 3, strokes=3)))
    store.write(batch(sample("p1", 2, flow=2.0), sample("p0", 9, level=1)))
    assert rows(store.last()) == [
        {"time": at(9), "device": "p0", "level": 1},
        {"time": at(5), "device": "p1", "flow": 5.0, "mode": "run", "strokes": 3},
    ]


def test_an_event_is_one_per_device_time_and_code_and_the_later_received_wins(store: AnyStore) -> None:
    first, second = Event("p1", at(1), "E1", "warning", "hot", 1), Event("p1", at(1), "E1", "error", "hotter", 2)
    other = Event("p1", at(1), "E0")
    store.write(TelemetryBatch(events=(second, other)))
    store.write(TelemetryBatch(events=(first,)))
    store.write(TelemetryBatch(events=(first, second)))
    store.write(TelemetryBatch(events=(first,)))
    assert store.events(*ALWAYS).to_pylist() == [
        {"time": at(1), "device": "p1", "code": "E0", "severity": "info", "message": "", "count": 1},
        {"time": at(1), "device": "p1", "code": "E1", "severity": "warning", "message": "hot", "count": 1},
    ]


def test_events_are_sorted_by_device_time_code(store: AnyStore) -> None:
    events = [Event(d, at(m), c, "") for d in ("p2", "p1") for m in (2, 1) for c in ("E2", "E1")]
    store.write(TelemetryBatch(events=tuple(events)))
    found = store.events(*ALWAYS)
    assert found.to_pylist() == sorted(found.to_pylist(), key=lambda e: (e["device"], e["time"], e["code"]))
    assert len(found) == 8
    assert set(found["severity"].to_pylist()) == {""}


def test_log_lines_of_one_millisecond_do_not_overwrite_each_other(store: AnyStore) -> None:
    lines = [LogLine("p1", at(1), "info", f"line {i}", "drive", {"b": i, "a": None}, i) for i in (2, 0, 1)]
    unnumbered = LogLine("p1", at(1), "info", "no number", "drive")
    store.write(TelemetryBatch(logs=(*lines, unnumbered)))
    store.write(TelemetryBatch(logs=(lines[1], unnumbered)))
    table = store.logs(*ALWAYS)
    assert table["message"].to_pylist() == ["line 0", "line 1", "line 2", "no number"]
    assert table["seq"].to_pylist() == [0, 1, 2, None]
    assert table["fields"].to_pylist() == [*(f'{{"a":null,"b":{i}}}' for i in range(3)), "{}"]
    assert table["time"].to_pylist() == [at(1)] * 4


def test_log_lines_keep_level_logger_and_text(store: AnyStore) -> None:
    written = [
        LogLine("p1", at(1), "error", 'two\nlines, "quoted" \\', "drive", {"x": 'a"\\\n'}, LARGEST_INTEGER),
        LogLine("p1", at(1), "", "", "", {"big": 2**63, "t": True}, 7),
    ]
    store.write(TelemetryBatch(logs=tuple(written)))
    assert store.logs(*ALWAYS).drop_columns(["time", "device"]).to_pylist() == [
        {"level": "", "logger": "", "message": "", "fields": '{"big":9223372036854775808,"t":true}', "seq": 7},
        {
            "level": "error",
            "logger": "drive",
            "message": 'two\nlines, "quoted" \\',
            "fields": '{"x":"a\\"\\\\\\n"}',
            "seq": LARGEST_INTEGER,
        },
    ]


def test_a_table_of_samples_is_the_same_as_its_samples(new_store: NewStore) -> None:
    written = [
        sample("p1", 1, flow=1.0, mode="run"),
        sample("p2", 1, strokes=LARGEST_INTEGER),
        sample("p1", 1, flow=2.0, level=3),
        sample("a\"b'c", 0, mode=""),
    ]
    table = pa.table(
        {
            "device": [s.device for s in written],
            "time": pa.array([s.time for s in written], pa.timestamp("us", "UTC")),
            **{n: pa.array([s.values.get(n) for s in written], t) for n, t in COLUMNS.items()},
        }
    )
    one, many = new_store(), new_store()
    one.write(batch(*written))
    many.write_table(table)
    assert many.samples(*ALWAYS).equals(one.samples(*ALWAYS))
    many.write_table(table)
    assert many.count_samples(*ALWAYS) == one.count_samples(*ALWAYS) == 3


COLUMNS = {
    "flow": pa.float32(),
    "pressure": pa.null(),
    "strokes": pa.uint64(),
    "level": pa.int16(),
    "mode": pa.dictionary(pa.int32(), pa.string()),
}


def test_a_table_never_blanks_a_value_that_is_known(store: AnyStore) -> None:
    store.write(batch(sample("p1", 1, flow=1.0, mode="run")))
    store.write_table(
        pa.table({"time": [at(1)], "device": ["p1"], "flow": [2.0], "mode": pa.array([None], pa.string())})
    )
    assert rows(store.samples(*ALWAYS)) == [{"time": at(1), "device": "p1", "flow": 2.0, "mode": "run"}]


@pytest.mark.parametrize(
    ("column", "why"),
    [
        pytest.param({"torque": [1.0]}, "torque", id="an unknown signal"),
        pytest.param({"flow": ["x"]}, "flow", id="a text for a float"),
        pytest.param({"flow": [math.nan]}, "flow.*NaN", id="NaN"),
        pytest.param({"level": [1.0]}, "level", id="a float for an integer"),
        pytest.param({"level": pa.array([2**63], pa.uint64())}, "level", id="an integer past 64 bits"),
        pytest.param({"mode": [1]}, "mode", id="a number for a state"),
        pytest.param({"time": [datetime(2026, 1, 1)]}, "time", id="a time without a zone"),  # noqa: DTZ001
        pytest.param({"time": pa.array([None], pa.timestamp("ms", "UTC"))}, "time", id="no time"),
        pytest.param({"device": pa.array([None], pa.string())}, "device", id="no device"),
        pytest.param({"device": ["a\nb"]}, "device", id="a line break in a device"),
    ],
)
def test_a_table_with_a_wrong_column_is_rejected_whole(
    store: AnyStore, column: dict[str, list[object]], why: str
) -> None:
    good = {"time": [at(1)], "device": ["p1"], "flow": [1.0]}
    with pytest.raises(StoreRejected, match=why):
        store.write_table(pa.table({**good, **column}))
    assert store.count_samples(*ALWAYS) == 0


def test_a_table_without_time_or_device_is_rejected(store: AnyStore) -> None:
    with pytest.raises(StoreRejected, match="device"):
        store.write_table(pa.table({"time": [at(1)], "flow": [1.0]}))


def test_many_rows_come_back_exactly(store: AnyStore) -> None:
    n = 30_000
    table = pa.table(
        {
            "time": pa.array([at(i // 3) for i in range(n)], pa.timestamp("ms", "UTC")),
            "device": [f"p{i % 3}" for i in range(n)],
            "flow": [i / 7 for i in range(n)],
            "mode": [None if i % 2 else f"line {i}\n\nend" for i in range(n)],
        }
    )
    store.write_table(table)
    expected = table.sort_by([("device", "ascending"), ("time", "ascending")])
    assert store.samples(*ALWAYS, signals=["flow", "mode"]).equals(expected)
    assert store.count_samples(*ALWAYS) == n


def test_integers_do_not_overflow_in_a_window(store: AnyStore) -> None:
    store.write(batch(*(sample("p1", i, strokes=LARGEST_INTEGER) for i in range(3))))
    (window,) = store.windows(*ALWAYS, timedelta(hours=1), signals=["strokes"]).to_pylist()
    assert window["mean"] == window["first"] == float(2**63)
    assert window["sd"] == 0.0


def test_windows_begin_at_multiples_since_1970_and_hold_only_the_range(store: AnyStore) -> None:
    store.write(batch(*(sample("p1", i, flow=float(i)) for i in range(0, 120, 10))))
    table = store.windows(at(30), at(70), timedelta(hours=1), signals=["flow", "mode"])
    assert table["time"].to_pylist() == [at(0), at(60)]
    assert table["first"].to_pylist() == [30.0, 60.0]
    assert table["count"].to_pylist() == [3, 1]
    assert table["sd"].to_pylist() == [pytest.approx(10.0, rel=1e-12), None]


@quick
@given(st.lists(samples, max_size=8), st.lists(samples, max_size=8))
def test_a_store_keeps_what_the_naive_twin_keeps(
    new_store: NewStore, first: list[Sample], second: list[Sample]
) -> None:
    store = new_store()
    store.write(batch(*first))
    store.write(batch(*second))
    expected = [
        {"time": time, "device": device, **values}
        for (device, time), values in naive.kept([*first, *second]).items()
        if values
    ]
    assert rows(store.samples(*ALWAYS)) == expected
    assert store.count_samples(*ALWAYS) == len(expected)
    assert store.samples(at(2), at(4)).to_pylist() == [
        row for row in store.samples(*ALWAYS).to_pylist() if at(2) <= row["time"] < at(4)
    ]


@quick
@given(st.lists(samples, max_size=8), st.data())
def test_samples_by_column_are_kept_as_the_same_samples_one_by_one(
    new_store: NewStore, written: list[Sample], data: st.DataObject
) -> None:
    """Whole or in pieces, once or again: the reads are those of the tuple."""
    one, whole, pieces = new_store(), new_store(), new_store()
    one.write(batch(*written))
    columns = by_column(written)
    whole.write(TelemetryBatch(columns))
    cut = data.draw(st.integers(0, len(written)))
    for piece in (columns[:cut], columns[cut:], columns[cut:]):
        pieces.write(TelemetryBatch(piece))
    for store in (whole, pieces):
        assert store.samples(*ALWAYS).equals(one.samples(*ALWAYS))
        assert store.last().equals(one.last())
        assert store.windows(*ALWAYS, timedelta(minutes=2)).equals(one.windows(*ALWAYS, timedelta(minutes=2)))
        assert store.count_samples(*ALWAYS) == one.count_samples(*ALWAYS)


def test_readings_too_large_to_square_have_no_spread_and_are_read_all_the_same(store: AnyStore) -> None:
    """One absurd reading must not close the window to the others."""
    huge = batch(
        sample("p1", 1, flow=1e200), sample("p1", 2, flow=-1e200), sample("p2", 1, flow=1.0), sample("p2", 2, flow=3.0)
    )
    store.write(huge)
    found = {row["device"]: row for row in store.windows(*ALWAYS, timedelta(days=1)).to_pylist()}
    assert (found["p1"]["sd"], found["p1"]["max"], found["p1"]["count"]) == (None, 1e200, 2)
    assert found["p2"]["sd"] == pytest.approx(2**0.5)


def test_events_and_logs_go_with_samples_by_column(store: AnyStore) -> None:
    columns = by_column([sample("p1", 1, flow=1.0)])
    store.write(TelemetryBatch(columns, (Event("p1", at(1), "E1"),), (LogLine("p1", at(1), "info", "x"),)))
    assert store.count_samples(*ALWAYS) == len(store.events(*ALWAYS)) == len(store.logs(*ALWAYS)) == 1


def test_an_event_no_store_can_keep_takes_the_samples_by_column_with_it(store: AnyStore) -> None:
    with pytest.raises(StoreRejected):
        store.write(TelemetryBatch(by_column([sample("p1", 1, flow=1.0)]), (Event("p1", at(1), ""),)))
    assert store.count_samples(*ALWAYS) == 0


def test_a_column_of_a_signal_that_is_unknown_is_rejected(store: AnyStore) -> None:
    table = pa.table({"time": pa.array([at(1)], pa.timestamp("ms", "UTC")), "device": ["p1"], "torque": [1.0]})
    with pytest.raises(StoreRejected, match="torque"):
        store.write(TelemetryBatch(SampleColumns(table, pa.chunked_array([[1]], pa.int64()))))


def test_a_part_of_a_table_is_not_refused_for_what_only_another_part_holds(store: AnyStore) -> None:
    columns = {
        "time": pa.array([at(1), at(2)], pa.timestamp("ms", "UTC")),
        "device": ["p1", "p1"],
        "flow": [1.0, None],
        "torque": [None, 1.0],
        "level": [None, "high"],
    }
    whole = SampleColumns(pa.table(columns), pa.chunked_array([[1, 2]], pa.int64()))
    store.write(TelemetryBatch(whole[:1]))
    with pytest.raises(StoreRejected, match=r"torque|level"):
        store.write(TelemetryBatch(whole[1:]))
    assert rows(store.samples(*ALWAYS, signals=["flow"])) == [{"time": at(1), "device": "p1", "flow": 1.0}]


readings = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 6))


@quick
@given(
    st.lists(
        st.builds(
            Sample,
            st.sampled_from(["a", "b"]),
            st.integers(0, 40).map(lambda i: at(i / 8)),
            st.fixed_dictionaries({"mode": texts}, optional={"flow": readings, "level": st.integers(-(10**9), 10**9)}),
        ),
        max_size=40,
    ),
    st.sampled_from([timedelta(minutes=1), timedelta(minutes=7), timedelta(days=1)]),
)
def test_windows_are_those_of_the_naive_twin(new_store: NewStore, written: list[Sample], every: timedelta) -> None:
    store = new_store()
    store.write(batch(*written))
    start, end = at(1 / 4), at(4)
    expected = naive.windows(written, start, end, every)
    found = store.windows(start, end, every).to_pylist()
    assert len(found) == len(expected)
    for window, twin in zip(found, expected, strict=True):
        # What is left of a spread of nothing depends on how large the values are.
        least = 1e-12 * max(abs(window["min"]), abs(window["max"]))
        near = {k: pytest.approx(twin[k], rel=1e-9, abs=least) for k in ("mean", "sd") if twin[k] is not None}
        assert window == {**twin, **near}
