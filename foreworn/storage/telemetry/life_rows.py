"""How remaining lives look in Arrow, and which every store can keep."""

from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from foreworn.health.remaining_life import REMAINING_LIFE_SCHEMA, LifeForecast
from foreworn.storage.telemetry.plain import check_word, checked_ms, number
from foreworn.telemetry.sample import to_epoch_ms

LIFE_KEYS: Final = ("machine", "component", "time", "model_version")
LIFE_NUMBERS: Final = ("p10", "p50", "p90", "expected", "cap")


def life_rows(lives: Iterable[LifeForecast]) -> pa.Table:
    """Return remaining lives as `REMAINING_LIFE_SCHEMA`, one per identity: of two with the same, the later one."""
    rows = {(x.machine, x.component, to_epoch_ms(x.time), x.model_version): x for x in lives}
    columns: dict[str, list[object]] = {
        "time": [time for _, _, time, _ in rows],
        "machine": [x.machine for x in rows.values()],
        "component": [x.component for x in rows.values()],
        **{name: [float(getattr(x, name)) for x in rows.values()] for name in LIFE_NUMBERS},
        "unit": [x.unit for x in rows.values()],
        "model_version": [x.model_version for x in rows.values()],
        "issued_at": [to_epoch_ms(x.issued_at) for x in rows.values()],
    }
    return pa.table(columns, schema=REMAINING_LIFE_SCHEMA)


def check_life(life: LifeForecast) -> None:
    """Refuse a remaining life with what no store can keep."""
    check_word("machine", life.machine, needed=True)
    check_word("component", life.component, needed=True)
    check_word("unit", life.unit, needed=True)
    check_word("model version", life.model_version, needed=True)
    checked_ms(to_epoch_ms(life.time))
    checked_ms(to_epoch_ms(life.issued_at))
    for name in LIFE_NUMBERS:
        number(getattr(life, name))
