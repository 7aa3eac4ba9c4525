from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.clock import ManualClock
from foreworn.errors import StoreUnavailable
from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.forecast import Forecast
from foreworn.health.scored_rows import ScoredForecasts
from foreworn.loop.live_history import LiveHistory
from foreworn.loop.scoring import Scoring
from foreworn.storage.operations.memory import MemoryDirtyWindows, MemoryFleetRegistry, MemoryVerdictBoard
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.sample import LogLine, Sample, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CATALOGUE = SignalCatalogue({"*": [Signal("wear")]})


class MeanWear:
    """A model whose probability is the mean wear of the last three hours."""

    def __init__(self, version: str = "mean-wear") -> None:
        self.version = version

    horizon = timedelta(hours=24)
    horizons = (timedelta(hours=24), timedelta(days=7))
    lookback = timedelta(hours=3)
    reads_logs = False
    threshold = 0.5

    def describe(self) -> Mapping[str, object]:
        return {}

    def score(
        self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime
    ) -> ScoredForecasts:
        return ScoredForecasts(self.forecast(history, rows, issued_at=issued_at))

    def forecast(
        self,
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        *,
        issued_at: datetime,
        horizons: Sequence[timedelta] | None = None,
    ) -> list[Forecast]:
        return [self._of(machine, time, self._wear(history, machine, time), issued_at) for machine, time in rows]

    def _of(self, machine: str, time: datetime, wear: float, issued_at: datetime) -> Forecast:
        curve = ((self.horizon, wear), (self.horizons[1], 1.0))
        return Forecast(machine, "bearing", time, self.horizon, wear, self.version, issued_at, curve=curve)

    def _wear(self, history: FleetHistory, machine: str, time: datetime) -> float:
        seen = history.between(time - self.lookback, time + timedelta(milliseconds=1)).telemetry
        wear = seen.filter(pc.equal(seen["machine"], machine))["wear"].to_numpy()
        return float(np.mean(wear)) if len(wear) else 0.0


class SteadyByDay(MeanWear):
    """A model that always says the same of the next day; its probability of a week is the mean wear."""

    def __init__(self) -> None:
        super().__init__("steady-by-day")

    def _of(self, machine: str, time: datetime, wear: float, issued_at: datetime) -> Forecast:
        curve = ((self.horizon, 0.1), (self.horizons[1], max(0.1, wear)))
        return Forecast(machine, "bearing", time, self.horizon, 0.1, self.version, issued_at, curve=curve)


class CountsLines(MeanWear):
    """A model whose probability is a tenth for each log line of the last three hours."""

    reads_logs = True

    def _wear(self, history: FleetHistory, machine: str, time: datetime) -> float:
        return len(history.between(time - self.lookback, time + timedelta(milliseconds=1)).logs) / 10


class Plant:
    """One pump with one device, everything in memory."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.model: MeanWear | None = MeanWear()
        self.telemetry = MemoryTelemetryStore(CATALOGUE)
        self.registry = MemoryFleetRegistry()
        self.registry.add([Machine("pump", "px", "west", START, ("bearing",))], [Attachment("d", "pump", START)])
        self.dirty = MemoryDirtyWindows()
        self.verdicts = MemoryVerdictBoard()
        self.scoring = self.scoring_from(START)

    def scoring_from(self, start: datetime) -> Scoring:
        """Score on these stores, as a process does that starts anew."""
        return Scoring(
            history=LiveHistory(self.registry, self.telemetry),
            registry=self.registry,
            serving=lambda: self.model,
            forecasts=self.telemetry,
            verdicts=self.verdicts,
            dirty=self.dirty,
            clock=self.clock,
            every=HOUR,
            start=start,
        )

    def say(self, hour: int, wear: float) -> None:
        self.telemetry.write(TelemetryBatch(samples=(Sample("d", START + hour * HOUR, {"wear": wear}),)))

    def issued(self) -> pa.Table:
        return self.telemetry.forecasts(START, START + 100 * HOUR)


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_every_whole_hour_that_has_passed_is_scored_once(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + 2.5 * HOUR)
    assert plant.scoring.score_due() == 2
    assert plant.scoring.score_due() == 0
    assert plant.issued()["time"].to_pylist() == [START + HOUR, START + 2 * HOUR]


def test_a_silent_machine_is_scored_on_what_is_known(plant: Plant) -> None:
    plant.clock.set(START + HOUR)
    assert plant.scoring.score_due() == 1


def test_a_machine_is_not_scored_before_it_was_installed(plant: Plant) -> None:
    plant.registry.add([Machine("late", "px", "west", START + 2 * HOUR, ("bearing",))], [])
    plant.clock.set(START + HOUR)
    plant.scoring.score_due()
    assert set(plant.issued()["machine"].to_pylist()) == {"pump"}


def test_a_long_absence_is_caught_up_hour_by_hour(plant: Plant) -> None:
    plant.clock.set(START + 60 * HOUR)
    assert plant.scoring.score_due() == 60
    assert [v.time for v in plant.verdicts.latest()] == [START + 60 * HOUR]
    assert [[horizon for horizon, _ in v.curve] for v in plant.verdicts.latest()] == [[24 * HOUR, 168 * HOUR]]


def test_late_data_appends_a_revision_and_what_was_said_stays_on_record(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + 5 * HOUR)
    plant.scoring.score_due()
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 5 * HOUR)])
    plant.say(2, 0.8)
    plant.scoring.score_due()
    at_two = plant.issued().filter(pc.equal(plant.issued()["time"], pa.scalar(START + 2 * HOUR)))
    assert at_two["revision"].to_pylist() == [0, 1]
    assert at_two["probability"].to_pylist() == [0.2, 0.5]


def test_a_late_log_line_revises_what_a_model_said_that_reads_them(plant: Plant) -> None:
    plant.model = CountsLines()
    plant.telemetry.write(TelemetryBatch(logs=(LogLine("d", START + HOUR, "info", "on"),)))
    plant.clock.set(START + 2 * HOUR)
    plant.scoring.score_due()
    plant.telemetry.write(TelemetryBatch(logs=(LogLine("d", START + 2 * HOUR, "error", "hot"),)))
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 5 * HOUR)])
    plant.scoring.score_due()
    said = plant.issued().sort_by([("time", "ascending"), ("revision", "ascending")])
    assert said["probability"].to_pylist() == [0.1, 0.1, 0.2]


def test_late_data_that_changes_nothing_makes_no_revision(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + 3 * HOUR)
    plant.scoring.score_due()
    plant.say(1, 0.2)
    plant.dirty.mark([DirtyWindow("d", START + HOUR, START + 3 * HOUR)])
    assert plant.scoring.score_due() == 0


def test_late_data_that_changes_only_the_curve_goes_up_on_the_board_and_not_on_record(plant: Plant) -> None:
    plant.model = SteadyByDay()
    plant.say(1, 0.2)
    plant.clock.set(START + 3 * HOUR)
    plant.scoring.score_due()
    on_record = plant.issued()
    plant.say(2, 1.0)
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 3 * HOUR)])
    assert plant.scoring.score_due() == 0
    assert plant.issued().equals(on_record)
    (standing,) = plant.verdicts.latest()
    assert (standing.time, standing.revision) == (START + 3 * HOUR, 0)
    assert standing.curve == ((24 * HOUR, 0.1), (168 * HOUR, 0.6))


def test_a_new_curve_keeps_the_revision_that_stands(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + 3 * HOUR)
    plant.scoring.score_due()
    plant.model = SteadyByDay()
    for hour in (2, 3):  # the first revises what the former model said, the second only its own curve
        plant.say(hour, 1.0)
        plant.dirty.mark([DirtyWindow("d", START + hour * HOUR, START + 3 * HOUR)])
        plant.scoring.score_due()
    (standing,) = plant.verdicts.latest()
    assert standing.revision == 1
    assert standing.curve[-1][1] == pytest.approx(2.2 / 3)
    assert plant.issued().filter(pc.greater(plant.issued()["revision"], 1)).num_rows == 0


def test_late_data_of_an_hour_that_was_never_scored_puts_nothing_on_the_board(plant: Plant) -> None:
    plant.model = None
    plant.clock.set(START + 3 * HOUR)
    plant.scoring.score_due()
    plant.model = MeanWear()
    plant.say(2, 0.8)
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 3 * HOUR)])
    assert plant.scoring.score_due() == 0
    assert plant.verdicts.latest() == []


def test_a_revision_of_the_past_does_not_replace_the_standing_verdict(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + 8 * HOUR)
    plant.scoring.score_due()
    plant.say(2, 0.8)
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 4 * HOUR)])
    plant.scoring.score_due()
    assert [(v.time, v.revision) for v in plant.verdicts.latest()] == [(START + 8 * HOUR, 0)]


def test_a_dirty_window_is_scored_again_once(plant: Plant) -> None:
    plant.clock.set(START + 3 * HOUR)
    plant.scoring.score_due()
    plant.say(2, 0.8)
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 3 * HOUR)])
    assert plant.scoring.score_due() == 2
    assert plant.scoring.score_due() == 0


def test_late_data_of_a_loose_device_dirties_nothing(plant: Plant) -> None:
    plant.clock.set(START + 3 * HOUR)
    plant.scoring.score_due()
    plant.dirty.mark([DirtyWindow("nobody", START, START + 3 * HOUR)])
    assert plant.scoring.score_due() == 0


def test_hours_that_pass_without_a_model_are_not_made_up_for(plant: Plant) -> None:
    plant.model = None
    plant.clock.set(START + 5 * HOUR)
    assert plant.scoring.score_due() == 0
    plant.model = MeanWear()
    plant.clock.set(START + 6 * HOUR)
    assert plant.scoring.score_due() == 1


def test_hours_that_could_not_be_scored_stay_due(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.clock.set(START + 3 * HOUR)
    with monkeypatch.context() as away:
        away.setattr(plant.telemetry, "write_forecast_table", _raise_unavailable)
        with pytest.raises(StoreUnavailable):
            plant.scoring.score_due()
    assert plant.scoring.scored_until == START
    assert plant.scoring.score_due() == 3


def _raise_unavailable(_: object) -> None:
    raise StoreUnavailable("the store", "down")


def test_what_was_said_is_not_written_over_when_its_hour_is_scored_again(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + HOUR)
    plant.scoring.score_due()
    plant.say(1, 0.6)
    again = plant.scoring_from(START)
    again.score_due()
    assert plant.issued()["revision"].to_pylist() == [0, 1]
    assert plant.issued()["probability"].to_pylist() == [0.2, 0.6]
    assert [(v.revision, v.probability) for v in plant.verdicts.latest()] == [(1, 0.6)]


def test_scoring_the_same_again_says_nothing_new(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + HOUR)
    plant.scoring.score_due()
    assert plant.scoring_from(START).score_due() == 0
    assert len(plant.issued()) == 1


def test_late_data_revises_what_a_former_model_said(plant: Plant) -> None:
    plant.say(1, 0.2)
    plant.clock.set(START + 3 * HOUR)
    plant.scoring.score_due()
    plant.model = MeanWear("a-newer-model")
    plant.say(2, 0.8)
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 3 * HOUR)])
    assert plant.scoring.score_due() == 2
    at_two = plant.issued().filter(pc.equal(plant.issued()["time"], pa.scalar(START + 2 * HOUR)))
    assert sorted(zip(at_two["model_version"].to_pylist(), at_two["revision"].to_pylist(), strict=True)) == [
        ("a-newer-model", 1),
        ("mean-wear", 0),
    ]


def test_late_data_of_a_moved_device_revises_both_machines(plant: Plant) -> None:
    moved = START + 3 * HOUR
    plant.registry = MemoryFleetRegistry()
    plant.registry.add(
        [Machine("old", "px", "west", START, ("bearing",)), Machine("new", "px", "west", START, ("bearing",))],
        [Attachment("d", "old", START, moved), Attachment("d", "new", moved)],
    )
    plant.scoring = plant.scoring_from(START)
    plant.clock.set(START + 5 * HOUR)
    plant.scoring.score_due()
    plant.say(2, 0.8)
    plant.say(4, 0.9)
    plant.dirty.mark([DirtyWindow("d", START + 2 * HOUR, START + 7 * HOUR)])
    plant.scoring.score_due()
    revised = plant.issued().filter(pc.greater(plant.issued()["revision"], 0))
    assert set(revised["machine"].to_pylist()) == {"old", "new"}
