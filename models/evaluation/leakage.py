"""Probes that fail loudly where a training or its judging has seen what it may not.

Each `check_...` returns what it measured where there is something to measure, and raises `LeakageFound` where it
finds a leak. What is chance is not taken from a formula: failures are moved along each machine's own time, all by one
random stretch, which keeps how they cluster and breaks what they have to do with the forecasts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import ForewornError
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import from_epoch_ms, to_epoch_ms
from models.evaluation.classification import average_precision
from models.evaluation.outcomes import Downtime
from models.evaluation.scored_rows import ScoredRows
from models.features.row_index import RowIndex, span_ms

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

_HOUR_MS = 3_600_000

DRAWS: Final = 199
"""How many times failures are moved to tell what chance gives."""
SURE: Final = 0.99
"""What chance gives less than in this share of the draws is no chance."""
PLAN_OVER_AGE: Final = 3.0
"""The calendar of the plan is known where its features find this many times what age alone finds."""


class LeakageFound(ForewornError):
    """A forecast has seen, or was judged on, what it may not know."""


@dataclass(frozen=True, slots=True)
class AgainstChance:
    """How well scores rank failures, and how well they would by chance.

    Parameters
    ----------
    average_precision
        Of the scores.
    chance, chance_high
        The middle, and the largest that is still chance, with failures moved along each machine's time.
    """

    average_precision: float
    chance: float
    chance_high: float

    @property
    def is_chance(self) -> bool:
        """Whether the scores tell no more than chance."""
        return self.average_precision <= self.chance_high


def against_chance(rows: ScoredRows, *, draws: int = DRAWS, seed: int = 1) -> AgainstChance:
    """Hold the scores of one component against failures that were moved along each machine's time.

    Raises
    ------
    ValueError
        If no row failed, or rows of more than one component are given.
    """
    if len(set(rows.component.tolist())) > 1:
        raise ValueError("chance is told for one component at a time")
    if not rows.failed.any():
        raise ValueError("no row failed: there is nothing to rank")
    order = np.lexsort((rows.time, rows.machine.astype(str)))
    probability, failed = rows.probability[order], rows.failed[order]
    _, begins = np.unique(rows.machine[order].astype(str), return_index=True)
    generator = np.random.default_rng(seed)
    by_chance = [average_precision(probability, _moved(failed, begins, generator)) for _ in range(draws)]
    middle, high = np.quantile(by_chance, (0.5, SURE)).tolist()
    return AgainstChance(average_precision(probability, failed), middle, high)


def check_shuffled_labels(rows: ScoredRows, *, draws: int = DRAWS) -> AgainstChance:
    """Return how scores of a model trained on shuffled failures stand against chance.

    Parameters
    ----------
    rows
        Scores of one component by a model that was trained on a history with `shuffled_failures`, beside the outcomes
        of that same history.

    Raises
    ------
    LeakageFound
        If they tell more than chance: then something reads the failures themselves.
    """
    found = against_chance(rows, draws=draws)
    if not found.is_chance:
        raise LeakageFound(
            f"failures of {rows.component[0]} that were dealt out at random are still foretold, with an average "
            f"precision of {found.average_precision:.3f}, by chance {found.chance_high:.3f} at most: the record of "
            "failures or repairs is read before it was made"
        )
    return found


def check_rows_after_failure(index: RowIndex, downtime: Downtime, component: str) -> None:
    """Hold that no row stands at a failure of its component, or after one that nothing has renewed since.

    Where the component failed again, it ran again: that no repair of it is on record shows nothing.

    Raises
    ------
    LeakageFound
        If one does: it can be told from a healthy row by what the failure did to the machine.
    """
    wrong = np.flatnonzero(downtime.of_rows(index, component))
    if not len(wrong):
        return
    first = wrong[np.argmin(index.time[wrong])]
    machines = set(index.machine[wrong].tolist())
    raise LeakageFound(
        f"{len(wrong):,} of {len(index):,} rows of {component} stand at or after its failure with no repair of it on "
        f"record, on {len(machines)} machine{'' if len(machines) == 1 else 's'}; the first is "
        f"{index.machine[first]}, {from_epoch_ms(int(index.time[first])):%Y-%m-%d %H:%M} UTC. Such rows show what a "
        "failure did, not what foretold it"
    )


def check_units_apart(train: Iterable[str], test: Iterable[str]) -> None:
    """Hold that a split by unit has no unit on both sides.

    Raises
    ------
    LeakageFound
        If it has.
    """
    both = sorted(set(train) & set(test))
    if both:
        raise LeakageFound(
            f"{len(both)} units are on both sides of the split, such as {both[0]}: a model that knows a unit by its "
            "levels is judged on what it was taught"
        )


def check_gap(train: RowIndex, test: RowIndex, horizon: timedelta) -> None:
    """Hold that no outcome learned from reaches into the time that is judged.

    Raises
    ------
    LeakageFound
        If the last row learned from and its horizon end after the first row judged.
    """
    if not len(train) or not len(test):
        return
    reach, begin = int(train.time.max()) + span_ms(horizon), int(test.time.min())
    if reach > begin:
        raise LeakageFound(
            f"outcomes up to {from_epoch_ms(reach)} were learned from, and rows from {from_epoch_ms(begin)} on are "
            "judged: there is no gap of one horizon between them"
        )


def check_taught(learned: str, allowed: str) -> None:
    """Hold that a model was taught by the rows that its split allows, no more and no others.

    Parameters
    ----------
    learned
        The fingerprint of the rows that the model was taught by, which training left with it.
    allowed
        That of the rows that the split allows.

    Raises
    ------
    LeakageFound
        If they differ: what the rows of the split say of the model does not hold for it.
    """
    if learned != allowed:
        raise LeakageFound(
            f"the model was taught by other rows (fingerprint {learned[:8]}) than the split allows ({allowed[:8]}): "
            "it may have learned from what it is judged on"
        )


@dataclass(frozen=True, slots=True)
class PlanProbe:
    """What the features that carry the calendar of the plan find on their own, by average precision.

    Parameters
    ----------
    plan
        Trees on nothing but time since each maintenance and the hour of the day and week.
    age
        The component's age alone, the older the more probable: wear without a calendar.
    everything
        All features; NaN where not given.
    """

    plan: AgainstChance
    age: AgainstChance
    everything: float

    @property
    def knows_the_plan(self) -> bool:
        """Whether the plan's features find what neither chance nor age explains."""
        ordinary = max(self.age.average_precision, self.plan.chance)
        return not self.plan.is_chance and self.plan.average_precision > PLAN_OVER_AGE * ordinary


def check_plan(plan: ScoredRows, age: ScoredRows, *, everything: float = float("nan"), draws: int = DRAWS) -> PlanProbe:
    """Return what the plan's calendar alone gives; `models.failure.plan_scores` makes its two scores.

    Raises
    ------
    LeakageFound
        If it gives more than age explains: then failures are on record when the plan looks, and what the calendar tells
        will not hold for machines that are looked at otherwise.
    """
    found = PlanProbe(against_chance(plan, draws=draws), against_chance(age, draws=draws), everything)
    if found.knows_the_plan:
        raise LeakageFound(
            f"failures of {plan.component[0]} come when the plan looks: time since maintenance and the hour alone find "
            f"them with an average precision of {found.plan.average_precision:.3f}, age alone with "
            f"{found.age.average_precision:.3f}, chance with {found.plan.chance:.3f}. That will not hold for machines "
            "that are visited otherwise"
        )
    return found


def shuffled_failures(history: FleetHistory, *, seed: int = 1) -> FleetHistory:
    """Return the history with its failures dealt out anew over machines and time; all else stays on record.

    Each failure keeps its component, and falls on a machine that has it, at a whole hour of the telemetry's stretch. It
    is repaired at once: the rows after it would else teach nothing, up to a repair that has nothing to do with it.
    What a model trained on it foretells of it, it cannot have from the machines.
    """
    failures, time = history.failures, history.telemetry["time"]
    if not len(failures) or not len(time):
        return history
    generator = np.random.default_rng(seed)
    first, last = (to_epoch_ms(moment.as_py()) for moment in (pc.min(time), pc.max(time)))
    having: dict[str, list[str]] = {
        c: [m.id for m in history.machines if c in m.components] for c in history.components
    }
    components = failures["component"].to_pylist()
    machines = [having[c][int(generator.integers(len(having[c])))] for c in components]
    hours = generator.integers(1, max((last - first) // _HOUR_MS, 2), len(failures))
    moments = pa.array(first + hours * _HOUR_MS, pa.int64()).cast(failures.schema.field("time").type)
    columns = {"time": moments, "machine": pa.array(machines, failures.schema.field("machine").type)}
    for name, values in columns.items():
        failures = failures.set_column(failures.column_names.index(name), failures.schema.field(name), values)
    order = [("machine", "ascending"), ("time", "ascending"), ("component", "ascending")]
    repaired = failures.select(["time", "machine", "component"])
    for name, value in (("action", "replaced"), ("kind", "corrective")):
        repaired = repaired.append_column(name, pa.array([value] * len(failures), pa.string()))
    maintenance = pa.concat_tables([history.maintenance, repaired.select(history.maintenance.column_names)])
    return replace(history, failures=failures.sort_by(order), maintenance=maintenance.sort_by(order))


def _moved(failed: Flags, begins: NDArray[np.intp], generator: np.random.Generator) -> Flags:
    """Return the failures moved along each machine's rows, which stand together, all by a share drawn per machine."""
    moved = np.empty_like(failed)
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(failed)], strict=True):
        moved[begin:end] = np.roll(failed[begin:end], int(generator.integers(end - begin)))
    return moved
