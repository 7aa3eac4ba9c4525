"""Watch what is due: score every machine's behaviour at every grid time, and open and close cases."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from foreworn.audit import PLATFORM, AuditEntry, AuditTrail
from foreworn.clock import Clock, grid_times
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.anomaly import AnomalyDetector, AnomalyScore, HealthStore
from foreworn.health.case import Case, CaseBook, CaseRule, Reading
from foreworn.loop.live_history import LiveHistory
from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.sample import MILLISECOND

Row = tuple[str, datetime]

_ROWS_REMEMBERED = 4
"""How many times the span of a rule's rows is read back: rows are missing while a machine stands still."""


class WatchTransaction(Protocol):
    """The books that watching needs of a transaction."""

    @property
    def cases(self) -> CaseBook:
        """Anomaly cases."""
        ...

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""
        ...


class WatchRecords(Protocol):
    """Opens transactions; `foreworn.loop.operations.Operations` is one."""

    def transaction(self) -> AbstractContextManager[WatchTransaction]:
        """Open a transaction that writes."""
        ...


class Watching:
    """The use case that turns stored telemetry into anomaly scores, and those into cases.

    A machine has at most one open case. Scores are stored before the cases that rest on them: where a process
    ends between the two, the times stay due, and scoring them again changes nothing.

    Parameters
    ----------
    history, registry, health, records
        Where data comes from, and where scores and cases go to.
    serving
        Returns the detector that scores, asked anew each time; None while there is none. Grid times that pass
        without one are not made up for.
    clock
        Grid times up to its present are due.
    every
        The grid: whole multiples of this since 1970.
    start
        Grid times up to here count as watched.
    rule
        When cases open and close.
    """

    def __init__(
        self,
        *,
        history: LiveHistory,
        registry: FleetRegistry,
        serving: Callable[[], AnomalyDetector | None],
        health: HealthStore,
        records: WatchRecords,
        clock: Clock,
        every: timedelta,
        start: datetime,
        rule: CaseRule | None = None,
    ) -> None:
        self._history = history
        self._registry = registry
        self._serving = serving
        self._health = health
        self._records = records
        self._clock = clock
        self._every = every
        self._watched_until = start
        self._rule = rule or CaseRule()

    @property
    def watched_until(self) -> datetime:
        """The newest grid time that was watched; data at or before it comes late."""
        return self._watched_until

    def watch_due(self) -> int:
        """Score all that is due, follow the cases, and return how many scores there were."""
        detector = self._serving()
        due = grid_times(self._watched_until, self._clock.now(), self._every)
        if detector is None:
            self._watched_until = due[-1] if due else self._watched_until
            return 0
        return sum(self._watch(detector, day) for day in _by_day(due))

    def watch_again(self, windows: Iterable[DirtyWindow]) -> int:
        """Score again what rests on data that came late, and return how many scores that were.

        The newer score takes the place of the one before. No case is opened or closed for the past; an open one
        that rests on a score which is another now says so in its note.
        """
        detector = self._serving()
        rows = sorted(self._rows_in(windows))
        if detector is None or not rows:
            return 0
        scores = self._scores(detector, rows)
        self._health.write_health(scores)
        with self._records.transaction() as work:
            for machine, own in _by_machine(scores).items():
                case = before = work.cases.open_of(machine)
                for score in own:
                    case = case and case.corrected_by(score)
                if case is not None and case != before:
                    work.cases.update(case)
        return len(scores)

    def _watch(self, detector: AnomalyDetector, times: Sequence[datetime]) -> int:
        """Watch every machine at these times; where a store fails they stay due."""
        rows = [(m.id, time) for time in times for m in self._registry.machines() if m.in_service_at(time)]
        scores = self._scores(detector, rows)
        before = self._readings_before(times[0], detector.version)
        if scores:
            self._health.write_health(scores)
            with self._records.transaction() as work:
                for machine, own in _by_machine(scores).items():
                    self._follow(work, machine, own, before.get(machine, []))
        self._watched_until = times[-1]
        return len(scores)

    def _scores(self, detector: AnomalyDetector, rows: Sequence[Row]) -> list[AnomalyScore]:
        if not rows:
            return []
        first, last = min(t for _, t in rows), max(t for _, t in rows)
        return detector.score(self._history.between(first - detector.lookback, last + MILLISECOND), rows)

    def _readings_before(self, time: datetime, version: str) -> dict[str, list[Reading]]:
        """Return what was said of each machine before, as far back as the rule looks, oldest first.

        Where two detectors spoke of one time, the one that serves counts.
        """
        reach = self._rule.quiet + _ROWS_REMEMBERED * self._rule.of * self._every
        rows = self._health.health(time - reach, time).to_pylist()
        found: dict[str, dict[datetime, Reading]] = defaultdict(dict)
        for row in sorted(rows, key=lambda r: (r["time"], r["detector"] == version)):
            found[row["machine"]][row["time"]] = Reading(row["time"], row["score"], row["threshold"], row["p_value"])
        return {machine: list(readings.values()) for machine, readings in found.items()}

    def _follow(
        self, work: WatchTransaction, machine: str, scores: Sequence[AnomalyScore], before: Sequence[Reading]
    ) -> None:
        """Open, follow or close one machine's case, score by score."""
        case = work.cases.open_of(machine)
        readings = list(before)
        for score in scores:
            readings.append(Reading.of(score))
            if case is None:
                case = self._opened(work, score, readings)
            elif score.time > case.latest.time:
                case = self._followed(work, case.followed_by(score), readings)

    def _opened(self, work: WatchTransaction, score: AnomalyScore, readings: Sequence[Reading]) -> Case | None:
        if not self._rule.opens(readings):
            return None
        last = next(iter(work.cases.list(machine=score.machine, limit=1)), None)
        fresh = [r for r in readings if last is None or last.closed_at is None or r.time > last.closed_at]
        if not self._rule.opens(fresh):
            return None  # what a person has closed is not opened again by what that person saw
        case = Case.opened_by(score, reason=self._rule.reason)
        work.cases.add(case)
        self._note(work, "case.opened", case, case.reason)
        return case

    def _followed(self, work: WatchTransaction, case: Case, readings: Sequence[Reading]) -> Case | None:
        since_opened = [r for r in readings if r.time >= case.opened_at]
        if not self._rule.closes(since_opened):
            work.cases.update(case)
            return case
        hours = self._rule.quiet / timedelta(hours=1)
        case = case.close(case.latest.time, because=f"back below the threshold for {hours:g} h")
        work.cases.update(case)
        self._note(work, "case.closed", case, case.closed_because)
        return None

    def _note(self, work: WatchTransaction, action: str, case: Case, reason: str) -> None:
        detail = {"machine": case.machine, "reason": reason, "data_time": case.latest.time.isoformat()}
        work.audit.record(AuditEntry(self._clock.now(), PLATFORM, action, case.id, detail))

    def _rows_in(self, windows: Iterable[DirtyWindow]) -> set[Row]:
        seats = defaultdict(list)
        for attachment in self._registry.attachments():
            seats[attachment.device].append(attachment)
        return {
            (seat.machine, time)
            for window in windows
            for seat in seats[window.device]
            if seat.since <= window.end and (seat.until is None or window.start < seat.until)
            for time in grid_times(window.start - MILLISECOND, min(window.end, self._watched_until), self._every)
        }


def _by_day(times: Sequence[datetime]) -> list[list[datetime]]:
    """Split a catch-up into days, so that a long absence does not load a long past at once."""
    days: dict[object, list[datetime]] = defaultdict(list)
    for time in times:
        days[time.date()].append(time)
    return list(days.values())


def _by_machine(scores: Iterable[AnomalyScore]) -> Mapping[str, list[AnomalyScore]]:
    """Return each machine's scores, oldest first."""
    groups: dict[str, list[AnomalyScore]] = defaultdict(list)
    for score in sorted(scores, key=lambda s: (s.machine, s.time)):
        groups[score.machine].append(score)
    return groups
