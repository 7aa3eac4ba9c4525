from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from foreworn.clock import ManualClock
from foreworn.errors import DamagedModel, NotFound
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA, FleetHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.remaining_life import LifeModelsInUse, RemainingLife
from foreworn.loop import life_scoring
from foreworn.loop.life_scoring import LifeScoring
from foreworn.loop.live_history import LiveHistory
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.storage.operations.memory_lives import MemoryLifeBoard
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.sample import Sample, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = START + 10 * DAY
CATALOGUE = SignalCatalogue({"*": [Signal("wear")]})


@dataclass
class LastWear:
    """A model that says 100 h less what was said last, and remembers what it was shown."""

    component: str = "bearing"
    version: str = "life-1"
    lookback: timedelta = timedelta(days=36_525)
    shown: list[FleetHistory] = field(default_factory=list)

    def describe(self) -> Mapping[str, object]:
        return {}

    def remaining_life(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[RemainingLife]:
        self.shown.append(history)
        last = {row["machine"]: row["wear"] for row in history.telemetry.to_pylist()}
        return [self._life(machine, time, 100.0 - last[machine]) for machine, time in rows if machine in last]

    def _life(self, machine: str, time: datetime, left: float) -> RemainingLife:
        return RemainingLife(
            machine, self.component, time, left / 2, left, 2 * left, left, 125.0, "hours", self.version, note="so"
        )


class Plant:
    """Three pumps with a device each, everything in memory."""

    def __init__(self) -> None:
        self.models: list[LastWear] = [LastWear()]
        self.troubles: dict[str, DamagedModel | NotFound] = {}
        self.telemetry = MemoryTelemetryStore(CATALOGUE)
        self.registry = MemoryFleetRegistry()
        pumps = [Machine(name, "px", "west", START, ("bearing", "seal")) for name in ("a", "b", "c")]
        self.registry.add(pumps, [Attachment(f"d-{m.id}", m.id, START) for m in pumps])
        self.board = MemoryLifeBoard()
        self.scoring = LifeScoring(
            history=LiveHistory(self.registry, self.telemetry),
            registry=self.registry,
            in_use=lambda: LifeModelsInUse(tuple(self.models), self.troubles),
            lives=self.telemetry,
            board=self.board,
            clock=ManualClock(MIDNIGHT + HOUR),
        )

    def say(self, machine: str, time: datetime, wear: float) -> None:
        self.telemetry.write(TelemetryBatch(samples=(Sample(f"d-{machine}", time, {"wear": wear}),)))

    def fail(self, machine: str, time: datetime) -> None:
        row = {"time": time, "machine": machine, "component": "bearing", "mode": "wear"}
        self.registry.record_failures(pa.Table.from_pylist([row], FAILURE_SCHEMA))

    def replace(self, machine: str, time: datetime, *, action: str = "replaced", kind: str = "preventive") -> None:
        row = {"time": time, "machine": machine, "component": "bearing", "action": action, "kind": kind}
        self.registry.record_maintenance(pa.Table.from_pylist([row], MAINTENANCE_SCHEMA))


@pytest.fixture
def plant() -> Plant:
    made = Plant()
    made.say("a", MIDNIGHT - HOUR, 40.0)
    made.say("b", MIDNIGHT - 2 * HOUR, 10.0)
    return made


def test_what_is_told_stands_on_the_board_with_its_note_and_is_kept_in_the_store(plant: Plant) -> None:
    assert plant.scoring.tell(MIDNIGHT) == 2
    assert [(x.machine, x.p50, x.note) for x in plant.board.latest()] == [("a", 60.0, "so"), ("b", 90.0, "so")]
    stored = plant.telemetry.life_forecasts(START, MIDNIGHT + DAY)
    assert stored["p50"].to_pylist() == [60.0, 90.0]
    assert stored["issued_at"].to_pylist() == [MIDNIGHT + HOUR] * 2


def test_telling_the_same_time_again_changes_nothing(plant: Plant) -> None:
    for _ in range(2):
        plant.scoring.tell(MIDNIGHT)
    assert len(plant.telemetry.life_forecasts(START, MIDNIGHT + DAY)) == 2


def test_what_is_stamped_after_the_time_is_not_looked_at(plant: Plant) -> None:
    plant.say("a", MIDNIGHT + timedelta(milliseconds=1), 99.0)
    plant.say("b", MIDNIGHT, 20.0)
    plant.scoring.tell(MIDNIGHT)
    assert [x.p50 for x in plant.board.latest()] == [60.0, 80.0]


def test_a_component_that_failed_and_was_not_repaired_has_no_life_to_tell_of(plant: Plant) -> None:
    plant.fail("a", MIDNIGHT - 3 * HOUR)
    plant.fail("b", MIDNIGHT - 3 * HOUR)
    plant.replace("b", MIDNIGHT - 3 * HOUR)
    plant.scoring.tell(MIDNIGHT)
    assert [x.machine for x in plant.board.latest()] == ["b"]


def test_a_machine_that_has_been_silent_for_a_day_is_told_nothing_new(plant: Plant) -> None:
    plant.say("a", MIDNIGHT + 2 * DAY - HOUR, 45.0)
    plant.scoring.tell(MIDNIGHT + 2 * DAY)
    assert [(x.machine, x.p50) for x in plant.board.latest()] == [("a", 55.0)]


def test_only_what_renews_a_failed_component_gives_it_a_life_to_tell_of(plant: Plant) -> None:
    for machine, action in (("a", "inspected"), ("b", "repaired")):
        plant.fail(machine, MIDNIGHT - 3 * HOUR)
        plant.replace(machine, MIDNIGHT - 3 * HOUR, action=action, kind="corrective")
    plant.scoring.tell(MIDNIGHT)
    assert [x.machine for x in plant.board.latest()] == ["b"]


def test_no_more_is_read_than_the_longest_of_the_present_lives(plant: Plant) -> None:
    for machine, days in (("a", 3), ("b", 2), ("c", 4)):
        plant.replace(machine, MIDNIGHT - days * DAY)
    plant.say("b", MIDNIGHT - 5 * DAY, 1.0)
    plant.say("b", MIDNIGHT - 3 * DAY, 2.0)
    plant.scoring.tell(MIDNIGHT)
    (shown,) = plant.models[0].shown
    assert min(shown.telemetry["time"].to_pylist()) == MIDNIGHT - 3 * DAY


def test_a_replacement_at_the_very_time_begins_no_life_yet(plant: Plant) -> None:
    plant.replace("a", MIDNIGHT)
    plant.say("a", START + DAY, 5.0)
    plant.scoring.tell(MIDNIGHT)
    assert min(plant.models[0].shown[0].telemetry["time"].to_pylist()) == START + DAY


def test_machines_are_read_in_groups_and_models_share_what_is_read(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life_scoring, "MACHINES_AT_ONCE", 1)
    plant.models.append(LastWear("seal", "life-2"))
    assert plant.scoring.tell(MIDNIGHT) == 4
    assert [[m.id for m in shown.machines] for shown in plant.models[0].shown] == [["a"], ["b"], ["c"]]
    assert [id(shown) for shown in plant.models[0].shown] == [id(shown) for shown in plant.models[1].shown]


def test_a_model_that_cannot_be_read_is_said_and_stops_no_other(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    plant.troubles["seal"] = DamagedModel(Path("lives/seal/life-2"), "p90.txt does not match its checksum")
    assert plant.scoring.tell(MIDNIGHT) == 2
    (said,) = caplog.messages
    assert "p90.txt does not match its checksum" in said
    assert "how long 'seal' lasts is not told" in said


def test_without_a_model_or_a_machine_that_has_its_component_nothing_is_told(plant: Plant) -> None:
    plant.models = [LastWear("gear")]
    assert plant.scoring.tell(MIDNIGHT) == 0
    plant.models = []
    assert plant.scoring.tell(MIDNIGHT) == 0
