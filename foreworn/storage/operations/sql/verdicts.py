"""The verdict board in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from foreworn.health.forecast import Forecast, Reason
from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.tables import VERDICTS
from foreworn.storage.operations.sql.transactions import insert, reading, upsert, writing

_REASON_FIELDS = tuple(field.name for field in fields(Reason))


class SqlVerdictBoard:
    """Keeps the latest forecast of each machine and component, with reasons and curve, in the operations store."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def post(self, forecasts: Sequence[Forecast]) -> None:
        """Put them up; one of older data, or of the same data and a lower revision, changes nothing."""
        for forecast in forecasts:
            rules.check_forecast(forecast)
        if not forecasts:
            return
        standing = rules.latest_verdicts(forecasts)
        with writing(self._engine) as connection:
            said = insert(connection, VERDICTS).excluded
            newer = said.time > VERDICTS.c.time
            as_new = sa.and_(said.time == VERDICTS.c.time, said.revision >= VERDICTS.c.revision)
            rows = [_row(standing[key]) for key in sorted(standing)]
            upsert(connection, VERDICTS, rows, where=sa.or_(newer, as_new))

    def latest(self) -> list[Forecast]:
        """Return the standing forecasts, the most probable first, then by machine and component."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(VERDICTS)).mappings()
            return sorted((_forecast(row) for row in rows), key=rules.standing_order)


def _row(f: Forecast) -> dict[str, Any]:
    return {
        "machine": f.machine,
        "component": f.component,
        "time": f.time,
        "horizon_us": f.horizon,
        "probability": f.probability,
        "model_version": f.model_version,
        "issued_at": f.issued_at,
        "revision": f.revision,
        "reasons": [{name: getattr(reason, name) for name in _REASON_FIELDS} for reason in f.reasons],
        "curve": [[horizon // timedelta(microseconds=1), probability] for horizon, probability in f.curve],
    }


def _forecast(row: Mapping[Any, Any]) -> Forecast:
    return Forecast(
        machine=row["machine"],
        component=row["component"],
        time=row["time"],
        horizon=row["horizon_us"],
        probability=row["probability"],
        model_version=row["model_version"],
        issued_at=row["issued_at"],
        revision=row["revision"],
        reasons=tuple(Reason(**reason) for reason in row["reasons"]),
        curve=tuple((timedelta(microseconds=horizon), probability) for horizon, probability in row["curve"]),
    )
