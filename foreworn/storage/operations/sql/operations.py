"""The operations store as use cases see it, in SQL: one transaction over all books."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from foreworn.storage.operations.sql.books.audit import SqlAuditTrail
from foreworn.storage.operations.sql.books.cases import SqlCaseBook
from foreworn.storage.operations.sql.books.costs import SqlCostBook
from foreworn.storage.operations.sql.books.jobs import SqlJobQueue
from foreworn.storage.operations.sql.books.labels import SqlLabelBook
from foreworn.storage.operations.sql.books.orders import SqlOrderBook
from foreworn.storage.operations.sql.books.outbox import SqlOutbox
from foreworn.storage.operations.sql.books.parts import SqlPartBook
from foreworn.storage.operations.sql.books.plans import SqlPlanBook
from foreworn.storage.operations.sql.books.purchases import SqlPurchaseBook
from foreworn.storage.operations.sql.books.quality import SqlQualityBook
from foreworn.storage.operations.sql.books.sites import SqlSiteBook
from foreworn.storage.operations.sql.books.stock import SqlStockLedger
from foreworn.storage.operations.sql.books.team import SqlTeam
from foreworn.storage.operations.sql.books.users import SqlUserBook
from foreworn.storage.operations.sql.quarantine import SqlQuarantine
from foreworn.storage.operations.sql.registry import SqlFleetRegistry
from foreworn.storage.operations.sql.transactions import snapshot, writing


class SqlTransaction:
    """The books of one transaction, all over one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self.registry = SqlFleetRegistry(connection)
        self.orders = SqlOrderBook(connection)
        self.plans = SqlPlanBook(connection)
        self.team = SqlTeam(connection)
        self.costs = SqlCostBook(connection)
        self.labels = SqlLabelBook(connection)
        self.cases = SqlCaseBook(connection)
        self.parts = SqlPartBook(connection)
        self.stock = SqlStockLedger(connection)
        self.purchases = SqlPurchaseBook(connection)
        self.sites = SqlSiteBook(connection)
        self.users = SqlUserBook(connection)
        self.quarantine = SqlQuarantine(connection)
        self.audit = SqlAuditTrail(connection)
        self.outbox = SqlOutbox(connection)
        self.jobs = SqlJobQueue(connection)
        self.quality = SqlQualityBook(connection)


class SqlOperations:
    """The operations store: SQLite or PostgreSQL, as `foreworn.loop.operations.Operations`.

    Parameters
    ----------
    engine
        From `open_operations`.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Open a transaction that writes; see `Operations.transaction`."""
        with writing(self._engine) as connection:
            yield SqlTransaction(connection)

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """Open a transaction that only reads; see `Operations.reading`.

        Raises
        ------
        StoreRejected
            If something is written in it.
        """
        with snapshot(self._engine) as connection:
            yield SqlTransaction(connection)
