"""Writing down what was told: what is new or has changed, each change in the audit trail; the rest stays."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from foreworn.audit import AuditEntry
from foreworn.economics.cost_table import CostTable
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.loop.day_one.day_one import OpenOrder
from foreworn.loop.day_one.prospect import Prospect
from foreworn.loop.day_one.registered import new_records, use_key
from foreworn.loop.day_one.stock_taking import count_movement
from foreworn.loop.live_history import EARLIEST
from foreworn.loop.operations import Transaction
from foreworn.loop.order_parts import reserve_parts
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.telemetry.sample import MILLISECOND

TAKEN_OVER = "agreed on before Foreworn was told of it"

E = TypeVar("E")


@dataclass(slots=True)
class Entering:
    """One entry of what was told, inside the transaction that writes it.

    Parameters
    ----------
    tx
        Where it is written.
    prospect
        What was told and what was known before, held against each other.
    actor
        By whom.
    place
        The store that jobs take their parts from.
    changed
        How many were added or changed, by what they are.
    """

    tx: Transaction
    prospect: Prospect
    actor: str
    place: str
    changed: Counter[str] = field(default_factory=Counter)

    def enter(self) -> None:
        """Write everything, what others rest on first."""
        self._enter_signals()
        self._enter_fleet()
        self._enter_places()
        self._enter_records()
        self._enter_work()
        self._enter_parts()
        self._enter_stock()
        self._enter_costs()
        self._take_over_orders()

    def _put(self, what: str, subject: str, before: E | None, after: E, write: Callable[[E], object]) -> None:
        """Write what differs from what is registered."""
        if before != after:
            write(after)
            self._tell_difference(what, subject, before, after)

    def _tell_difference(self, what: str, subject: str, before: object | None, after: object) -> None:
        action = f"{what}.{'added' if before is None else 'changed'}"
        self._tell(what, action, subject, _difference(before, after))

    def _tell(self, what: str, action: str, subject: str, detail: Mapping[str, object], *, rows: int = 1) -> None:
        self.changed[what] += rows
        self.tx.audit.record(AuditEntry(self.prospect.now, self.actor, action, subject, detail))

    def _enter_signals(self) -> None:
        told = self.prospect.day_one.catalogue
        known = {(model, signal.name): signal for model, signal in self.prospect.registered.catalogue}
        changed = [(model, signal) for model, signal in told or () if known.get((model, signal.name)) != signal]
        if told is None or not changed:
            return
        self.tx.registry.add_signals(told)
        for model, signal in changed:
            self._tell_difference("signal", f"{model}/{signal.name}", known.get((model, signal.name)), signal)

    def _enter_fleet(self) -> None:
        day_one, known = self.prospect.day_one, self.prospect.registered
        told = [known.machine_told(line.says) for line in day_one.machines]
        machines = [machine for machine in told if known.machines.get(machine.id) != machine]
        sat = {(seat.device, seat.since): seat for seat in known.attachments}
        seats = [seat for seat in known.seats_told(day_one) if sat.get((seat.device, seat.since)) != seat]
        self.tx.registry.add(machines, seats)
        for machine in machines:
            self._tell_difference("machine", machine.id, known.machines.get(machine.id), machine)
        for seat in seats:
            self._tell_difference("attachment", seat.device, sat.get((seat.device, seat.since)), seat)

    def _enter_places(self) -> None:
        sites, day_one, known = self.tx.sites, self.prospect.day_one, self.prospect.registered
        machines = self.prospect.machines
        told = [(line.says, machines[line.says.machine].site) for line in day_one.standings]
        standings = [known.standing_told(standing, site=site) for standing, site in told]
        areas = self._areas_of(standings) | known.areas
        areas |= {(line.says.site, line.says.id): line.says for line in day_one.areas or ()}
        for key, area in sorted(areas.items()):
            self._put("area", "/".join(key), known.areas.get(key), area, sites.put_area)
        customers = {s.customer: Customer(s.customer) for s in standings if s.customer} | known.customers
        customers |= {line.says.id: line.says for line in day_one.customers or ()}
        for id, customer in sorted(customers.items()):
            self._put("customer", id, known.customers.get(id), customer, sites.put_customer)
        for standing in standings:
            self._put("standing", standing.machine, known.standings.get(standing.machine), standing, sites.place)

    def _areas_of(self, standings: list[Standing]) -> dict[tuple[str, str], Area]:
        """Return the areas that machines stand in, each known by being named."""
        named = [(self.prospect.machines[s.machine].site, s.area) for s in standings if s.area]
        return {(site, area): Area(site, area) for site, area in named}

    def _enter_records(self) -> None:
        registry, day_one = self.tx.registry, self.prospect.day_one
        for what, told, known, write in (
            ("maintenance", day_one.maintenance, registry.maintenance, registry.record_maintenance),
            ("failure", day_one.failures, registry.failures, registry.record_failures),
        ):
            if told is None or not len(told):
                continue
            records = new_records(told, known(EARLIEST, max(told["time"].to_pylist()) + MILLISECOND))
            if records is not None:
                write(records)
                self._tell(what, f"{what}.recorded", "history", {"records": len(records)}, rows=len(records))

    def _enter_work(self) -> None:
        day_one, known = self.prospect.day_one, self.prospect.registered
        for technician in (known.technician_told(line.says) for line in day_one.technicians):
            before = known.technicians.get(technician.id)
            self._put("technician", technician.id, before, technician, self.tx.team.put)
        for plan in (known.plan_told(line.says) for line in day_one.plans):
            self._put("plan", plan.id, known.plans.get(plan.id), plan, self.tx.plans.put)

    def _enter_parts(self) -> None:
        day_one, known = self.prospect.day_one, self.prospect.registered
        for part in (line.says for line in day_one.parts):
            self._put("part", part.id, known.parts.get(part.id), part, self.tx.parts.put)
        for use in (line.says for line in day_one.uses):
            self._put("part_use", "/".join(use_key(use)), known.uses.get(use_key(use)), use, self.tx.parts.put_use)

    def _enter_stock(self) -> None:
        movements = list(self.prospect.registered.movements)
        for count in sorted((line.says for line in self.prospect.day_one.counts), key=lambda c: c.counted_at):
            movement = count_movement(count, movements, actor=self.actor)
            if movement is None:
                continue
            self.tx.stock.move(movement)
            movements.append(movement)
            moved = {"id": movement.id, "place": movement.place, "kind": str(movement.kind)}
            detail = {**moved, "quantity": movement.quantity, "reference": movement.reference}
            self._tell("stock", "stock.moved", movement.part, detail)

    def _enter_costs(self) -> None:
        before, after = self.prospect.registered.costs, self.prospect.costs
        changed = {key: cost for key, cost in after.rows.items() if before.rows.get(key) != cost}
        if changed or after.currency != before.currency:
            self.tx.costs.put(CostTable(changed, after.currency))
            detail = {"rows": ["/".join(key) for key in sorted(changed)], "currency": after.currency}
            self._tell("cost", "costs.put", "costs", detail, rows=len(changed))

    def _take_over_orders(self) -> None:
        for line in self.prospect.day_one.orders:
            if line.says.id not in self.prospect.registered.orders:
                self._take_over(line.says)

    def _take_over(self, told: OpenOrder) -> None:
        """Add an order as approved; nothing goes to the outbox, for those who agreed on it know it."""
        now = self.prospect.now
        said = {name: getattr(told, name) for name in ("machine", "component", "kind", "task", "labour", "due")}
        order = WorkOrder(told.id, created_at=now, **said)
        order = order.transition(WorkOrderState.APPROVED, actor=self.actor, time=now, reason=TAKEN_OVER)
        self.tx.orders.add(order)
        model = self.prospect.machines[order.machine].model
        reserve_parts(self.tx, order, model, place=self.place, due=max(now, order.due or now))
        self._tell("order", "work_order.taken_over", order.id, {"reason": TAKEN_OVER, "to": str(order.state)})


def _difference(before: object | None, after: Any) -> dict[str, object]:
    """Return the fields that differ, `[from, to]` each; of something new, all that it says."""
    new = {name: _plain(value) for name, value in asdict(after).items()}
    if before is None:
        return new
    old = _difference(None, before)
    return {name: [old[name], value] for name, value in new.items() if old[name] != value}


def _plain(value: object) -> object:
    """Return a value as the audit trail can keep it."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
