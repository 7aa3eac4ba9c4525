"""How each fault is brought about, and how often it really took effect."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.faults.collector_process import stands_still
from benchmarks.faults.link import FaultyLink, Weather
from benchmarks.faults.rig import Rig
from benchmarks.faults.schedule import FaultKind
from benchmarks.faults.store_front import StoreFront, Trouble
from tests.servers import InfluxServer, MosquittoServer

Strike = Callable[[Rig, float, random.Random], int]
"""Brings a fault about for so many seconds, mends it, and returns how often it took effect."""

_STORM_PAUSE = 0.15
_FULL_FOR_AT_MOST = 8.0
_FELT_WITHIN = 4.0
_CLOCK_JUMP = (30, 240)
_BACK_WITHIN = 60.0
_BUSY_FOR_AT_MOST = 0.5
_LOOK = 0.02


def strike(kind: FaultKind, rig: Rig, length: float, dice: random.Random) -> int:
    """Bring one fault about and mend it; return how often it took effect."""
    return _STRIKES[kind](rig, length, dice)


def _kill_collector(rig: Rig, length: float, dice: random.Random) -> int:
    return int(rig.collector.kill())


def _kill_collector_at_puback(rig: Rig, length: float, dice: random.Random) -> int:
    """Kill it as it acknowledges something new to the broker, which hears of it; its spool is kept busy before.

    What is acknowledged before it is committed has no time to be committed any more: a kill at any other moment would
    have to meet the few microseconds between the two.
    """
    deadline = time.monotonic() + _BACK_WITHIN
    while not rig.collector.is_collecting:
        if time.monotonic() > deadline:
            return 0
        time.sleep(_LOOK)
    killed = threading.Event()

    def kill() -> None:
        if rig.collector.kill():
            killed.set()

    try:
        with _kept_busy(rig.data / "spool.sqlite"):
            rig.collector_link.at_puback = kill
            killed.wait(min(length, _BUSY_FOR_AT_MOST))
        killed.wait(_FELT_WITHIN)
    except sqlite3.OperationalError:  # its disk is full
        return 0
    finally:
        rig.collector_link.at_puback = None
    return int(killed.is_set())


@contextmanager
def _kept_busy(file: Path) -> Iterator[None]:
    """Let nobody write a SQLite file, as a programme that backs it up might."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def _freeze_collector(rig: Rig, length: float, dice: random.Random) -> int:
    stood = rig.collector.freeze()
    time.sleep(length)
    rig.collector.thaw()
    return int(stood)


def _kill(server: MosquittoServer | InfluxServer, length: float) -> int:
    process = server.pid
    server.kill()
    time.sleep(length)
    server.start()
    return int(not _lives(process))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _freeze(server: MosquittoServer | InfluxServer, length: float) -> int:
    server.pause()
    stood = stands_still(server.pid)
    time.sleep(length)
    server.resume()
    return int(stood)


@contextmanager
def _under(link: FaultyLink, weather: Weather, length: float) -> Iterator[None]:
    """Let a link have its weather for so long, then clear it."""
    link.set(weather)
    time.sleep(length)
    yield
    link.set(Weather.CLEAR)


def _cut(link: FaultyLink, dice: random.Random) -> int:
    return link.cut(abruptly=dice.random() < 0.5)


def _slow(link: FaultyLink, length: float) -> int:
    before = link.slowed_bytes
    with _under(link, Weather.SLOW, length):
        return int(link.slowed_bytes > before)


def _half_open(link: FaultyLink, length: float, dice: random.Random) -> int:
    """Half the time the connections are found dead afterwards, otherwise they go on where they stopped."""
    before = link.held
    with _under(link, Weather.SILENT, length):
        was_felt = link.held > before
        if dice.random() < 0.5:
            link.cut()
    return int(was_felt)


def _duplicate_to_collector(rig: Rig, length: float, dice: random.Random) -> int:
    """Lose the collector's acknowledgements on the way, so that the broker delivers everything again."""
    before = rig.collector_link.lost_pubacks
    with _under(rig.collector_link, Weather.DEAF, min(length, 1.0)):
        pass
    return int(rig.collector_link.lost_pubacks > before)


def _duplicate_from_devices(rig: Rig, length: float, dice: random.Random) -> int:
    """Lose the broker's acknowledgements on the way, so that devices send everything again."""
    before = rig.device_link.lost_pubacks
    with _under(rig.device_link, Weather.MUTE, min(length, 1.0)):
        pass
    return int(rig.device_link.lost_pubacks > before)


def _reconnect_storm(rig: Rig, length: float, dice: random.Random) -> int:
    """Cut all devices again and again, as soon as they are back; counts the rounds that cut at least half of them."""
    until, rounds = time.monotonic() + length, 0
    while time.monotonic() < until:
        rounds += _cut(rig.device_link, dice) * 2 >= len(rig.devices)
        time.sleep(_STORM_PAUSE)
    return rounds


def _troubled(trouble: Trouble) -> Strike:
    def act(rig: Rig, length: float, dice: random.Random) -> int:
        front = _front(rig)
        before = front.troubled[trouble]
        front.trouble = trouble
        begun = time.monotonic()
        try:
            time.sleep(length)
            while front.troubled[trouble] == before and time.monotonic() - begun < _FELT_WITHIN:
                time.sleep(_LOOK)  # a client that is pausing, or waits for an answer, has not felt it yet
        finally:
            front.trouble = Trouble.NONE
        return front.troubled[trouble] - before

    return act


def _front(rig: Rig) -> StoreFront:
    assert rig.front is not None, "only schedules with a store server have faults of its answers"
    return rig.front


def _full_disk(rig: Rig, length: float, dice: random.Random) -> int:
    """Fill the collector's disk; counts how often the collector gave up with an error while it was full."""
    assert rig.disk is not None, "only schedules on a small disk fill it"
    ended = len(rig.collector.exits)
    begun = time.monotonic()
    while True:
        rig.disk.fill()  # what a dying process gives back is taken too
        full_for = time.monotonic() - begun
        if full_for > length and (len(rig.collector.exits) > ended or full_for > _FULL_FOR_AT_MOST):
            break
        time.sleep(_LOOK)
    rig.disk.free()
    return sum(exit.code > 0 for exit in rig.collector.exits[ended:])


def _device_clock_jump(rig: Rig, length: float, dice: random.Random) -> int:
    """Set half of the devices' clocks forward or back; counts the readings that were stamped by them."""
    before = rig.sent_with_offset
    chosen = dice.sample(sorted(rig.device_offset), max(1, len(rig.device_offset) // 2))
    for device in chosen:
        rig.device_offset[device] = 1000 * dice.choice((-1, 1)) * dice.randint(*_CLOCK_JUMP)
    time.sleep(length)
    for device in chosen:
        rig.device_offset[device] = 0
    return int(rig.sent_with_offset > before)


def _platform_clock_jump(rig: Rig, length: float, dice: random.Random) -> int:
    """Set the collector's clock forward or back, and right again; counts if it was collecting at both moments."""
    was_there = rig.collector.is_collecting
    rig.set_clock(dice.choice((-1, 1)) * dice.randint(*_CLOCK_JUMP))
    time.sleep(length)
    rig.set_clock(0.0)
    return int(was_there and rig.collector.is_collecting)


_STRIKES: Final[Mapping[FaultKind, Strike]] = {
    FaultKind.KILL_COLLECTOR: _kill_collector,
    FaultKind.KILL_COLLECTOR_AT_PUBACK: _kill_collector_at_puback,
    FaultKind.FREEZE_COLLECTOR: _freeze_collector,
    FaultKind.KILL_BROKER: lambda rig, length, _: _kill(rig.broker, length / 2),
    FaultKind.FREEZE_BROKER: lambda rig, length, _: _freeze(rig.broker, length),
    FaultKind.KILL_STORE: lambda rig, length, _: _kill(rig.lane.influx, length / 2),
    FaultKind.FREEZE_STORE: lambda rig, length, _: _freeze(rig.lane.influx, length),
    FaultKind.CUT_COLLECTOR: lambda rig, _, dice: _cut(rig.collector_link, dice),
    FaultKind.SLOW_COLLECTOR: lambda rig, length, _: _slow(rig.collector_link, length),
    FaultKind.HALF_OPEN_COLLECTOR: lambda rig, length, dice: _half_open(rig.collector_link, length, dice),
    FaultKind.DUPLICATE_TO_COLLECTOR: _duplicate_to_collector,
    FaultKind.CUT_DEVICES: lambda rig, _, dice: _cut(rig.device_link, dice),
    FaultKind.SLOW_DEVICES: lambda rig, length, _: _slow(rig.device_link, length),
    FaultKind.HALF_OPEN_DEVICES: lambda rig, length, dice: _half_open(rig.device_link, length, dice),
    FaultKind.DUPLICATE_FROM_DEVICES: _duplicate_from_devices,
    FaultKind.RECONNECT_STORM: _reconnect_storm,
    FaultKind.STORE_429: _troubled(Trouble.TOO_MANY),
    FaultKind.STORE_500: _troubled(Trouble.BROKEN),
    FaultKind.STORE_503: _troubled(Trouble.OVERLOADED),
    FaultKind.STORE_400_PART: _troubled(Trouble.PART_400),
    FaultKind.STORE_422_PART: _troubled(Trouble.PART_422),
    FaultKind.STORE_TIMEOUT: _troubled(Trouble.TIMEOUT),
    FaultKind.STORE_CUT: _troubled(Trouble.CUT),
    FaultKind.FULL_DISK: _full_disk,
    FaultKind.DEVICE_CLOCK_JUMP: _device_clock_jump,
    FaultKind.PLATFORM_CLOCK_JUMP: _platform_clock_jump,
}
