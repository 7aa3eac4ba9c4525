"""machines.csv: the fleet, and the devices that speak for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import TIME
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.history.columns import known_column, text_column, time_column
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.rows import Rows, read_rows
from foreworn.telemetry.wire import is_identity

MACHINES_FILE = "machines.csv"
MACHINE_COLUMNS = ("machine", "model", "site", "installed_at")
OPTIONAL_MACHINE_COLUMNS = ("device", "components")


@dataclass(frozen=True, slots=True)
class Fleet:
    """The machines of a history, and what the other files are held against."""

    machines: tuple[Machine, ...]
    attachments: tuple[Attachment, ...]

    @property
    def ids(self) -> list[str]:
        """The machines' ids."""
        return [machine.id for machine in self.machines]

    @property
    def models(self) -> list[str]:
        """The machine models, sorted."""
        return sorted({machine.model for machine in self.machines})

    def machine_column(self, rows: Rows, name: str = "machine") -> pa.ChunkedArray:
        """Return a column of machine ids, all of them known."""
        remedy = f"add the machine to {MACHINES_FILE} or correct its id"
        return known_column(rows, name, self.ids, remedy)

    def of(self, machine: pa.ChunkedArray, what: Callable[[Machine], str | datetime], kind: pa.DataType) -> pa.Array:
        """Return something about the machine of each row."""
        values = pa.array([what(m) for m in self.machines], kind)
        return pc.take(values, pc.index_in(machine, pa.array(self.ids, pa.string())))

    def check_installed(self, rows: Rows, machine: pa.ChunkedArray, time: pa.ChunkedArray) -> None:
        """Report rows stamped before their machine was installed: no device could speak for it."""
        installed = self.of(machine, lambda m: m.installed_at, TIME)
        rows.report(
            pc.less(time, installed),
            "time",
            lambda index: (
                f"{time[index].as_py().isoformat()} lies before machine {machine[index].as_py()!r} was "
                f"installed ({installed[index].as_py().isoformat()}); correct the one or the other"
            ),
        )

    def with_components(self, records: Iterable[pa.Table]) -> "Fleet":
        """Give machines that declare no components those that the records show on machines of their model."""
        model_of = {machine.id: machine.model for machine in self.machines}
        seen: dict[str, set[str]] = {}
        for table in records:
            for name, component in zip(table["machine"].to_pylist(), table["component"].to_pylist(), strict=True):
                seen.setdefault(model_of[name], set()).add(component)
        return replace(
            self,
            machines=tuple(
                m if m.components else replace(m, components=tuple(sorted(seen.get(m.model, ()))))
                for m in self.machines
            ),
        )


def read_machines(folder: Path, findings: Findings) -> Fleet | None:
    """Read machines.csv; None where it has problems."""
    before = len(findings)
    path = folder / MACHINES_FILE
    rows = read_rows(path, MACHINE_COLUMNS, OPTIONAL_MACHINE_COLUMNS, findings, may_be_empty=False)
    if rows is None:
        return None
    names = text_column(rows, "machine")
    has_devices = "device" in rows.table.column_names
    devices = pc.coalesce(text_column(rows, "device", optional=True), names) if has_devices else names
    for name, column in (("machine", names), ("device", devices)):
        _check_unique(rows, name, column)
    for name in {"machine", "site", "device"} & set(rows.table.column_names):
        _check_identities(rows, name)
    models = text_column(rows, "model")
    sites = text_column(rows, "site")
    installed = time_column(rows, "installed_at")
    if not findings.clean_since(before):
        return None
    columns = [column.to_pylist() for column in (names, models, sites, installed)]
    machines = [
        Machine(name, model, site, when.astimezone(UTC), components)
        for name, model, site, when, components in zip(*columns, _components(rows), strict=True)
    ]
    seats = [Attachment(d, m.id, m.installed_at) for d, m in zip(devices.to_pylist(), machines, strict=True)]
    return Fleet(tuple(sorted(machines, key=lambda m: m.id)), tuple(sorted(seats, key=lambda s: s.device)))


def _check_unique(rows: Rows, name: str, column: pa.ChunkedArray) -> None:
    first: dict[str, int] = {}
    values = column.to_pylist()
    again = [value is not None and first.setdefault(value, index) != index for index, value in enumerate(values)]
    rows.report(
        pa.chunked_array([again], pa.bool_()),
        name,
        lambda index: f"{values[index]!r} stands in row {rows.row(first[values[index]])} already; keep one",
    )


def _check_identities(rows: Rows, name: str) -> None:
    values = rows.table[name].to_pylist()
    rows.report(
        pa.chunked_array([[value is not None and not is_identity(value) for value in values]], pa.bool_()),
        name,
        lambda index: f"{values[index]!r} must have 1 to 128 characters, none of + # / $ or a control character",
    )


def _components(rows: Rows) -> list[tuple[str, ...]]:
    if "components" not in rows.table.column_names:
        return [()] * rows.table.num_rows
    return [tuple(split_list(text)) for text in rows.table["components"].to_pylist()]


def split_list(text: str | None) -> list[str]:
    """Return the different items of a `a;b` field, sorted.

    Examples
    --------
    >>> split_list("seal; bearing;"), split_list(None)
    (['bearing', 'seal'], [])
    """
    return sorted({item.strip() for item in (text or "").split(";")} - {""})
