from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.fleet.machine import Attachment, Machine
from foreworn.loop.live_history import LiveHistory, _merged, of_machines
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.sample import LogLine, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.store import TIME

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def samples(*rows: tuple[str, int, float | None]) -> pa.Table:
    return pa.table(
        {
            "time": pa.array([START + hour * HOUR for _, hour, _ in rows], TIME),
            "device": pa.array([device for device, _, _ in rows], pa.string()),
            "flow": pa.array([value for _, _, value in rows], pa.float64()),
        }
    )


def test_a_reading_belongs_to_the_machine_its_device_sat_on_at_that_time() -> None:
    seats = [Attachment("d", "old", START, START + 2 * HOUR), Attachment("d", "new", START + 2 * HOUR)]
    found = of_machines(samples(("d", 0, 1.0), ("d", 1, 2.0), ("d", 2, 3.0)), seats)
    assert found["machine"].to_pylist() == ["old", "old", "new"]


@pytest.mark.parametrize(
    "seats",
    [
        pytest.param([], id="the device was never attached"),
        pytest.param([Attachment("d", "m", START + 9 * HOUR)], id="the device was attached later"),
        pytest.param([Attachment("e", "m", START)], id="another device was attached"),
    ],
)
def test_readings_of_a_loose_device_belong_to_no_machine(seats: list[Attachment]) -> None:
    assert len(of_machines(samples(("d", 0, 1.0), ("d", 1, 2.0)), seats)) == 0


def test_two_devices_of_one_machine_make_one_row_a_time() -> None:
    seats = [Attachment("a", "m", START), Attachment("b", "m", START)]
    table = samples(("a", 0, None), ("a", 1, 1.0), ("b", 0, 5.0), ("b", 1, 7.0))
    merged = _merged(of_machines(table, seats))
    assert merged["time"].to_pylist() == [START, START + HOUR]
    assert merged["flow"].to_pylist() == [5.0, 1.0]


class CountedLogs(MemoryTelemetryStore):
    """A store that knows how often it was asked for log lines."""

    asked = 0

    def logs(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        self.asked += 1
        return super().logs(start, end, devices=devices)


def test_log_lines_are_read_only_where_they_are_asked_for_and_each_is_one_however_it_was_numbered() -> None:
    store, registry = CountedLogs(SignalCatalogue({"*": [Signal("flow")]})), MemoryFleetRegistry()
    registry.add([Machine("m", "px", "west", START, ("bearing",))], [Attachment("d", "m", START)])
    said = [(2, "stopped"), (3, "hot"), (4, "hot")]
    store.write(TelemetryBatch(logs=tuple(LogLine("d", START, "error", text, "drive", seq=n) for n, text in said)))
    history = LiveHistory(registry, store)
    assert (len(history.between(START, START + HOUR).logs), store.asked) == (0, 0)
    found = history.between(START, START + HOUR, with_logs=True).logs
    assert found.select(["machine", "message"]).to_pylist() == [
        {"machine": "m", "message": "hot"},
        {"machine": "m", "message": "stopped"},
    ]
