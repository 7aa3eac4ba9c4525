from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.fleet.machine import Attachment
from foreworn.loop.live_history import _merged, of_machines
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
