"""The operations store as use cases see it: transactions over the rooms' books."""

from contextlib import AbstractContextManager
from typing import Protocol

from foreworn.access import UserBook
from foreworn.audit import AuditTrail
from foreworn.economics.cost_book import CostBook
from foreworn.fleet.registry import FleetRegistry
from foreworn.fleet.site import SiteBook
from foreworn.health.case import CaseBook
from foreworn.health.label import LabelBook
from foreworn.loop.jobs import JobQueue
from foreworn.loop.outbox import Outbox
from foreworn.planning.maintenance_plan import PlanBook
from foreworn.planning.order_book import OrderBook
from foreworn.planning.technician import Team
from foreworn.spares.books import PartBook, PurchaseBook, StockLedger
from foreworn.telemetry.quality import QualityBook
from foreworn.telemetry.quarantine import Quarantine


class Transaction(Protocol):
    """The books of one transaction; all that is changed through them is kept together, or not at all."""

    @property
    def registry(self) -> FleetRegistry:
        """The fleet; what is recorded here is recorded with the rest, or not at all."""
        ...

    @property
    def orders(self) -> OrderBook:
        """Work orders."""
        ...

    @property
    def plans(self) -> PlanBook:
        """Maintenance plans."""
        ...

    @property
    def team(self) -> Team:
        """Technicians."""
        ...

    @property
    def costs(self) -> CostBook:
        """The cost table."""
        ...

    @property
    def labels(self) -> LabelBook:
        """What became of forecasts."""
        ...

    @property
    def cases(self) -> CaseBook:
        """Anomaly cases."""
        ...

    @property
    def parts(self) -> PartBook:
        """Parts, and which component takes which."""
        ...

    @property
    def stock(self) -> StockLedger:
        """Stock movements and reservations."""
        ...

    @property
    def purchases(self) -> PurchaseBook:
        """Replenishment proposals and orders."""
        ...

    @property
    def sites(self) -> SiteBook:
        """Areas, customers, and where machines stand."""
        ...

    @property
    def users(self) -> UserBook:
        """Users and their keys."""
        ...

    @property
    def quarantine(self) -> Quarantine:
        """What was refused."""
        ...

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""
        ...

    @property
    def outbox(self) -> Outbox:
        """What is to be told elsewhere."""
        ...

    @property
    def jobs(self) -> JobQueue:
        """What is due."""
        ...

    @property
    def quality(self) -> QualityBook:
        """How good devices' signals are."""
        ...


class Operations(Protocol):
    """The operations store: SQLite or PostgreSQL."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that writes: committed at the end, rolled back on any error.

        Raises
        ------
        StoreUnavailable
            If the database cannot take it now.
        """
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads, and sees one state of the store.

        Raises
        ------
        StoreUnavailable
            If the database cannot answer now.
        """
        ...
