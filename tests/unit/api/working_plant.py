"""One pump with parts on the shelf, a technician, and a proposal that waits for the planner."""

from datetime import timedelta

from api.services import ConsoleServices
from foreworn.fleet.machine import Machine
from foreworn.health.demand import DemandDistribution, DemandForecast, DemandSource
from foreworn.health.forecast import Reason
from foreworn.planning.evidence import Evidence
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import WorkOrder, WorkOrderKind
from foreworn.spares.part import Part, PartUse
from foreworn.spares.purchase import PurchaseOrder
from foreworn.spares.stock import MovementKind, StockMovement
from tests.unit.api.seeded_fleet import CATALOGUE, DAY, HOUR, NOW, VERSION, empty_services

EVIDENCE = Evidence(
    probability=0.62,
    horizon=7 * DAY,
    data_time=NOW - HOUR,
    issued_at=NOW - HOUR,
    model_version=VERSION,
    revision=0,
    reasons=(Reason("vibration", "vibration mean 24 h", 7.9, 2.0, 4.0, 2.31),),
    expected_saving=3_100.0,
    waiting_cost_per_day=240.0,
    act_at=NOW + 2 * DAY,
    currency="EUR",
    costs_assumed=True,
)


def working_plant() -> ConsoleServices:
    """Return services over one pump: 4 bearings at `main`, WO-1 proposed, PO-1 proposed."""
    services = empty_services()
    services.registry.add_signals(CATALOGUE)
    services.registry.add([Machine("Pump-07", "px-200", "West", NOW - 900 * DAY, ("bearing", "seal"))], [])
    with services.operations.transaction() as tx:
        tx.team.put(Technician("theo", "Theo", timedelta(hours=40)))
        tx.parts.put(Part("6204", "ball bearing 6204", 12.5, timedelta(days=7), supplier="Kugel AG"))
        tx.parts.put_use(PartUse("px-200", "bearing", "6204", 2))
        tx.stock.move(StockMovement("SM-0", NOW - DAY, "6204", "main", 4, MovementKind.RECEIPT, "first stock", "ines"))
        tx.orders.add(
            WorkOrder(
                id=tx.orders.next_id(),
                machine="Pump-07",
                component="bearing",
                kind=WorkOrderKind.PREDICTIVE,
                created_at=NOW - HOUR,
                task="Replace the bearing",
                labour=timedelta(hours=3),
                evidence=EVIDENCE,
            )
        )
        tx.purchases.add(
            PurchaseOrder(
                id=tx.purchases.next_id(),
                part="6204",
                place="main",
                quantity=6,
                created_at=NOW - HOUR,
                expected_at=NOW + 7 * DAY,
                reason="below the reorder point of 5",
                evidence=(("reorder_point", 5.0),),
            )
        )
    services.demand.write_demand([_demand(-2 * HOUR, 3), _demand(-HOUR, 1)])
    return services


def _demand(said: timedelta, pieces: int) -> DemandForecast:
    distribution = DemandDistribution.certain(pieces)
    return DemandForecast("6204", "main", NOW, NOW + 7 * DAY, distribution, DemandSource.TOTAL, NOW + said)
