"""Labels in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from foreworn.health.label import Label, Outcome
from foreworn.storage.operations.sql.tables import LABELS
from foreworn.storage.operations.sql.transactions import insert, upsert

_DECIDED = ("outcome", "decided_at")


class SqlLabelBook:
    """Keeps what became of forecasts."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def expect(self, labels: Sequence[Label]) -> None:
        """Add pending labels; one that is there already stays."""
        upsert(self._connection, LABELS, _rows(labels), update={})

    def decide(self, labels: Sequence[Label]) -> None:
        """Put outcomes in the place of what stood there; what the forecast said stays."""
        new = insert(self._connection, LABELS).excluded
        upsert(self._connection, LABELS, _rows(labels), update={name: new[name] for name in _DECIDED})

    def pending(self) -> list[Label]:
        """Return all pending labels, sorted by machine, component, time."""
        return self._read(sa.select(LABELS).where(LABELS.c.outcome == Outcome.PENDING))

    def of_model(self, version: str | None = None, *, since: datetime | None = None) -> list[Label]:
        """Return a model's labels; see `LabelBook.of_model`."""
        query = sa.select(LABELS)
        if version is not None:
            query = query.where(LABELS.c.model_version == version)
        if since is not None:
            query = query.where(LABELS.c.time >= since)
        return self._read(query)

    def _read(self, query: "sa.Select[Any]") -> list[Label]:
        found = [
            Label(
                machine=row.machine,
                component=row.component,
                time=row.time,
                horizon=row.horizon_us,
                model_version=row.model_version,
                probability=row.probability,
                alarm=row.alarm,
                issued_at=row.issued_at,
                outcome=Outcome(row.outcome),
                decided_at=row.decided_at,
            )
            for row in self._connection.execute(query)
        ]
        return sorted(found, key=lambda x: (x.machine, x.component, x.time, x.horizon, x.model_version))


def _rows(labels: Sequence[Label]) -> list[dict[str, Any]]:
    """Return rows in one order, so that of two who write the same labels none waits for the other in a circle."""
    ordered = sorted(labels, key=lambda x: (x.machine, x.component, x.time, x.horizon, x.model_version))
    return [
        {
            "machine": label.machine,
            "component": label.component,
            "time": label.time,
            "horizon_us": label.horizon,
            "model_version": label.model_version,
            "probability": label.probability,
            "alarm": label.alarm,
            "issued_at": label.issued_at,
            "outcome": label.outcome.value,
            "decided_at": label.decided_at,
        }
        for label in ordered
    ]
