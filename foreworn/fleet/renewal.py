"""What begins a component's life anew, and what changes its course: one rule for everything that reads maintenance.

A replacement renews. A repair or an adjustment leaves the component as old as it was, unless it had failed: the failure
ended its life, and the one that runs again begins with the repair. An inspection changes nothing. What is not known by
its name counts as a replacement: most records name nothing else.
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

CORRECTIVE: Final = "corrective"
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


def _normal(action: str | None) -> str:
    return (action or "").strip().casefold()


def _is_one_of(maintenance: pa.Table, actions: frozenset[str]) -> pa.ChunkedArray:
    """Tell which records have one of the actions, by the same reading of the name as `_normal`."""
    named = [x for x in pc.unique(maintenance["action"]).to_pylist() if _normal(x) in actions]
    return pc.is_in(maintenance["action"], pa.array(named, pa.string()))
