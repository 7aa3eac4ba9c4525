"""Makes the golden history from its script and writes it as files."""

import base64
import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from foreworn.fleet.history import RecordedFleet
from foreworn.telemetry.sample import Event, LogLine, Sample
from foreworn.telemetry.signal import SignalCatalogue
from simulators.golden.breakage import broken_reasons, without_broken
from simulators.golden.plant import Record, Resident, Row
from simulators.golden.script import END, START, golden_record
from simulators.golden.wire_story import LATE, Arrival, Entry, tell

HISTORY = "history"
EXPECTED = "expected.json"
SIGNAL_HEADER = ("model", "signal", "unit", "type", "low", "high", "states", "cadence_s", "label")
Fields = Sequence[object]


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden history: the fleet's record, and every message as it came."""

    fleet: RecordedFleet
    devices: dict[str, str]
    arrivals: list[Arrival]


def make_golden() -> Golden:
    """Return the golden history, the same every time."""
    record, residents = golden_record()
    devices = {resident.machine.id: resident.device for resident in residents}
    entries = [entry for resident in residents for entry in _spoken(record, resident)]
    arrivals = tell(entries)
    record.telemetry = [_readable(row, devices[row["machine"]]) for row in record.telemetry]
    return Golden(record.fleet(residents), devices, arrivals)


def write_golden(folder: Path) -> None:
    """Write `history/` and `expected.json` into `folder`; digests that stand there already are kept."""
    golden = make_golden()
    history = folder / HISTORY
    history.mkdir(parents=True, exist_ok=True)
    for name, header, rows in _files(golden):
        _write_csv(history / name, header, rows)
    lines = (json.dumps(_arrival_line(arrival), ensure_ascii=False) for arrival in golden.arrivals)
    (history / "arrivals.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    path = folder / EXPECTED
    digests = json.loads(path.read_text(encoding="utf-8"))["digests"] if path.exists() else {}
    text = json.dumps(expected_counts(golden) | {"digests": digests}, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def expected_counts(golden: Golden) -> dict[str, Any]:
    """Return what a reader of all arrivals has to count.

    A sample is late when it first comes an hour after its time or more, out of order when a newer one of
    its device came first, repeated each time it comes again.
    """
    history = golden.fleet.history
    counts = {name: getattr(history, name).num_rows for name in ("events", "maintenance", "failures")}
    logs = {entry for arrival in golden.arrivals for entry in _keys(arrival, LogLine)}
    return {
        "messages": len(golden.arrivals),
        "samples": history.telemetry.num_rows,
        **counts,
        "logs": len(logs),
        **_sample_order(golden.arrivals),
        "repeated_events": _repeats(golden.arrivals, Event),
        "repeated_logs": _repeats(golden.arrivals, LogLine),
        "quarantined": broken_reasons(),
    }


def _spoken(record: Record, resident: Resident) -> Iterator[Entry]:
    """Yield what a device says, numbered in the order it says it."""
    device, machine = resident.device, resident.machine.id
    said: list[tuple[datetime, int, Entry]] = []
    for row in record.telemetry:
        if row["machine"] == machine:
            values = {name: value for name, value in row.items() if name not in ("time", "machine")}
            said.append((row["time"], 0, Sample(device, row["time"], values)))
    for row in record.events:
        if row["machine"] == machine:
            said.append((row["time"], 1, Event(device, row["time"], row["code"], row["severity"], row["message"])))
    said += [(line.time, 2, line) for line in _log_lines(record, device, machine)]
    said.sort(key=lambda entry: entry[:2])
    for seq, (_, _, entry) in enumerate(said, 1):
        yield _numbered(entry, seq)


def _numbered(entry: Entry, seq: int) -> Entry:
    match entry:
        case Sample():
            return Sample(entry.device, entry.time, entry.values, seq)
        case Event():
            return Event(entry.device, entry.time, entry.code, entry.severity, entry.message, seq)
        case LogLine():
            return LogLine(entry.device, entry.time, entry.level, entry.message, entry.logger, entry.fields, seq)


def _log_lines(record: Record, device: str, machine: str) -> Iterator[LogLine]:
    yield LogLine(device, START + timedelta(seconds=2), "info", "controller started", "boot", {"firmware": "1.4.2"})
    time = START + timedelta(days=3, minutes=30)
    while time < END:
        yield LogLine(device, time, "info", "self-test passed", "selftest", {"duration_ms": 412, "sensors": 3})
        time += timedelta(days=7)
    for row in record.failures:
        if row["machine"] == machine:
            yield LogLine(device, row["time"], "error", "drive tripped: load limit", "drive", {"ok": False})


def _readable(row: Row, device: str) -> Row:
    values = {name: value for name, value in row.items() if name not in ("time", "machine")}
    kept = without_broken(Sample(device, row["time"], values)).values
    return {"time": row["time"], "machine": row["machine"]} | {name: kept.get(name) for name in values}


def _keys(arrival: Arrival, kind: type) -> list[tuple[object, ...]]:
    return [(type(e), e.device, e.time, getattr(e, "code", e.seq)) for e in arrival.entries if isinstance(e, kind)]


def _repeats(arrivals: Sequence[Arrival], kind: type) -> int:
    keys = [key for arrival in arrivals for key in _keys(arrival, kind)]
    return len(keys) - len(set(keys))


def _sample_order(arrivals: Sequence[Arrival]) -> dict[str, int]:
    seen: set[tuple[str, datetime]] = set()
    newest: dict[str, datetime] = {}
    late = disordered = repeated = 0
    for arrival in arrivals:
        for entry in arrival.entries:
            if not isinstance(entry, Sample):
                continue
            if (entry.device, entry.time) in seen:
                repeated += 1
                continue
            seen.add((entry.device, entry.time))
            late += arrival.received_at - entry.time >= LATE
            disordered += entry.time < newest.get(entry.device, START)
            newest[entry.device] = max(entry.time, newest.get(entry.device, START))
    return {"late_samples": late, "out_of_order_samples": disordered, "repeated_samples": repeated}


def _files(golden: Golden) -> Iterator[tuple[str, Sequence[str], Iterable[Fields]]]:
    history = golden.fleet.history
    yield (
        "machines.csv",
        ("machine", "model", "site", "installed_at", "device", "components"),
        (
            (m.id, m.model, m.site, _spell(m.installed_at), golden.devices[m.id], ";".join(m.components))
            for m in history.machines
        ),
    )
    yield "signals.csv", SIGNAL_HEADER, _signal_rows(golden.fleet.catalogue)
    for name in ("telemetry", "events", "maintenance", "failures"):
        table = getattr(history, name)
        yield f"{name}.csv", table.column_names, (list(row.values()) for row in table.to_pylist())


def _signal_rows(catalogue: SignalCatalogue) -> Iterator[Fields]:
    for model, s in catalogue:
        cadence = int(s.cadence.total_seconds())
        yield model, s.name, s.unit, s.type, s.low, s.high, ";".join(s.states), cadence, s.label


def _arrival_line(arrival: Arrival) -> dict[str, str]:
    line = {"received_at": _spell(arrival.received_at), "topic": arrival.topic}
    try:
        return line | {"payload": arrival.payload.decode()}
    except UnicodeDecodeError:
        return line | {"payload_base64": base64.b64encode(arrival.payload).decode()}


def _spell(time: datetime) -> str:
    precision = "milliseconds" if time.microsecond else "seconds"
    return time.isoformat(timespec=precision).replace("+00:00", "Z")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Fields]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_spell(v) if isinstance(v, datetime) else v for v in row] for row in rows)
