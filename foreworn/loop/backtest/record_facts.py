"""What the record holds that a backtest rests on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import pyarrow.compute as pc

from foreworn.fleet.history import FleetHistory


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """The size of a fleet's record, and how many failures of it are judged.

    Parameters
    ----------
    machines
        How many.
    machine_models, components
        Their names, sorted.
    start, end
        The first telemetry and the last.
    telemetry_rows, failures, preventive
        Samples, failures, and preventive maintenance since the first telemetry: what was fitted before is known, so
        that ages are, and is no work of the stretch.
    failures_to_judge
        By component, the failures on record in the judged time.
    """

    machines: int
    machine_models: tuple[str, ...]
    components: tuple[str, ...]
    start: datetime
    end: datetime
    telemetry_rows: int
    failures: int
    preventive: int
    failures_to_judge: Mapping[str, int]

    @classmethod
    def of(cls, history: FleetHistory, test_from: datetime, test_to: datetime) -> Self:
        """Count what a history holds; it has telemetry."""
        reach = pc.min_max(history.telemetry["time"]).as_py()
        work = history.maintenance.filter(pc.greater_equal(history.maintenance["time"], reach["min"]))
        return cls(
            machines=len(history.machines),
            machine_models=tuple(sorted({m.model for m in history.machines})),
            components=history.components,
            start=reach["min"],
            end=reach["max"],
            telemetry_rows=len(history.telemetry),
            failures=len(history.failures),
            preventive=int(pc.sum(pc.equal(work["kind"], "preventive")).as_py() or 0),
            failures_to_judge=Counter(history.between(test_from, test_to).failures["component"].to_pylist()),
        )
