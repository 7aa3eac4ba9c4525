"""The fleet of a load, so that the platform knows its devices."""

import csv
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from foreworn.fleet.machine import Attachment, Machine
from foreworn.telemetry.signal import Signal
from simulators.load.plan import LoadPlan

MODEL = "load"
_UNITS = {"vibration": "mm/s", "temperature": "°C", "pressure": "bar", "current": "A", "speed": "1/s", "flow": "l/s"}
_AGE = timedelta(days=365)


def load_signals(plan: LoadPlan) -> list[Signal]:
    """Return the signals of a load's machines, all of the model `load`."""
    assert plan.cadence is not None
    return [Signal(n, _UNITS.get(n, ""), low=0.0, high=100.0, cadence=plan.cadence) for n in plan.signal_names]


def load_machines(plan: LoadPlan) -> tuple[list[Machine], list[Attachment]]:
    """Return the machines of a load, installed a year before it, and its devices, each on its own."""
    assert plan.start is not None
    installed = (plan.start - _AGE).replace(microsecond=0)
    ids = plan.device_ids()
    return [Machine(i, MODEL, plan.site, installed) for i in ids], [Attachment(i, i, installed) for i in ids]


def write_fleet(folder: Path, plan: LoadPlan) -> None:
    """Write the machines and signals of a load, for `foreworn import load`; each device sits on its own machine.

    Parameters
    ----------
    folder
        Made where it is missing; machines.csv and signals.csv in it are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    machines = ([m.id, m.model, m.site, m.installed_at.isoformat()] for m in load_machines(plan)[0])
    _write(folder / "machines.csv", ["machine", "model", "site", "installed_at"], machines)
    signals = (
        [s.name, s.unit, s.type.value, MODEL, s.low, s.high, s.cadence.total_seconds()] for s in load_signals(plan)
    )
    _write(folder / "signals.csv", ["signal", "unit", "type", "model", "low", "high", "cadence_s"], signals)


def _write(file: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(rows)
