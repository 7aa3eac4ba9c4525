"""What a plant's people enter on their first day: costs, parts, stock and the team."""

from datetime import datetime, timedelta

from foreworn.audit import PLATFORM
from foreworn.loop.operations import Operations
from foreworn.planning.technician import Technician
from foreworn.spares.part import Part, PartUse
from foreworn.spares.stock import MovementKind, StockMovement
from simulators.plant.plant import Plant
from simulators.plant.supplies import PartSpec

_SHORTEST_LEAD = timedelta(hours=1)


def furnish(operations: Operations, plant: Plant, *, place: str, time: datetime) -> None:
    """Enter what the plant file says of costs, parts, opening stock and crews; doing it again changes nothing.

    Parameters
    ----------
    operations
        Where it is entered.
    plant
        The plant.
    place
        The store that the parts lie in.
    time
        When the opening stock was counted.
    """
    with operations.transaction() as tx:
        tx.costs.put(plant.costs)
        for part in plant.parts:
            tx.parts.put(_part(part))
            if part.stock:
                opening = f"opening:{part.id}:{place}"
                tx.stock.move(
                    StockMovement(opening, time, part.id, place, part.stock, MovementKind.COUNT, "opening", PLATFORM)
                )
        for machine_class, component, spec in plant.file.components():
            if spec.part is not None:
                tx.parts.put_use(PartUse(machine_class, component, spec.part))
        for crew in plant.crews:
            tx.team.put(Technician(crew.id, crew.name or crew.id, timedelta(hours=crew.weekly_hours)))


def _part(spec: PartSpec) -> Part:
    """Return the part; one that lies around the corner takes an hour, because no part comes in no time."""
    return Part(
        id=spec.id,
        description=spec.name or spec.id,
        price=spec.price,
        lead_time=max(timedelta(days=spec.lead_time_days), _SHORTEST_LEAD),
        lead_time_sd=timedelta(days=spec.lead_time_spread_days),
    )
