"""A case: a machine that behaves unlike itself, from when that was noticed until it is over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from foreworn.errors import Conflict
from foreworn.health.anomaly import AnomalyScore, SignalShare


class CaseState(StrEnum):
    """Whether somebody still has to look at it."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Reading:
    """A score without its reasons: when, how high, and above which threshold it counts."""

    time: datetime
    score: float
    threshold: float
    p_value: float

    @classmethod
    def of(cls, score: AnomalyScore) -> "Reading":
        """Return a score's numbers."""
        return cls(score.time, score.score, score.threshold, score.p_value)

    @property
    def is_above(self) -> bool:
        """Whether it lies above its threshold."""
        return self.score > self.threshold

    @property
    def excess(self) -> float:
        """How many times its threshold it is, because thresholds of two regimes differ [unitless]."""
        return self.score / self.threshold


@dataclass(frozen=True, slots=True)
class Case:
    """A stretch in which a machine behaves unlike its healthy past; a machine has at most one open.

    Parameters
    ----------
    id
        Unique among all cases.
    machine
        Whose.
    opened_at
        The data's time at which it was opened.
    detector
        The version of the detector whose score opened it.
    reason
        Why it was opened, in a sentence.
    first, peak, latest
        The score that opened it, the highest over its threshold since, and the newest.
    contributions
        The signals that contribute to the peak, the largest share first.
    state, closed_at, closed_because
        Whether it is over, since when in the data's time, and why.
    note
        What people, and late data, had to add; a line each.
    """

    id: str
    machine: str
    opened_at: datetime
    detector: str
    reason: str
    first: Reading
    peak: Reading
    latest: Reading
    contributions: tuple[SignalShare, ...]
    state: CaseState = CaseState.OPEN
    closed_at: datetime | None = None
    closed_because: str = ""
    note: str = ""

    @classmethod
    def opened_by(cls, score: AnomalyScore, *, reason: str) -> "Case":
        """Return the case that a score opens; the same score opens the same case."""
        reading = Reading.of(score)
        return cls(
            id=f"case-{score.machine}-{score.time:%Y%m%dT%H%M%S}",
            machine=score.machine,
            opened_at=score.time,
            detector=score.detector,
            reason=reason,
            first=reading,
            peak=reading,
            latest=reading,
            contributions=score.contributions,
        )

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.state is CaseState.OPEN

    def followed_by(self, score: AnomalyScore) -> "Case":
        """Return the case with a newer score of its machine."""
        reading = Reading.of(score)
        if reading.excess <= self.peak.excess:
            return replace(self, latest=reading)
        return replace(self, latest=reading, peak=reading, contributions=score.contributions)

    def corrected_by(self, score: AnomalyScore) -> "Case":
        """Return the case with what late data made of a score that it rests on, and a note that says so.

        What else it rests on stays: the peak is the highest that was said at its time, or what became of it.
        """
        reading, rests = Reading.of(score), (self.first, self.peak, self.latest)
        before = next((r for r in rests if r.time == reading.time and r != reading), None)
        if before is None:
            return self
        first, peak, latest = (reading if r.time == reading.time else r for r in rests)
        contributions = score.contributions if self.peak.time == reading.time else self.contributions
        stamp = f"{reading.time:%Y-%m-%d %H:%M} UTC"
        line = f"late data changed the score of {stamp} from {before.score:.3g} to {reading.score:.3g}"
        return replace(self, first=first, peak=peak, latest=latest, contributions=contributions).noted(line)

    def noted(self, line: str) -> "Case":
        """Return the case with one more line in its note."""
        return replace(self, note=f"{self.note}\n{line}" if self.note else line)

    def close(self, time: datetime, *, because: str) -> "Case":
        """Return the case as closed.

        Raises
        ------
        Conflict
            If it is closed already.
        ValueError
            If `time` lies before its opening, or nothing says why.
        """
        if not self.is_open:
            raise Conflict(f"case {self.id} was closed at {self.closed_at}: it cannot be closed again")
        if time < self.opened_at:
            raise ValueError(f"case {self.id} was opened at {self.opened_at}: it cannot be closed at {time}")
        if not because.strip():
            raise ValueError("closing a case needs a reason")
        return replace(self, state=CaseState.CLOSED, closed_at=time, closed_because=because)


@dataclass(frozen=True, slots=True)
class CaseRule:
    """When scores open a case, and when they close it.

    One high row is no case: a case opens at a row above its threshold when, with it, at least `above` of the
    machine's last `of` scored rows are. It closes when every scored row of a stretch of `quiet` lies at or
    below its threshold; while a machine is silent or stands still, nothing closes.

    Parameters
    ----------
    above, of
        So many of so many rows; the defaults are a compromise between an hour's notice and a night's sleep.
    quiet
        How long it has to be back below.

    Raises
    ------
    ValueError
        Unless 1 <= above <= of and quiet > 0.
    """

    above: int = 3
    of: int = 4
    quiet: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if not 1 <= self.above <= self.of:
            raise ValueError(f"a case cannot need {self.above} of {self.of} rows: 1 <= above <= of")
        if self.quiet <= timedelta(0):
            raise ValueError(f"quiet is {self.quiet}: a case closes after some time below the threshold")

    @property
    def reason(self) -> str:
        """The rule in a sentence."""
        return f"{self.above} of the last {self.of} scores lie above their threshold"

    def opens(self, readings: Sequence[Reading]) -> bool:
        """Tell whether the newest of one machine's readings, oldest first, opens a case."""
        recent = readings[-self.of :]
        return bool(recent) and recent[-1].is_above and sum(r.is_above for r in recent) >= self.above

    def closes(self, readings: Sequence[Reading]) -> bool:
        """Tell whether the readings, oldest first, have been back below for long enough."""
        below_since: datetime | None = None
        for reading in reversed(readings):
            if reading.is_above:
                break
            below_since = reading.time
        return below_since is not None and readings[-1].time - below_since >= self.quiet


class CaseBook(Protocol):
    """Keeps cases; lives in SQL, within a transaction."""

    def open_of(self, machine: str) -> Case | None:
        """Return the machine's open case, or None."""
        ...

    def get(self, id: str) -> Case:
        """Return a case.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        ...

    def add(self, case: Case) -> None:
        """Keep a new case.

        Raises
        ------
        Conflict
            If there is one of that id, or it is open and the machine has an open one.
        """
        ...

    def update(self, case: Case) -> None:
        """Keep a case in the place of the one with its id.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        ...

    def list(self, *, machine: str | None = None, open_only: bool = False, limit: int = 100) -> "list[Case]":
        """Return cases, the last opened first, then by machine."""
        ...
