"""How often a model was right, from labels: what an outcome said, never what somebody did.

A failure settles a forecast at once, survival only at the end of its horizon. Counted as they come, the youngest would
be failures nearly all. So shares are taken of the forecasts whose horizon ended before that of any that is still open:
of them every outcome is known. Failures, and the notice given of them, are counted at once.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from foreworn.health.label import Label, Outcome

BINS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Edges of the probabilities that are told apart: finer where most forecasts lie."""

_Z95 = 1.959964
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Forecasts with probabilities in [low, high), and how many of their events happened.

    Parameters
    ----------
    low, high
        The bin's edges; the last bin holds 1 too.
    said
        Forecasts whose outcome is known, and those of all others whose horizon ended no later.
    happened
        Those whose component failed, or was found as predicted.
    mean
        The mean of the probabilities said.
    failed
        Those whose component failed; the rest of `happened` was found worn in time, and nobody knows whether it
        would have failed within the horizon. The truth lies between the two.
    """

    low: float
    high: float
    said: int
    happened: int
    mean: float
    failed: int = 0

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval of the share that happened.

        Forecasts of one failure depend on each other, so the truth is wider than this.
        """
        return wilson(self.happened, self.said)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One model version's record.

    Parameters
    ----------
    model_version
        Which one; None: all together.
    forecasts, pending, censored
        Daily forecasts on record; those that count later, because their horizon is not over; those nobody can know.
    failures, caught
        Failures, and findings that confirmed a prediction, that forecasts could have told; those that an
        alarm told before they happened.
    lead_times
        From when the first alarm was said to the failure or finding, of those caught, sorted.
    alarms_confirmed, alarms_refuted
        Alarm episodes, which are runs of alarms on one component of at most one horizon that share one fate;
        counted once all are settled. An alarm that never stops is a new episode every horizon.
    orders_confirmed, orders_refuted, orders_censored
        Predictive work orders by their outcome.
    calibration
        Probabilities said against what happened; bins without forecasts are left out.
    brier, brier_skill
        Mean squared error of the probabilities, and its improvement on always saying the base rate; None
        while there is nothing to measure on.
    """

    model_version: str | None
    forecasts: int
    pending: int
    censored: int
    failures: int
    caught: int
    lead_times: tuple[timedelta, ...]
    alarms_confirmed: int
    alarms_refuted: int
    orders_confirmed: int
    orders_refuted: int
    orders_censored: int
    calibration: tuple[CalibrationBin, ...]
    brier: float | None
    brier_skill: float | None

    @property
    def precision(self) -> float | None:
        """Share of alarm episodes that were confirmed, of those anybody can know."""
        return _share(self.alarms_confirmed, self.alarms_confirmed + self.alarms_refuted)

    @property
    def recall(self) -> float | None:
        """Share of failures that an alarm told."""
        return _share(self.caught, self.failures)

    def lead_time(self, quantile: float) -> timedelta | None:
        """Return a quantile of the lead times, the nearest that was seen; None where nothing was caught."""
        if not self.lead_times:
            return None
        return self.lead_times[round(quantile * (len(self.lead_times) - 1))]

    def like(self, probability: float) -> CalibrationBin | None:
        """Return the record of forecasts like this one; None while there is none."""
        low = BINS[min(bisect_right(BINS, probability), len(BINS) - 1) - 1]
        return next((b for b in self.calibration if b.low == low), None)


def scorecard(labels: Iterable[Label], order_outcomes: Iterable[Outcome], *, model_version: str | None) -> Scorecard:
    """Return the record that labels and the outcomes of predictive work orders make."""
    labels = list(labels)
    known = [x for x in labels if x.outcome.confirms or x.outcome.refutes]
    orders = list(order_outcomes)
    events = _events(known)
    lead_times = sorted(at - first for at, first in events.values() if first is not None)
    open_from = min((_end(x) for x in labels if x.outcome is Outcome.PENDING), default=_NEVER)
    confirmed, refuted = _episodes(labels, open_from)
    young = sum(_end(x) >= open_from for x in known)
    known = [x for x in known if _end(x) < open_from]
    brier, skill = _brier(known)
    return Scorecard(
        model_version=model_version,
        forecasts=len(labels),
        pending=young + sum(x.outcome is Outcome.PENDING for x in labels),
        censored=sum(x.outcome is Outcome.CENSORED for x in labels),
        failures=len(events),
        caught=len(lead_times),
        lead_times=tuple(lead_times),
        alarms_confirmed=confirmed,
        alarms_refuted=refuted,
        orders_confirmed=sum(o.confirms for o in orders),
        orders_refuted=sum(o.refutes for o in orders),
        orders_censored=sum(o is Outcome.CENSORED for o in orders),
        calibration=_calibration(known),
        brier=brier,
        brier_skill=skill,
    )


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; (0, 1) without a trial.

    Examples
    --------
    >>> [round(bound, 3) for bound in wilson(23, 40)]
    [0.422, 0.715]
    """
    if trials == 0:
        return 0.0, 1.0
    share, z2 = hits / trials, _Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = _Z95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _events(known: Sequence[Label]) -> dict[tuple[str, str, datetime], tuple[datetime, datetime | None]]:
    """Return, by event, when it happened and the first alarm that told it."""
    events: dict[tuple[str, str, datetime], tuple[datetime, datetime | None]] = {}
    for label in known:
        if not label.outcome.confirms or label.decided_at is None:
            continue
        key = (label.machine, label.component, label.decided_at)
        _, first = events.get(key, (label.decided_at, None))
        if label.alarm:
            first = label.issued_at if first is None else min(first, label.issued_at)
        events[key] = (label.decided_at, first)
    return events


def _end(label: Label) -> datetime:
    return label.time + label.horizon


def _episodes(labels: Sequence[Label], open_from: datetime) -> tuple[int, int]:
    """Count episodes of alarms by fate: confirmed if any of one is, refuted if none is and all are refuted.

    Those whose last horizon ends at `open_from` or later are not counted yet.
    """
    episodes: dict[tuple[int, int], list[Label]] = defaultdict(list)
    for number, run in enumerate(_runs(labels)):
        for label in run:
            episodes[number, (label.time - run[0].time) // label.horizon].append(label)
    fates = [{x.outcome for x in own} for own in episodes.values() if max(map(_end, own)) < open_from]
    confirmed = sum(any(o.confirms for o in fate) for fate in fates)
    # One whose end is still open, or censored, may yet be right: it counts for nothing.
    refuted = sum(all(o.refutes for o in fate) for fate in fates)
    return confirmed, refuted


def _runs(labels: Sequence[Label]) -> list[list[Label]]:
    """Return alarms of one model on one component that follow each other.

    A run ends with the first that is no alarm, and with what ends the component's life or confirms the alarm: a
    failure, a finding, a replacement.
    """
    runs: list[list[Label]] = []
    before: dict[tuple[object, ...], Label] = {}
    for label in sorted(labels, key=_series):
        *series, _ = _series(label)
        last = before.get(tuple(series))
        if label.alarm:
            if last is None or not last.alarm or _is_end(last, label):
                runs.append([])
            runs[-1].append(label)
        before[tuple(series)] = label
    return runs


def _series(label: Label) -> tuple[str, str, str, timedelta, datetime]:
    return label.machine, label.component, label.model_version, label.horizon, label.time


def _is_end(last: Label, label: Label) -> bool:
    """Whether what became of the one forecast lies between it and the next."""
    ends = last.outcome.confirms or last.outcome is Outcome.CENSORED
    return ends and last.decided_at != label.decided_at


def _calibration(known: Sequence[Label]) -> tuple[CalibrationBin, ...]:
    groups: dict[int, list[Label]] = defaultdict(list)
    for label in known:
        groups[min(bisect_right(BINS, label.probability), len(BINS) - 1) - 1].append(label)
    return tuple(
        CalibrationBin(
            low=BINS[i],
            high=BINS[i + 1],
            said=len(group),
            happened=sum(x.outcome.confirms for x in group),
            mean=sum(x.probability for x in group) / len(group),
            failed=sum(x.outcome is Outcome.FAILED for x in group),
        )
        for i, group in sorted(groups.items())
    )


def _brier(known: Sequence[Label]) -> tuple[float | None, float | None]:
    if not known:
        return None, None
    base = sum(x.outcome.confirms for x in known) / len(known)
    brier = sum((x.probability - x.outcome.confirms) ** 2 for x in known) / len(known)
    spread = base * (1 - base)
    return brier, None if spread == 0 else 1 - brier / spread
