"""devices.csv in a history: devices that sat on machines over time."""

from datetime import UTC, datetime

from foreworn.fleet.machine import Attachment
from foreworn.storage.history import check_history, read_history
from tests.unit.storage.history.conftest import MakeHistory

BORN, MOVED = datetime(2024, 3, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
HEADER = "device,machine,since,until\n"
CAME = "gateway-1,pump-1,2024-03-01T00:00:00Z,2025-06-01T00:00:00Z\n"
WENT_ON = "gateway-1,pump-2,2025-06-01T00:00:00Z,\n"


def test_a_device_that_moved_speaks_for_each_machine_in_its_time(make_history: MakeHistory) -> None:
    fleet = read_history(make_history({"devices.csv": HEADER + CAME + WENT_ON}))

    assert fleet.attachments == (
        Attachment("gateway-1", "pump-1", BORN, MOVED),
        Attachment("gateway-1", "pump-2", MOVED),
        Attachment("gateway-7", "pump-2", datetime(2024, 2, 29, 23, tzinfo=UTC)),
    ), "pump-1 has no device called like itself; the one that machines.csv names for pump-2 stays"


def test_a_device_on_two_machines_at_once_is_a_problem_at_the_later_row(make_history: MakeHistory) -> None:
    stays = CAME.replace("2025-06-01T00:00:00Z", "")
    [problem] = check_history(make_history({"devices.csv": HEADER + stays + WENT_ON}))

    assert (problem.row, problem.column) == (3, "since")
    assert "devices.csv, row 2" in problem.problem


def test_a_history_names_every_machine_that_has_a_device(make_history: MakeHistory) -> None:
    [problem] = check_history(make_history({"devices.csv": HEADER + CAME.replace("pump-1", "pump-9")}))

    assert (problem.row, problem.column) == (2, "machine")
    assert "add the machine to machines.csv" in problem.problem
