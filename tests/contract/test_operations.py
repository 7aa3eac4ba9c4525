"""The contract of every operations store: the fleet, quarantine, dirty windows and verdicts."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from foreworn.errors import ConfigurationError, Conflict, NotFound
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.forecast import Forecast, Reason, VerdictBoard
from foreworn.storage.operations import memory, sql
from foreworn.telemetry.intake import DirtyWindow, DirtyWindows
from foreworn.telemetry.quarantine import Quarantine, Rejection
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Operations:
    """One fresh store behind all four ports."""

    registry: FleetRegistry
    quarantine: Quarantine
    dirty: DirtyWindows
    verdicts: VerdictBoard


def _in_memory() -> Operations:
    return Operations(
        memory.MemoryFleetRegistry(),
        memory.MemoryQuarantine(),
        memory.MemoryDirtyWindows(),
        memory.MemoryVerdictBoard(),
    )


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def operations(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Operations]:
    if request.param == "memory":
        yield _in_memory()
        return
    url = "sqlite:///operations.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = sql.open_operations(url, folder=tmp_path)
    yield Operations(
        sql.SqlFleetRegistry(engine),
        sql.SqlQuarantine(engine),
        sql.SqlDirtyWindows(engine),
        sql.SqlVerdictBoard(engine),
    )
    engine.dispose()


def machine(id: str = "m1", **other: Any) -> Machine:
    whole: dict[str, Any] = {"model": "px", "site": "west", "installed_at": T0, "components": ("a", "b")}
    return Machine(id, **(whole | other))


# The fleet


def test_a_fleet_comes_back_as_it_was_added_in_order(operations: Operations) -> None:
    second = machine("m2", site="east", installed_at=T0 + 123 * MS, components=())
    attached = [Attachment("d2", "m2", T0), Attachment("d1", "m1", T0 + HOUR, T0 + 2 * HOUR)]
    operations.registry.add([second, machine("m10"), machine()], attached)
    assert operations.registry.machines() == [machine(), machine("m10"), second]
    assert operations.registry.attachments() == list(reversed(attached))


def test_ids_sort_the_same_in_every_store(operations: Operations) -> None:
    ids = ["b", "A", "a-2", "a2", "Ä", "_", "a"]
    operations.registry.add([machine(i) for i in ids], [Attachment(f"d{i}", i, T0) for i in ids])
    assert [m.id for m in operations.registry.machines()] == sorted(ids)
    assert [a.machine for a in operations.registry.attachments()] == sorted(ids)


def test_a_machine_added_again_is_updated_with_its_components(operations: Operations) -> None:
    operations.registry.add([machine(), machine("m2")], [])
    moved = machine(model="qx", site="north", installed_at=T0 - HOUR, components=("b", "c"))
    operations.registry.add([moved], [])
    assert operations.registry.machines() == [moved, machine("m2")]


def test_components_come_back_sorted_and_each_once(operations: Operations) -> None:
    operations.registry.add([machine(components=("b", "a", "b"))], [])
    assert operations.registry.machines()[0].components == ("a", "b")


def test_an_attachment_added_again_is_updated(operations: Operations) -> None:
    operations.registry.add([machine()], [Attachment("d1", "m1", T0)])
    ended = Attachment("d1", "m1", T0, T0 + HOUR)
    operations.registry.add([], [ended])
    assert operations.registry.attachments() == [ended]


def test_times_in_another_zone_are_the_same_instants_in_utc(operations: Operations) -> None:
    east = T0.astimezone(timezone(timedelta(hours=5)))
    operations.registry.add([machine(installed_at=east)], [Attachment("d1", "m1", east)])
    operations.registry.add([], [Attachment("d1", "m1", T0, T0 + HOUR)])
    assert operations.registry.machines()[0].installed_at == T0
    assert operations.registry.attachments() == [Attachment("d1", "m1", T0, T0 + HOUR)]


def test_a_device_moves_from_one_machine_to_another(operations: Operations) -> None:
    operations.registry.add([machine("m1"), machine("m2")], [Attachment("d1", "m1", T0)])
    moved = [Attachment("d1", "m1", T0, T0 + HOUR), Attachment("d1", "m2", T0 + HOUR)]
    operations.registry.add([], moved)
    assert operations.registry.attachments() == moved


@pytest.mark.parametrize(
    ("attachments", "error", "message"),
    [
        pytest.param([Attachment("d1", "m9", T0)], NotFound, "no machine 'm9'", id="to a machine nobody knows"),
        pytest.param([Attachment("d1", "m1", T0, T0)], ValueError, "d1", id="that ends when it begins"),
        pytest.param(
            [Attachment("d1", "m1", T0), Attachment("d1", "m2", T0 + HOUR)],
            Conflict,
            "end that before it comes to 'm2'",
            id="to a second machine at the same time",
        ),
        pytest.param(
            [Attachment("d1", "m1", T0), Attachment("d1", "m2", T0 - HOUR, T0 + MS)],
            Conflict,
            "end that before it comes to 'm1'",
            id="that ends after the next begins",
        ),
    ],
)
def test_an_attachment_is_refused_and_nothing_is_added(
    operations: Operations, attachments: list[Attachment], error: type[Exception], message: str
) -> None:
    operations.registry.add([machine("m1"), machine("m2")], [])
    with pytest.raises(error, match=message):
        operations.registry.add([machine("m3")], attachments)
    assert [m.id for m in operations.registry.machines()] == ["m1", "m2"]
    assert operations.registry.attachments() == []


def test_a_catalogue_comes_back_with_every_detail(operations: Operations) -> None:
    catalogue = SignalCatalogue(
        {
            "px": [
                Signal("rpm", "1/min", low=-0.1, high=1e300, cadence=timedelta(milliseconds=250), label="Speed"),
                Signal("mode", type=SignalType.STATE, states=("run", "idle", "é")),
            ],
            "*": [Signal("hours_run", "h", SignalType.COUNTER, low=0.0)],
        }
    )
    operations.registry.add_signals(catalogue)
    assert operations.registry.catalogue() == catalogue


def test_signals_added_later_update_and_do_not_remove(operations: Operations) -> None:
    first, second = Signal("rpm", "1/min", high=10.0), Signal("volt", "V")
    operations.registry.add_signals(SignalCatalogue({"px": [first, second]}))
    wider = replace(first, high=20.0)
    operations.registry.add_signals(SignalCatalogue({"px": [wider], "qx": [wider]}))
    assert operations.registry.catalogue() == SignalCatalogue({"px": [wider, second], "qx": [wider]})


def test_a_signal_of_another_type_elsewhere_is_refused(operations: Operations) -> None:
    operations.registry.add_signals(SignalCatalogue({"px": [Signal("rpm", "1/min")]}))
    with pytest.raises(ConfigurationError, match="rpm"):
        operations.registry.add_signals(SignalCatalogue({"qx": [Signal("rpm", "1/s")]}))
    assert operations.registry.catalogue().models == ("px",)


def maintenance(*rows: tuple[datetime, str, str, str, str]) -> pa.Table:
    names = MAINTENANCE_SCHEMA.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=MAINTENANCE_SCHEMA)


def failures(*rows: tuple[datetime, str, str, str]) -> pa.Table:
    names = FAILURE_SCHEMA.names
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=FAILURE_SCHEMA)


def test_maintenance_comes_back_exact_sorted_and_half_open(operations: Operations) -> None:
    operations.registry.add([machine("m1"), machine("m2")], [])
    rows = [
        (T0 + MS, "m2", "a", "replace", "preventive"),
        (T0, "m2", "b", "replace", "corrective"),
        (T0 + HOUR, "m1", "a", "replace", "corrective"),
        (T0, "m2", "a", "replace", "preventive"),
    ]
    operations.registry.record_maintenance(maintenance(*rows))
    kept = operations.registry.maintenance(T0, T0 + HOUR)
    assert kept == maintenance(rows[3], rows[1], rows[0])
    assert operations.registry.maintenance(T0 + HOUR, T0 + 2 * HOUR) == maintenance(rows[2])


def test_an_empty_record_has_its_columns(operations: Operations) -> None:
    assert operations.registry.maintenance(T0, T0 + HOUR).schema == MAINTENANCE_SCHEMA
    assert operations.registry.failures(T0, T0 + HOUR).schema == FAILURE_SCHEMA
    operations.registry.record_failures(failures())
    assert operations.registry.failures(T0, T0 + HOUR).num_rows == 0


def test_a_failure_recorded_twice_is_one_and_the_later_record_stands(operations: Operations) -> None:
    operations.registry.add([machine()], [])
    operations.registry.record_failures(failures((T0, "m1", "a", "seized"), (T0, "m1", "a", "cracked")))
    assert operations.registry.failures(T0, T0 + HOUR) == failures((T0, "m1", "a", "cracked"))
    operations.registry.record_failures(failures((T0, "m1", "a", "leaks")))
    assert operations.registry.failures(T0, T0 + HOUR) == failures((T0, "m1", "a", "leaks"))


def test_a_replacement_recorded_twice_is_one_and_the_later_record_stands(operations: Operations) -> None:
    operations.registry.add([machine()], [])
    for kind in ("preventive", "corrective"):
        operations.registry.record_maintenance(maintenance((T0, "m1", "a", "replace", kind)))
    kept = operations.registry.maintenance(T0, T0 + HOUR)
    assert kept == maintenance((T0, "m1", "a", "replace", "corrective"))


@pytest.mark.parametrize(
    ("records", "error", "message"),
    [
        pytest.param(maintenance((T0, "m9", "a", "replace", "preventive")), NotFound, "m9", id="of an unknown machine"),
        pytest.param(maintenance((T0, "m1", "a", "replace", "routine")), ValueError, "routine", id="of unknown kind"),
        pytest.param(maintenance().drop(["kind"]), ValueError, "lack the columns kind", id="without a column"),
        pytest.param(
            maintenance((T0, "m1", None, "replace", "preventive")),  # type: ignore[arg-type]
            ValueError,
            "1 rows without a component",
            id="of no component",
        ),
    ],
)
def test_a_record_is_refused_whole(
    operations: Operations, records: pa.Table, error: type[Exception], message: str
) -> None:
    operations.registry.add([machine()], [])
    good = maintenance((T0, "m1", "b", "replace", "preventive"))
    if records.num_rows:
        records = pa.concat_tables([good, records])
    with pytest.raises(error, match=message):
        operations.registry.record_maintenance(records)
    assert operations.registry.maintenance(T0, T0 + HOUR).num_rows == 0


# Quarantine


def rejection(**other: Any) -> Rejection:
    whole: dict[str, Any] = {
        "received_at": T0,
        "topic": "foreworn/v1/west/d1/telemetry",
        "payload": b'{"ts": "\xff\x00',
        "reason": "unreadable",
        "detail": "not JSON: byte 8",
        "device": "d1",
    }
    return Rejection(**(whole | other))


def test_what_was_refused_comes_back_byte_for_byte(operations: Operations) -> None:
    kept = [
        rejection(),
        rejection(received_at=T0 + timedelta(microseconds=1), payload=bytes(range(256)), device=None),
        rejection(received_at=T0 + MS, reason="out_of_range", signal="rpm", detail="rpm is 9e9, above 3000"),
        rejection(received_at=T0 + HOUR, topic="a\\u0041\\b", detail="nul \x00, half \ud83d, whole \U0001f600"),
        rejection(received_at=T0 + 2 * HOUR, device="d\x00", signal="s\x00", payload=b""),
    ]
    operations.quarantine.put(kept)
    assert operations.quarantine.newest() == list(reversed(kept))
    assert operations.quarantine.newest(device="d\x00") == kept[4:]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        pytest.param({}, 1, id="all the same is one"),
        pytest.param({"detail": "in other words"}, 1, id="other words are the same"),
        pytest.param({"received_at": T0 + timedelta(microseconds=1)}, 2, id="another time is another"),
        pytest.param({"topic": "foreworn/v1/west/d2/telemetry"}, 2, id="another topic is another"),
        pytest.param({"payload": b""}, 2, id="another payload is another"),
        pytest.param({"reason": "oversize"}, 2, id="another reason is another"),
        pytest.param({"signal": ""}, 2, id="a nameless signal is not no signal"),
        pytest.param({"signal": "rpm"}, 2, id="another signal is another"),
    ],
)
def test_a_refusal_is_kept_once(operations: Operations, change: dict[str, Any], kept: int) -> None:
    operations.quarantine.put([rejection(), rejection(**change)])
    operations.quarantine.put([rejection(**change), rejection()])
    assert len(operations.quarantine.newest()) == kept


def test_the_newest_come_first_and_the_limit_holds(operations: Operations) -> None:
    at_once = [rejection(payload=bytes([i])) for i in range(3)]
    older = rejection(received_at=T0 - HOUR)
    operations.quarantine.put([*at_once, older])
    assert operations.quarantine.newest() == [*reversed(at_once), older]
    assert operations.quarantine.newest(2) == [at_once[2], at_once[1]]
    assert operations.quarantine.newest(0) == []


def test_a_limit_below_zero_is_no_limit_anybody_meant(operations: Operations) -> None:
    with pytest.raises(ValueError, match="-1"):
        operations.quarantine.newest(-1)


def test_a_device_sees_its_own_refusals(operations: Operations) -> None:
    mine, theirs, nobodys = rejection(), rejection(device="d2"), rejection(device=None, topic="x")
    operations.quarantine.put([mine, theirs, nobodys])
    assert operations.quarantine.newest(device="d1") == [mine]
    assert operations.quarantine.newest(device="d3") == []


def test_refusals_are_counted_by_reason(operations: Operations) -> None:
    assert operations.quarantine.count() == {}
    operations.quarantine.put([rejection(), rejection(payload=b"x"), rejection(reason="oversize")])
    operations.quarantine.put([])
    assert operations.quarantine.count() == {"unreadable": 2, "oversize": 1}


def test_a_message_of_many_megabytes_from_an_endless_device_id_is_kept(operations: Operations) -> None:
    # Not compressible, so that no index entry could hold it.
    device = "".join(chr(0x4E00 + (i * 7919) % 20000) for i in range(20_000))
    large = rejection(device=device, topic=f"foreworn/v1/west/{device}/telemetry", payload=bytes(3_000_000))
    operations.quarantine.put([large])
    assert operations.quarantine.newest(device=device) == [large]


# Dirty windows


def test_marked_windows_wait_until_their_generation_is_cleared(operations: Operations) -> None:
    assert operations.dirty.pending() == (0, [])
    early, late = DirtyWindow("d1", T0, T0), DirtyWindow("d1", T0, T0 + 3 * MS)
    operations.dirty.mark([late, DirtyWindow("d0", T0 + HOUR, T0 + HOUR), early])
    generation, windows = operations.dirty.pending()
    assert windows == [DirtyWindow("d0", T0 + HOUR, T0 + HOUR), early, late]
    operations.dirty.clear(generation)
    assert operations.dirty.pending() == (generation, [])


def test_a_mark_that_arrives_while_windows_are_scored_stays(operations: Operations) -> None:
    first, second = DirtyWindow("d1", T0, T0 + HOUR), DirtyWindow("d2", T0, T0)
    operations.dirty.mark([first, second])
    generation, _ = operations.dirty.pending()
    operations.dirty.mark([first])
    operations.dirty.clear(generation)
    newer, windows = operations.dirty.pending()
    assert newer > generation
    assert windows == [first]


def test_a_window_marked_many_times_is_scored_once(operations: Operations) -> None:
    window = DirtyWindow("d1", T0, T0 + HOUR)
    for _ in range(3):
        operations.dirty.mark([window, window])
    generation, windows = operations.dirty.pending()
    assert windows == [window]
    operations.dirty.clear(generation - 1)
    assert operations.dirty.pending() == (generation, [window])


def test_a_window_that_ends_before_it_begins_is_refused(operations: Operations) -> None:
    with pytest.raises(ValueError, match="d1"):
        operations.dirty.mark([DirtyWindow("d0", T0, T0), DirtyWindow("d1", T0, T0 - MS)])
    assert operations.dirty.pending() == (0, [])


# Verdicts

REASONS = (
    Reason("vibration_rms", "vibration_rms mean 24 h", 4.1, 1 / 3, 2.9, 0.75),
    Reason("E17", "E17 count 24 h", None, None, None, -0.1),
)


def forecast(**other: Any) -> Forecast:
    whole: dict[str, Any] = {
        "machine": "m1",
        "component": "a",
        "time": T0,
        "horizon": timedelta(hours=24),
        "probability": 0.1 + 0.2,
        "model_version": "v1",
        "issued_at": T0 + MS,
        "reasons": REASONS,
    }
    return Forecast(**(whole | other))


@pytest.mark.parametrize(
    "curve",
    [
        pytest.param((), id="of its own horizon alone"),
        pytest.param(((timedelta(hours=24), 0.1), (timedelta(days=7), 0.30000000000000004)), id="of several horizons"),
    ],
)
def test_a_verdict_stands_with_its_reasons_and_its_curve_exactly(
    operations: Operations, curve: tuple[tuple[timedelta, float], ...]
) -> None:
    operations.verdicts.post([forecast(curve=curve)])
    assert operations.verdicts.latest() == [forecast(curve=curve)]


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        pytest.param({"time": T0 + MS, "probability": 0.2}, True, id="newer data stands"),
        pytest.param({"time": T0 + MS, "revision": 0}, True, id="newer data stands whatever its revision"),
        pytest.param({"time": T0 - MS, "revision": 9}, False, id="older data does not, whatever its revision"),
        pytest.param({"revision": 3}, True, id="a higher revision stands"),
        pytest.param({"revision": 1}, False, id="a lower revision does not"),
        pytest.param({"revision": 2, "model_version": "v2"}, True, id="another model's word on the same data stands"),
    ],
)
@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "in one post"])
def test_which_of_two_verdicts_stands(
    operations: Operations, change: dict[str, Any], stands: bool, together: bool
) -> None:
    first = forecast(revision=2)
    second = replace(first, **change)
    for post in [[first, second]] if together else [[first], [second]]:
        operations.verdicts.post(post)
    assert operations.verdicts.latest() == [second if stands else first]


def test_the_most_probable_verdict_is_first_then_by_machine_and_component(operations: Operations) -> None:
    ordered = [
        forecast(machine="m9", probability=0.9),
        forecast(machine="M2", probability=0.5),
        forecast(machine="m1", component="a", probability=0.5),
        forecast(machine="m1", component="b", probability=0.5),
    ]
    operations.verdicts.post(ordered[::-1])
    operations.verdicts.post([])
    assert operations.verdicts.latest() == ordered


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"probability": 1.01}, id="more than certain"),
        pytest.param({"probability": float("nan")}, id="not a number"),
        pytest.param({"reasons": (replace(REASONS[0], value=float("nan")),)}, id="a reason that is not a number"),
        pytest.param({"reasons": (replace(REASONS[0], contribution=float("inf")),)}, id="an infinite reason"),
    ],
)
def test_a_verdict_that_is_no_number_is_refused(operations: Operations, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="'a' of 'm1'"):
        operations.verdicts.post([forecast(machine="m2"), forecast(**bad)])
    assert operations.verdicts.latest() == []


# Many at once


def _at_once(*work: Callable[[], None]) -> None:
    """Run each in a thread of its own, and raise what any of them raised."""
    raised: list[BaseException] = []
    barrier = threading.Barrier(len(work))

    def run(task: Callable[[], None]) -> None:
        barrier.wait()
        try:
            task()
        except BaseException as e:
            raised.append(e)

    threads = [threading.Thread(target=run, args=(task,)) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_no_window_is_cleared_unseen_when_threads_mark_and_clear(operations: Operations) -> None:
    marked = {DirtyWindow(f"d{t}", T0 + i * HOUR, T0 + i * HOUR) for t in range(3) for i in range(10)}
    seen: set[DirtyWindow] = set()

    def mark(device: str) -> None:
        for window in sorted((w for w in marked if w.device == device), key=lambda w: w.start):
            operations.dirty.mark([window])

    def score() -> None:
        for _ in range(20):
            generation, windows = operations.dirty.pending()
            seen.update(windows)
            operations.dirty.clear(generation)

    _at_once(score, *[lambda d=f"d{t}": mark(d) for t in range(3)])
    assert seen | set(operations.dirty.pending()[1]) == marked


def test_threads_that_quarantine_the_same_message_keep_one(operations: Operations) -> None:
    messages = [rejection(payload=bytes([i])) for i in range(20)]
    _at_once(lambda: operations.quarantine.put(messages), lambda: operations.quarantine.put(messages[::-1]))
    assert operations.quarantine.count() == {"unreadable": 20}
