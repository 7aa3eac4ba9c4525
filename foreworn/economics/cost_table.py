"""What maintaining and what failing costs, per machine model and component."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta

from foreworn.errors import ConfigurationError

ANY = "*"
"""Stands for every machine model, or every component."""

_MONEY = ("preventive", "failure", "inspection", "downtime_per_hour")
_SPANS = ("planned_downtime", "unplanned_downtime", "labour")


@dataclass(frozen=True, slots=True)
class ComponentCost:
    """What one component costs to maintain; money in the currency of its table.

    Parameters
    ----------
    preventive
        Labour, material and travel of a planned replacement. [currency]
    failure
        The same of a breakdown, with what it damages besides. [currency]
    inspection
        A visit that finds nothing and replaces nothing. [currency]
    downtime_per_hour
        What an hour of standstill costs. [currency/h]
    planned_downtime, unplanned_downtime
        How long the machine stands still for either.
    labour
        The team's time for the planned job.
    assumed
        Whether these are defaults that nobody has confirmed.
    """

    preventive: float
    failure: float
    inspection: float
    downtime_per_hour: float
    planned_downtime: timedelta
    unplanned_downtime: timedelta
    labour: timedelta
    assumed: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be a cost.

        Raises
        ------
        ConfigurationError
            If a value is negative or not a number, or a failure costs no more than preventing it.
        """
        for name in _MONEY:
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ConfigurationError(f"{name} is {value}: a cost is a number of at least 0")
        for name in _SPANS:
            if getattr(self, name) < timedelta(0):
                raise ConfigurationError(f"{name} is {getattr(self, name)}: a time is at least 0")
        if self.breakdown <= self.planned:
            raise ConfigurationError(
                f"a failure costs {self.breakdown:g} with its downtime, a planned replacement {self.planned:g}: "
                "where failing is no dearer, nothing is gained by preventing it; check both"
            )

    @property
    def planned(self) -> float:
        """A planned replacement with its standstill [currency]."""
        return self.preventive + self.downtime_per_hour * (self.planned_downtime / timedelta(hours=1))

    @property
    def breakdown(self) -> float:
        """A failure with its standstill [currency]."""
        return self.failure + self.downtime_per_hour * (self.unplanned_downtime / timedelta(hours=1))


ASSUMED_COST = ComponentCost(
    preventive=400.0,
    failure=2_000.0,
    inspection=120.0,
    downtime_per_hour=100.0,
    planned_downtime=timedelta(hours=2),
    unplanned_downtime=timedelta(hours=12),
    labour=timedelta(hours=3),
    assumed=True,
)
"""Ratios as reliability texts quote them for industrial machines: a breakdown at about five planned jobs."""


@dataclass(frozen=True, slots=True)
class CostTable:
    """Costs by (machine model, component); `*` stands for any, the more exact row wins.

    Parameters
    ----------
    rows
        The costs that somebody has given.
    currency
        ISO 4217 code of all money in it.

    Examples
    --------
    >>> CostTable({}).of("px", "bearing").assumed
    True
    """

    rows: Mapping[tuple[str, str], ComponentCost] = field(default_factory=dict)
    currency: str = "EUR"

    def of(self, model: str, component: str) -> ComponentCost:
        """Return the cost of a machine model's component; the assumed one where nobody has said."""
        for key in ((model, component), (ANY, component), (model, ANY), (ANY, ANY)):
            if key in self.rows:
                return self.rows[key]
        return ASSUMED_COST

    def merged(self, rows: Iterable[tuple[tuple[str, str], ComponentCost]]) -> "CostTable":
        """Return the table with these rows added or put in place of those with the same key."""
        return CostTable({**self.rows, **dict(rows)}, self.currency)


COST_FIELDS = tuple(f.name for f in fields(ComponentCost))
