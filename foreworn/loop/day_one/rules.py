"""What statements must hold to be registered together, and beside what is registered already."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from foreworn.economics.cost_table import ANY
from foreworn.errors import ConfigurationError, MalformedHistory
from foreworn.loop.day_one.day_one import Count, Line
from foreworn.loop.day_one.prospect import Prospect
from foreworn.loop.day_one.seats import REGISTERED, seat_problems
from foreworn.loop.day_one.stock_taking import count_movement, counted_later
from foreworn.spares import StockMovement
from foreworn.telemetry.signal import SignalCatalogue

ROWS_NAMED = 3
"""So many rows are named for one kind of problem in one column; the last says how many more there are."""

Found = tuple[Line[Any], str, str]
"""A row, the column, and what is wrong there."""


def problems_of(prospect: Prospect) -> list[MalformedHistory]:
    """Return what is wrong with what was told, file by file."""
    found = [problem for rule in RULES for problem in _thinned(rule(prospect))]
    return [*_signals(prospect), *_seats(prospect), *found]


def _thinned(found: Iterable[Found]) -> Iterator[MalformedHistory]:
    """Yield the first rows of each kind of problem in a column, the last of them with how many there are besides."""
    alike: dict[tuple[str, str], list[tuple[Line[Any], str]]] = defaultdict(list)
    for line, column, text in found:
        alike[line.file, column].append((line, text))
    for (_, column), rows in alike.items():
        for place, (line, text) in enumerate(rows[:ROWS_NAMED], start=1):
            more = len(rows) - ROWS_NAMED if place == ROWS_NAMED else 0
            yield line.problem(text + (f" (and {more} more rows like it)" if more > 0 else ""), column)


def _signals(prospect: Prospect) -> Iterator[MalformedHistory]:
    told, known = prospect.day_one.catalogue, prospect.registered.catalogue
    if told is None:
        return
    models = {model: {signal.name: signal for of, signal in known if of == model} for model, _ in known}
    for model, signal in told:
        models.setdefault(model, {})[signal.name] = signal
    try:
        SignalCatalogue({model: signals.values() for model, signals in models.items()})
    except ConfigurationError as conflict:
        yield MalformedHistory("signals.csv", f"does not fit the signals that are registered: {conflict}")


def _seats(prospect: Prospect) -> Iterator[MalformedHistory]:
    told = {(seat.device, seat.since): seat for seat in prospect.registered.seats_told(prospect.day_one)}
    lines = [
        Line(told[key], line.file, line.row)
        for line in prospect.day_one.attachments
        if (key := (line.says.device, line.says.since)) in told
    ]
    others = [seat for seat in prospect.registered.attachments if (seat.device, seat.since) not in told]
    yield from seat_problems([*lines, *(Line(seat, REGISTERED, 0) for seat in others)])


def _seated_machines(prospect: Prospect) -> Iterator[Found]:
    for line in prospect.day_one.attachments:
        if line.says.machine not in prospect.machines and prospect.can_tell("machines"):
            yield (
                line,
                "machine",
                f"{line.says.machine!r} is not known; add the machine to machines.csv or correct its id",
            )


def _vanishing_components(prospect: Prospect) -> Iterator[Found]:
    busy: dict[tuple[str, str], list[str]] = defaultdict(list)
    for order in prospect.registered.open_orders:
        busy[order.machine, order.component].append(f"work order {order.id}")
    for plan in prospect.registered.plans.values():
        busy[plan.machine, plan.component].append(f"plan {plan.id}")
    for line in prospect.day_one.machines:
        before = prospect.registered.machines.get(line.says.id)
        gone = set(before.components if before else ()) - set(prospect.machines[line.says.id].components)
        for component in sorted(gone):
            if work := busy.get((line.says.id, component)):
                words = f"{component!r} is left out, but there is work on it ({', '.join(work)}); keep it"
                yield line, "components", words


def _standings(prospect: Prospect) -> Iterator[Found]:
    day_one, registered = prospect.day_one, prospect.registered
    areas = {(area.says.site, area.says.id) for area in day_one.areas or ()} | registered.areas.keys()
    customers = {customer.says.id for customer in day_one.customers or ()} | registered.customers.keys()
    for line in day_one.standings:
        said, site = line.says, prospect.machines[line.says.machine].site
        listed = day_one.areas is not None and prospect.can_tell("areas")
        if said.area is not None and listed and (site, said.area) not in areas:
            yield line, "area", f"site {site!r} has no area {said.area!r} in areas.csv; add it there or correct it"
        listed = day_one.customers is not None and prospect.can_tell("customers")
        if said.customer is not None and listed and said.customer not in customers:
            yield line, "customer", f"{said.customer!r} is not in customers.csv; add it there or correct it"


def _uses(prospect: Prospect) -> Iterator[Found]:
    for line in prospect.day_one.uses:
        if problem := prospect.part_problem(line.says.part):
            yield line, *problem
        if problem := prospect.model_problem(line.says.machine_model, line.says.component):
            yield line, *problem


def _counts(prospect: Prospect) -> Iterator[Found]:
    movements = list(prospect.registered.movements)
    for line in sorted(prospect.day_one.counts, key=lambda line: line.says.counted_at):
        if problem := prospect.part_problem(line.says.part):
            yield line, *problem
        if line.says.counted_at > prospect.now:
            when = line.says.counted_at.isoformat()
            yield line, "counted_at", f"{when} lies ahead; write when it was counted"
        movement = count_movement(line.says, movements, actor="")
        if movement is not None:
            if text := _movement_problem(line.says, movement, movements):
                yield line, "on_hand", text
            movements.append(movement)


def _movement_problem(count: Count, movement: StockMovement, movements: Iterable[StockMovement]) -> str | None:
    movements = list(movements)
    if (later := counted_later(count, movements)) and movement.quantity:
        when = later.time.isoformat()
        return f"it was counted again at {when}, so this count changes nothing any more; remove the row"
    left = movement.quantity + sum(m.quantity for m in movements if (m.part, m.place) == (count.part, count.place))
    if left < 0:
        return f"{count.on_hand} cannot have been there: {-left} more have been taken since; count again"
    return None


def _plans(prospect: Prospect) -> Iterator[Found]:
    for line in prospect.day_one.plans:
        if problem := prospect.seat_problem(line.says.machine, line.says.component):
            yield line, *problem
        if line.says.last_done > prospect.now:
            when = line.says.last_done.isoformat()
            yield line, "last_done", f"{when} lies ahead; write when it was done last"
        before = prospect.registered.plans.get(line.says.id)
        if before and (before.machine, before.component) != (line.says.machine, line.says.component):
            whose = f"{before.component} of {before.machine}"
            yield line, "plan", f"{line.says.id!r} is the plan for {whose} already; choose another id"


def _orders(prospect: Prospect) -> Iterator[Found]:
    for line in prospect.day_one.orders:
        said, before = line.says, prospect.registered.orders.get(line.says.id)
        if before and (before.machine, before.component, before.kind) != (said.machine, said.component, said.kind):
            what = f"{before.kind} work on the {before.component} of {before.machine}"
            yield line, "order", f"{said.id!r} is {what} already; give this one another number"
        if before is None and (problem := prospect.seat_problem(said.machine, said.component)):
            yield line, *problem


def _costs(prospect: Prospect) -> Iterator[Found]:
    table, told = prospect.registered.costs, prospect.day_one.costs
    kept = table.rows.keys() - {line.says.key for line in told}
    for line in told:
        said = line.says
        if problem := prospect.model_problem(said.model, None if said.component == ANY else said.component):
            yield line, *problem
        if said.currency != told[0].says.currency:
            words = f"{said.currency} here and {told[0].says.currency} in {told[0].place}; write all in one"
            yield line, "currency", words
        elif kept and said.currency != table.currency:
            yield line, "currency", f"costs are registered in {table.currency} already; write these in {table.currency}"


RULES: tuple[Callable[[Prospect], Iterator[Found]], ...] = (
    _seated_machines,
    _vanishing_components,
    _standings,
    _uses,
    _counts,
    _plans,
    _orders,
    _costs,
)
