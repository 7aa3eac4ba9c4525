from datetime import timedelta

import pytest

from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.sample import Event, LogLine, TelemetryBatch
from ingestion.forwarding.late_data import dirty_windows
from tests.unit.ingestion.plant import DEVICE, HOUR, NEW_YEAR, by_column, sample

REACH = timedelta(hours=24)


def window(start: int, end: int, device: str = DEVICE) -> DirtyWindow:
    return DirtyWindow(device, NEW_YEAR + start * HOUR, NEW_YEAR + end * HOUR)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param([10], [window(10, 34)], id="at the hour that is scored"),
        pytest.param([11], [], id="after it"),
        pytest.param([3], [window(3, 27)], id="long before it"),
        pytest.param([3, 5, 4, 3], [window(3, 29)], id="windows that overlap are one"),
        pytest.param([-40, 3], [window(-40, -16), window(3, 27)], id="windows apart are two"),
        pytest.param([-21, 3], [window(-21, 27)], id="windows that touch are one"),
    ],
)
def test_what_late_samples_make_dirty(hours: list[int], expected: list[DirtyWindow]) -> None:
    late = [sample(hour) for hour in hours]
    for samples in (tuple(late), by_column(*late)):
        assert dirty_windows(TelemetryBatch(samples), NEW_YEAR + 10 * HOUR, REACH) == expected


def test_late_events_and_log_lines_make_windows_dirty() -> None:
    late = TelemetryBatch(events=(Event(DEVICE, NEW_YEAR, "E1"),), logs=(LogLine("other", NEW_YEAR, "info", "x"),))
    assert dirty_windows(late, NEW_YEAR, REACH) == [window(0, 24, "other"), window(0, 24)]


def test_each_device_has_windows_of_its_own() -> None:
    late = TelemetryBatch(samples=(sample(1), sample(0, device="pump-1")))
    assert dirty_windows(late, NEW_YEAR + HOUR, REACH) == [window(0, 24, "pump-1"), window(1, 25)]


def test_events_and_samples_by_column_are_joined_in_one_window() -> None:
    late = TelemetryBatch(by_column(sample(0), sample(30)), (Event(DEVICE, NEW_YEAR + 20 * HOUR, "E1"),))
    assert dirty_windows(late, NEW_YEAR + 40 * HOUR, REACH) == [window(0, 54)]
