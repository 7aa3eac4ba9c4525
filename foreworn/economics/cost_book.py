"""The port to the costs that people have given; lives in the operations store, inside a transaction."""

from typing import Protocol

from foreworn.economics.cost_table import CostTable


class CostBook(Protocol):
    """Keeps the cost table."""

    def table(self) -> CostTable:
        """Return the costs; an empty table where nobody has given any."""
        ...

    def put(self, table: CostTable) -> None:
        """Add its rows, or put them in the place of those with the same key; its currency is everybody's."""
        ...
