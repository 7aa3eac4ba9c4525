from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow.compute as pc
import pytest

from foreworn.clock import ManualClock
from foreworn.errors import StoreUnavailable
from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.anomaly import AnomalyScore, SignalShare
from foreworn.health.case import Case, CaseRule
from foreworn.loop.live_history import LiveHistory
from foreworn.loop.watching import Watching
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.sample import Sample, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue
from tests.unit.loop.case_memory import CaseMemory, HealthMemory

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = CaseRule(above=2, of=3, quiet=4 * HOUR)


class LatestWear:
    """A detector whose score is the wear that a machine told last, within two hours."""

    lookback = 2 * HOUR

    def __init__(self, version: str = "latest-wear") -> None:
        self.version = version

    def describe(self) -> Mapping[str, object]:
        return {}

    def score(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[AnomalyScore]:
        found = [(machine, time, self._wear(history, machine, time)) for machine, time in rows]
        return [
            AnomalyScore(m, t, self.version, w, 1.0, 0.01, (SignalShare("wear", 1.0, w, 0.0, 1.0),))
            for m, t, w in found
            if w is not None
        ]

    def _wear(self, history: FleetHistory, machine: str, time: datetime) -> float | None:
        seen = history.between(time - self.lookback, time + timedelta(milliseconds=1)).telemetry
        wear = seen.filter(pc.equal(seen["machine"], machine))["wear"].to_pylist()
        return float(wear[-1]) if wear else None


class Plant:
    """Two pumps with a device each, everything in memory."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.detector: LatestWear | None = LatestWear()
        self.telemetry = MemoryTelemetryStore(SignalCatalogue({"*": [Signal("wear")]}))
        self.registry = MemoryFleetRegistry()
        self.registry.add(
            [Machine(name, "px", "west", START) for name in ("pump", "spare")],
            [Attachment("d", "pump", START), Attachment("e", "spare", START)],
        )
        self.health, self.books = HealthMemory(), CaseMemory()
        self.watching = self.watching_from(START)

    def watching_from(self, start: datetime) -> Watching:
        """Watch on these stores, as a process does that starts anew."""
        return Watching(
            history=LiveHistory(self.registry, self.telemetry),
            registry=self.registry,
            serving=lambda: self.detector,
            health=self.health,
            records=self.books,
            clock=self.clock,
            every=HOUR,
            start=start,
            rule=RULE,
        )

    def say(self, hour: int, wear: float, device: str = "d") -> None:
        self.telemetry.write(TelemetryBatch(samples=(Sample(device, START + hour * HOUR, {"wear": wear}),)))

    def draw(self, drawing: str, device: str = "d") -> None:
        """Say what is drawn, from hour 1 on: `#` is worn, `.` is well, a blank is silence."""
        for hour, mark in enumerate(drawing, start=1):
            if mark != " ":
                self.say(hour, 3.0 if mark == "#" else 0.5, device)

    def live_until(self, hour: int) -> None:
        """Let the hours pass one by one."""
        while self.clock.now() < START + hour * HOUR:
            self.clock.set(self.clock.now() + HOUR)
            self.watching.watch_due()

    @property
    def cases(self) -> list[Case]:
        return self.books.list()


@pytest.fixture
def plant() -> Plant:
    return Plant()


def hours(case: Case) -> tuple[float, float | None]:
    closed = None if case.closed_at is None else (case.closed_at - START) / HOUR
    return (case.opened_at - START) / HOUR, closed


@pytest.mark.parametrize(
    ("drawing", "cases"),
    [
        pytest.param("........", [], id="all is well"),
        pytest.param("..#.....", [], id="one high row is no case"),
        pytest.param("..##....", [(4, None)], id="two of three open one"),
        pytest.param("..##.....", [(4, 9)], id="four hours back below close it"),
        pytest.param("..##..#......", [(4, 12)], id="a high row starts the quiet anew"),
        pytest.param("..########.", [(4, None)], id="there is one however long it lasts"),
        pytest.param("##........##", [(2, 7), (12, None)], id="what comes back is another case"),
        pytest.param("##          ", [(2, None)], id="silence closes nothing"),
    ],
)
@pytest.mark.parametrize("at_once", [False, True], ids=["hour by hour", "caught up at once"])
def test_cases_follow_the_scores(
    plant: Plant, drawing: str, cases: list[tuple[float, float | None]], at_once: bool
) -> None:
    plant.draw(drawing)
    if at_once:
        plant.clock.set(START + len(drawing) * HOUR)
        plant.watching.watch_due()
    plant.live_until(len(drawing))
    assert sorted(hours(case) for case in plant.cases) == cases


def test_a_case_tells_the_first_the_highest_and_the_newest_score_and_why(plant: Plant) -> None:
    for hour, wear in enumerate((0.5, 2.0, 3.0, 9.0, 4.0), start=1):
        plant.say(hour, wear)
    plant.live_until(5)
    (case,) = plant.cases
    assert (case.machine, case.detector) == ("pump", "latest-wear")
    assert (case.first.score, case.peak.score, case.latest.score) == (3.0, 9.0, 4.0)
    assert [(c.signal, c.value) for c in case.contributions] == [("wear", 9.0)]
    assert case.reason == "2 of the last 3 scores lie above their threshold"


def test_every_machine_has_its_own_case(plant: Plant) -> None:
    plant.draw("..##..")
    plant.draw("...##.", device="e")
    plant.live_until(6)
    assert sorted((case.machine, hours(case)[0]) for case in plant.cases) == [("pump", 4), ("spare", 5)]


def test_opening_and_closing_are_in_the_audit_trail(plant: Plant) -> None:
    plant.draw("##.....")
    plant.live_until(7)
    (case,) = plant.cases
    assert [(e.action, e.subject, e.actor) for e in plant.books.audit.kept] == [
        ("case.opened", case.id, "foreworn"),
        ("case.closed", case.id, "foreworn"),
    ]


def test_watching_the_same_hours_again_changes_nothing(plant: Plant) -> None:
    plant.draw("##.....##.")
    plant.live_until(10)
    cases, trail = dict(plant.books.kept), list(plant.books.audit.kept)
    plant.watching_from(START).watch_due()
    assert plant.books.kept == cases
    assert plant.books.audit.kept == trail


def test_a_new_process_remembers_what_was_said_before(plant: Plant) -> None:
    plant.draw("..##")
    plant.live_until(3)
    plant.watching = plant.watching_from(START + 3 * HOUR)
    plant.live_until(4)
    assert [hours(case)[0] for case in plant.cases] == [4]


def test_a_new_detector_does_not_count_an_hour_twice(plant: Plant) -> None:
    plant.draw(".#.")
    plant.live_until(2)
    plant.detector = LatestWear("newer")
    plant.watching_from(START).watch_due()  # hour 2 now stands under both versions
    plant.live_until(3)
    assert plant.cases == []


def test_what_a_person_closed_is_not_opened_again_by_the_rows_that_person_saw(plant: Plant) -> None:
    plant.draw("..######")
    plant.live_until(5)
    (case,) = plant.cases
    plant.books.update(case.close(plant.clock.now(), because="known: new seal running in"))
    plant.live_until(6)
    assert plant.books.open_of("pump") is None
    plant.live_until(7)
    assert [hours(c)[0] for c in plant.cases] == [7, 4]


def test_hours_without_a_detector_are_not_made_up_for(plant: Plant) -> None:
    plant.draw("####")
    plant.detector = None
    plant.live_until(3)
    plant.detector = LatestWear()
    plant.live_until(4)
    assert [time for _, _, time in plant.health.kept] == [START + 4 * HOUR]


def test_where_a_store_fails_the_hours_stay_due(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.draw("####")
    with monkeypatch.context() as broken:
        broken.setattr(CaseMemory, "open_of", _unavailable)
        plant.clock.set(START + 3 * HOUR)
        with pytest.raises(StoreUnavailable):
            plant.watching.watch_due()
    assert plant.watching.watched_until == START
    plant.watching.watch_due()
    assert [hours(case)[0] for case in plant.cases] == [2]


def _unavailable(*_: object) -> None:
    raise StoreUnavailable("the store", "down")


def test_late_data_is_scored_again_and_an_open_case_says_so(plant: Plant) -> None:
    plant.draw("..##.")
    plant.live_until(5)
    plant.say(4, 0.2)
    assert plant.watching.watch_again([DirtyWindow("d", START + 4 * HOUR, START + 6 * HOUR)]) == 2
    (case,) = plant.cases
    assert case.is_open
    assert case.first.score == case.peak.score == 0.2
    assert case.note.startswith("late data changed the score of 2026-01-01 04:00 UTC")
    assert plant.health.kept["pump", "latest-wear", START + 4 * HOUR].score == 0.2


def test_late_data_rings_no_alarm_for_the_past(plant: Plant) -> None:
    plant.draw(".....")
    plant.live_until(5)
    plant.draw(" ####")
    plant.watching.watch_again([DirtyWindow("d", START + 2 * HOUR, START + 7 * HOUR)])
    assert plant.cases == []
    assert plant.watching.watch_again([]) == 0
