"""The lives of components, read from the record of failures and replacements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa

from foreworn.economics.weibull_life import ENOUGH_FAILURES, Life
from foreworn.fleet import renewal
from foreworn.fleet.machine import Machine
from foreworn.loop.live_history import EARLIEST

DAY = timedelta(days=1)

UNLIKELY: Final = 0.01
"""The chance of a silence below which it is taken for one of those who write down, and not of the failures."""

Seat = tuple[str, str]
"""(machine, component)"""


def renewals(failures: pa.Table, maintenance: pa.Table) -> dict[Seat, list[tuple[datetime, bool]]]:
    """Return when each component's life ended and the next began, and whether by a failure, sorted.

    Parameters
    ----------
    failures, maintenance
        `FAILURE_SCHEMA` and `MAINTENANCE_SCHEMA`; of a failure and a repair at one time the failure stands.
    """
    ends: dict[Seat, dict[datetime, bool]] = defaultdict(dict)
    for row in renewal.renewals(maintenance).select(["time", "machine", "component"]).to_pylist():
        ends[row["machine"], row["component"]][row["time"]] = False
    for row in failures.select(["time", "machine", "component"]).to_pylist():
        ends[row["machine"], row["component"]][row["time"]] = True
    return {seat: sorted(times.items()) for seat, times in ends.items()}


def component_lives(
    machines: Iterable[Machine],
    failures: pa.Table,
    maintenance: pa.Table,
    *,
    until: datetime,
    recorded_since: datetime | None = None,
) -> dict[tuple[str, str], list[Life]]:
    """Return the lives of the components of each (machine model, component), those that go on too.

    They begin and end as `foreworn.fleet.renewal.lives` has it, and with their machine. Records of maintenance often go
    back further than those of failures. A life that began before failures were written down is known only because it
    lasted until then, so that it is watched from that age on; one that was over by then says nothing, and is left out.

    Parameters
    ----------
    machines
        The fleet.
    failures, maintenance
        `FAILURE_SCHEMA` and `MAINTENANCE_SCHEMA`.
    until
        Up to when the record is complete; what is stamped later is not looked at.
    recorded_since
        From when on it is complete. A component of a machine that was installed before may have been replaced
        unseen, so the beginning of its first life is unknown. None: since the fleet's first record, or from
        the beginning where there is none; failures since the first of them where `failures_since` finds so.
    """
    ends = renewals(failures, maintenance)
    since = recorded_since or min((times[0][0] for times in ends.values()), default=EARLIEST)
    watched = recorded_since or failures_since(ends, since, until)
    read = _Lives(_times(failures), _times(renewal.renewals(maintenance)), renewal.repaired_components(maintenance))
    found: dict[tuple[str, str], list[Life]] = defaultdict(list)
    for machine in machines:
        for component in machine.components:
            own = read.of(machine, component, since, until, watched)
            found[machine.model, component] += [life for life in own if life.days > life.entry]
    return dict(found)


def failures_since(ends: Mapping[Seat, list[tuple[datetime, bool]]], since: datetime, until: datetime) -> datetime:
    """Return from when on failures are on record: from the first one, or from the beginning of the record.

    From the first one, which is then not counted itself, where so long a silence before it is `UNLIKELY`: of n failures
    at random times, n - 1 come in its last share s with the probability s^(n - 1). Few failures say nothing of it.
    """
    failures = sorted(time for times in ends.values() for time, failed in times if failed and since <= time < until)
    others = len(failures) - 1
    if others < ENOUGH_FAILURES:
        return since
    by_chance = ((until - failures[0]) / (until - since)) ** others
    return failures[0] if by_chance < UNLIKELY else since


@dataclass(frozen=True, slots=True)
class _Lives:
    """When each component failed and was renewed, and of which repairs are on record."""

    failures: Mapping[Seat, set[datetime]]
    renewed: Mapping[Seat, set[datetime]]
    repaired: frozenset[str]

    def of(
        self, machine: Machine, component: str, since: datetime, until: datetime, watched: datetime
    ) -> Iterable[Life]:
        seat, retired = (machine.id, component), machine.retired_at or until
        failures, renewed = (
            {time for time in times.get(seat, ()) if time < until and time <= retired}
            for times in (self.failures, self.renewed)
        )
        begun, new = max(machine.installed_at, since), machine.installed_at >= since
        seen = renewal.lives(begun, failures, renewed, min(until, retired), repaired=component in self.repaired)
        for start, end, failed in seen:
            from_new = new or start in failures or start in renewed
            yield Life((end - start) / DAY, failed, from_new, entry=max(watched - start, timedelta(0)) / DAY)


def _times(table: pa.Table) -> dict[Seat, set[datetime]]:
    found: dict[Seat, set[datetime]] = defaultdict(set)
    for row in table.select(["time", "machine", "component"]).to_pylist():
        found[row["machine"], row["component"]].add(row["time"])
    return found
