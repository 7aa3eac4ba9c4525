"""A working day on the seeded fleet: proposals, jobs, parts, purchases, cases and labels, through the use cases."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

from api.services import ConsoleServices
from foreworn.clock import ManualClock
from foreworn.economics.cost_table import ComponentCost, CostTable
from foreworn.health.anomaly import AnomalyScore, SignalShare
from foreworn.health.case import Case
from foreworn.health.forecast import Reason
from foreworn.health.label import Label, Outcome
from foreworn.loop.courier import Courier
from foreworn.loop.proposing import Proposing
from foreworn.loop.purchasing import Purchases
from foreworn.loop.replenishing import TOPIC, Replenishing, demand_delivery
from foreworn.loop.work_orders import WorkOrders
from foreworn.planning import WorkOrder, WorkOrderKind
from foreworn.planning.evidence import Evidence, TrackRecord
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import Booking
from foreworn.spares import MovementKind, Part, PartUse, StockMovement
from tests.unit.api.seeded_fleet import DAY, HOUR, NOW, VERSION, seeded_services

TEAM = (
    Technician("theo", "Theo Brandt", timedelta(hours=32)),
    Technician("mara", "Mara Lind", timedelta(hours=24)),
    Technician("old", "Otto (retired)", timedelta(hours=40), active=False),
)
PARTS = (
    Part("6204", "deep groove bearing", 84.0, 14 * DAY, lead_time_sd=2 * DAY, supplier="Nordlager", order_cost=25.0),
    Part("F7-400", "filter cartridge", 31.5, 5 * DAY, pack_size=4, supplier="Reinluft", stockout_cost=200.0),
    Part("S-40", "shaft seal 40 mm", 61.0, 21 * DAY, supplier="Dichtwerk"),
)
BILL = (PartUse("*", "bearing", "6204"), PartUse("*", "filter", "F7-400", 2), PartUse("*", "seal", "S-40"))
BEARING = ComponentCost(600.0, 4_200.0, 90.0, 140.0, 2 * HOUR, 10 * HOUR, 3 * HOUR)


def working_services(*, machines: int = 40, days: int = 7) -> ConsoleServices:
    """Return a fleet in the middle of a working week.

    Bearings have costs that somebody gave, the rest is assumed. Bearings and filters lie on the shelf, seals do
    not. One order runs (theo), one is booked for today (theo) and one for tomorrow (mara), one is approved, one
    is to be closed, and some are past; what the fleet's forecasts ask for is proposed.
    """
    services = seeded_services(machines=machines, days=days)
    services = replace(
        services,
        proposing=Proposing(services.operations, services.registry, services.verdicts, services.clock),
        purchases=Purchases(services.operations, services.clock),
    )
    _stock(services)
    _say_costs(services)
    _past_orders(services)
    _present_orders(services)
    _label(services)
    _open_cases(services)
    services.proposing.propose()
    Replenishing(services.operations, services.registry, services.verdicts, services.clock).replenish()
    deliveries = {TOPIC: demand_delivery(services.demand), "work_order": lambda _: None}
    Courier(services.operations, deliveries, services.clock).deliver_due()
    return services


def orders_at(services: ConsoleServices, time: datetime) -> WorkOrders:
    """Return the use cases as they were at another time."""
    return WorkOrders(services.operations, services.registry, ManualClock(time))


def _stock(services: ConsoleServices) -> None:
    with services.operations.transaction() as tx:
        for technician in TEAM:
            tx.team.put(technician)
        for part in PARTS:
            tx.parts.put(part)
        for use in BILL:
            tx.parts.put_use(use)
        for stocked, quantity in (("6204", 4), ("F7-400", 8)):
            counted = NOW - 40 * DAY
            line = StockMovement(
                f"first-{stocked}", counted, stocked, "main", quantity, MovementKind.COUNT, "stock-taking", "ines"
            )
            tx.stock.move(line)


def _say_costs(services: ConsoleServices) -> None:
    with services.operations.transaction() as tx:
        tx.costs.put(CostTable({("*", "bearing"): BEARING}))


def predicted(
    services: ConsoleServices, machine: str, component: str, *, saving: float, probability: float, at: datetime
) -> WorkOrder:
    """Put a predictive order on record as it would have been proposed at that time."""
    evidence = Evidence(
        probability=probability,
        horizon=7 * DAY,
        data_time=at,
        issued_at=at,
        model_version=VERSION,
        revision=0,
        reasons=(
            Reason("vibration", "vibration mean 24 h", 7.9, 2.2, 4.0, 2.31),
            Reason("E17", "E17 count 24 h", 3.0, 0.0, 1.0, 0.84),
            Reason("voltage", "voltage mean 24 h", 171.0, 165.0, 176.0, -0.21),
        ),
        expected_saving=saving,
        waiting_cost_per_day=saving / 5,
        act_at=at + 6 * HOUR,
        currency="EUR",
        costs_assumed=component != "bearing",
        track_record=TrackRecord(40, 23, 0.6, 0.8),
    )
    with services.operations.transaction() as tx:
        order = WorkOrder(
            id=tx.orders.next_id(),
            machine=machine,
            component=component,
            kind=WorkOrderKind.PREDICTIVE,
            created_at=at,
            task=f"replace the {component}",
            labour=3 * HOUR,
            due=at + 7 * DAY,
            evidence=evidence,
        )
        tx.orders.add(order)
    return order


def book(services: ConsoleServices, order: WorkOrder, technician: str, start: datetime, *, at: datetime) -> WorkOrder:
    """Approve an order and book it."""
    orders = orders_at(services, at)
    approved = orders.approve(order.id, actor="paula", seen=order.version)
    booking = Booking(technician, start, start + 3 * HOUR)
    return orders.schedule(order.id, actor="paula", seen=approved.version, booking=booking)


def finish(services: ConsoleServices, order: WorkOrder, findings: Findings, *, at: datetime) -> WorkOrder:
    """Do the work of a booked order in the two hours before that time."""
    who = "" if order.booking is None else order.booking.technician
    begun = orders_at(services, at - 2 * HOUR).start(order.id, actor=who, seen=order.version)
    return orders_at(services, at).complete(order.id, actor=who, seen=begun.version, findings=findings)


def _past_orders(services: ConsoleServices) -> None:
    worn = Findings(Finding.AS_PREDICTED, Action.REPLACED, "outer ring pitted", 2 * HOUR, (("6204", 1),))
    told = (
        ("Pump-02", "bearing", worn),
        ("Pump-04", "filter", Findings(Finding.NOTHING, Action.NONE, "", HOUR)),
        ("Pump-07", "seal", Findings(Finding.OTHER, Action.ADJUSTED, "loose flange, tightened", HOUR)),
    )
    for place, (machine, component, findings) in enumerate(told):
        begun = NOW - (20 - place) * DAY
        order = predicted(services, machine, component, saving=2_100.0, probability=0.64, at=begun)
        order = finish(services, book(services, order, "theo", begun, at=begun), findings, at=begun + 8 * HOUR)
        orders_at(services, begun + DAY).close(order.id, actor="paula", seen=order.version, reason="looks good")
    begun = NOW - 9 * DAY
    order = predicted(services, "Pump-09", "filter", saving=310.0, probability=0.31, at=begun)
    why = "The sensor is wrong, not the machine"
    orders_at(services, begun).decline(order.id, actor="paula", seen=order.version, reason=why)


def _present_orders(services: ConsoleServices) -> None:
    yesterday = NOW - DAY

    def booked(machine: str, component: str, saving: float, technician: str, start: datetime) -> WorkOrder:
        order = predicted(services, machine, component, saving=saving, probability=0.51, at=yesterday)
        return book(services, order, technician, start, at=yesterday)

    running = booked("Pump-19", "bearing", 2_640.0, "theo", NOW - HOUR)
    booked("Pump-03", "filter", 740.0, "theo", NOW + 2 * HOUR)
    booked("Pump-28", "seal", 410.0, "mara", NOW + 26 * HOUR)
    done = booked("Pump-05", "bearing", 1_930.0, "mara", NOW - 4 * HOUR)
    worn = Findings(Finding.AS_PREDICTED, Action.REPLACED, "cage worn through", 2 * HOUR, (("6204", 1),))
    finish(services, done, worn, at=NOW - 2 * HOUR)
    orders_at(services, NOW - HOUR).start(running.id, actor="theo", seen=running.version)
    orders = orders_at(services, yesterday)
    asked = orders.create(
        machine="Pump-11",
        component="filter",
        kind=WorkOrderKind.PREVENTIVE,
        task="wash the strainer",
        labour=HOUR,
        due=NOW + 3 * DAY,
        actor="paula",
    )
    orders.approve(asked.id, actor="paula", seen=asked.version)
    failed = NOW - 2 * HOUR
    orders_at(services, NOW - HOUR).report_failure(
        machine="Pump-14", component="seal", mode="leaks", time=failed, actor="mara"
    )


def _label(services: ConsoleServices) -> None:
    """Put forecasts with outcomes on record: those of the model in use kept their word, more or less."""
    labels = []
    for n in range(240):
        said = 0.02 + 0.9 * ((n * 37) % 101 / 101) ** 3
        pending = n % 20 == 0
        time = NOW - (1 + n // 20) * HOUR if pending else NOW - (3 + n % 60) * DAY
        failed = (math.sin(n * 12.9898) * 43758.5453) % 1 < said * 0.9
        labels.append(
            Label(
                machine=f"Pump-{n % 40 + 1:02d}",
                component="bearing",
                time=time,
                horizon=DAY,
                model_version=VERSION if n % 8 else "gb-000old",
                probability=said,
                alarm=said >= 0.4,
                issued_at=time,
                outcome=Outcome.PENDING if pending else Outcome.FAILED if failed else Outcome.SURVIVED,
                decided_at=None if pending else time + 20 * HOUR,
            )
        )
    with services.operations.transaction() as tx:
        tx.labels.expect([replace(label, outcome=Outcome.PENDING, decided_at=None) for label in labels])
        tx.labels.decide([label for label in labels if label.outcome is not Outcome.PENDING])


def _open_cases(services: ConsoleServices) -> None:
    shares = (SignalShare("vibration", 0.61, 7.9, 2.2, 4.0), SignalShare("pressure", 0.22, 91.0, 94.0, 104.0))
    reason = "3 of the last 4 scores lie above their threshold"
    with services.operations.transaction() as tx:
        for machine, ago in (("Pump-07", 2 * DAY), ("Pump-21", 5 * HOUR)):
            score = AnomalyScore(machine, NOW - ago, "pca-1", 14.2, 6.1, 0.0002, shares)
            tx.cases.add(Case.opened_by(score, reason=reason))
        over = Case.opened_by(AnomalyScore("Pump-16", NOW - 9 * DAY, "pca-1", 8.0, 6.1, 0.004, shares), reason=reason)
        tx.cases.add(over.close(NOW - 7 * DAY, because="as usual for 24 h"))
