"""A fleet history on disk, read; `docs/contracts/fleet-history.md` is the format."""

from pathlib import Path

from foreworn.errors import MalformedHistory
from foreworn.fleet.history import FleetHistory, RecordedFleet
from foreworn.storage.history.arrivals import read_arrivals
from foreworn.storage.history.findings import EnoughFound, Findings
from foreworn.storage.history.machines import read_machines
from foreworn.storage.history.records import EVENTS, FAILURES, LOGS, MAINTENANCE, read_records
from foreworn.storage.history.rows import read_rows
from foreworn.storage.history.signals import SIGNALS_FILE, read_signals
from foreworn.storage.history.telemetry import read_telemetry
from foreworn.storage.history.whole_folder import UNFINISHED

OTHER_FILES = ("parts.csv", "stock.csv", "orders.csv", "costs.csv")
"""Files of a history that other rooms read; here they must only be readable."""


def read_history(folder: Path) -> RecordedFleet:
    """Read a fleet history from disk.

    Raises
    ------
    MalformedHistory
        The first problem there is, naming file, row and column.
    """
    findings = Findings(limit=1)
    try:
        fleet = _read(folder, findings)
    except EnoughFound:
        raise findings.problems[0] from None
    assert fleet is not None, "nothing was read though nothing was found"
    return fleet


def check_history(folder: Path, *, limit: int = 50) -> list[MalformedHistory]:
    """Return what is wrong with a fleet history on disk: up to `limit` problems, file by file.

    Rows with the same problem in the same column are named up to three times.
    """
    findings = Findings(limit)
    try:
        _read(folder, findings)
    except EnoughFound:
        pass
    except MalformedHistory as problem:
        findings.problems.append(problem)
    return findings.problems


def _read(folder: Path, findings: Findings) -> RecordedFleet | None:
    if not is_whole(folder, findings):
        return None
    catalogue = read_signals(folder, findings)
    types_known = catalogue is not None or not (folder / SIGNALS_FILE).exists()
    _check_others(folder, findings)
    arrivals = read_arrivals(folder, findings)
    fleet = read_machines(folder, findings)
    if fleet is None:  # every other file is held against it
        return None
    files = (EVENTS, MAINTENANCE, FAILURES, LOGS)
    events, maintenance, failures, logs = (read_records(folder, file, fleet, findings) for file in files)
    telemetry = read_telemetry(folder, fleet, catalogue, findings) if types_known else None
    if telemetry is None or len(findings):
        return None
    fleet = fleet.with_components((maintenance, failures))
    history = FleetHistory(fleet.machines, telemetry.table, events, maintenance, failures, logs)
    return RecordedFleet(history, telemetry.catalogue, fleet.attachments, arrivals, telemetry.notes)


def is_whole(folder: Path, findings: Findings) -> bool:
    """Tell whether the folder is there and has been written to its end; the findings say why not."""
    before = len(findings)
    if not folder.is_dir():
        findings.add(MalformedHistory(folder, "there is no such folder"))
    elif (folder / UNFINISHED).exists():
        problem = "the history is half-written, what wrote it was interrupted; remove the folder and write it again"
        findings.add(MalformedHistory(folder / UNFINISHED, problem))
    return findings.clean_since(before)


def _check_others(folder: Path, findings: Findings) -> None:
    for name in OTHER_FILES:
        if (folder / name).exists():
            read_rows(folder / name, (), None, findings, may_be_empty=True)
