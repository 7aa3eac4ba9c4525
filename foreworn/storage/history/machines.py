"""machines.csv: the fleet, and the devices that speak for it."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import TIME
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.site import Standing
from foreworn.loop.day_one import Line
from foreworn.loop.day_one.seats import seat_problems
from foreworn.storage.history.columns import known_column, text_column, time_column
from foreworn.storage.history.devices import read_devices
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.rows import Rows, read_rows
from foreworn.telemetry.wire import is_identity

MACHINES_FILE = "machines.csv"
MACHINE_COLUMNS = ("machine", "model", "site", "installed_at")
OPTIONAL_MACHINE_COLUMNS = ("device", "components", "area", "customer")


@dataclass(frozen=True, slots=True)
class Fleet:
    """The machines of a history, and what the other files are held against.

    Parameters
    ----------
    machines, attachments
        The machines, sorted by id, and the devices on them, sorted by device, since.
    rows
        The row of each machine in machines.csv, by id.
    seats
        The attachments with the rows that speak of them.
    unspoken
        Machines of which no row says which device speaks for them.
    standings
        Where machines stand for whom, of those whose row says so.
    """

    machines: tuple[Machine, ...]
    attachments: tuple[Attachment, ...]
    rows: Mapping[str, int] = field(default_factory=dict)
    seats: tuple[Line[Attachment], ...] = ()
    unspoken: frozenset[str] = frozenset()
    standings: tuple[Standing, ...] = ()

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


def read_machines(folder: Path, findings: Findings, *, complete: bool = True) -> Fleet | None:
    """Read machines.csv, and devices.csv where it stands; None where they have problems.

    Parameters
    ----------
    folder, findings
        Where they are, and where problems go.
    complete
        Whether machines.csv has to name every machine that devices.csv names.
    """
    before = len(findings)
    path = folder / MACHINES_FILE
    rows = read_rows(path, MACHINE_COLUMNS, OPTIONAL_MACHINE_COLUMNS, findings, may_be_empty=False)
    moving = read_devices(folder, findings)
    if rows is None or moving is None:
        return None
    machines = _machines(rows)
    if not findings.clean_since(before):
        return None
    numbers = {machine.id: rows.row(index) for index, machine in enumerate(machines)}
    named = _texts(rows, "device")
    unspoken = _unspoken(machines, named, moving)
    seats = [*_seats_for_good(rows, machines, named, moving), *moving]
    for problem in seat_problems(seats):
        findings.add(problem)
    if complete:
        _check_seated(moving, numbers, findings)
    if not findings.clean_since(before):
        return None
    attachments = sorted((seat.says for seat in seats), key=lambda seat: (seat.device, seat.since))
    return Fleet(
        machines=tuple(sorted(machines, key=lambda m: m.id)),
        attachments=tuple(attachments),
        rows=numbers,
        seats=tuple(seats),
        unspoken=unspoken,
        standings=_standings(rows, machines),
    )


def _machines(rows: Rows) -> list[Machine]:
    """Return the machines in the order of the file; as far as they can be read."""
    before = len(rows.findings)
    names = text_column(rows, "machine")
    devices = pc.coalesce(pa.chunked_array([_texts(rows, "device")], pa.string()), names)
    for name, column in (("machine", names), ("device", devices)):
        _check_unique(rows, name, column)
    for name in ("machine", "site", "device", "area", "customer"):
        if name in rows.table.column_names:
            _check_identities(rows, name)
    models = text_column(rows, "model")
    sites = text_column(rows, "site")
    installed = time_column(rows, "installed_at")
    if not rows.findings.clean_since(before):
        return []
    columns = [column.to_pylist() for column in (names, models, sites, installed)]
    return [
        Machine(name, model, site, when.astimezone(UTC), components)
        for name, model, site, when, components in zip(*columns, _components(rows), strict=True)
    ]


def _texts(rows: Rows, name: str) -> list[str | None]:
    """Return a column that may be missing, None where it says nothing."""
    if name not in rows.table.column_names:
        return [None] * rows.table.num_rows
    texts: list[str | None] = text_column(rows, name, optional=True).to_pylist()
    return texts


def _unspoken(
    machines: Iterable[Machine], named: Iterable[str | None], moving: Iterable[Line[Attachment]]
) -> frozenset[str]:
    silent = {machine.id for machine, device in zip(machines, named, strict=True) if device is None}
    return frozenset(silent - {seat.says.machine for seat in moving})


def _seats_for_good(
    rows: Rows, machines: Sequence[Machine], named: Sequence[str | None], moving: Iterable[Line[Attachment]]
) -> Iterable[Line[Attachment]]:
    """Return the devices that machines.csv names, and those it leaves to be called like their machine."""
    elsewhere = {seat.says.machine for seat in moving}
    for index, (machine, device) in enumerate(zip(machines, named, strict=True)):
        if device is not None or machine.id not in elsewhere:
            seat = Attachment(device or machine.id, machine.id, machine.installed_at)
            yield Line(seat, str(rows.path), rows.row(index))


def _standings(rows: Rows, machines: Iterable[Machine]) -> tuple[Standing, ...]:
    columns = zip(machines, _texts(rows, "area"), _texts(rows, "customer"), strict=True)
    return tuple(Standing(machine.id, area, customer) for machine, area, customer in columns if area or customer)


def _check_seated(moving: Iterable[Line[Attachment]], known: Container[str], findings: Findings) -> None:
    for seat in moving:
        if seat.says.machine not in known:
            text = f"{seat.says.machine!r} is not known; add the machine to {MACHINES_FILE} or correct its id"
            findings.add(seat.problem(text, "machine"))


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
