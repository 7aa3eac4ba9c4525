"""What became of each row: `foreworn.health.label.outcome` for whole arrays of rows, once their horizon is over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.fleet.renewal import NOTED_AGAIN, interventions, renewals, repaired_components
from foreworn.health.label import Outcome
from foreworn.telemetry.sample import to_epoch_ms
from models.features.row_index import RowIndex, span_ms

Times = NDArray[np.int64]
NEVER: Final = np.int64(2**62)
_NO_TIMES: Final = np.empty(0, dtype=np.int64)

CODES: Final = (Outcome.SURVIVED, Outcome.FAILED, Outcome.CENSORED, Outcome.PENDING)
"""An outcome is stored as its place in here."""
SURVIVED, FAILED, CENSORED, PENDING = range(4)


class Occurrences:
    """When something happened to each component of each machine.

    Parameters
    ----------
    table
        `time`, `machine`, `component`; the same moment twice is one.
    """

    def __init__(self, table: pa.Table) -> None:
        times = table["time"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_pylist()
        found: dict[tuple[str, str], set[int]] = {}
        for time, machine, component in zip(
            times, table["machine"].to_pylist(), table["component"].to_pylist(), strict=True
        ):
            found.setdefault((machine, component), set()).add(time)
        self._times = {key: np.array(sorted(moments), dtype=np.int64) for key, moments in sorted(found.items())}

    def of(self, machine: str, component: str) -> Times:
        """Return the times, sorted."""
        return self._times.get((machine, component), _NO_TIMES)

    def of_machine(self, machine: str) -> Times:
        """Return the times at which anything happened to any component of the machine."""
        own = [times for (name, _), times in self._times.items() if name == machine]
        return np.unique(np.concatenate(own)) if own else _NO_TIMES

    def next_after(self, index: RowIndex, component: str) -> Times:
        """Return per row the first time after it, or `NEVER`."""
        following = np.full(len(index), NEVER)
        for machine, own in index.places().items():
            times = np.append(self.of(machine, component), NEVER)
            following[own] = times[np.searchsorted(times, index.time[own], side="right")]
        return following

    def last(self, index: RowIndex, component: str, *, side: Literal["left", "right"]) -> Times:
        """Return per row the last time before it, or with `right` at it or before, or -`NEVER`."""
        latest = np.full(len(index), -NEVER)
        for machine, own in index.places().items():
            times = np.append(self.of(machine, component), -NEVER)
            latest[own] = times[np.searchsorted(times[:-1], index.time[own], side=side) - 1]
        return latest

    def at_own_time(self, index: RowIndex) -> NDArray[np.bool_]:
        """Tell which rows stand at a moment when something happened to their machine."""
        at = np.zeros(len(index), dtype=bool)
        for machine, own in index.places().items():
            at[own] = np.isin(index.time[own], self.of_machine(machine))
        return at


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of failures and preventive replacements, up to when; build it with `of`."""

    failures: Occurrences
    preventive: Occurrences
    known_until: datetime

    @classmethod
    def of(cls, failures: pa.Table, maintenance: pa.Table | None, *, known_until: datetime) -> "Record":
        """Build from tables; what is stamped after `known_until` is not looked at.

        Parameters
        ----------
        failures
            `time`, `machine`, `component`.
        maintenance
            `time`, `machine`, `component`, `kind`, `action`; its preventive records censor, other than inspections,
            which change nothing. None where they shall count as survival, as in protocols that know no censoring.
        known_until
            Up to where (inclusive) both are complete.
        """
        if maintenance is None:
            preventive = failures.slice(0, 0)
        else:
            preventive = interventions(maintenance.filter(pc.equal(maintenance["kind"], "preventive")))
        return cls(
            Occurrences(_through(failures, known_until)), Occurrences(_through(preventive, known_until)), known_until
        )

    def decided_at(self, index: RowIndex, component: str) -> Times:
        """Return per row when the component next failed or was replaced preventively, or `NEVER`."""
        return np.minimum(self.failures.next_after(index, component), self.preventive.next_after(index, component))

    def outcomes(self, index: RowIndex, component: str, horizon: timedelta) -> NDArray[np.int8]:
        """Return what became of the component over (t, t + horizon] for each row, as a place in `CODES`.

        A row whose horizon outlasts the record is pending, even if its component has failed already. Of such rows
        only those that fail can be known, so among the known ones failures would be too many.
        """
        end = index.time + span_ms(horizon)
        failure, replaced = self.failures.next_after(index, component), self.preventive.next_after(index, component)
        result = np.full(len(index), SURVIVED)
        result[replaced <= end] = CENSORED
        result[(failure <= end) & (failure <= replaced)] = FAILED
        result[end > to_epoch_ms(self.known_until)] = PENDING
        return result.astype(np.int8)


def failed_and_not_renewed(
    index: RowIndex, failures: Occurrences, renewed: Occurrences, component: str
) -> NDArray[np.bool_]:
    """Tell which rows stand at a failure of their component, or after one that nothing had renewed before the row."""
    return failures.last(index, component, side="right") > renewed.last(index, component, side="left")


@dataclass(frozen=True, slots=True)
class Downtime:
    """When components have failed and do not run again yet; build it with `of`.

    A failure is followed by downtime up to the next renewal of the same machine's component. Where it is noted again
    within `NOTED_AGAIN`, and nothing was renewed in between, it is the same failure still. Where it failed again later
    than that, it ran again though nobody wrote of a repair: then nobody knows since when, and it counts as repaired at
    once. So does every failure of a component whose repairs are on record nowhere: else of a fleet that notes failures
    alone nothing would be known after the first one.
    """

    failures: Occurrences
    renewed: Occurrences
    repaired: frozenset[str]
    standing: Occurrences

    @classmethod
    def of(cls, failures: pa.Table, maintenance: pa.Table, *, repaired: Iterable[str] | None = None) -> "Downtime":
        """Build from `FAILURE_SCHEMA` and `MAINTENANCE_SCHEMA` tables.

        Parameters
        ----------
        failures, maintenance
            What is on record.
        repaired
            The components whose repairs are to be on record; those with a repair on record unless given.
        """
        failed, renewed = Occurrences(failures), Occurrences(renewals(maintenance))
        standing = Occurrences(failures.filter(pa.array(_stands_on(failures, failed, renewed))))
        noted = repaired_components(maintenance) if repaired is None else frozenset(repaired)
        return cls(failed, renewed, noted, standing)

    def of_rows(self, index: RowIndex, component: str) -> NDArray[np.bool_]:
        """Tell which rows stand from a failure of their component on, until after it was renewed."""
        if component not in self.repaired:
            return np.zeros(len(index), dtype=bool)
        standing, failed = (x.last(index, component, side="right") for x in (self.standing, self.failures))
        down = failed_and_not_renewed(index, self.standing, self.renewed, component)
        found: NDArray[np.bool_] = (failed == index.time) | ((standing == failed) & down)
        return found

    def without_repeats(self, failures: pa.Table) -> pa.Table:
        """Return the failures of what ran: without those that are the one before, noted again."""
        return failures.filter(pa.array(~self.repeats(failures)))

    def repeats(self, failures: pa.Table) -> NDArray[np.bool_]:
        """Tell which failures are the one before, noted again."""
        index, component = _rows_of(failures)
        again = np.zeros(len(index), dtype=bool)
        for name in self.repaired & set(component.tolist()):
            before, renewed = (x.last(index, name, side="left") for x in (self.failures, self.renewed))
            again |= (component == name) & (before > renewed) & (index.time - before <= span_ms(NOTED_AGAIN))
        return again


def _stands_on(table: pa.Table, failures: Occurrences, renewed: Occurrences) -> NDArray[np.bool_]:
    """Tell which failures are followed by downtime; not those after which it failed again without a renewal."""
    index, component = _rows_of(table)
    stands = np.ones(len(index), dtype=bool)
    for name in set(component.tolist()):
        own = np.flatnonzero(component == name)
        rows = index.where(own)
        following = failures.next_after(rows, name)
        unrenewed = renewed.last(RowIndex(rows.machine, following), name, side="left") < rows.time
        ran_again = (following != NEVER) & (following - rows.time > span_ms(NOTED_AGAIN)) & unrenewed
        stands[own] = ~ran_again
    return stands


def _rows_of(failures: pa.Table) -> tuple[RowIndex, NDArray[np.object_]]:
    """Return the machines and times of failures, and their components."""
    machine, component = (np.array(failures[name].to_pylist(), dtype=object) for name in ("machine", "component"))
    return RowIndex(machine, _epoch_ms(failures["time"])), component


def _epoch_ms(column: pa.ChunkedArray) -> Times:
    found: Times = column.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return found


def _through(table: pa.Table, last: datetime) -> pa.Table:
    return table.filter(pc.less_equal(table["time"], pa.scalar(last, pa.timestamp("ms", tz="UTC"))))
