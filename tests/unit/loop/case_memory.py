"""Stores in memory for watching: scores, cases and the audit trail."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pyarrow as pa

from foreworn.audit import AuditEntry
from foreworn.errors import Conflict, NotFound
from foreworn.health.anomaly import HEALTH_SCHEMA, AnomalyScore
from foreworn.health.case import Case


class HealthMemory:
    """Keeps scores by (machine, detector, time)."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, datetime], AnomalyScore] = {}

    def write_health(self, scores: Sequence[AnomalyScore]) -> None:
        self.kept |= {(s.machine, s.detector, s.time): s for s in scores}

    def health(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        rows = [
            {name: getattr(score, name) for name in HEALTH_SCHEMA.names}
            for key, score in sorted(self.kept.items())
            if start <= score.time < end and (machines is None or score.machine in machines)
        ]
        return pa.Table.from_pylist(rows, schema=HEALTH_SCHEMA)


class AuditMemory:
    """Keeps what was done."""

    def __init__(self) -> None:
        self.kept: list[AuditEntry] = []

    def record(self, entry: AuditEntry) -> None:
        self.kept.append(entry)

    def find(
        self, *, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[tuple[int, AuditEntry]]:
        found = [(number, entry) for number, entry in enumerate(self.kept) if subject in (None, entry.subject)]
        return [pair for pair in reversed(found) if before is None or pair[0] < before][:limit]


class CaseMemory:
    """Keeps cases, and refuses a second open one; a failed transaction leaves nothing behind."""

    def __init__(self) -> None:
        self.kept: dict[str, Case] = {}
        self.audit = AuditMemory()

    @property
    def cases(self) -> "CaseMemory":
        return self

    @contextmanager
    def transaction(self) -> Iterator["CaseMemory"]:
        before = dict(self.kept), [*self.audit.kept]
        try:
            yield self
        except BaseException:
            self.kept, self.audit.kept = before
            raise

    def open_of(self, machine: str) -> Case | None:
        return next((c for c in self.kept.values() if c.machine == machine and c.is_open), None)

    def get(self, id: str) -> Case:
        if id not in self.kept:
            raise NotFound("case", id)
        return self.kept[id]

    def add(self, case: Case) -> None:
        if case.id in self.kept or (case.is_open and self.open_of(case.machine) is not None):
            raise Conflict(f"{case.machine} has an open case, or {case.id} is there already")
        self.kept[case.id] = case

    def update(self, case: Case) -> None:
        self.kept[self.get(case.id).id] = case

    def list(self, *, machine: str | None = None, open_only: bool = False, limit: int = 100) -> "list[Case]":
        found = [c for c in self.kept.values() if machine in (None, c.machine) and (c.is_open or not open_only)]
        return sorted(found, key=lambda c: (-c.opened_at.timestamp(), c.machine))[:limit]
