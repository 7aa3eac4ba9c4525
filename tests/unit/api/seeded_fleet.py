"""A small fleet in memory for the tests of API and console: alarms, silence, refusals, a month of signals."""

import atexit
import math
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

import pyarrow as pa
from argon2 import PasswordHasher
from sqlalchemy import Engine

from api.services import ConsoleServices
from foreworn.access import Role, User
from foreworn.clock import Clock, ManualClock
from foreworn.errors import NotFound, StoreUnavailable
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA, FleetHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.demand import DemandForecast, demand_table
from foreworn.health.failure_model import FailureModel
from foreworn.health.forecast import Forecast, Reason
from foreworn.health.remaining_life import LifeForecast, LifeModel, LifeModelsInUse, RemainingLife
from foreworn.health.scored_rows import ScoredRows
from foreworn.loop.labelling import Labelling
from foreworn.loop.passwords import Passwords
from foreworn.loop.people import People
from foreworn.loop.proposing import Proposing
from foreworn.loop.purchasing import Purchases
from foreworn.loop.quarantine_keeping import QuarantineKeeping
from foreworn.loop.replenishing import Replenishing
from foreworn.loop.work_orders import WorkOrders
from foreworn.settings import IngestionSettings
from foreworn.storage.operations.memory import (
    MemoryDeviceProgressLog,
    MemoryFleetRegistry,
    MemoryVerdictBoard,
)
from foreworn.storage.operations.memory_lives import MemoryLifeBoard
from foreworn.storage.operations.sql import SqlFleetRegistry, SqlQuarantine, open_operations
from foreworn.storage.operations.sql.answers import SqlAnswerBook
from foreworn.storage.operations.sql.operations import SqlOperations
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, Sample, Status, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.store import TelemetryStore
from ingestion.formats.native_json import NativeJsonDecoder
from ingestion.forwarding.filling import missing_from
from ingestion.forwarding.quarantine_replay import QuarantineReplay
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.reception import Reception
from ingestion.reception.validation import Validator
from models.promotion_journal import Promotion
from models.version_archive import Filed

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VERSION = "gb-3f2a91"
HOSTILE = '<script>alert("7")</script>'.replace("/", "⁄")
"""A device id with markup; ids hold no slash, so its closing tag has another one."""

PEOPLE = {
    "ada": Role.ADMIN,
    "paula": Role.PLANNER,
    "theo": Role.TECHNICIAN,
    "ines": Role.INVENTORY,
    "emil": Role.ENGINEER,
    "vera": Role.VIEWER,
    "gateway": Role.DEVICE,
}
"""Who may log in, by `password of NAME`."""
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
_NUMBERS = count(1)

CATALOGUE = SignalCatalogue(
    {
        "*": [
            Signal("vibration", "mm/s", low=0.0, high=200.0),
            Signal("pressure", "bar", low=0.0, high=300.0),
            Signal("rotation", "1/min", low=0.0, high=900.0),
            Signal("voltage", "V", low=0.0, high=400.0),
        ]
    }
)
UNSEEN = "its last load lies outside of every operating regime that training saw"
LEVELS = {"vibration": 3.0, "pressure": 99.0, "rotation": 450.0, "voltage": 171.0}


@dataclass(frozen=True)
class StubModel:
    """A failure model that only describes itself; the console never asks it to forecast."""

    version: str = VERSION
    horizon: timedelta = DAY
    horizons: tuple[timedelta, ...] = (DAY,)
    threshold: float = 0.4
    lookback: timedelta = DAY
    reads_logs: bool = False

    def describe(self) -> Mapping[str, object]:
        """Return what the real one would tell."""
        return {
            "trained_from": "2025-01-01T00:00:00Z",
            "trained_until": "2026-02-01T00:00:00Z",
            "rows": 72_000,
            "components": ["bearing", "filter", "seal"],
            "features": ["vibration mean 24 h", "vibration spread 3 h", "E17 count 24 h", "hours since replacement"],
            "left_out": {"gear": "it never failed before 2026-02-01"},
            "metrics": {
                "bearing": {"brier": 0.0123, "recall": 0.91},
                "filter": {"brier": 0.02, "recall": 0.8},
            },
            "library": "lightgbm 4.7",
        }

    def score(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime) -> ScoredRows:
        """Refuse: reading pages must not score."""
        raise AssertionError("the console asked the model to score")

    def forecast(
        self,
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        *,
        issued_at: datetime,
        horizons: Sequence[timedelta] | None = None,
    ) -> list[Forecast]:
        """Refuse: reading pages must not score."""
        raise AssertionError("the console asked the model to forecast")


@dataclass
class StubModels:
    """A model store with at most one model."""

    model: FailureModel | None = field(default_factory=StubModel)

    def load(self, version: str) -> FailureModel:
        """Return the model."""
        if self.model is None or self.model.version != version:
            raise NotFound("model", version)
        return self.model

    def versions(self) -> list[str]:
        """Return its version."""
        return [] if self.model is None else [self.model.version]

    def serving(self) -> FailureModel | None:
        """Return it."""
        return self.model

    def serve(self, version: str) -> None:
        """Do as the port says."""
        self.load(version)

    def describe(self, version: str) -> Mapping[str, object]:
        """Return what the model says."""
        return self.load(version).describe()

    def serving_version(self) -> str | None:
        """Return its version."""
        return None if self.model is None else self.model.version

    def saved_at(self, version: str) -> datetime:
        """Return when it was kept."""
        self.load(version)
        return NOW - 20 * DAY

    def promotions(self) -> list[Promotion]:
        """Return nothing: it came in use with a release that kept no journal."""
        return []

    def seals(self, version: str) -> dict[str, str]:
        """Return nothing: it has no files."""
        self.load(version)
        return {}

    def attachments(self, version: str) -> dict[str, Filed]:
        """Return nothing: nothing is filed with it."""
        self.load(version)
        return {}

    def attachment(self, version: str, name: str) -> bytes:
        """Refuse: nothing is filed with it."""
        self.load(version)
        raise NotFound("attachment", name)


@dataclass(frozen=True)
class StubLifeModel:
    """A model of remaining life that only describes itself."""

    component: str = "bearing"
    version: str = "life-5c1e"
    lookback: timedelta = 900 * DAY
    lives: int = 34
    lives_cut_short: int = 12

    def describe(self) -> Mapping[str, object]:
        """Return what the real one would tell."""
        metrics = {"unseen_coverage_p10_p90": 0.808}
        return {"lives": self.lives, "lives_cut_short": self.lives_cut_short, "unit": "hours", "metrics": metrics}

    def remaining_life(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[RemainingLife]:
        """Refuse: reading pages must not score."""
        raise AssertionError("the console asked the model how long something lasts")


@dataclass
class StubLifeModels:
    """The models of remaining life in use; `damage` is raised where it is asked for them."""

    models: Sequence[LifeModel] = ()
    damage: Exception | None = None

    def serving(self) -> Sequence[LifeModel]:
        """Return them."""
        if self.damage is not None:
            raise self.damage
        return self.models

    def in_use(self) -> LifeModelsInUse:
        """Return them."""
        return LifeModelsInUse(tuple(self.serving()))


class AwayTelemetryStore(MemoryTelemetryStore):
    """A telemetry store that never answers a question."""

    def samples(self, *args: object, **kwargs: object) -> pa.Table:
        """Fail."""
        raise _away()

    def windows(self, *args: object, **kwargs: object) -> pa.Table:
        """Fail."""
        raise _away()

    def events(self, *args: object, **kwargs: object) -> pa.Table:
        """Fail."""
        raise _away()

    def forecasts(self, *args: object, **kwargs: object) -> pa.Table:
        """Fail."""
        raise _away()

    def life_forecasts(self, *args: object, **kwargs: object) -> pa.Table:
        """Fail."""
        raise _away()

    def count_samples(self, *args: object, **kwargs: object) -> int:
        """Fail."""
        raise _away()


class MemoryDemand:
    """A demand store in memory."""

    def __init__(self) -> None:
        self._said: list[DemandForecast] = []

    def write_demand(self, forecasts: Sequence[DemandForecast]) -> None:
        """Keep them."""
        self._said += forecasts

    def demand(
        self, start: datetime, end: datetime, *, parts: Sequence[str] | None = None, places: Sequence[str] | None = None
    ) -> pa.Table:
        """Return those that fit."""
        return demand_table(
            [
                f
                for f in self._said
                if start <= f.start < end
                and (parts is None or f.part in parts)
                and (places is None or f.place in places)
            ]
        )


class AwayRegistry(MemoryFleetRegistry):
    """A registry whose database does not answer."""

    def machines(self) -> list[Machine]:
        """Fail."""
        raise StoreUnavailable("PostgreSQL at 127.0.0.1:5432", "connection refused", retry_after=timedelta(seconds=3))


def _away() -> StoreUnavailable:
    return StoreUnavailable("InfluxDB at 127.0.0.1:8086", "connection refused", retry_after=timedelta(seconds=2.5))


@cache
def _prepared() -> Path:
    """Return an operations store that knows the users; made once, copied for each fleet."""
    folder = Path(tempfile.mkdtemp(prefix="foreworn-fleet-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = open_operations("sqlite:///prepared.sqlite", folder=folder)
    with SqlOperations(engine).transaction() as tx:
        for name, role in PEOPLE.items():
            tx.users.put(User(name, frozenset({role}), QUICK.hashed(f"password of {name}")))
    engine.dispose()
    return folder


def _operations_with_people() -> Engine:
    folder = _prepared()
    file = folder / f"fleet-{next(_NUMBERS)}.sqlite"
    shutil.copy(folder / "prepared.sqlite", file)
    return open_operations(f"sqlite:///{file.name}", folder=folder)


class ToTheStore:
    """An intake that a forwarder empties at once."""

    def __init__(self, telemetry: TelemetryStore) -> None:
        self._telemetry = telemetry

    def commit(self, batch: IntakeBatch, through: Mapping[str, int] | None = None) -> None:
        """Store what is missing."""
        self._telemetry.write(missing_from(self._telemetry, batch.telemetry))

    def through(self) -> dict[str, int]:
        """Return nothing: no device waits for us."""
        return {}


def _reception(registry: FleetRegistry, clock: Clock) -> Reception:
    settings = IngestionSettings()
    return Reception(
        NativeJsonDecoder(settings.largest_payload), Validator(RegistryDirectory(registry), clock, settings), clock
    )


def empty_services() -> ConsoleServices:
    """Return services that know nothing but the users of `PEOPLE`."""
    telemetry, clock = MemoryTelemetryStore(CATALOGUE), ManualClock(NOW)
    engine = _operations_with_people()
    operations, registry = SqlOperations(engine), SqlFleetRegistry(engine)
    models, verdicts = StubModels(None), MemoryVerdictBoard()
    quarantine = SqlQuarantine(engine)
    replaying = QuarantineReplay(quarantine, lambda: _reception(registry, clock), ToTheStore(telemetry))
    return ConsoleServices(
        operations=operations,
        demand=MemoryDemand(),
        answers=SqlAnswerBook(engine),
        people=People(operations, clock, passwords=QUICK),
        work_orders=WorkOrders(operations, registry, clock),
        purchases=Purchases(operations, clock),
        labelling=Labelling(operations, registry, telemetry, models, clock),
        proposing=Proposing(operations, registry, verdicts, clock),
        replenishing=Replenishing(operations, registry, verdicts, clock),
        clock=clock,
        registry=registry,
        telemetry=telemetry,
        forecasts=telemetry,
        verdicts=verdicts,
        lives=MemoryLifeBoard(),
        life_forecasts=telemetry,
        life_models=StubLifeModels(),
        quarantine=quarantine,
        quarantine_keeping=QuarantineKeeping(operations, replaying, clock),
        progress=MemoryDeviceProgressLog(),
        models=models,
        collector_counts=lambda: {"received": 0, "acknowledged": 0},
        spool_depth=lambda: 0,
    )


def seeded_services(*, machines: int = 40, days: int = 30) -> ConsoleServices:
    """Return services over a fleet with something of everything.

    Machine 07's bearing wears and is an alarm, as is 12's filter; 33 is silent since two days, 40 was never heard.
    """
    life_models = StubLifeModels([StubLifeModel(), StubLifeModel("filter", "life-77aa", lives=11, lives_cut_short=90)])
    services = replace(empty_services(), models=StubModels(), life_models=life_models)
    fleet = [_machine(n) for n in range(1, machines + 1)]
    services.registry.add_signals(CATALOGUE)
    services.registry.add(fleet, [Attachment(f"gw-{m.id}", m.id, m.installed_at) for m in fleet])
    for machine in fleet:
        _tell(services, machine, days)
    _tell_lives(services)
    _record_work(services)
    _refuse(services)
    return services


def with_store_away(services: ConsoleServices) -> ConsoleServices:
    """Return the same services with a telemetry store that does not answer."""
    away = AwayTelemetryStore(CATALOGUE)
    return replace(services, telemetry=away, forecasts=away, life_forecasts=away)


def _machine(n: int) -> Machine:
    site = "West" if n % 2 else "East"
    components = ("bearing", "filter", "gear", "seal") if n == 7 else ("bearing", "filter", "seal")
    return Machine(f"Pump-{n:02d}", "px-200" if n % 3 else "px-300", site, NOW - 900 * DAY, components)


def _tell(services: ConsoleServices, machine: Machine, days: int) -> None:
    """Let the machine report for `days`, and be forecast hourly."""
    n = int(machine.id[-2:])
    if n == 40:
        services.verdicts.post(_forecasts(machine, NOW, 0.0))
        return
    told_days = days if n == 7 else 1
    until = NOW - 2 * DAY if n == 33 else NOW
    hours = [until - HOUR * h for h in reversed(range(told_days * 24))]
    device = f"gw-{machine.id}"
    samples = tuple(Sample(device, t, _values(n, t), seq=i) for i, t in enumerate(hours))
    events = tuple(Event(device, t, "E17", "warning", "bearing temperature high") for t in hours[-60::20] if n == 7)
    batch = TelemetryBatch(samples=samples, events=events)
    services.telemetry.write(batch)
    status = Status(device, "offline" if n == 33 else "online", hours[0], firmware="2.4.1", wants_ack=n % 2 == 0)
    services.progress.observe(IntakeBatch(telemetry=batch, statuses=(status,), received_at=until))
    services.verdicts.post(_forecasts(machine, NOW, _wear(n, NOW)))
    if n == 7:
        for t in hours:
            services.forecasts.write_forecasts(_forecasts(machine, t, _wear(n, t)))


def _wear(n: int, time: datetime) -> float:
    """Return how worn the machine is, 0 to 1; pump 7 wears over its last three days."""
    if n == 7:
        return max(0.0, 1.0 - (NOW - time) / (3 * DAY)) * 0.62
    return {12: 0.47, 3: 0.31, 19: 0.22, 28: 0.12}.get(n, 0.002 + 0.001 * (n % 7))


def _values(n: int, time: datetime) -> dict[str, float]:
    phase = time.timestamp() / 3600
    wear = _wear(n, time)
    noise = {"vibration": 0.4, "pressure": 4.0, "rotation": 20.0, "voltage": 6.0}
    values = {
        name: level + noise[name] * (math.sin(phase * 0.7 + n) + 0.6 * math.sin(phase * 2.3 + level))
        for name, level in LEVELS.items()
    }
    values["vibration"] += 7.5 * wear
    return {name: round(value, 3) for name, value in values.items()}


def _forecasts(machine: Machine, time: datetime, wear: float) -> list[Forecast]:
    odd = "filter" if machine.id.endswith("12") else "bearing"
    chances = {c: 0.002 for c in machine.components if c != "gear"} | {odd: max(0.001, wear)}
    if machine.id.endswith("07"):
        chances["seal"] = 0.41 if wear > 0.5 else 0.03
    return [
        Forecast(machine.id, c, time, DAY, p, VERSION, time, reasons=_reasons(c, p)) for c, p in sorted(chances.items())
    ]


def _tell_lives(services: ConsoleServices) -> None:
    """Tell for a week how long pump 7's bearing lasts; its filter was told of once, before it was replaced."""
    midnight = NOW - 6 * HOUR
    told = [_life("bearing", midnight - day * DAY, hours=31 * 24 + 24.0 * day, version="life-5c1e") for day in range(7)]
    told.append(_life("filter", NOW - 6 * DAY, hours=1_900.0, version="life-77aa", note=UNSEEN))
    services.life_forecasts.write_life_forecasts(told)
    services.lives.post(told)


def _life(component: str, time: datetime, *, hours: float, version: str, note: str = "") -> LifeForecast:
    return LifeForecast(
        machine="Pump-07",
        component=component,
        time=time,
        p10=hours - 19 * 24,
        p50=hours,
        p90=hours + 29 * 24,
        expected=hours - 40,
        cap=2_250.0,
        unit="hours",
        model_version=version,
        issued_at=time + timedelta(minutes=1),
        reasons=(
            Reason(
                "vibration residual", f"vibration residual level 90 h in life of {component}", 3.2, -1.1, 1.4, 190.0
            ),
            Reason(
                "similar past lives", "similar past lives over 720 h: life left of, mean", 640.0, 500.0, 2_400.0, 61.0
            ),
            Reason(f"age of {component}", f"hours in life of {component}", 504.0, 60.0, 3_000.0, -33.0),
            Reason("health index 1", f"health index 1 slope 360 h in life of {component}", 0.02, -0.01, 0.01, 12.0),
        ),
        note=note,
    )


def _reasons(component: str, probability: float) -> tuple[Reason, ...]:
    if probability < 0.1:
        return (Reason("voltage", "voltage mean 24 h", 171.0, 165.0, 176.0, -0.4),)
    return (
        Reason("vibration", "vibration mean 24 h", 3.0 + 7.9 * probability, 2.2, 4.0, 2.31),
        Reason("E17", "E17 count 24 h", 3.0, 0.0, 1.0, 0.84),
        Reason(f"replacement of {component}", f"hours since replacement of {component}", 1834.0, 20.0, 1460.0, 0.42),
        Reason("rotation", "rotation spread 3 h", None, None, None, 0.1),
        Reason("voltage", "voltage mean 24 h", 171.0, 165.0, 176.0, -0.21),
    )


def _record_work(services: ConsoleServices) -> None:
    services.registry.record_failures(
        pa.Table.from_pylist(
            [{"time": NOW - 21 * DAY, "machine": "Pump-07", "component": "bearing", "mode": "wear"}], FAILURE_SCHEMA
        )
    )
    services.registry.record_maintenance(
        pa.Table.from_pylist(
            [
                {
                    "time": NOW - 21 * DAY + 6 * HOUR,
                    "machine": "Pump-07",
                    "component": "bearing",
                    "action": "replace",
                    "kind": "corrective",
                },
                {
                    "time": NOW - 5 * DAY,
                    "machine": "Pump-07",
                    "component": "filter",
                    "action": "replace",
                    "kind": "preventive",
                },
            ],
            MAINTENANCE_SCHEMA,
        )
    )


def _refuse(services: ConsoleServices) -> None:
    def refused(minutes: int, device: str, reason: str, detail: str, payload: bytes, signal: str | None) -> Rejection:
        topic = f"foreworn/v1/west/{device}/telemetry"
        return Rejection(NOW - timedelta(minutes=minutes), topic, payload, reason, detail, device, signal)

    rejections = [
        refused(m, "gw-Pump-05", "out_of_range", "vibration is -4.0 mm/s, least 0", b'{"values":{}}', "vibration")
        for m in range(20, 200, 20)
    ]
    rejections += [
        refused(3, "gw-Pump-09", "unreadable", "not JSON: byte 0xff at 8", b'{"ts": "\xff\x00<img src=x>', None),
        refused(5, HOSTILE, "unknown_device", "no such device; register it first", b'{"ts": 1}', None),
    ]
    services.quarantine.put(rejections)
    services.progress.observe(IntakeBatch(rejections=tuple(rejections), received_at=NOW - timedelta(minutes=3)))
