"""Schedules: seeded random sequences of faults."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

SECONDS: Final = (4.0, 7.0)
_LENGTH = (0.2, 2.0)
_BROKER_MAY_DIE = 0.4
_ON_DUCKDB = 0.35
_FURTHER = (2, 5)
_SMALL_QUEUE = 0.5


class StoreKind(StrEnum):
    """Which telemetry store a schedule runs on."""

    INFLUX = "influx"
    DUCKDB = "duckdb"


class Track(Enum):
    """What a fault befalls; faults of one track never overlap, those of different tracks do."""

    COLLECTOR = "collector"
    BROKER = "broker"
    STORE = "store"
    COLLECTOR_LINK = "the way from collector to broker"
    DEVICE_LINK = "the way from devices to broker"
    STORE_LINK = "the way from collector to store"
    DISK = "the collector's disk"
    DEVICE_CLOCKS = "the devices' clocks"
    CLOCK = "the platform's clock"


class FaultKind(Enum):
    """Everything that may go wrong: its name, and what it befalls."""

    KILL_COLLECTOR = ("kill_collector", Track.COLLECTOR)
    KILL_COLLECTOR_AT_PUBACK = ("kill_collector_at_puback", Track.COLLECTOR)
    FREEZE_COLLECTOR = ("freeze_collector", Track.COLLECTOR)
    KILL_BROKER = ("kill_broker", Track.BROKER)
    FREEZE_BROKER = ("freeze_broker", Track.BROKER)
    KILL_STORE = ("kill_store", Track.STORE)
    FREEZE_STORE = ("freeze_store", Track.STORE)
    CUT_COLLECTOR = ("cut_collector", Track.COLLECTOR_LINK)
    SLOW_COLLECTOR = ("slow_collector", Track.COLLECTOR_LINK)
    HALF_OPEN_COLLECTOR = ("half_open_collector", Track.COLLECTOR_LINK)
    DUPLICATE_TO_COLLECTOR = ("duplicate_to_collector", Track.COLLECTOR_LINK)
    CUT_DEVICES = ("cut_devices", Track.DEVICE_LINK)
    SLOW_DEVICES = ("slow_devices", Track.DEVICE_LINK)
    HALF_OPEN_DEVICES = ("half_open_devices", Track.DEVICE_LINK)
    DUPLICATE_FROM_DEVICES = ("duplicate_from_devices", Track.DEVICE_LINK)
    RECONNECT_STORM = ("reconnect_storm", Track.DEVICE_LINK)
    STORE_429 = ("store_429", Track.STORE_LINK)
    STORE_500 = ("store_500", Track.STORE_LINK)
    STORE_503 = ("store_503", Track.STORE_LINK)
    STORE_400_PART = ("store_400_part", Track.STORE_LINK)
    STORE_422_PART = ("store_422_part", Track.STORE_LINK)
    STORE_TIMEOUT = ("store_timeout", Track.STORE_LINK)
    STORE_CUT = ("store_cut", Track.STORE_LINK)
    FULL_DISK = ("full_disk", Track.DISK)
    DEVICE_CLOCK_JUMP = ("device_clock_jump", Track.DEVICE_CLOCKS)
    PLATFORM_CLOCK_JUMP = ("platform_clock_jump", Track.CLOCK)

    def __init__(self, title: str, track: Track) -> None:
        self.title, self.track = title, track

    @property
    def needs_store_server(self) -> bool:
        """Whether it makes sense only with a store that is a process of its own."""
        return self.track in (Track.STORE, Track.STORE_LINK)

    @property
    def needs_keeping_devices(self) -> bool:
        """Whether devices that trust the broker alone may lose by it."""
        return self is FaultKind.KILL_BROKER


@dataclass(frozen=True, slots=True)
class Step:
    """One fault: when it begins and how long it lasts, in seconds."""

    at: float
    kind: FaultKind
    length: float

    def __str__(self) -> str:
        return f"{self.kind.title} at {self.at:.1f} s for {self.length:.1f} s"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What happens, to what.

    Parameters
    ----------
    number
        Its place in the run.
    seed
        Of everything drawn at random while it runs.
    store
        Where readings go.
    broker_may_die
        If so, only devices that wait for the platform's acknowledgement take part.
    seconds
        How long devices talk.
    steps
        The faults, by time.
    small_queue
        Whether the broker's queue is as short as Mosquitto's is by default, and a stranger talks so much that it drops
        what it has acknowledged: only devices that wait for the platform's acknowledgement can stand that.
    """

    number: int
    seed: int
    store: StoreKind
    broker_may_die: bool
    seconds: float
    steps: Sequence[Step]
    small_queue: bool = False

    @property
    def needs_small_disk(self) -> bool:
        """Whether the collector's disk gets full."""
        return any(step.kind is FaultKind.FULL_DISK for step in self.steps)

    def __str__(self) -> str:
        devices = "keeping devices" if self.broker_may_die else "plain and keeping devices"
        devices += ", a small queue" * self.small_queue
        return f"schedule {self.number} ({self.store}, {devices}): {'; '.join(map(str, self.steps))}"


def draw(
    run_seed: int, number: int, kinds: Sequence[FaultKind] = tuple(FaultKind), *, small_queues: bool = True
) -> Schedule:
    """Return schedule `number` of a run: the kinds take turns at being in it for certain, others join by chance.

    Where the broker may die, its queue is a small one half of the time, if `small_queues` are wanted.

    Examples
    --------
    >>> draw(1, 3) == draw(1, 3), draw(1, 3) == draw(2, 3)
    (True, False)
    """
    seed = run_seed * 1_000_003 + number
    dice = random.Random(seed)
    first = kinds[number % len(kinds)]
    store = StoreKind.DUCKDB if dice.random() < _ON_DUCKDB and not first.needs_store_server else StoreKind.INFLUX
    broker_may_die = first.needs_keeping_devices or dice.random() < _BROKER_MAY_DIE
    fitting = [
        kind
        for kind in kinds
        if (store is StoreKind.INFLUX or not kind.needs_store_server)
        and (broker_may_die or not kind.needs_keeping_devices)
    ]
    seconds = dice.uniform(*SECONDS)
    chosen = [first, *dice.choices(fitting, k=dice.randint(*_FURTHER))]
    steps = [Step(dice.uniform(0.3, seconds - 0.5), kind, dice.uniform(*_LENGTH)) for kind in chosen]
    small = broker_may_die and dice.random() < _SMALL_QUEUE and small_queues
    return Schedule(number, seed, store, broker_may_die, seconds, tuple(sorted(steps, key=lambda s: s.at)), small)
