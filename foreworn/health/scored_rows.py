"""Rows that a failure model has scored: all of them as a table, the ones that people will see as objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from foreworn.health.forecast import Forecast, forecast_table


class ScoredRows(Protocol):
    """What a model says of some rows, at its own horizon."""

    def table(self) -> pa.Table:
        """Return all forecasts as `FORECAST_SCHEMA`, revision 0, in an order that stays the same."""
        ...

    def forecasts(self, chosen: Sequence[int]) -> list[Forecast]:
        """Return the forecasts in these rows of the table, in this order, with reasons and curve."""
        ...


@dataclass(frozen=True, slots=True)
class ScoredForecasts:
    """Scored rows of a model that knows no way but to make an object of each forecast.

    Parameters
    ----------
    issued
        All of them.
    """

    issued: Sequence[Forecast]

    def table(self) -> pa.Table:
        """Return them as `FORECAST_SCHEMA`."""
        return forecast_table(self.issued)

    def forecasts(self, chosen: Sequence[int]) -> list[Forecast]:
        """Return some of them."""
        return [self.issued[place] for place in chosen]
