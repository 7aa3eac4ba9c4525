"""The port to the work orders; lives in the operations store, inside a transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState


class OrderBook(Protocol):
    """Keeps work orders with every step they took."""

    def next_id(self) -> str:
        """Return an id nobody has used, such as `WO-1043`; ids grow."""
        ...

    def add(self, order: WorkOrder) -> None:
        """Add an order.

        Raises
        ------
        Conflict
            If the id is taken, or it would be the second open predictive order of its component.
        NotFound
            If the machine is not registered.
        """
        ...

    def get(self, id: str) -> WorkOrder:
        """Return an order.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        ...

    def update(self, order: WorkOrder, *, seen: int) -> None:
        """Put `order` in the place of the version that its changer saw; new steps are appended.

        What is kept has a version above `seen`, also where the changer has not counted it up.

        Raises
        ------
        Conflict
            If it has another version than `seen` by now; it says who changed it, to what and when.
        NotFound
            If there is none of this id, or it names a technician or an order that does not exist.
        ValueError
            If it changes what is frozen (machine, component, kind, creation, evidence), or takes a step back.
        """
        ...

    def find(
        self,
        *,
        states: Collection[WorkOrderState] | None = None,
        kind: WorkOrderKind | None = None,
        machine: str | None = None,
        component: str | None = None,
        technician: str | None = None,
        changed_since: datetime | None = None,
        unlabelled: bool = False,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[WorkOrder]:
        """Return orders that meet all that is given, by id (oldest first), those after the id `after`.

        `unlabelled`: only predictive orders without an outcome.
        """
        ...
