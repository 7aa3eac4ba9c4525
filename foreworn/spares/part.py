"""A spare part as it is bought, and the bill of parts: which job takes which."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from foreworn.errors import ConfigurationError

ANY_MODEL = "*"
"""Stands for every machine model in a bill of parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """A spare part, with what is needed to decide when to buy it; money in the currency of the cost table.

    Parameters
    ----------
    id
        Unique among all parts.
    description
        What a storekeeper calls it.
    price
        What one costs. [currency]
    lead_time
        From order to shelf. Without it no stock can be planned, so there is no default.
    lead_time_sd
        How much the lead time varies, as a standard deviation.
    unit
        What one of it is; quantities are whole numbers of these.
    supplier
        Where it is bought; empty where nobody has said.
    pack_size
        It is bought in multiples of this. [unit]
    holding_rate
        What keeping one for a year costs, as a share of its price. [1/year]
    service_level
        The chance that a replenishment cycle passes without a stock-out, in (0, 1); a cycle service level,
        not a fill rate. [unitless]
    order_cost
        What placing one order costs, whatever is in it. [currency]
    stockout_cost
        What it costs when one is asked for and not there; None where nobody has said. [currency/unit]

    Raises
    ------
    ConfigurationError
        If a value cannot be; the message names the part, the field and what would do.

    Examples
    --------
    >>> Part("seal-40", "shaft seal 40 mm", 85.0, lead_time=timedelta(days=21)).holding_cost
    17.0
    >>> Part("seal-40", "shaft seal 40 mm", 85.0, lead_time=timedelta(0))
    Traceback (most recent call last):
    ...
    foreworn.errors.ConfigurationError: part 'seal-40' has no lead time: give how long its supplier takes, \
such as 14 days
    """

    id: str
    description: str
    price: float
    lead_time: timedelta
    lead_time_sd: timedelta = timedelta(0)
    unit: str = "piece"
    supplier: str = ""
    pack_size: int = 1
    holding_rate: float = 0.2
    service_level: float = 0.95
    order_cost: float = 0.0
    stockout_cost: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a part."""
        if not self.id.strip():
            raise ConfigurationError("a part has no id: give it the number it is ordered by")
        # a row of a file may hold None in spite of the type, and that is the mistake people make
        if not isinstance(self.lead_time, timedelta) or self.lead_time <= timedelta(0):
            raise ConfigurationError(
                f"part {self.id!r} has no lead time: give how long its supplier takes, such as 14 days"
            )
        if self.lead_time_sd < timedelta(0):
            raise self._wrong("lead_time_sd", self.lead_time_sd, "a time of at least 0")
        for name in ("price", "holding_rate", "order_cost"):
            self._refuse_unless_amount(name, getattr(self, name))
        if self.stockout_cost is not None:
            self._refuse_unless_amount("stockout_cost", self.stockout_cost)
        if self.pack_size < 1:
            raise self._wrong("pack_size", self.pack_size, "at least 1")
        if not 0 < self.service_level < 1:
            raise self._wrong("service_level", self.service_level, "between 0 and 1, such as 0.95")

    @property
    def holding_cost(self) -> float:
        """What keeping one for a year costs [currency/unit/year]."""
        return self.price * self.holding_rate

    def in_packs(self, quantity: int) -> int:
        """Return the smallest whole number of packs that holds `quantity`, in units.

        Examples
        --------
        >>> Part("o-ring", "O-ring 12x2", 0.4, timedelta(days=5), pack_size=25).in_packs(26)
        50
        """
        return -(-quantity // self.pack_size) * self.pack_size

    def _refuse_unless_amount(self, name: str, value: float) -> None:
        if not math.isfinite(value) or value < 0:
            raise self._wrong(name, value, "a number of at least 0")

    def _wrong(self, name: str, value: object, remedy: str) -> ConfigurationError:
        return ConfigurationError(f"part {self.id!r}: {name} is {value}, and must be {remedy}")


@dataclass(frozen=True, slots=True)
class PartUse:
    """A line of the bill of parts: replacing a component of a machine model takes this many of a part.

    `machine_model` may be `*` for any model.
    """

    machine_model: str
    component: str
    part: str
    quantity: int = 1

    def __post_init__(self) -> None:
        """Refuse a line that takes nothing.

        Raises
        ------
        ConfigurationError
            If the quantity is below 1.
        """
        if self.quantity < 1:
            raise ConfigurationError(
                f"replacing {self.component!r} of {self.machine_model!r} takes {self.quantity} of {self.part!r}: "
                "give at least 1, or leave the line out"
            )


def parts_for(bill: Iterable[PartUse], machine_model: str, component: str) -> dict[str, int]:
    """Return what one job takes: part to quantity, by part.

    Lines for the machine model itself stand in place of the `*` lines of that component, whole.

    Examples
    --------
    >>> bill = [PartUse("*", "bearing", "6204"), PartUse("px", "bearing", "6306", 2)]
    >>> parts_for(bill, "px", "bearing"), parts_for(bill, "qx", "bearing")
    ({'6306': 2}, {'6204': 1})
    """
    lines = [line for line in bill if line.component == component and line.machine_model in (machine_model, ANY_MODEL)]
    exact = [line for line in lines if line.machine_model == machine_model] or lines
    quantities: dict[str, int] = {}
    for line in exact:
        quantities[line.part] = quantities.get(line.part, 0) + line.quantity
    return dict(sorted(quantities.items()))
