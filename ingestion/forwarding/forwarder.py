"""The forwarder: brings what the spool holds to the telemetry store, and stays at it until the store has it."""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from foreworn.errors import StoreRejected, StoreUnavailable
from foreworn.settings import IngestionSettings
from foreworn.telemetry.intake import DeviceProgressLog, DirtyWindows, IntakeBatch, Spool
from foreworn.telemetry.quarantine import Quarantine, Rejection
from foreworn.telemetry.sample import EPOCH, Event, LogLine, Sample, TelemetryBatch
from foreworn.telemetry.sample_columns import joined
from foreworn.telemetry.store import TelemetryStore
from foreworn.telemetry.wire import encode_batch, kind_of, topic
from ingestion.forwarding.filling import missing_from
from ingestion.forwarding.late_data import dirty_windows

# Of one write: larger ones cost no less per entry, and more memory.
MOST_JOINED = 10_000
_IDLE_WAIT = 0.2
_FIRST_PAUSE = 0.05
_SITE_UNKNOWN = "-"

_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)


class Forwarder:
    """A thread that empties the spool, in order.

    For each turn: the store is written, windows that late data makes dirty are marked, what was refused
    goes to quarantine, the devices' progress is noted, and only then is the spool told to forget. A crash
    in between repeats the turn, which changes nothing but the progress counts, which count repeats.

    A store that cannot answer is tried again for ever. One that refuses a write is told of new signals, where
    there are any, and is then given it in halves until the entries it refuses are alone; those are quarantined.

    Readings matter more than what is counted of them: where a turn's progress cannot be noted, that is an error in
    the log and in `uncounted`, and forwarding goes on. Dirty windows and quarantine are no bookkeeping: without them
    scores would be wrong and refusals lost, so an error there ends the forwarder, and the turn waits in the spool.

    Parameters
    ----------
    spool
        Where batches wait.
    store, quarantine, progress, dirty
        Where their parts go.
    scored_until
        Up to which device time machines are scored, or are being scored: it must move before scoring
        begins to read, or data that arrives meanwhile is missed. None while nothing is scored.
    settings
        How long the pauses may become.
    window
        How long a reading goes on having a part in scores.
    on_forwarded
        Called with each turn's batch after it is stored and before it is forgotten. What it raises ends the forwarder.
    learn
        Tells the store of signals that were registered since, and returns whether there were any; called when the
        store refuses a write.
    """

    def __init__(
        self,
        spool: Spool,
        store: TelemetryStore,
        quarantine: Quarantine,
        progress: DeviceProgressLog,
        dirty: DirtyWindows,
        scored_until: Callable[[], datetime | None],
        settings: IngestionSettings,
        *,
        window: timedelta = timedelta(hours=24),
        on_forwarded: Callable[[IntakeBatch], None] | None = None,
        learn: Callable[[], bool] = lambda: False,
    ) -> None:
        self._spool = spool
        self._store = store
        self._quarantine = quarantine
        self._progress = progress
        self._dirty = dirty
        self._scored_until = scored_until
        self._longest_pause = settings.retry_longest.total_seconds()
        self._window = window
        self._on_forwarded = on_forwarded
        self._learn = learn
        self._uncounted = 0
        self._thread = threading.Thread(target=self._run, name="foreworn-forwarder", daemon=True)
        self._stopping = threading.Event()
        self._state = threading.Condition()
        self._woken = False
        self._failed: Exception | None = None

    @property
    def failed(self) -> Exception | None:
        """Why the forwarder gave up, or None; the process ought to exit with an error."""
        return self._failed

    @property
    def uncounted(self) -> int:
        """Of how many turns the readings were stored and the progress could not be noted."""
        return self._uncounted

    def start(self) -> None:
        """Begin to empty the spool."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present write; what is not forwarded stays in the spool."""
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Look into the spool now; without this it is looked into a few times a second."""
        with self._state:
            self._woken = True
            self._state.notify_all()

    def drain(self, timeout: timedelta) -> None:
        """Wait until the spool is empty and all of it is stored.

        Raises
        ------
        TimeoutError
            If it is not by then.
        """
        self.wake()
        with self._state:
            done = self._state.wait_for(lambda: self._failed or self._spool.depth() == 0, timeout.total_seconds())
        if self._failed is not None:
            raise self._failed
        if not done:
            raise TimeoutError(f"{self._spool.depth()} batches still wait in the spool after {timeout}")

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if not self._turn():
                    self._rest()
        except Exception as error:
            _log.error("the forwarder gives up: %s", error)
            self._failed = error
        finally:
            with self._state:
                self._state.notify_all()

    def _rest(self) -> None:
        with self._state:
            self._state.notify_all()
            self._state.wait_for(lambda: self._woken or self._stopping.is_set(), _IDLE_WAIT)
            self._woken = False

    def _turn(self) -> bool:
        """Forward what waits at the front of the spool; tell whether there was anything."""
        waiting = _of_one_kind(self._spool.pending(entries=MOST_JOINED))
        if not waiting:
            return False
        forwarded = self._retrying(lambda: self._forward(waiting))
        told = forwarded is not None and self._retrying(lambda: self._tell(forwarded))
        if told:
            self._spool.discard(waiting[-1][0])
        return True

    def _tell(self, forwarded: IntakeBatch) -> bool:
        if self._on_forwarded is not None:
            self._on_forwarded(forwarded)
        return True

    def _forward(self, numbered: Sequence[tuple[int, IntakeBatch]]) -> IntakeBatch:
        waiting = [batch for _, batch in numbered]
        batches = [self._unfilled(batch) for batch in waiting]
        telemetry = _joined([batch.telemetry for batch in batches])
        stored, refused = self._write(telemetry, batches)
        # All that came, not only what was missing: after a crash in between nothing of it is missing any more.
        self._mark_dirty(_joined([b.telemetry for b in waiting]) if any(b.fills for b in waiting) else telemetry)
        rejections = (*(r for batch in batches for r in batch.rejections), *refused)
        if rejections:
            self._quarantine.put(rejections)
        statuses = tuple(status for batch in batches for status in batch.statuses)
        whole = IntakeBatch(stored, statuses, rejections, batches[-1].received_at, fills=batches[-1].fills)
        self._observe(whole, numbered[0][0], numbered[-1][0])
        return whole

    def _observe(self, whole: IntakeBatch, first: int, last: int) -> None:
        try:
            self._progress.observe(whole)
        except StoreUnavailable:
            raise
        except Exception:
            self._uncounted += 1
            _log.exception("progress of batches %d to %d cannot be noted; their readings are stored", first, last)

    def _unfilled(self, batch: IntakeBatch) -> IntakeBatch:
        """Return a replayed batch without what the store has already; another as it is."""
        return replace(batch, telemetry=missing_from(self._store, batch.telemetry)) if batch.fills else batch

    def _mark_dirty(self, telemetry: TelemetryBatch) -> None:
        """Mark what comes late, once it is stored: a mark before the write could be scored, and cleared, without it.

        A crash in between repeats the whole turn, the mark included.
        """
        scored_until = self._scored_until()
        if scored_until is not None:
            windows = dirty_windows(telemetry, scored_until, self._window)
            if windows:
                self._dirty.mark(windows)

    def _write(
        self, telemetry: TelemetryBatch, batches: Sequence[IntakeBatch]
    ) -> tuple[TelemetryBatch, list[Rejection]]:
        """Write; return what is stored, and what the store refuses."""
        if not len(telemetry):
            return telemetry, []
        try:
            self._write_learning(telemetry)
        except StoreRejected:
            results = [self._write_apart(batch.telemetry, batch.received_at) for batch in batches]
            return _joined([stored for stored, _ in results]), [r for _, refused in results for r in refused]
        return telemetry, []

    def _write_learning(self, telemetry: TelemetryBatch) -> None:
        try:
            self._store.write(telemetry)
        except StoreRejected:
            if not self._learn():
                raise
            self._store.write(telemetry)

    def _write_apart(
        self, telemetry: TelemetryBatch, received_at: datetime | None
    ) -> tuple[TelemetryBatch, list[Rejection]]:
        """Write in halves until what the store refuses is alone."""
        if not len(telemetry):
            return telemetry, []
        try:
            self._store.write(telemetry)
        except StoreRejected as error:
            if len(telemetry) == 1:
                return TelemetryBatch(), [_refused(telemetry, received_at, error)]
            results = [self._write_apart(half, received_at) for half in telemetry.halves()]
            return _joined([stored for stored, _ in results]), [r for _, refused in results for r in refused]
        return telemetry, []

    def _retrying(self, act: Callable[[], _Result]) -> _Result | None:
        """Return what `act` returns once every store answers, or None if we are stopped before.

        It is tried once even while we are being stopped: a turn that is half done would be repeated, and counted twice.
        """
        pause = _FIRST_PAUSE
        while True:
            try:
                return act()
            except StoreUnavailable as error:
                _log.warning("%s; the spool holds %d batches", error, self._spool.depth())
                # Full jitter: many forwarders that lost the same store must not come back at once.
                asked = error.retry_after.total_seconds() + random.uniform(0, pause)
                if self._stopping.wait(min(asked, self._longest_pause)):
                    return None  # the batches stay in the spool
                pause = min(pause * 2, self._longest_pause)


def _of_one_kind(waiting: Sequence[tuple[int, IntakeBatch]]) -> Sequence[tuple[int, IntakeBatch]]:
    """Return the batches before the next that fills; where that is the first, it alone.

    What came before it has to be in the store before it is asked what is missing.
    """
    until = next((place for place, (_, batch) in enumerate(waiting) if batch.fills), len(waiting))
    return waiting[: max(until, 1)]


def _joined(parts: Sequence[TelemetryBatch]) -> TelemetryBatch:
    if len(parts) == 1:
        return parts[0]
    return TelemetryBatch(
        samples=joined([part.samples for part in parts]),
        events=tuple(event for part in parts for event in part.events),
        logs=tuple(line for part in parts for line in part.logs),
    )


def _refused(telemetry: TelemetryBatch, received_at: datetime | None, error: StoreRejected) -> Rejection:
    """Return the quarantine entry of the only entry of a batch, as a message that could be sent again.

    The registry, not the topic, knows the site, so the topic names none.
    """
    entries: list[Sample | Event | LogLine] = [*telemetry.samples, *telemetry.events, *telemetry.logs]
    entry = entries[0]
    return Rejection(
        received_at or EPOCH,
        topic(_SITE_UNKNOWN, entry.device, kind_of(entry)),
        encode_batch(entries),
        "store_refused",
        str(error),
        entry.device,
    )
