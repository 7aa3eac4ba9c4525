"""Anomaly cases in SQL."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from foreworn.errors import Conflict, NotFound
from foreworn.health.anomaly import SignalShare
from foreworn.health.case import Case, CaseState, Reading
from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.tables import CASES, MACHINES
from foreworn.storage.operations.sql.transactions import by_code_point, insert_new

_PLAIN = ("id", "machine", "opened_at", "detector", "reason", "closed_at", "closed_because", "note")
_READINGS = ("first", "peak", "latest")
_NUMBERS = ("time", "score", "threshold", "p_value")


class SqlCaseBook:
    """Keeps cases; a machine has at most one open."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def open_of(self, machine: str) -> Case | None:
        """Return the machine's open case, or None."""
        query = sa.select(CASES).where(CASES.c.machine == machine, CASES.c.state == CaseState.OPEN)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _case(row)

    def get(self, id: str) -> Case:
        """Return a case; see `CaseBook.get`."""
        row = self._connection.execute(sa.select(CASES).where(CASES.c.id == id)).mappings().one_or_none()
        if row is None:
            raise NotFound("case", id)
        return _case(row)

    def add(self, case: Case) -> None:
        """Keep a new case; see `CaseBook.add`.

        Raises
        ------
        NotFound
            If the machine is not registered.
        """
        check_there(self._connection, MACHINES, "machine", case.machine)
        if not insert_new(self._connection, CASES, _row(case)):
            other = self.open_of(case.machine)
            if other is None or other.id == case.id:
                raise Conflict(f"there is a case {case.id} already")
            raise Conflict(f"machine {case.machine!r} has an open case already, {other.id}: close that one first")

    def update(self, case: Case) -> None:
        """Keep a case in the place of the one with its id; see `CaseBook.update`."""
        changed = sa.update(CASES).where(CASES.c.id == case.id).values(_row(case))
        if self._connection.execute(changed).rowcount == 0:
            raise NotFound("case", case.id)

    def list(self, *, machine: str | None = None, open_only: bool = False, limit: int = 100) -> list[Case]:
        """Return cases, the last opened first, then by machine."""
        rules.check_limit(limit)
        order = CASES.c.opened_at.desc(), by_code_point(self._connection, CASES.c.machine)
        query = sa.select(CASES).order_by(*order).limit(limit)
        if machine is not None:
            query = query.where(CASES.c.machine == machine)
        if open_only:
            query = query.where(CASES.c.state == CaseState.OPEN)
        return [_case(row) for row in self._connection.execute(query).mappings()]


def _row(case: Case) -> dict[str, Any]:
    return {
        **{name: getattr(case, name) for name in _PLAIN},
        **{f"{of}_{name}": getattr(getattr(case, of), name) for of in _READINGS for name in _NUMBERS},
        "state": case.state.value,
        "contributions": [asdict(share) for share in case.contributions],
    }


def _case(row: Mapping[Any, Any]) -> Case:
    first, peak, latest = (Reading(**{name: row[f"{of}_{name}"] for name in _NUMBERS}) for of in _READINGS)
    return Case(
        **{name: row[name] for name in _PLAIN},
        first=first,
        peak=peak,
        latest=latest,
        contributions=tuple(SignalShare(**share) for share in row["contributions"]),
        state=CaseState(row["state"]),
    )
