"""What begins a component's life anew, and what changes its course: one rule for everything that reads maintenance.

A replacement renews. A repair or an adjustment leaves the component as old as it was, unless it had failed: the failure
ended its life, and the one that runs again begins with the repair. An inspection changes nothing. What is not known by
its name counts as a replacement: most records name nothing else.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

CORRECTIVE: Final = "corrective"
NOTED_AGAIN: Final = timedelta(days=1)
"""A failure that is on record again so soon, with nothing renewed between the two, is still the same one."""
CHANGES_NOTHING: Final = frozenset({"none", "inspected"})
LEAVES_OLD: Final = frozenset({"repaired", "adjusted"}) | CHANGES_NOTHING


def changes_course(action: str | None) -> bool:
    """Tell whether an action changed what would have become of the component.

    Examples
    --------
    >>> [changes_course(action) for action in ("replaced", "Adjusted ", "inspected", "none", None)]
    [True, True, False, False, True]
    """
    return _normal(action) not in CHANGES_NOTHING


def renews(action: str | None, kind: str | None) -> bool:
    """Tell whether a component's life begins anew with a record of maintenance.

    Examples
    --------
    >>> [renews(action, "preventive") for action in ("replaced", "overhauled", "", "repaired", "inspected")]
    [True, True, True, False, False]
    >>> [renews(action, "corrective") for action in ("replaced", "repaired", "inspected")]
    [True, True, False]
    """
    return _normal(action) not in (CHANGES_NOTHING if kind == CORRECTIVE else LEAVES_OLD)


def renewals(maintenance: pa.Table) -> pa.Table:
    """Return the records that renew their component, in their order.

    Parameters
    ----------
    maintenance
        `action` and `kind` beside whatever else; without `action` every record is a replacement.
    """
    if "action" not in maintenance.column_names:
        return maintenance
    ages = _is_one_of(maintenance, LEAVES_OLD)
    repaired = pc.and_(pc.equal(maintenance["kind"], CORRECTIVE), pc.invert(_is_one_of(maintenance, CHANGES_NOTHING)))
    return maintenance.filter(pc.or_(pc.invert(ages), repaired))


def interventions(maintenance: pa.Table) -> pa.Table:
    """Return the records that changed the course of their component, in their order; see `renewals`."""
    if "action" not in maintenance.column_names:
        return maintenance
    return maintenance.filter(pc.invert(_is_one_of(maintenance, CHANGES_NOTHING)))


def repaired_components(maintenance: pa.Table) -> frozenset[str]:
    """Return the components whose repairs are on record: failures of the others count as repaired at once.

    Parameters
    ----------
    maintenance
        `component`, `kind`, `action`.
    """
    repairs = renewals(maintenance.filter(pc.equal(maintenance["kind"], CORRECTIVE)))
    return frozenset(pc.unique(repairs["component"]).to_pylist())


def lives(
    begun: datetime,
    failures: Collection[datetime],
    renewed: Collection[datetime],
    until: datetime,
    *,
    repaired: bool,
) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield from when to when one component ran, and whether it failed then; the last may still go on at `until`.

    Where its repairs are on record, it stands from a failure until it is renewed. What fails within `NOTED_AGAIN` is
    that failure still; a later one shows that it had run again, unrecorded, and its life counts from the one before.
    Elsewhere a failure counts as repaired at once.

    Parameters
    ----------
    begun, until
        From when to when it was fitted.
    failures, renewed
        When it failed and was renewed, in any order; what is later than `until` is not looked at.
    repaired
        Whether its repairs are on record; see `repaired_components`.

    Examples
    --------
    >>> at = [datetime(2026, 1, day) for day in (1, 9, 16, 31)]
    >>> [(new.day, over.day, failed) for new, over, failed in lives(at[0], at[1:2], at[2:3], at[3], repaired=True)]
    [(1, 9, True), (16, 31, False)]
    >>> [(new.day, over.day, failed) for new, over, failed in lives(at[0], at[1:2], at[2:3], at[3], repaired=False)]
    [(1, 9, True), (9, 16, False), (16, 31, False)]
    """
    stands = False
    for time in sorted(end for end in {*failures, *renewed} if end <= until):
        failed = time in failures
        runs = not stands or (failed and time - begun > NOTED_AGAIN)
        if time > begun and runs:
            yield begun, time, failed
        if time >= begun:
            begun, stands = time, failed and repaired and time not in renewed
    if until > begun and not stands:
        yield begun, until, False


def _normal(action: str | None) -> str:
    return (action or "").strip().casefold()


def _is_one_of(maintenance: pa.Table, actions: frozenset[str]) -> pa.ChunkedArray:
    """Tell which records have one of the actions, by the same reading of the name as `_normal`."""
    named = [x for x in pc.unique(maintenance["action"]).to_pylist() if _normal(x) in actions]
    return pc.is_in(maintenance["action"], pa.array(named, pa.string()))
