"""Runs one schedule, heals everything, waits until all is drained, and holds the ledgers against the store."""

import random
import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.faults.collector_process import COMMAND, Exit
from benchmarks.faults.rig import Lane, Rig
from benchmarks.faults.schedule import FaultKind, Schedule, Step, Track
from benchmarks.faults.stored_rows import duckdb_rows, influx_rows, quarantined_rows, spool_depth
from benchmarks.faults.stranger import STRANGER
from benchmarks.faults.strikes import strike
from benchmarks.faults.verdict import StoredRow, Verdict, judge

PATIENCE = 60.0
_LOOK = 0.02
_DROPS = "messages are being dropped for client"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a schedule.

    Parameters
    ----------
    schedule
        What happened.
    fired
        How often each kind of fault really took effect.
    verdict
        Ledgers against store.
    recovery
        From the end of the last fault until everything sent was acknowledged, forwarded and stored; None if it was not
        in time. [s]
    exits
        Ends the collector came to by itself.
    exit_code
        Of the collector when it was asked to end.
    redelivered
        PUBLISH packets that the broker sent the collector again.
    broker_dropped
        Whether the broker says that its queue for somebody was full.
    collector_log
        What the collector had to say.
    """

    schedule: Schedule
    fired: Counter[FaultKind]
    verdict: Verdict
    recovery: float | None
    exits: tuple[Exit, ...]
    exit_code: int
    redelivered: int
    broker_dropped: bool
    collector_log: str

    @property
    def is_good(self) -> bool:
        """Whether it was exact, came to an end, and the collector ended as it was asked to."""
        return self.verdict.is_exact and self.recovery is not None and self.exit_code == 0


def run(lane: Lane, schedule: Schedule, *, patience: float = PATIENCE, command: Sequence[str] = COMMAND) -> Outcome:
    """Run one schedule in a folder of its own, which is removed afterwards.

    Parameters
    ----------
    lane
        What schedules share.
    schedule
        What is going to happen.
    patience
        How long to wait for everything to drain. [s]
    command
        What is started as the collector.
    """
    folder = lane.folder / f"schedule-{schedule.number}"
    folder.mkdir()
    try:
        with Rig(lane, schedule, folder, command=command) as rig:
            rig.talk()
            fired = _strike_all(rig)
            rig.quiet()
            healed = time.monotonic()
            drained = _drain(rig, healed + patience)
            recovery = time.monotonic() - healed if drained else None
            for device in rig.devices:
                device.close()
            exit_code = rig.collector.stop()
            return Outcome(
                schedule,
                fired,
                _judge(rig),
                recovery,
                tuple(rig.collector.exits),
                exit_code,
                rig.collector_link.redelivered,
                _DROPS in (folder / "mosquitto" / "server.log").read_text(errors="replace"),
                (folder / "collector.log").read_text(errors="replace"),
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _strike_all(rig: Rig) -> Counter[FaultKind]:
    """Let the faults happen, each track on a thread of its own, and return what took effect."""
    fired: Counter[FaultKind] = Counter()
    problems: list[BaseException] = []
    began = time.monotonic()

    def follow(track: Track) -> None:
        try:
            for place, step in enumerate(rig.schedule.steps):
                if step.kind.track is track:
                    _sleep_until(began + step.at)
                    fired[step.kind] += strike(step.kind, rig, step.length, _dice(rig, place, step))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=follow, args=(track,)) for track in {s.kind.track for s in rig.schedule.steps}]
    for thread in threads:
        thread.start()
    _sleep_until(began + rig.schedule.seconds)
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
    return fired


def _dice(rig: Rig, place: int, step: Step) -> random.Random:
    return random.Random(f"{rig.schedule.seed}/{place}/{step.kind.title}")


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _drain(rig: Rig, deadline: float) -> bool:
    """Wait until devices are told that all they sent is safe, and all of it is forwarded; tell whether it came so far.

    The broker hands on what plain devices sent in the order it came, so once a reading that is sent after all of them
    is acknowledged by the platform, none of them waits in the broker.
    """
    if not _until(lambda: rig.owed() == 0, deadline):
        return False
    last = rig.devices[-1]
    rig.send(last, 1)
    return _until(lambda: rig.owed() == 0, deadline) and _until(lambda: _is_forwarded(rig), deadline)


def _is_forwarded(rig: Rig) -> bool:
    try:
        return rig.collector.is_collecting and spool_depth(rig.data / "spool.sqlite") == 0
    except sqlite3.OperationalError:  # it is being started
        return False


def _until(holds: Callable[[], bool], deadline: float) -> bool:
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    return True


def _judge(rig: Rig) -> Verdict:
    rows: list[StoredRow]
    if rig.front is None:
        rows = _in_ledgers(duckdb_rows(rig.data / "telemetry.duckdb"))
        return judge(rig.schedule.seed, rig.ledgers, rows)
    rows = _in_ledgers(influx_rows(rig.lane.influx, rig.bucket))
    quarantined = quarantined_rows(rig.data / "operations.sqlite")
    return judge(rig.schedule.seed, rig.ledgers, rows, refused=rig.front.refused, quarantined=quarantined)


def _in_ledgers(rows: Sequence[StoredRow]) -> list[StoredRow]:
    """Leave out what somebody said of whom nobody keeps a ledger."""
    return [row for row in rows if row.key[0] != STRANGER]
