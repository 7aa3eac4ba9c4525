"""Three weeks of a small fleet, made so that the answer of every dashboard can be worked out by hand.

Two sites are chosen in the tests; what stands on the third, `North`, must never be counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from foreworn.economics.cost_table import CostTable
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.anomaly import AnomalyScore, SignalShare
from foreworn.health.case import Case, CaseState, Reading
from foreworn.health.demand import DemandDistribution, DemandForecast, DemandSource
from foreworn.health.forecast import Forecast, Reason
from foreworn.health.label import Label, Outcome
from foreworn.health.remaining_life import LifeForecast
from foreworn.planning.evidence import Evidence
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import Booking, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.spares.part import Part
from foreworn.spares.purchase import PurchaseOrder, PurchaseState
from foreworn.spares.stock import MovementKind, Reservation, ReservationState, StockMovement
from foreworn.storage.operations.sql import (
    SqlDeviceProgressLog,
    SqlFleetRegistry,
    SqlQuarantine,
    SqlVerdictBoard,
)
from foreworn.storage.operations.sql.operations import SqlOperations, SqlTransaction
from foreworn.storage.telemetry.influx import InfluxTelemetryStore
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, Sample, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from tests.servers import InfluxServer

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
END = START + 3 * WEEK
LONG_AGO = START - 100 * DAY

S, K = WorkOrderState, WorkOrderKind
SEAL = "seal/40 (DIN)"
SIGNALS = {
    "vibration": Signal("vibration", "mm/s"),
    "starts": Signal("starts", type=SignalType.INTEGER),
    "hours_run": Signal("hours_run", "h", type=SignalType.COUNTER),
    "mode": Signal("mode", type=SignalType.STATE, states=("idle", "running")),
}


def seed(engine: sa.Engine) -> list[Label]:
    """Fill an empty operations store, and return the labels of the chosen sites."""
    _fleet(SqlFleetRegistry(engine))
    _verdicts(SqlVerdictBoard(engine))
    _heard(SqlDeviceProgressLog(engine))
    SqlQuarantine(engine).put(
        [
            Rejection(START + HOUR, "t", b"a", "unreadable", "no JSON"),
            Rejection(START + 1.5 * HOUR, "t", b"b", "unreadable", "no JSON"),
            Rejection(START + 2 * HOUR, "t", b"c", "unknown_device", "nobody knows gw-x", device="gw-x"),
        ]
    )
    labels = list(_labels())
    with SqlOperations(engine).transaction() as tx:
        _work(tx)
        _spares(tx)
        _cases(tx)
        tx.labels.expect([*labels, replace(labels[0], machine="Other 1")])
    return labels


def _fleet(registry: SqlFleetRegistry) -> None:
    machines = [
        Machine("Pump 7", "px", "West", LONG_AGO, ("bearing", "seal")),
        Machine("Pump 8", "px", "West", START + WEEK, ("bearing", "seal")),
        Machine("Fan 0", "fx", "O'Hara", LONG_AGO, ("filter",), retired_at=START + WEEK),
        Machine("Fan 1", "fx", "O'Hara", LONG_AGO, ("filter",)),
        Machine("Other 1", "px", "North", LONG_AGO, ("bearing", "seal")),
    ]
    attachments = [
        Attachment("gw-7", "Pump 7", LONG_AGO),
        Attachment("gw-8", "Pump 8", START + WEEK),
        Attachment("gw-1", "Fan 1", LONG_AGO),
        Attachment("gw-old", "Pump 7", LONG_AGO - DAY, LONG_AGO),
        Attachment("gw-9", "Other 1", LONG_AGO),
    ]
    registry.add(machines, attachments)
    failures = [
        (START + 12 * DAY, "Pump 7", "bearing", "spalling"),
        (START + 14 * DAY, "Pump 7", "bearing", "spalling"),
        (START + 14.5 * DAY, "Pump 7", "seal", "leak"),
        (START + 10 * DAY, "Fan 1", "filter", "clogged"),
        (START + 3 * DAY, "Other 1", "seal", "leak"),
    ]
    registry.record_failures(_table(failures, FAILURE_SCHEMA))
    work = [
        (START + 3 * DAY + 10 * HOUR, "Pump 7", "seal", "replaced", "preventive"),
        (START + 14 * DAY + 2 * HOUR, "Pump 7", "bearing", "Inspected", "corrective"),
        (START + 14 * DAY + 13 * HOUR, "Pump 7", "seal", "adjusted", "preventive"),
        (START + 15 * DAY + 3 * HOUR, "Pump 7", "bearing", "replaced", "corrective"),
        (START + 15 * DAY + 6 * HOUR, "Pump 7", "seal", "replaced", "corrective"),
    ]
    registry.record_maintenance(_table(work, MAINTENANCE_SCHEMA))


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _verdicts(board: SqlVerdictBoard) -> None:
    said = [("Pump 7", "bearing", 0.62), ("Pump 7", "seal", 0.1), ("Pump 8", "bearing", 0.3), ("Fan 1", "filter", 0.08)]
    reasons = (Reason("vibration", "vibration mean 24 h", 7.9, 2.0, 4.0, 1.3), Reason("E17", "E17", 2, 0, 1, 0.4))
    board.post(
        [
            Forecast(machine, component, END - HOUR, WEEK, probability, "gb-2", END, reasons=reasons)
            for machine, component, probability in [*said, ("Other 1", "bearing", 0.99)]
        ]
    )


def _heard(log: SqlDeviceProgressLog) -> None:
    for device, time in (("gw-7", END - 0.5 * HOUR), ("gw-8", END - 2 * HOUR), ("gw-9", START)):
        batch = TelemetryBatch(samples=(Sample(device, time, {"vibration": 1.0}),))
        log.observe(IntakeBatch(batch, received_at=time))
    log.all()  # dashboards read the table, which is counted up about once a second


def _evidence(saving: float, time: datetime, version: str = "gb-1", currency: str = "EUR") -> Evidence:
    until = time + DAY
    return Evidence(0.62, WEEK, time, time + HOUR, version, 0, (), saving, 40.0, until, currency, costs_assumed=False)


def _through(order: WorkOrder, *steps: tuple[WorkOrderState, datetime]) -> WorkOrder:
    for state, time in steps:
        order = order.transition(state, actor="ines", time=time, reason="")
    return order


def _work(tx: SqlTransaction) -> None:
    for technician in (
        Technician("ana", "Ana", 8 * HOUR),
        Technician("bo", "Bo", 2 * HOUR),
        Technician("gone", "Gone", 40 * HOUR, active=False),
    ):
        tx.team.put(technician)
    tx.costs.put(CostTable({}, "EUR"))
    for order in _orders():
        tx.orders.add(order)


def _orders() -> Iterator[WorkOrder]:
    yield _through(
        WorkOrder(
            "WO-1", "Pump 7", "bearing", K.PREDICTIVE, END - 2 * DAY, labour=4 * HOUR, due=END + 2 * DAY,
            evidence=_evidence(3100.0, END - 2 * DAY),
        ),
        (S.APPROVED, END - DAY),
    )  # fmt: skip
    yield _through(
        WorkOrder(
            "WO-2", "Pump 7", "seal", K.PREDICTIVE, START + DAY, labour=2 * HOUR, due=START + 4 * DAY,
            booking=Booking("ana", START + 3 * DAY, START + 4 * DAY), evidence=_evidence(900.0, START + DAY),
            findings=Findings(Finding.AS_PREDICTED, Action.REPLACED), outcome=Outcome.FOUND,
        ),
        (S.APPROVED, START + 2 * DAY),
        (S.SCHEDULED, START + 2 * DAY),
        (S.IN_PROGRESS, START + 3 * DAY + 8 * HOUR),
        (S.COMPLETED, START + 3 * DAY + 10 * HOUR),
        (S.CLOSED, START + 5 * DAY),
    )  # fmt: skip
    yield _through(
        WorkOrder(
            "WO-3", "Pump 8", "bearing", K.PREDICTIVE, START + 8 * DAY, labour=6 * HOUR, due=START + 12 * DAY,
            booking=Booking("bo", START + 9 * DAY, START + 10 * DAY), evidence=_evidence(700.0, START + 8 * DAY),
            findings=Findings(Finding.NOTHING, Action.NONE), outcome=Outcome.FOUND_NOTHING,
        ),
        (S.APPROVED, START + 8 * DAY + HOUR),
        (S.SCHEDULED, START + 8 * DAY + HOUR),
        (S.IN_PROGRESS, START + 10 * DAY + 6 * HOUR),
        (S.COMPLETED, START + 10 * DAY + 12 * HOUR),
    )  # fmt: skip
    yield _through(
        WorkOrder(
            "WO-4", "Fan 1", "filter", K.PREVENTIVE, START + 2 * DAY, labour=HOUR, due=START + 9 * DAY, task="Swap it"
        ),
        (S.APPROVED, START + 3 * DAY),
    )
    failed = START + 14 * DAY
    yield _through(
        WorkOrder("WO-5", "Pump 7", "bearing", K.CORRECTIVE, failed + 2 * HOUR, labour=5 * HOUR),
        (S.APPROVED, failed + 2 * HOUR),
        (S.IN_PROGRESS, failed + 4 * HOUR),
        (S.SCHEDULED, failed + 6 * HOUR),
        (S.IN_PROGRESS, failed + DAY),
        (S.COMPLETED, failed + DAY + 3 * HOUR),
        (S.CLOSED, failed + 2 * DAY),
    )
    yield _through(
        WorkOrder(
            "WO-6", "Fan 1", "filter", K.PREDICTIVE, START + 15 * DAY, labour=HOUR, due=START + 17 * DAY,
            evidence=_evidence(100.0, START + 15 * DAY), outcome=Outcome.SURVIVED,
        ),
        (S.DECLINED, START + 15 * DAY + HOUR),
    )  # fmt: skip
    yield WorkOrder(
        "WO-7", "Other 1", "bearing", K.PREDICTIVE, START + DAY, labour=99 * HOUR, due=START + 3 * DAY,
        evidence=_evidence(99_999.0, START + DAY), outcome=Outcome.FAILED,
    )  # fmt: skip
    yield WorkOrder(
        "WO-8",
        "Pump 8",
        "seal",
        K.PREDICTIVE,
        END - DAY,
        labour=3 * HOUR,
        evidence=_evidence(500.0, END - DAY, "gb-2", "CHF"),
    )


def _spares(tx: SqlTransaction) -> None:
    tx.parts.put(Part(SEAL, "shaft seal", 85.0, 21 * DAY))
    tx.parts.put(Part("6204", "ball bearing", 20.0, 14 * DAY))
    moved = [
        ("m1", START - 10 * DAY, SEAL, "main", 3, MovementKind.RECEIPT),
        ("m2", START + 3 * DAY, SEAL, "main", -1, MovementKind.ISSUE),
        ("m3", START + 5 * DAY, SEAL, "main", -2, MovementKind.ISSUE),
        ("m4", START + 8 * DAY, SEAL, "main", 4, MovementKind.RECEIPT),
        ("m5", START + 15 * DAY, SEAL, "main", -1, MovementKind.ISSUE),
        ("m6", START + DAY, "6204", "main", 1, MovementKind.RECEIPT),
        ("m7", START + 18 * DAY, "6204", "main", -1, MovementKind.ISSUE),
        ("m8", START + DAY, SEAL, "elsewhere", 100, MovementKind.RECEIPT),
    ]
    for id, time, part, place, quantity, kind in moved:
        tx.stock.move(StockMovement(id, time, part, place, quantity, kind, f"for {id}", "max"))
    tx.stock.reserve(Reservation("WO-1", "6204", "main", 2, END + DAY))
    tx.stock.reserve(Reservation("WO-4", SEAL, "main", 1, END + DAY))
    tx.stock.reserve(Reservation("WO-2", SEAL, "main", 1, START + 3 * DAY, ReservationState.ISSUED))
    for purchase in _purchases():
        tx.purchases.add(purchase)


def _purchases() -> Iterator[PurchaseOrder]:
    yield _bought(
        PurchaseOrder("PO-1", "6204", "main", 5, START + 16 * DAY, END - DAY, reason="below 2"),
        PurchaseState.APPROVED,
        PurchaseState.ORDERED,
    )
    yield PurchaseOrder("PO-2", SEAL, "main", 10, START + 17 * DAY, END + 10 * DAY, reason="below 5")
    yield _bought(
        PurchaseOrder("PO-3", SEAL, "main", 4, START - 5 * DAY, START + 8 * DAY),
        *(PurchaseState.APPROVED, PurchaseState.ORDERED, PurchaseState.RECEIVED),
    )
    yield _bought(PurchaseOrder("PO-4", SEAL, "elsewhere", 50, START + DAY, END), PurchaseState.APPROVED)


def _bought(order: PurchaseOrder, *states: PurchaseState) -> PurchaseOrder:
    for state in states:
        order = order.transition(state, actor="max", time=order.created_at + DAY, reason="")
    return order


def _cases(tx: SqlTransaction) -> None:
    opened = END - DAY
    case = Case(
        "case-1", "Pump 8", opened, "pca-1", "3 of the last 4 scores lie above their threshold",
        Reading(opened, 4.0, 2.0, 0.001), Reading(opened + HOUR, 6.0, 2.0, 0.0001),
        Reading(opened + 2 * HOUR, 3.0, 2.0, 0.01), (SignalShare("vibration", 0.8, 7.9, 2.0, 4.0),),
    )  # fmt: skip
    tx.cases.add(case)
    tx.cases.add(replace(case, id="case-2", machine="Other 1"))
    over = replace(case, id="case-3", machine="Fan 1", state=CaseState.CLOSED)
    tx.cases.add(replace(over, closed_at=opened + DAY, closed_because="back to usual"))


def _labels() -> Iterator[Label]:
    """Daily forecasts with every kind of run: confirmed, refuted, pending, censored, endless, and across an event.

    Two failed while others of their day are still open: they count in no share yet.
    """
    failed, found = START + 14 * DAY, START + 3 * DAY + 10 * HOUR
    for day in range(21):
        if day in (14, 15):
            continue
        alarm = day in (1, 2, 4, 9, 10, 12, 13, 16, 18, 19)
        outcome, at = Outcome.SURVIVED, START + (day + 7) * DAY
        if 7 <= day < 14:
            outcome, at = Outcome.FAILED, failed
        probability = 0.55 + day / 100 if alarm else 0.05
        if day > 15:
            yield _label("Pump 7", "bearing", day, probability, Outcome.PENDING, None)
        else:
            yield _label("Pump 7", "bearing", day, probability, outcome, at)
    for day in range(8):
        early = day <= 3
        outcome = Outcome.FOUND if early else Outcome.CENSORED if day < 6 else Outcome.SURVIVED
        yield _label("Pump 7", "seal", day, 0.7 if day > 0 else 0.2, outcome, found if early else START + 9 * DAY)
    for day in range(7, 14):
        outcome = Outcome.FOUND_NOTHING if day < 10 else Outcome.SURVIVED
        yield _label("Pump 8", "bearing", day, 1.0 if day == 8 else 0.4, outcome, START + 10 * DAY)
    for day in range(4):
        yield _label("Pump 8", "seal", day, 0.6, Outcome.FOUND, START + (day // 2 * 2 + 2) * DAY, version="gb-2")
    for day in (17, 18):
        yield _label("Pump 8", "seal", day, 0.3 * (day - 15), Outcome.FAILED, START + 19 * DAY)
    for day in range(19):
        yield _label("Pump 7", "seal", day, 0.6, Outcome.SURVIVED, START + (day + 7) * DAY, version="gb-2")
    yield _label("Pump 7", "seal", 19, 0.6, Outcome.PENDING, None, version="gb-2")
    yield _label("Pump 7", "bearing", 0, 0.6, Outcome.CENSORED, START + DAY / 2, version="gb-2")
    yield _label("Pump 7", "bearing", 1, 0.6, Outcome.SURVIVED, START + 8 * DAY, version="gb-2")
    for day in range(14):
        yield _label("Fan 1", "filter", day, day / 1000, Outcome.SURVIVED, START + (day + 7) * DAY)


def _label(
    machine: str,
    component: str,
    day: int,
    probability: float,
    outcome: Outcome,
    at: datetime | None,
    version: str = "gb-1",
) -> Label:
    time = START + day * DAY
    return Label(machine, component, time, WEEK, version, probability, probability >= 0.5, time + HOUR, outcome, at)


def seed_telemetry(server: InfluxServer) -> str:
    """Fill a new bucket with what belongs to the fleet, and return its name."""
    bucket = server.new_bucket()
    store = InfluxTelemetryStore(
        url=server.url,
        org=server.org,
        bucket=bucket,
        token=server.token,
        catalogue=SignalCatalogue({"*": SIGNALS.values()}),
    )
    values: dict[str, float | int | str] = {"vibration": 3.2, "starts": 4, "hours_run": 812, "mode": "running"}
    samples = [Sample("gw-7", START + HOUR * n / 2, values) for n in range(3)]
    events = [
        Event("gw-7", START + 0.25 * HOUR, "E17", "warning", "hot"),
        Event("gw-7", START + 0.75 * HOUR, "E17", "warning", "hot"),
        Event("gw-8", START + 2 * HOUR, "E20", "error", "no flow"),
        Event("gw-7", START + 3 * HOUR, "door", "info", "opened"),
        Event("gw-9", START + HOUR, "E99", "critical", "elsewhere"),
    ]
    store.write(TelemetryBatch((*samples, Sample("gw-9", START, values)), tuple(events)))
    store.write_forecasts(list(_forecasts()))
    store.write_life_forecasts(list(_lives()))
    store.write_health(list(_health()))
    store.write_demand(list(_demand()))
    store.close()
    return bucket


def _forecasts() -> Iterator[Forecast]:
    said = [("Pump 7", 0, 0.2, 0), ("Pump 7", 1, 0.4, 0), ("Pump 7", 1, 0.6, 1), ("Fan 1", 1, 0.1, 0)]
    for machine, hour, probability, revision in [*said, ("Other 1", 1, 0.9, 0)]:
        time = START + hour * HOUR
        yield Forecast(machine, "bearing", time, 24 * HOUR, probability, "gb-1", time, revision)


def _lives() -> Iterator[LifeForecast]:
    for machine, day, p50 in (("Pump 7", 0, 744.0), ("Pump 7", 1, 720.0), ("Other 1", 0, 99.0)):
        told: dict[str, Any] = {
            "p10": p50 / 2,
            "p50": p50,
            "p90": 2 * p50,
            "expected": p50,
            "cap": 2250.0,
            "unit": "hours",
        }
        time = START + day * DAY
        yield LifeForecast(machine, "bearing", time, **told, model_version="life-1", issued_at=time)


def _health() -> Iterator[AnomalyScore]:
    for machine, minute, score in (("Pump 8", 10, 3.0), ("Pump 8", 50, 6.0), ("Other 1", 10, 99.0)):
        yield AnomalyScore(machine, START + timedelta(minutes=minute), "pca-1", score, 2.0, 0.01)


def _demand() -> Iterator[DemandForecast]:
    """Two issues of two periods; each demand is at least `least`, and four more in two cases of five."""
    for more, issued in enumerate((START - DAY + 6 * HOUR, START + 6 * DAY + 6 * HOUR)):
        for part, place in ((SEAL, "main"), ("6204", "main"), (SEAL, "elsewhere")):
            for week in range(2):
                for n, source in enumerate(DemandSource, start=1):
                    least, start = n + week + more, START + week * WEEK
                    demand = DemandDistribution((*(0.0,) * least, 0.6, 0.0, 0.0, 0.0, 0.4))
                    yield DemandForecast(part, place, start, start + WEEK, demand, source, issued)
