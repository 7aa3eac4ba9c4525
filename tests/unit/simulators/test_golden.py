"""The golden history is what its generator writes, and its arrivals decode to exactly itself."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.clock import ManualClock
from foreworn.fleet.history import FleetHistory, RecordedFleet
from foreworn.settings import IngestionSettings
from foreworn.storage.history import check_history, read_history
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample
from ingestion.formats.message import Message
from ingestion.formats.native_json import NativeJsonDecoder
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.validation import Validator
from simulators import golden
from simulators.golden.generate import make_golden, write_golden

WEEKS = timedelta(days=28)


@pytest.fixture(scope="module")
def fleet() -> RecordedFleet:
    return read_history(golden.folder())


@pytest.fixture(scope="module")
def decoded(fleet: RecordedFleet) -> list[Sample | Event | LogLine | Rejection]:
    """Everything the platform gets from the arrivals, in their order."""
    assert fleet.arrivals is not None
    registry = MemoryFleetRegistry()
    registry.add_signals(fleet.catalogue)
    registry.add(fleet.history.machines, fleet.attachments)
    clock = ManualClock(fleet.arrivals["received_at"][0].as_py())
    decoder = NativeJsonDecoder(IngestionSettings().largest_payload)
    validator = Validator(RegistryDirectory(registry), clock, IngestionSettings())
    found: list[Sample | Event | LogLine | Rejection] = []
    for row in fleet.arrivals.to_pylist():
        clock.set(row["received_at"])
        message = Message(row["topic"], row["payload"], row["received_at"])
        contents = validator.validate(decoder.decode(message), message)
        found += [*contents.samples, *contents.events, *contents.logs, *contents.rejections]
    return found


@pytest.fixture(scope="module")
def expected() -> dict[str, object]:
    counts: dict[str, object] = json.loads((golden.folder().parent / "expected.json").read_text())
    return counts


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((folder / "history").iterdir()):
        yield path.name, path.read_text(encoding="utf-8")


def test_what_is_committed_is_what_the_generator_writes(tmp_path: Path, expected: dict[str, object]) -> None:
    write_golden(tmp_path)

    assert dict(_files(tmp_path)) == dict(_files(golden.folder().parent))
    assert json.loads((tmp_path / "expected.json").read_text()) == expected | {"digests": {}}


def test_writing_it_again_keeps_the_digests(tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_text('{"digests": {"labels": "abc"}}')

    write_golden(tmp_path)

    assert json.loads((tmp_path / "expected.json").read_text())["digests"] == {"labels": "abc"}


def test_it_is_a_history_like_any_other(fleet: RecordedFleet) -> None:
    assert check_history(golden.folder()) == []
    made = make_golden().fleet
    assert fleet.history == made.history
    assert (fleet.catalogue, fleet.attachments) == (made.catalogue, made.attachments)


def test_it_tells_of_two_failures_and_one_preventive_replacement(fleet: RecordedFleet) -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    history = fleet.history.between(start, start + WEEKS)

    assert len(history.machines) == 3
    assert len({machine.model for machine in history.machines}) == 2
    assert history.telemetry.num_rows == 3 * 28 * 24
    assert history.failures["component"].to_pylist() == ["bearing", "seal"]
    assert Counter(history.maintenance["kind"].to_pylist()) == {"corrective": 2, "preventive": 1}
    assert pc.min(fleet.history.telemetry["time"]).as_py() == start
    assert {seat.device != seat.machine for seat in fleet.attachments} == {True, False}


def test_each_failure_was_to_be_seen_and_was_announced(fleet: RecordedFleet) -> None:
    telling = {"bearing": ("vibration_rms", 1.25, "V1"), "seal": ("discharge_pressure", 0.9, "P1")}
    for failure in fleet.history.failures.to_pylist():
        signal, share, code = telling[failure["component"]]
        before = _of(fleet.history, failure["machine"], failure["time"] - timedelta(hours=12), failure["time"])
        sound = _of(
            fleet.history, failure["machine"], datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC)
        )
        ratio = pc.mean(before.telemetry[signal]).as_py() / pc.mean(sound.telemetry[signal]).as_py()
        assert ratio > share if share > 1 else ratio < share
        two_days = _of(fleet.history, failure["machine"], failure["time"] - timedelta(hours=48), failure["time"])
        assert code in two_days.events["code"].to_pylist()


def test_not_every_alarm_is_a_failure_to_come(fleet: RecordedFleet) -> None:
    failures = [(row["machine"], row["time"]) for row in fleet.history.failures.to_pylist()]
    alarms = [row for row in fleet.history.events.to_pylist() if row["code"] in ("V1", "P1")]
    unfounded = [
        alarm
        for alarm in alarms
        if not any(m == alarm["machine"] and timedelta(0) < t - alarm["time"] < timedelta(days=3) for m, t in failures)
    ]

    assert {alarm["machine"] for alarm in unfounded} == {"pump-1", "pump-2", "pump-3"}


def test_decoding_all_arrivals_gives_exactly_its_telemetry(
    fleet: RecordedFleet, decoded: list[Sample | Event | LogLine | Rejection]
) -> None:
    machine_of = {seat.device: seat.machine for seat in fleet.attachments}
    rows: dict[tuple[str, datetime], dict[str, object]] = {}
    for sample in decoded:
        if isinstance(sample, Sample):
            rows.setdefault((machine_of[sample.device], sample.time), {}).update(sample.values)
    heard = [{"time": time, "machine": machine, **values} for (machine, time), values in rows.items()]
    telemetry = pa.Table.from_pylist(heard, fleet.history.telemetry.schema)

    assert telemetry.sort_by([("machine", "ascending"), ("time", "ascending")]) == fleet.history.telemetry


def test_decoding_all_arrivals_gives_exactly_its_events(
    fleet: RecordedFleet, decoded: list[Sample | Event | LogLine | Rejection]
) -> None:
    machine_of = {seat.device: seat.machine for seat in fleet.attachments}
    heard = {(machine_of[e.device], e.time, e.code, e.severity, e.message) for e in decoded if isinstance(e, Event)}
    names = ("machine", "time", "code", "severity", "message")

    assert heard == {tuple(row[name] for name in names) for row in fleet.history.events.to_pylist()}


def test_what_happens_on_the_wire_is_counted_as_expected(
    fleet: RecordedFleet, decoded: list[Sample | Event | LogLine | Rejection], expected: dict[str, object]
) -> None:
    assert fleet.arrivals is not None
    samples = [sample for sample in decoded if isinstance(sample, Sample)]
    logs = [line for line in decoded if isinstance(line, LogLine)]
    events = [event for event in decoded if isinstance(event, Event)]
    refused = Counter(entry.reason for entry in decoded if isinstance(entry, Rejection))

    assert expected["messages"] == fleet.arrivals.num_rows
    assert expected["samples"] == fleet.history.telemetry.num_rows
    assert expected["repeated_samples"] == len(samples) - fleet.history.telemetry.num_rows
    assert expected["repeated_events"] == len(events) - fleet.history.events.num_rows
    assert expected["logs"] == len({(line.device, line.seq) for line in logs})
    assert expected["repeated_logs"] == len(logs) - len({(line.device, line.seq) for line in logs})
    assert expected["quarantined"] == refused
    assert min(int(str(expected[name])) for name in ("late_samples", "out_of_order_samples", "repeated_events")) > 0


def test_one_sequence_number_is_one_entry(decoded: list[Sample | Event | LogLine | Rejection]) -> None:
    entries = {(e.device, e.seq, type(e), e.time) for e in decoded if not isinstance(e, Rejection)}

    assert len({(device, seq) for device, seq, _, _ in entries}) == len(entries)


def _of(history: FleetHistory, machine: str, start: datetime, end: datetime) -> FleetHistory:
    part = history.between(start, end)
    return FleetHistory(
        part.machines,
        part.telemetry.filter(pc.equal(part.telemetry["machine"], machine)),
        part.events.filter(pc.equal(part.events["machine"], machine)),
        part.maintenance,
        part.failures,
    )


def test_the_training_fleet_ends_where_the_golden_history_begins() -> None:
    fleet = golden.training_fleet(machines=2, days=5)
    time = fleet.history.telemetry["time"]

    assert pc.max(time).as_py() == datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert pc.min(time).as_py() == datetime(2025, 12, 31, tzinfo=UTC)
    assert fleet.history.telemetry.num_rows == 2 * 5 * 24
    assert fleet.history == golden.training_fleet(machines=2, days=5).history
    assert fleet.history != golden.training_fleet(machines=2, days=5, seed=8).history


def test_the_training_fleet_has_enough_failures_and_the_same_signals(fleet: RecordedFleet) -> None:
    training = golden.training_fleet()

    assert training.catalogue == fleet.catalogue
    assert training.history.telemetry.schema == fleet.history.telemetry.schema
    assert min(Counter(training.history.failures["component"].to_pylist()).values()) >= 40
    assert Counter(training.history.maintenance["kind"].to_pylist())["preventive"] >= 20
    assert {machine.model for machine in training.history.machines} == set(fleet.catalogue.models)
