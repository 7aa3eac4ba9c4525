import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.errors import SpoolFailed, StoreRejected, StoreUnavailable
from foreworn.settings import IngestionSettings
from foreworn.storage.operations.memory import MemoryDeviceProgressLog, MemoryDirtyWindows, MemoryQuarantine
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import DirtyWindow, IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, TelemetryBatch
from foreworn.telemetry.sample_columns import SampleColumns
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.wire import encode_batch
from ingestion.forwarding.forwarder import MOST_JOINED, Forwarder
from ingestion.spool.spool import MemorySpool
from tests.unit.ingestion.plant import (
    CATALOGUE,
    DEVICE,
    HOUR,
    NEW_YEAR,
    TELEMETRY,
    batch,
    by_column,
    reception,
    registry,
    sample,
)

SOON = timedelta(seconds=10)


class UnreliableStore(MemoryTelemetryStore):
    """A memory store that is away, or refuses some values, and writes down each write that it takes."""

    def __init__(self) -> None:
        super().__init__(CATALOGUE)
        self.failures_left = 0
        self.refused: set[float] = set()
        self.attempts = 0
        self.written: list[TelemetryBatch] = []
        self.before_write: Callable[[], None] = lambda: None

    def write(self, batch: TelemetryBatch) -> None:
        self.attempts += 1
        self.before_write()
        if self.failures_left:
            self.failures_left -= 1
            raise StoreUnavailable("store", "connection refused")
        if any(s.values["vibration"] in self.refused for s in batch.samples):
            raise StoreRejected("store", "field type conflict")
        super().write(batch)
        self.written.append(batch)


class Line:
    """Everything behind the spool."""

    def __init__(self, scored_until: Callable[[], datetime | None] = lambda: None) -> None:
        self.spool = MemorySpool()
        self.store = UnreliableStore()
        self.quarantine = MemoryQuarantine()
        self.progress = MemoryDeviceProgressLog()
        self.dirty = MemoryDirtyWindows()
        self.forwarded: list[IntakeBatch] = []
        self.forwarder = Forwarder(
            self.spool,
            self.store,
            self.quarantine,
            self.progress,
            self.dirty,
            scored_until,
            IngestionSettings(retry_longest=timedelta(milliseconds=20)),
            on_forwarded=self.forwarded.append,
        )

    def run(self, *batches: IntakeBatch) -> None:
        """Commit the batches, forward them all, and stop."""
        for one in batches:
            self.spool.commit(one)
        self.forwarder.start()
        try:
            self.forwarder.drain(SOON)
        finally:
            self.forwarder.stop()

    def count(self) -> int:
        return self.store.count_samples(NEW_YEAR - 1000 * HOUR, NEW_YEAR + 10_000 * HOUR)


def test_what_is_in_the_spool_gets_into_the_store_and_out_of_the_spool() -> None:
    line = Line()
    line.run(*(batch(sample(i)) for i in range(250)))
    assert (line.count(), line.spool.depth()) == (250, 0)


def test_the_order_of_batches_is_kept_so_the_later_received_wins() -> None:
    line = Line()
    line.run(batch(sample(0, 1.0)), batch(sample(0, 2.0)))
    assert line.store.last().column("vibration").to_pylist() == [2.0]


def columns(*samples: Sample) -> IntakeBatch:
    return IntakeBatch(TelemetryBatch(by_column(*samples)), received_at=NEW_YEAR)


def test_samples_by_column_are_joined_by_column_and_the_later_received_wins() -> None:
    line = Line()
    other = Sample(DEVICE, NEW_YEAR, {"vibration": 2.0, "hours_run": 7.0}, 1)
    line.store.use(SignalCatalogue({"*": [Signal("vibration"), Signal("hours_run")]}))
    line.run(columns(sample(0, 1.0), sample(1, 1.0)), columns(other))
    (written,) = line.store.written
    assert isinstance(written.samples, SampleColumns)
    assert written.samples == [sample(0, 1.0), sample(1, 1.0), other]
    assert line.store.last().select(["vibration", "hours_run"]).to_pylist() == [{"vibration": 1.0, "hours_run": 7.0}]
    assert line.store.samples(NEW_YEAR, NEW_YEAR + HOUR)["vibration"].to_pylist() == [2.0]


def test_samples_by_column_and_one_by_one_keep_their_order() -> None:
    line = Line()
    line.run(columns(sample(0, 1.0)), batch(sample(0, 2.0)), columns(sample(1, 1.0), sample(0, 3.0)))
    assert line.store.samples(NEW_YEAR, NEW_YEAR + HOUR)["vibration"].to_pylist() == [3.0]


def test_a_signal_whose_type_changed_while_samples_waited_is_refused_where_it_is_wrong() -> None:
    line = Line()
    table = by_column(sample(1)).table.set_column(2, "vibration", pa.array(["much"]))
    odd = SampleColumns(table, pa.chunked_array([[1]], pa.int64()))
    line.run(columns(sample(0)), IntakeBatch(TelemetryBatch(odd), received_at=NEW_YEAR))
    assert (line.count(), line.quarantine.count()) == (1, {"store_refused": 1})


def test_small_batches_are_joined_into_one_write() -> None:
    line = Line()
    line.run(*(batch(sample(i)) for i in range(50)))
    assert len(line.store.written) == 1


def test_a_write_has_a_good_size_but_no_batch_is_too_large() -> None:
    half = tuple(sample(i) for i in range(MOST_JOINED // 2))
    double = tuple(sample(i) for i in range(2 * MOST_JOINED))
    line = Line()
    line.run(batch(*half), batch(*half), batch(*half), batch(*double))
    assert [len(b) for b in line.store.written] == [MOST_JOINED, MOST_JOINED // 2, 2 * MOST_JOINED]


def test_a_store_that_goes_away_is_tried_until_it_is_back() -> None:
    line = Line()
    line.store.failures_left = 7
    line.run(batch(sample(0)), batch(sample(1)))
    assert (line.count(), line.store.attempts) == (2, 8)


def test_a_store_that_says_how_long_to_wait_is_left_alone_for_so_long() -> None:
    line = Line()
    line.forwarder._longest_pause = 0.3
    asked = iter([timedelta(milliseconds=200), timedelta(hours=1)])

    def refuse_twice() -> None:
        for pause in asked:
            raise StoreUnavailable("store", "busy", retry_after=pause)

    line.store.before_write = refuse_twice
    began = time.monotonic()
    line.run(batch(sample(0)))
    assert 0.2 + 0.3 <= time.monotonic() - began < 2.0  # an hour is longer than the longest pause
    assert (line.count(), line.store.attempts) == (1, 3)


def test_stopping_while_the_store_is_away_leaves_everything_in_the_spool() -> None:
    line = Line()
    line.store.failures_left = 10**9
    line.spool.commit(batch(sample(0)))
    line.forwarder.start()
    with pytest.raises(TimeoutError, match="1 batches still wait"):
        line.forwarder.drain(timedelta(milliseconds=100))
    line.forwarder.stop()
    assert (line.spool.depth(), line.forwarder.failed, line.store.attempts > 1) == (1, None, True)


@pytest.mark.parametrize("committed", [batch, columns])
@pytest.mark.parametrize("bad", [{0}, {7}, {0, 1, 2}, {3, 11}, set(range(12))], ids=str)
def test_a_store_that_refuses_a_write_gets_the_rest_and_the_refused_are_quarantined(
    bad: set[int], committed: Callable[..., IntakeBatch]
) -> None:
    line = Line()
    line.store.refused = {float(i) for i in bad}
    line.run(*(committed(*(sample(4 * i + j, float(4 * i + j)) for j in range(4))) for i in range(3)))
    assert line.count() == 12 - len(bad)
    rejections = line.quarantine.newest()
    assert {r.reason for r in rejections} == {"store_refused"}
    assert len(rejections) == len(bad)
    (progress,) = line.progress.all()
    assert progress.watermark == max((sample(i).time for i in range(12) if i not in bad), default=None)
    assert (progress.samples, progress.rejected) == (12 - len(bad), len(bad))
    # What was refused has come: nothing is missing.
    assert (progress.last_seq, progress.gaps, progress.missing, progress.duplicates) == (11, 0, 0, 0)


@pytest.mark.parametrize("committed", [batch, columns])
@pytest.mark.parametrize("place", [0, 37, 99])
def test_one_reading_of_a_signal_that_the_store_does_not_know_is_refused_alone(
    place: int, committed: Callable[..., IntakeBatch]
) -> None:
    readings = [sample(i) for i in range(100)]
    readings[place] = replace(readings[place], values={"torque": 5.0, "vibration": 1.0})
    line = Line()
    line.run(committed(*readings[:50]), committed(*readings[50:]))
    (rejection,) = line.quarantine.newest()
    assert (line.count(), rejection.reason) == (99, "store_refused")
    assert rejection.payload == encode_batch([readings[place]])


@pytest.mark.parametrize("committed", [batch, columns])
def test_a_store_that_does_not_know_a_signal_yet_is_told_of_it_and_nothing_is_refused(
    committed: Callable[..., IntakeBatch],
) -> None:
    line = Line()
    asked: list[int] = []

    def learn() -> bool:
        asked.append(line.store.attempts)
        line.store.use(SignalCatalogue({"px": [Signal("vibration"), Signal("torque")]}))
        return len(asked) == 1

    line.forwarder._learn = learn
    line.run(committed(sample(0), replace(sample(1), values={"vibration": 1.0, "torque": 5.0})))
    assert (line.count(), line.quarantine.count(), asked) == (2, {}, [1])


class BrokenLog(MemoryDeviceProgressLog):
    """Cannot count one turn, and is away before another."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Exception] = [OverflowError("too large"), StoreUnavailable("operations", "away")]

    def observe(self, batch: IntakeBatch) -> None:
        if self.problems:
            raise self.problems.pop(0)
        super().observe(batch)


def test_progress_that_cannot_be_noted_stops_no_readings(caplog: pytest.LogCaptureFixture) -> None:
    line = Line()
    line.forwarder._progress = line.progress = BrokenLog()
    line.spool.commit(batch(sample(0)))
    line.forwarder.start()
    line.forwarder.drain(SOON)
    line.spool.commit(batch(sample(1)))
    line.forwarder.drain(SOON)
    line.forwarder.stop()
    assert (line.count(), line.forwarder.failed, line.forwarder.uncounted) == (2, None, 1)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "progress of batches 1 to 1 cannot be noted; their readings are stored"
    ]
    (progress,) = line.progress.all()
    assert progress.samples == 1


def test_a_mark_that_cannot_be_made_ends_the_forwarder_and_the_readings_wait() -> None:
    line = Line(scored_until=lambda: NEW_YEAR + 5 * HOUR)

    def refuse(windows: object) -> None:
        raise OverflowError("too large")

    line.dirty.mark = refuse  # type: ignore[method-assign]
    with pytest.raises(OverflowError):
        line.run(batch(sample(3)))
    assert line.spool.depth() == 1


def test_what_a_store_refused_can_be_sent_again_as_it_stands_in_quarantine() -> None:
    line = Line()
    line.store.refused = {7.0}
    line.run(batch(sample(0, 7.0)))
    (rejection,) = line.quarantine.newest()
    assert "field type conflict" in rejection.detail
    assert (rejection.device, rejection.received_at) == (DEVICE, NEW_YEAR)
    assert reception(registry(DEVICE)).read(rejection.topic, rejection.payload).samples == (sample(0, 7.0),)


def test_rejections_go_to_quarantine_and_statuses_to_progress() -> None:
    rejection = Rejection(NEW_YEAR, TELEMETRY, b"junk", "unreadable", "no JSON", DEVICE)
    line = Line()
    line.run(IntakeBatch(statuses=(Status(DEVICE, "online", NEW_YEAR, "1.4"),), rejections=(rejection,)))
    assert line.quarantine.newest() == [rejection]
    (progress,) = line.progress.all()
    assert (progress.state, progress.firmware, progress.rejected) == ("online", "1.4", 1)
    assert line.store.attempts == 0


def test_every_turn_is_told_once_with_what_was_stored() -> None:
    line = Line()
    line.run(batch(sample(0)), replace(batch(sample(1)), received_at=NEW_YEAR + HOUR))
    assert [b.telemetry.samples for b in line.forwarded] == [(sample(0), sample(1))]
    assert line.forwarded[0].received_at == NEW_YEAR + HOUR


def test_late_data_marks_its_window_once_it_is_stored() -> None:
    """A mark before the write could be scored, and cleared, by a reader that does not see the data yet."""
    line = Line(scored_until=lambda: NEW_YEAR + 5 * HOUR)

    def score_meanwhile() -> None:
        line.dirty.clear(line.dirty.pending()[0])

    line.store.before_write = score_meanwhile
    line.run(batch(sample(3), sample(6)))
    assert line.dirty.pending()[1] == [DirtyWindow(DEVICE, NEW_YEAR + 3 * HOUR, NEW_YEAR + 27 * HOUR)]


def test_data_that_becomes_late_while_it_is_written_marks_its_window_too() -> None:
    scored = [NEW_YEAR + 2 * HOUR]
    line = Line(scored_until=lambda: scored[0])

    def score_on() -> None:
        scored[0] = NEW_YEAR + 3 * HOUR

    line.store.before_write = score_on
    line.run(batch(sample(3), sample(4)))
    assert line.dirty.pending()[1] == [DirtyWindow(DEVICE, NEW_YEAR + 3 * HOUR, NEW_YEAR + 27 * HOUR)]


def test_data_in_time_marks_nothing() -> None:
    line = Line(scored_until=lambda: NEW_YEAR + 2 * HOUR)
    line.run(batch(sample(3)))
    assert line.dirty.pending() == (0, [])


class ForgetfulSpool(MemorySpool):
    """A spool whose first discard is lost, as in a crash between writing and discarding."""

    lost = False

    def discard(self, through: int) -> None:
        if self.lost:
            super().discard(through)
        self.lost = True


def test_a_crash_between_writing_and_discarding_stores_nothing_twice() -> None:
    line = Line()
    spool = ForgetfulSpool()
    line.forwarder._spool = line.spool = spool
    event, log = Event(DEVICE, NEW_YEAR, "E1"), LogLine(DEVICE, NEW_YEAR, "info", "x", seq=1)
    line.run(IntakeBatch(TelemetryBatch((sample(0),), (event,), (log,)), received_at=NEW_YEAR))
    assert len(line.store.written) == 2
    year = (NEW_YEAR, NEW_YEAR + 9000 * HOUR)
    assert (line.count(), line.store.events(*year).num_rows, line.store.logs(*year).num_rows) == (1, 1, 1)


class BrokenSpool(MemorySpool):
    def discard(self, through: int) -> None:
        raise SpoolFailed("the disk is full")


def test_a_spool_that_fails_ends_the_forwarder_and_whoever_waits_hears_why() -> None:
    line = Line()
    line.forwarder._spool = line.spool = BrokenSpool()
    with pytest.raises(SpoolFailed, match="disk is full"):
        line.run(batch(sample(0)))
    assert isinstance(line.forwarder.failed, SpoolFailed)


def test_waking_the_forwarder_makes_it_look_at_once() -> None:
    line = Line()
    line.forwarder.start()
    time.sleep(0.05)
    began = time.monotonic()
    for i in range(20):
        line.spool.commit(batch(sample(i)))
        line.forwarder.drain(SOON)
    took = time.monotonic() - began
    line.forwarder.stop()
    assert took < 1.0
    assert line.count() == 20


def test_whoever_waits_for_an_empty_spool_may_be_many() -> None:
    line = Line()
    line.forwarder.start()
    for i in range(100):
        line.spool.commit(batch(sample(i)))
    waiting = [threading.Thread(target=line.forwarder.drain, args=(SOON,)) for _ in range(5)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join(10.0)
    line.forwarder.stop()
    assert line.count() == 100


def test_samples_without_a_time_of_receipt_are_quarantined_all_the_same() -> None:
    line = Line()
    line.store.refused = {7.0}
    line.run(IntakeBatch(TelemetryBatch(samples=(Sample(DEVICE, NEW_YEAR, {"vibration": 7.0}),))))
    assert line.quarantine.count() == {"store_refused": 1}
