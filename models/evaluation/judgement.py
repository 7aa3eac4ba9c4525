"""Forecasts judged by what really happened: for a replay, a backtest and a benchmark alike."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.fleet.history import MAINTENANCE_SCHEMA
from foreworn.telemetry.sample import to_epoch_ms
from models.evaluation.alarms import Episode, EpisodeEnd, FailureNotice, alarm_episodes, failure_notices
from models.evaluation.outcomes import CENSORED, FAILED, PENDING, Downtime, Occurrences, Record
from models.evaluation.probability import ReliabilityBin, brier_score, brier_skill, calibration_line, reliability_table
from models.evaluation.scored_rows import ScoredRows
from models.features.row_index import RowIndex, span_ms

NOTICE = timedelta(hours=12)
_MONTH = timedelta(days=30)
_QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What forecasts were worth; see `judge` for what is counted.

    Parameters
    ----------
    failures
        Failures that could have been foreseen with the notice asked for.
    caught_12h
        Those that an alarm foretold with at least the notice asked for (12 h unless told otherwise).
    missed
        The others: `failures - caught_12h`.
    caught_late
        Those of the missed that an alarm foretold with less notice.
    false_alarms
        Episodes of alarms that nothing followed.
    confirmed_alarms, censored_alarms, undecided_alarms
        The other episodes.
    months_by_machine
        By machine, from its first forecast to its last in months of 30 days: nobody watched it before or after.
    lead_time_h
        Quantiles of the lead time of all foretold failures, such as `{"p50": 21.0}`; empty if none was.
    failures_left_out
        Failures of the same time, machines and components that were not counted: the one before, noted again.
    rows, failed_rows, censored_rows, pending_rows, down_rows
        Forecasts scored; of them followed by a failure; those left out because nobody can know; and those left out
        because their component had failed and did not run again yet.
    brier, brier_skill, calibration_slope, calibration_intercept, reliability
        Of the forecasts scored; NaN where there is none.
    """

    failures: int
    caught_12h: int
    missed: int
    caught_late: int
    false_alarms: int
    confirmed_alarms: int
    censored_alarms: int
    undecided_alarms: int
    months_by_machine: Mapping[str, float]
    lead_time_h: dict[str, float]
    failures_left_out: int
    rows: int
    failed_rows: int
    censored_rows: int
    pending_rows: int
    down_rows: int
    brier: float
    brier_skill: float
    calibration_slope: float
    calibration_intercept: float
    reliability: list[ReliabilityBin]
    notices: list[FailureNotice]
    episodes: list[Episode]
    scored: ScoredRows

    @property
    def recall_12h(self) -> float:
        """The share of failures caught with notice; NaN where there was none."""
        return self.caught_12h / self.failures if self.failures else float("nan")

    @property
    def machine_months(self) -> float:
        """The time that machines were watched, months of 30 days."""
        return math.fsum(self.months_by_machine.values())

    @property
    def false_alarms_per_machine_month(self) -> float:
        """False alarms per machine and 30 days."""
        return self.false_alarms / self.machine_months if self.machine_months else float("nan")


def judge(
    forecasts: pa.Table,
    failures: pa.Table,
    *,
    threshold: float,
    start: datetime,
    end: datetime,
    maintenance: pa.Table | None = None,
    repairs: pa.Table | None = None,
    known_until: datetime | None = None,
    notice: timedelta = NOTICE,
    base_rates: Mapping[str, float] | None = None,
) -> Judgement:
    """Judge forecasts of times in [start, end) by the failures that came.

    Counted are the distinct failures (machine, component, time) of forecast machines and components
    with `start + notice <= time < end`: an earlier one could not have been foretold in time by
    forecasts that begin at `start`. Forecasts at a moment when their machine fails are left out: the
    machine stands. So are those of a component that had failed and did not run again yet, and a failure that is
    only the one before, noted again, as in training (`models.evaluation.outcomes.Downtime`). So are forecasts issued
    when their outcome was known already, because data came late or the platform was away: that is hindsight.
    Alarms are merged into episodes as `models.evaluation.alarms` defines them.

    Parameters
    ----------
    forecasts
        `FORECAST_SCHEMA`, one horizon, one revision and model version per machine, component and
        time: which one, the first or the latest, is the caller's choice.
    failures
        `time`, `machine`, `component`; may hold more than [start, end).
    threshold
        The probability from which a forecast is an alarm.
    start, end
        The judged stretch of time.
    maintenance
        `MAINTENANCE_SCHEMA`; with it, what a preventive replacement cut short is censored: neither
        right nor wrong. Without, a preventive replacement is survival, as in Microsoft's protocol.
    repairs
        `MAINTENANCE_SCHEMA`: what ends the time that a component stands failed; `maintenance` unless given.
        Without either, failures count as repaired at once.
    known_until
        Up to where (inclusive) failures and maintenance are complete; `end` unless told otherwise.
        Forecasts whose horizon ends later are not scored, for of those only the failed could be; alarms whose
        horizon ends later, and which came to nothing so far, are undecided.
    notice
        How much notice it takes to call a failure caught.
    base_rates
        By component, the share of failed rows in the training time, which the Brier skill is measured
        against; the judged rows' own share unless told.

    Raises
    ------
    ValueError
        If the forecasts hold two horizons, or two forecasts for one machine, component and time.
    """
    forecasts = _within(forecasts, start, end)
    horizon = _only_horizon(forecasts)
    told = maintenance if repairs is None else repairs
    downtime = Downtime.of(failures, MAINTENANCE_SCHEMA.empty_table() if told is None else told)
    again = downtime.repeats(failures)
    repeated, failures = Occurrences(failures.filter(pa.array(again))), failures.filter(pa.array(~again))
    counted = to_epoch_ms(start + notice), to_epoch_ms(end)
    record = Record.of(failures, maintenance, known_until=end if known_until is None else known_until)
    scored: list[ScoredRows] = []
    outcomes: list[NDArray[np.int8]] = []
    notices: list[FailureNotice] = []
    episodes: list[Episode] = []
    down_rows = left_out = 0
    for component in sorted(forecasts["component"].unique().to_pylist()):
        index, issued, probability = _standing(forecasts, component, record, horizon)
        runs = ~downtime.of_rows(index, component)
        down_rows += int((~runs).sum())
        index, issued, probability = index.where(runs), issued[runs], probability[runs]
        outcome = record.outcomes(index, component, horizon)
        scored.append(_scored(index, probability, component, outcome))
        outcomes.append(outcome)
        episodes += alarm_episodes(index, probability, component, record, threshold=threshold, horizon=horizon)
        notices += failure_notices(
            index, probability, component, record, threshold=threshold, horizon=horizon, issued=issued,
            first=counted[0], end=counted[1],
        )  # fmt: skip
        left_out += _between(repeated, index, component, *counted)
    rows = ScoredRows.joined(scored)
    outcome = np.concatenate([np.empty(0, dtype=np.int8), *outcomes])
    return _judgement(
        rows,
        _base(rows, base_rates),
        notices,
        episodes,
        notice=notice,
        months_by_machine=_watched(forecasts, until=to_epoch_ms(end)),
        failures_left_out=left_out,
        censored_rows=int((outcome == CENSORED).sum()),
        pending_rows=int((outcome == PENDING).sum()),
        down_rows=down_rows,
    )


def pooled(parts: Sequence[Judgement], base: NDArray[np.float64], *, notice: timedelta = NOTICE) -> Judgement:
    """Return several judgements of different machines or times as one.

    Parameters
    ----------
    parts
        What was judged, each by its own threshold.
    base : (n_rows,) float
        What the Brier skill is measured against, for the rows of all parts in their order.
    notice
        How much notice it takes to call a failure caught.
    """
    return _judgement(
        ScoredRows.joined([part.scored for part in parts]),
        base,
        [n for part in parts for n in part.notices],
        [e for part in parts for e in part.episodes],
        notice=notice,
        months_by_machine=_added(part.months_by_machine for part in parts),
        failures_left_out=sum(part.failures_left_out for part in parts),
        censored_rows=sum(part.censored_rows for part in parts),
        pending_rows=sum(part.pending_rows for part in parts),
        down_rows=sum(part.down_rows for part in parts),
    )


def _added(months: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for part in months:
        for machine, watched in part.items():
            total[machine] = total.get(machine, 0.0) + watched
    return total


def _between(failures: Occurrences, index: RowIndex, component: str, first: int, end: int) -> int:
    """Return how many failures of the rows' machines lie in [first, end), epoch ms."""
    times = [failures.of(machine, component) for machine in index.places()]
    return sum(int(np.count_nonzero((first <= own) & (own < end))) for own in times)


def _watched(forecasts: pa.Table, *, until: int) -> dict[str, float]:
    """Return by machine the months from its first forecast to a step after its last.

    The step is the shortest time between two forecasts; none is after `until` [epoch ms].
    """
    step = int(np.diff(np.unique(_epoch_ms(forecasts["time"]))).min(initial=until)) if len(forecasts) else 0
    ends = forecasts.group_by("machine").aggregate([("time", "min"), ("time", "max")])
    last = np.minimum(_epoch_ms(ends["time_max"]) + step, until)
    spans = last - _epoch_ms(ends["time_min"])
    return dict(sorted(zip(ends["machine"].to_pylist(), (spans / span_ms(_MONTH)).tolist(), strict=True)))


def _within(forecasts: pa.Table, start: datetime, end: datetime) -> pa.Table:
    time, kind = forecasts["time"], pa.timestamp("ms", tz="UTC")
    return forecasts.filter(
        pc.and_(pc.greater_equal(time, pa.scalar(start, kind)), pc.less(time, pa.scalar(end, kind)))
    )


def _only_horizon(forecasts: pa.Table) -> timedelta:
    horizons = forecasts["horizon_h"].unique().to_pylist()
    if len(horizons) > 1:
        raise ValueError(f"forecasts of one horizon can be judged together, not of {sorted(horizons)} h")
    return timedelta(hours=horizons[0]) if horizons else timedelta(0)


def _standing(
    forecasts: pa.Table, component: str, record: Record, horizon: timedelta
) -> tuple[RowIndex, NDArray[np.int64], NDArray[np.float64]]:
    """Return one component's forecasts, when each was issued (epoch ms), and their probabilities.

    Without those at a moment when their machine fails, and those issued when the outcome was known.
    """
    own = forecasts.filter(pc.equal(forecasts["component"], component))
    machine = np.array(own["machine"].to_pylist(), dtype=object)
    time, issued = _epoch_ms(own["time"]), _epoch_ms(own["issued_at"])
    index = RowIndex(machine, time)
    if len(set(zip(machine.tolist(), time.tolist(), strict=True))) < len(index):
        raise ValueError(f"{component} has two forecasts for one machine and time: choose one revision first")
    known = np.minimum(record.decided_at(index, component), time + span_ms(horizon))
    keep = ~record.failures.at_own_time(index) & (issued < known)
    return index.where(keep), issued[keep], own["probability"].to_numpy()[keep]


def _epoch_ms(column: pa.ChunkedArray) -> NDArray[np.int64]:
    found: NDArray[np.int64] = column.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return found


def _scored(index: RowIndex, probability: NDArray[np.float64], component: str, outcome: NDArray[np.int8]) -> ScoredRows:
    decided = (outcome != PENDING) & (outcome != CENSORED)
    rows = ScoredRows(
        index.machine, np.full(len(index), component, dtype=object), index.time, probability, outcome == FAILED
    )
    return rows.where(decided)


def _judgement(
    rows: ScoredRows,
    base: NDArray[np.float64],
    notices: list[FailureNotice],
    episodes: list[Episode],
    *,
    notice: timedelta,
    months_by_machine: Mapping[str, float],
    failures_left_out: int,
    censored_rows: int,
    pending_rows: int,
    down_rows: int,
) -> Judgement:
    caught = sum(n.caught(notice) for n in notices)
    leads = [n.lead_time_h for n in notices if n.lead_time_h is not None]
    ends = [e.end for e in episodes]
    slope, intercept = calibration_line(rows.probability, rows.failed)
    return Judgement(
        failures=len(notices),
        caught_12h=caught,
        missed=len(notices) - caught,
        caught_late=len(leads) - caught,
        false_alarms=ends.count(EpisodeEnd.FALSE_ALARM),
        confirmed_alarms=ends.count(EpisodeEnd.CONFIRMED),
        censored_alarms=ends.count(EpisodeEnd.CENSORED),
        undecided_alarms=ends.count(EpisodeEnd.UNDECIDED),
        months_by_machine=months_by_machine,
        lead_time_h={f"p{q * 100:.0f}": float(np.quantile(leads, q)) for q in _QUANTILES} if leads else {},
        failures_left_out=failures_left_out,
        rows=len(rows),
        failed_rows=int(rows.failed.sum()),
        censored_rows=censored_rows,
        pending_rows=pending_rows,
        down_rows=down_rows,
        brier=brier_score(rows.probability, rows.failed) if len(rows) else float("nan"),
        brier_skill=brier_skill(rows.probability, rows.failed, base) if len(rows) else float("nan"),
        calibration_slope=slope,
        calibration_intercept=intercept,
        reliability=reliability_table(rows.probability, rows.failed),
        notices=notices,
        episodes=episodes,
        scored=rows,
    )


def _base(rows: ScoredRows, base_rates: Mapping[str, float] | None) -> NDArray[np.float64]:
    base = np.empty(len(rows))
    for component in set(rows.component.tolist()):
        own = rows.component == component
        base[own] = rows.failed[own].mean() if base_rates is None else base_rates[component]
    return base
