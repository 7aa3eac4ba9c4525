"""The quarantine in SQL."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from foreworn.errors import NotFound
from foreworn.storage.operations import rules
from foreworn.storage.operations.quarantine_bound import DropTeller, Kept, kept_size, surplus
from foreworn.storage.operations.sql.quarantine_rows import device_digest, fingerprint, insert_new_rows
from foreworn.storage.operations.sql.tables import QUARANTINE, QUARANTINE_COUNTS
from foreworn.storage.operations.sql.transactions import Source, insert, lock, reading, upsert, writing
from foreworn.telemetry.quarantine import EVERYTHING, Place, QuarantineEntry, Rejection, Selection

_FIELDS = ("received_at", "topic", "reason", "detail", "device", "signal")
_AT_ONCE = 1000
_C = QUARANTINE.c


class SqlQuarantine:
    """Keeps what was refused in the operations store.

    Parameters
    ----------
    source
        The store, or a transaction on it.
    most_bytes
        How much is kept: payloads, texts, and what the database needs beside them; None: no limit.
    longest
        How long before the newest refusal the oldest may lie; None: no limit.
    """

    def __init__(self, source: Source, *, most_bytes: int | None = None, longest: timedelta | None = None) -> None:
        self._source = source
        self._most_bytes = most_bytes
        self._longest = longest
        self._teller = DropTeller()

    def put(self, rejections: Sequence[Rejection]) -> None:
        """Keep them; keeping the same one twice keeps it once. What is then too much or too old goes."""
        if not rejections:
            return
        with writing(self._source) as connection:
            lock(connection, QUARANTINE)  # two that put the same in another order would wait in a circle
            before = connection.execute(sa.select(sa.func.max(_C.id))).scalar_one() or 0
            insert_new_rows(connection, rejections)
            _note(connection, _totals(connection, _C.id > before))
            dropped = self._bound(connection, max(r.received_at for r in rejections))
        self._teller.tell(dropped)

    def find(
        self,
        selection: Selection = EVERYTHING,
        *,
        limit: int = 100,
        after: Place | None = None,
        payload: int | None = None,
    ) -> list[QuarantineEntry]:
        """Return entries, the newest first; see `Quarantine.find`."""
        rules.check_limit(limit)
        query = _entries(payload).where(*_conditions(selection))
        if after is not None:
            time, id = after
            query = query.where(_C.received_at <= time, sa.or_(_C.received_at < time, _C.id < id))
        query = query.order_by(_C.received_at.desc(), _C.id.desc()).limit(limit)
        with reading(self._source) as connection:
            return [_entry(row) for row in connection.execute(query).mappings()]

    def get(self, id: int) -> QuarantineEntry:
        """Return one entry, whole.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        with reading(self._source) as connection:
            row = connection.execute(_entries(None).where(_C.id == id)).mappings().one_or_none()
        if row is None:
            raise NotFound("quarantine entry", str(id))
        return _entry(row)

    def newest(self, limit: int = 100, *, device: str | None = None) -> list[Rejection]:
        """Return what was refused last, whole, the newest first."""
        return [entry.rejection for entry in self.find(Selection(device=device), limit=limit)]

    def count(self, selection: Selection = EVERYTHING) -> dict[str, int]:
        """Return how many are kept, by reason."""
        counts = QUARANTINE_COUNTS.c
        with reading(self._source) as connection:
            if selection != EVERYTHING:
                return {reason: kept for reason, kept, _ in _totals(connection, *_conditions(selection))}
            query = sa.select(counts.reason, counts.kept).where(counts.kept > 0)
            return {reason: kept for reason, kept in connection.execute(query)}

    def dropped(self) -> dict[str, int]:
        """Return how many had to go because the quarantine is bounded, by reason."""
        counts = QUARANTINE_COUNTS.c
        with reading(self._source) as connection:
            query = sa.select(counts.reason, counts.dropped).where(counts.dropped > 0)
            return {reason: dropped for reason, dropped in connection.execute(query)}

    def restate(self, today: Mapping[int, tuple[str, str]]) -> None:
        """Give entries the reason and the detail of today; see `Quarantine.restate`."""
        ids = sorted(today)
        with writing(self._source) as connection:
            lock(connection, QUARANTINE)
            for start in range(0, len(ids), _AT_ONCE):
                _restate(connection, ids[start : start + _AT_ONCE], today)

    def remove(self, ids: Sequence[int]) -> int:
        """Forget these entries; return how many were there."""
        with writing(self._source) as connection:
            lock(connection, QUARANTINE)
            parts = (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
            return sum(_forget(connection, _C.id.in_(part)).total() for part in parts)

    def purge(self, selection: Selection) -> int:
        """Forget what is selected; return how many that were."""
        with writing(self._source) as connection:
            lock(connection, QUARANTINE)
            return _forget(connection, *_conditions(selection)).total()

    def _bound(self, connection: sa.Connection, newest: datetime) -> Counter[str]:
        """Let the oldest go until what is left is neither too much nor too old; return how many went, by reason."""
        kept = int(connection.execute(sa.select(sa.func.sum(QUARANTINE_COUNTS.c.size))).scalar_one() or 0)
        excess = 0 if self._most_bytes is None else kept - self._most_bytes
        horizon = None if self._longest is None else newest - self._longest
        dropped: Counter[str] = Counter()
        limit = 1  # mostly nothing has to go
        while leaving := list(surplus(_oldest(connection, limit), excess, horizon)):
            limit = _AT_ONCE
            excess -= sum(old.size for old in leaving)
            last = leaving[-1]
            up_to = _C.received_at <= last.received_at, sa.or_(_C.received_at < last.received_at, _C.id <= last.id)
            dropped += _forget(connection, *up_to, dropped=True)
        return dropped


def _entries(payload: int | None) -> "sa.Select[Any]":
    shown = _C.payload if payload is None else sa.func.substr(_C.payload, 1, payload)
    columns = [_C[name] for name in _FIELDS]
    return sa.select(_C.id, *columns, shown.label("payload"), sa.func.length(_C.payload).label("payload_bytes"))


def _entry(row: "sa.RowMapping") -> QuarantineEntry:
    refused = {name: row[name] for name in _FIELDS}
    return QuarantineEntry(row["id"], Rejection(**refused, payload=bytes(row["payload"])), row["payload_bytes"])


def _conditions(selection: Selection) -> Iterator["sa.ColumnElement[bool]"]:
    if selection.ids is not None:
        yield _C.id.in_(selection.ids)
    if selection.device is not None:
        yield _C.device_digest == device_digest(selection.device)
    if selection.reason is not None:
        yield _C.reason == selection.reason
    if selection.signal is not None:
        yield _C.signal == selection.signal
    if selection.since is not None:
        yield _C.received_at >= selection.since
    if selection.until is not None:
        yield _C.received_at < selection.until


def _oldest(connection: sa.Connection, limit: int) -> list[Kept]:
    query = sa.select(_C.id, _C.received_at, _C.size).order_by(_C.received_at, _C.id).limit(limit)
    return [Kept(*row) for row in connection.execute(query)]


def _totals(connection: sa.Connection, *where: "sa.ColumnElement[bool]") -> list[tuple[str, int, int]]:
    """Return (reason, entries, bytes) of what meets all conditions."""
    query = sa.select(_C.reason, sa.func.count(), sa.func.sum(_C.size)).where(*where).group_by(_C.reason)
    return [(reason, count, int(size)) for reason, count, size in connection.execute(query)]


def _forget(connection: sa.Connection, *where: "sa.ColumnElement[bool]", dropped: bool = False) -> Counter[str]:
    """Delete what meets all conditions; return how many of each reason."""
    gone = _totals(connection, *where)
    if gone:
        connection.execute(sa.delete(QUARANTINE).where(*where))
        _note(connection, [(reason, -count, -size) for reason, count, size in gone], dropped=dropped)
    return Counter({reason: count for reason, count, _ in gone})


def _note(connection: sa.Connection, changes: Sequence[tuple[str, int, int]], *, dropped: bool = False) -> None:
    """Add to what is kept of each reason, so that nobody has to count it."""
    counts = QUARANTINE_COUNTS.c
    rows = [
        {"reason": reason, "kept": kept, "size": size, "dropped": -kept if dropped else 0}
        for reason, kept, size in changes
    ]
    said = insert(connection, QUARANTINE_COUNTS).excluded
    upsert(connection, QUARANTINE_COUNTS, rows, update={c.name: c + said[c.name] for c in counts if c.name != "reason"})


def _restate(connection: sa.Connection, ids: Sequence[int], today: Mapping[int, tuple[str, str]]) -> None:
    """Restate entries: most only have another detail, which changes nothing of which refusal they are."""
    query = sa.select(_C.id, _C.reason, _C.size, _C.detail).where(_C.id.in_(ids)).order_by(_C.id)
    details, grown = [], Counter[str]()
    for id, reason, size, detail in connection.execute(query).all():
        if today[id][0] != reason:
            _give_reason(connection, id, *today[id])
            continue
        more = len(today[id][1]) - len(detail)
        details.append({"entry": id, "detail": today[id][1], "size": size + more})
        grown[reason] += more
    if details:
        connection.execute(sa.update(QUARANTINE).where(_C.id == sa.bindparam("entry")), details)
        _note(connection, [(reason, 0, more) for reason, more in grown.items()])


def _give_reason(connection: sa.Connection, id: int, reason: str, detail: str) -> None:
    row = connection.execute(_entries(None).where(_C.id == id)).mappings().one()
    restated = replace(_entry(row).rejection, reason=reason, detail=detail)
    if _is_taken(connection, restated, id):
        _forget(connection, _C.id == id)
        return
    was, size = _totals(connection, _C.id == id), kept_size(restated)
    values = {"reason": reason, "detail": detail, "size": size, "fingerprint": fingerprint(restated)}
    connection.execute(sa.update(QUARANTINE).where(_C.id == id).values(values))
    _note(connection, [(old, -count, -taken) for old, count, taken in was])
    _note(connection, [(reason, 1, size)])


def _is_taken(connection: sa.Connection, rejection: Rejection, id: int) -> bool:
    """Tell whether another entry is the same refusal."""
    same = _C.received_at == rejection.received_at, _C.fingerprint == fingerprint(rejection)
    return connection.execute(sa.select(_C.id).where(*same, _C.id != id)).first() is not None
