from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from foreworn.errors import StoreUnavailable
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.telemetry.sample import EPOCH
from foreworn.telemetry.signal import Signal, SignalCatalogue
from ingestion.reception.directory import RegistryDirectory
from tests.unit.ingestion.plant import CATALOGUE, DEVICE, HOUR, NEW_YEAR, registry


class Seconds:
    """A monotonic clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class CountingRegistry(MemoryFleetRegistry):
    """Counts how often it is read, and can be made to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.is_down = False

    def attachments(self) -> list[Attachment]:
        self.reads += 1
        if self.is_down:
            raise StoreUnavailable("registry", "connection refused")
        return super().attachments()


def model_at(directory: RegistryDirectory, device: str, time: datetime) -> str | None:
    stay = directory.stay_of(device, time)
    return None if stay is None else stay.model


def moved_fleet() -> MemoryFleetRegistry:
    fleet = MemoryFleetRegistry()
    fleet.add_signals(CATALOGUE)
    fleet.add(
        [Machine("m1", "px", "west", NEW_YEAR), Machine("m2", "py", "west", NEW_YEAR)],
        [
            Attachment(DEVICE, "m1", NEW_YEAR, NEW_YEAR + 10 * HOUR),
            Attachment(DEVICE, "m2", NEW_YEAR + 20 * HOUR),
        ],
    )
    return fleet


@pytest.mark.parametrize(
    ("hours", "model"),
    [
        pytest.param(-1, None, id="before it was attached"),
        pytest.param(0, "px", id="from the first instant"),
        pytest.param(9, "px", id="on the first machine"),
        pytest.param(10, None, id="taken off, half-open"),
        pytest.param(15, None, id="on a shelf"),
        pytest.param(20, "py", id="on the second machine"),
        pytest.param(9999, "py", id="ever after"),
    ],
)
def test_a_device_speaks_for_the_machine_it_sat_on_at_the_time(hours: int, model: str | None) -> None:
    assert model_at(RegistryDirectory(moved_fleet()), DEVICE, NEW_YEAR + hours * HOUR) == model


def test_a_device_that_was_ever_attached_is_known() -> None:
    directory = RegistryDirectory(moved_fleet())
    assert directory.knows(DEVICE)
    assert not directory.knows("stranger")


def directory_of(fleet: MemoryFleetRegistry) -> tuple[RegistryDirectory, Seconds]:
    seconds = Seconds()
    return RegistryDirectory(fleet, monotonic=seconds), seconds


def counting(*devices: str) -> CountingRegistry:
    fleet = CountingRegistry()
    fleet.add_signals(CATALOGUE)
    add(fleet, devices)
    return fleet


def add(fleet: MemoryFleetRegistry, devices: Sequence[str]) -> None:
    fleet.add([Machine(d, "px", "west", NEW_YEAR) for d in devices], [Attachment(d, d, NEW_YEAR) for d in devices])


def test_known_devices_cost_the_registry_nothing() -> None:
    fleet = counting(DEVICE)
    directory, _ = directory_of(fleet)
    for _ in range(100):
        assert model_at(directory, DEVICE, NEW_YEAR) == "px"
        assert directory.signal("px", "vibration") is not None
    assert fleet.reads == 1


def test_an_unknown_device_is_looked_up_at_most_once_a_second() -> None:
    fleet = counting(DEVICE)
    directory, seconds = directory_of(fleet)
    for _ in range(50):
        assert model_at(directory, "pump-8", NEW_YEAR) is None
    assert fleet.reads == 1
    add(fleet, ["pump-8"])
    assert model_at(directory, "pump-8", NEW_YEAR) is None
    seconds.now += 1.0
    assert model_at(directory, "pump-8", NEW_YEAR) == "px"


def test_a_new_signal_is_noticed_within_a_second() -> None:
    fleet = counting(DEVICE)
    directory, seconds = directory_of(fleet)
    assert directory.signal("px", "torque") is None
    fleet.add_signals(SignalCatalogue({"px": [Signal("torque", "N.m")]}))
    seconds.now += 1.0
    assert directory.signal("px", "torque") == Signal("torque", "N.m")


def test_a_device_that_moved_is_noticed_within_a_minute() -> None:
    fleet = counting(DEVICE)
    directory, seconds = directory_of(fleet)
    assert model_at(directory, DEVICE, NEW_YEAR + HOUR) == "px"
    fleet.add(
        [Machine("m2", "py", "west", NEW_YEAR)],
        [Attachment(DEVICE, DEVICE, NEW_YEAR, NEW_YEAR + HOUR), Attachment(DEVICE, "m2", NEW_YEAR + HOUR)],
    )
    seconds.now += 60.0
    assert model_at(directory, DEVICE, NEW_YEAR + HOUR) == "py"


def test_while_the_registry_is_down_what_is_known_goes_on_being_used() -> None:
    fleet = counting(DEVICE)
    directory, seconds = directory_of(fleet)
    assert directory.knows(DEVICE)
    fleet.is_down = True
    seconds.now += 3600.0
    assert model_at(directory, DEVICE, NEW_YEAR) == "px"
    with pytest.raises(StoreUnavailable):
        model_at(directory, "pump-8", NEW_YEAR)


def test_a_registered_device_is_a_machine_of_any_model_since_ever() -> None:
    fleet = registry(DEVICE)
    directory = RegistryDirectory(fleet)
    directory.register("pump-9", "east", NEW_YEAR)
    assert model_at(directory, "pump-9", NEW_YEAR - timedelta(days=400)) == "*"
    assert directory.signal("*", "vibration") == Signal("vibration", "mm/s", low=0.0, high=500.0)
    assert Machine("pump-9", "*", "east", NEW_YEAR) in fleet.machines()


def test_registering_a_device_named_like_a_machine_attaches_it_and_leaves_the_machine_alone() -> None:
    fleet = MemoryFleetRegistry()
    fleet.add_signals(CATALOGUE)
    machine = Machine("pump-9", "px", "west", NEW_YEAR)
    fleet.add([machine], [])
    RegistryDirectory(fleet).register("pump-9", "east", NEW_YEAR + HOUR)
    assert fleet.machines() == [machine]
    assert fleet.attachments() == [Attachment("pump-9", "pump-9", EPOCH)]
