"""Microsoft's predictive-maintenance sample (`PdM_*` files) read as a fleet history.

The set, from Microsoft's Predictive Maintenance Modelling Guide (2016), is simulated: 100 machines of
four models, hourly telemetry without published units, error codes, component replacements, failures.
Its times carry no zone and are read as UTC.
"""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA, FleetHistory, RecordedFleet
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.history.columns import Zone, integer_column, known_column, text_column, time_column
from foreworn.storage.history.findings import EnoughFound, Findings
from foreworn.storage.history.machines import Fleet
from foreworn.storage.history.repeats import sorted_and_distinct
from foreworn.storage.history.rows import Rows, read_rows
from foreworn.storage.history.telemetry import KEY, signal_column
from foreworn.telemetry.signal import Signal, SignalCatalogue

SIGNALS = ("volt", "rotate", "pressure", "vibration")
COMPONENTS = ("comp1", "comp2", "comp3", "comp4")
AGES_AS_OF = 2015
SITE = "azure"
MACHINE_FILE = "PdM_machines.csv"
OLDEST = AGES_AS_OF - 1970


def read_azure_pdm(source: Path) -> RecordedFleet:
    """Read a folder of `PdM_*` files.

    Machine 7 becomes `M007`, installed on 1 January of the year that gives it its published age
    throughout 2015. Errors become events. A replacement in the hour of its component's failure is
    corrective, any other preventive.

    Raises
    ------
    MalformedHistory
        The first problem there is, naming file, row and column.
    """
    findings = Findings(limit=1)
    try:
        return _Source(source, findings).read()
    except EnoughFound:
        raise findings.problems[0] from None


class _Source:
    """The folder that is read; the first finding ends the reading."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self._folder = folder
        self._findings = findings

    def read(self) -> RecordedFleet:
        fleet = self._fleet()
        failures = self._failures(fleet)
        history = FleetHistory(
            fleet.machines,
            self._telemetry(fleet),
            self._events(fleet),
            self._maintenance(fleet, failures),
            failures,
        )
        return RecordedFleet(history, _catalogue(), fleet.attachments)

    def _rows(self, name: str, *columns: str, may_be_empty: bool = True) -> Rows:
        rows = read_rows(self._folder / name, columns, (), self._findings, may_be_empty=may_be_empty)
        assert rows is not None, "a file could not be read though nothing was found"
        return rows

    def _fleet(self) -> Fleet:
        rows = self._rows(MACHINE_FILE, "machineID", "model", "age", may_be_empty=False)
        names, models, ages = _machine_names(rows), text_column(rows, "model"), integer_column(rows, "age")
        text_column(rows, "age")  # an age must be given
        impossible = pc.invert(pc.and_(pc.greater_equal(ages, 0), pc.less_equal(ages, OLDEST)))
        rows.report(impossible, "age", lambda i: f"{ages[i].as_py()} is not an age in years from 0 to {OLDEST}")
        keyed = pa.table({"machine": names, "model": models, "age": ages})
        machines = tuple(
            Machine(row["machine"], row["model"], SITE, datetime(AGES_AS_OF - row["age"], 1, 1, tzinfo=UTC), COMPONENTS)
            for row in sorted_and_distinct(keyed, ["machine"], rows).to_pylist()
        )
        return Fleet(machines, tuple(Attachment(m.id, m.id, m.installed_at) for m in machines))

    def _telemetry(self, fleet: Fleet) -> pa.Table:
        parquet = (self._folder / "PdM_telemetry.parquet").exists()
        name = f"PdM_telemetry.{'parquet' if parquet else 'csv'}"
        rows = self._rows(name, "datetime", "machineID", *SIGNALS, may_be_empty=False)
        key = self._key(rows, fleet)
        catalogue = _catalogue()
        values = {signal: signal_column(rows, signal, fleet, key["machine"], catalogue) for signal in SIGNALS}
        return sorted_and_distinct(pa.table(key | values), KEY, rows)

    def _events(self, fleet: Fleet) -> pa.Table:
        rows = self._rows("PdM_errors.csv", "datetime", "machineID", "errorID")
        columns = self._key(rows, fleet) | {
            "code": text_column(rows, "errorID"),
            "severity": _constant("warning", rows),
            "message": _constant("", rows),
        }
        return sorted_and_distinct(pa.table(columns, schema=EVENT_SCHEMA), ("machine", "time", "code"), rows)

    def _failures(self, fleet: Fleet) -> pa.Table:
        rows = self._rows("PdM_failures.csv", "datetime", "machineID", "failure")
        columns = self._key(rows, fleet) | {
            "component": _component_column(rows, "failure"),
            "mode": _constant("breakdown", rows),
        }
        return sorted_and_distinct(pa.table(columns, schema=FAILURE_SCHEMA), ("machine", "time", "component"), rows)

    def _maintenance(self, fleet: Fleet, failures: pa.Table) -> pa.Table:
        rows = self._rows("PdM_maint.csv", "datetime", "machineID", "comp")
        columns = self._key(rows, fleet) | {"component": _component_column(rows, "comp")}
        failed = pc.is_in(_hour_keys(columns), _hour_keys(failures))
        columns |= {
            "action": _constant("replaced", rows),
            "kind": pc.if_else(failed, "corrective", "preventive"),
        }
        return sorted_and_distinct(pa.table(columns, schema=MAINTENANCE_SCHEMA), ("machine", "time", "component"), rows)

    def _key(self, rows: Rows, fleet: Fleet) -> dict[str, pa.ChunkedArray]:
        machine = _machine_names(rows)
        strange = pc.invert(pc.is_in(machine, pa.array(fleet.ids, pa.string())))
        numbers = rows.table["machineID"]
        remedy = f"is not known; add the machine to {MACHINE_FILE} or correct its number"
        rows.report(strange, "machineID", lambda index: f"machine {numbers[index].as_py()} {remedy}")
        return {"time": time_column(rows, "datetime", zone=Zone.UTC), "machine": machine}


def _catalogue() -> SignalCatalogue:
    return SignalCatalogue({"*": [Signal(name) for name in SIGNALS]})


def _machine_names(rows: Rows) -> pa.ChunkedArray:
    """Return `M007` for machine 7: the ids sort like the numbers."""
    text_column(rows, "machineID")  # a number must be given
    numbers = integer_column(rows, "machineID")
    rows.report(pc.less(numbers, 0), "machineID", lambda i: f"{numbers[i].as_py()} is not a machine's number")
    digits = pc.utf8_lpad(pc.cast(numbers, pa.string()), width=3, padding="0")
    return pc.binary_join_element_wise("M", digits, "")


def _component_column(rows: Rows, name: str) -> pa.ChunkedArray:
    return known_column(rows, name, COMPONENTS, f"it must be one of {', '.join(COMPONENTS)}")


def _constant(text: str, rows: Rows) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), rows.table.num_rows)


def _hour_keys(records: pa.Table | dict[str, pa.ChunkedArray]) -> pa.ChunkedArray:
    """Return one text for the hour, machine and component of each record."""
    hour = pc.cast(pc.cast(pc.floor_temporal(records["time"], unit="hour"), pa.int64()), pa.string())
    return pc.binary_join_element_wise(hour, records["machine"], records["component"], "|")
