"""How long a component will last: p10, p50 and p90, by the clock or by a counter of use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import Reason


@dataclass(frozen=True, slots=True)
class RemainingLife:
    """How much life a component of a machine has left at `time`.

    Parameters
    ----------
    machine, component, time
        Whose, and of which data's time.
    p10, p50, p90
        It lasts longer than this with 90, 50 and 10 % probability. [unit]
    expected
        The mean of the life left, told up to `cap`: a value near it says "a long time", not how long. [unit]
    cap
        See `expected`. [unit]
    unit
        `hours` of the clock, or the counter it is told in, such as `cycles`.
    model_version
        What says so.
    reasons
        The signals with the largest shares; a contribution above 0 shortens the expected life. [unit]
    note
        What a reader has to know besides, such as an operating regime that training had not seen.
    """

    machine: str
    component: str
    time: datetime
    p10: float
    p50: float
    p90: float
    expected: float
    cap: float
    unit: str
    model_version: str
    reasons: tuple[Reason, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse quantiles that cross.

        Raises
        ------
        ValueError
            If p10 <= p50 <= p90 does not hold, or p10 is below 0.
        """
        if not 0 <= self.p10 <= self.p50 <= self.p90:
            raise ValueError(f"p10 {self.p10:g}, p50 {self.p50:g} and p90 {self.p90:g} are not in order from 0 on")


class LifeModel(Protocol):
    """A trained model of how long a component will last."""

    @property
    def version(self) -> str:
        """The version its forecasts carry; the same data and settings give the same one."""
        ...

    @property
    def component(self) -> str:
        """Whose life it tells."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How much telemetry before a row it needs: a whole life, so all since the component's replacement."""
        ...

    def remaining_life(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[RemainingLife]:
        """Return one forecast per row (machine, time), in their order.

        A row has none where its machine has said nothing yet in this life. What is stamped after a row never
        changes its forecast.
        """
        ...
