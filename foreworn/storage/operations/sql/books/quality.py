"""Judgements of signals in SQL: one row per device, signal and day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from foreworn.storage.operations.sql.tables import SIGNAL_QUALITY
from foreworn.storage.operations.sql.transactions import by_code_point, insert, upsert
from foreworn.telemetry.quality import PARTS, SignalQuality

_FIELDS = ("device", "signal", "time", *PARTS)
_ASKED_AT_ONCE = 500


class SqlQualityBook:
    """Keeps the last judgement of each day, by device and signal."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, judged: Sequence[SignalQuality]) -> None:
        """Keep judgements; see `QualityBook.put`."""
        newest = {(q.device, q.signal, _day(q.time)): q for q in sorted(judged, key=lambda q: q.time)}
        rows = [_row(newest[key]) for key in sorted(newest)]
        is_later = insert(self._connection, SIGNAL_QUALITY).excluded.time >= SIGNAL_QUALITY.c.time
        upsert(self._connection, SIGNAL_QUALITY, rows, where=is_later)

    def latest(self, *, devices: Sequence[str] | None = None) -> list[SignalQuality]:
        """Return the newest judgement of each device and signal, sorted by both; of all devices where None."""
        if devices is None:
            return self._newest(sa.true())
        asked = sorted(set(devices))
        batches = [asked[first : first + _ASKED_AT_ONCE] for first in range(0, len(asked), _ASKED_AT_ONCE)]
        return [quality for some in batches for quality in self._newest(SIGNAL_QUALITY.c.device.in_(some))]

    def history(self, device: str, since: datetime) -> list[SignalQuality]:
        """Return one device's judgements at or after `since`, one a day, sorted by signal, time."""
        columns = SIGNAL_QUALITY.c
        query = sa.select(SIGNAL_QUALITY).where(columns.device == device, columns.time >= since)
        query = query.order_by(by_code_point(self._connection, columns.signal), columns.time)
        return [_quality(row) for row in self._connection.execute(query).mappings()]

    def forget(self, before: datetime) -> None:
        """Let go of judgements of days before the one that `before` lies on."""
        self._connection.execute(sa.delete(SIGNAL_QUALITY).where(SIGNAL_QUALITY.c.day < _day(before)))

    def _newest(self, condition: sa.ColumnElement[bool]) -> list[SignalQuality]:
        columns = SIGNAL_QUALITY.c
        key = (columns.device, columns.signal)
        newest = sa.select(*key, sa.func.max(columns.day).label("day")).where(condition).group_by(*key).subquery()
        is_newest = sa.and_(*(columns[name] == newest.c[name] for name in ("device", "signal", "day")))
        order = (by_code_point(self._connection, column) for column in key)
        query = sa.select(SIGNAL_QUALITY).join(newest, is_newest).order_by(*order)
        return [_quality(row) for row in self._connection.execute(query).mappings()]


def _day(time: datetime) -> date:
    return time.astimezone(UTC).date()


def _row(quality: SignalQuality) -> dict[str, Any]:
    row = {name: getattr(quality, name) for name in _FIELDS}
    for part in PARTS:
        if row[part] is not None and not 0 <= row[part] <= 1:
            raise ValueError(
                f"the {part} of {quality.signal!r} of {quality.device!r} is {row[part]}: it lies in [0, 1]"
            )
    return row | {"day": _day(quality.time), "score": quality.score}


def _quality(row: Mapping[Any, Any]) -> SignalQuality:
    return SignalQuality(**{name: row[name] for name in _FIELDS})
