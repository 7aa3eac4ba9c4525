"""The lives of components, read from the record of failures and replacements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pyarrow as pa

from foreworn.economics.weibull_life import Life
from foreworn.fleet import renewal
from foreworn.fleet.machine import Machine
from foreworn.loop.live_history import EARLIEST

DAY = timedelta(days=1)

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
    ends: Mapping[Seat, list[tuple[datetime, bool]]],
    *,
    until: datetime,
    recorded_since: datetime | None = None,
) -> dict[tuple[str, str], list[Life]]:
    """Return the lives of the components of each (machine model, component), those that go on too.

    Parameters
    ----------
    machines
        The fleet.
    ends
        As from `renewals`, before `until`.
    until
        Up to when the record is complete.
    recorded_since
        From when on it is complete. A component of a machine that was installed before may have been replaced
        unseen, so the beginning of its first life is unknown. None: since the fleet's first record, or from
        the beginning where there is none.
    """
    since = recorded_since or min((times[0][0] for times in ends.values()), default=EARLIEST)
    lives: dict[tuple[str, str], list[Life]] = defaultdict(list)
    for machine in machines:
        for component in machine.components:
            end = min(until, machine.retired_at or until)
            times = [x for x in ends.get((machine.id, component), []) if x[0] < end]
            lives[machine.model, component] += _lives(machine.installed_at, since, times, end)
    return dict(lives)


def _lives(installed: datetime, since: datetime, ends: list[tuple[datetime, bool]], until: datetime) -> Iterable[Life]:
    begun, from_new = max(installed, since), installed >= since
    for time, failed in ends:
        if time > begun:
            yield Life((time - begun) / DAY, failed, from_new)
        if time >= begun:
            begun, from_new = time, True
    if until > begun:
        yield Life((until - begun) / DAY, failed=False, from_new=from_new)
