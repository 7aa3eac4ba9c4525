"""How long a component will last: p10, p50 and p90, by the clock or by a counter of use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Protocol, Self

import pyarrow as pa

from foreworn.errors import DamagedModel, NotFound
from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import TIME, Reason

REMAINING_LIFE_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("machine", pa.string()),
        ("component", pa.string()),
        ("p10", pa.float64()),
        ("p50", pa.float64()),
        ("p90", pa.float64()),
        ("expected", pa.float64()),
        ("cap", pa.float64()),
        ("unit", pa.string()),
        ("model_version", pa.string()),
        ("issued_at", TIME),
    ]
)


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

    def describe(self) -> Mapping[str, object]:
        """Return what a person asks about the model, as JSON-able values.

        Keys that are read by name where present: `trained_until` (RFC 3339), `unit`, `lives` (how many that ended in
        a failure taught it), `lives_cut_short` (how many did not), and `metrics` (name -> number).
        """
        ...

    def remaining_life(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[RemainingLife]:
        """Return one forecast per row (machine, time), in their order.

        A row has none where its machine has said nothing yet in this life. What is stamped after a row never
        changes its forecast.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeForecast(RemainingLife):
    """A remaining life that was told; `issued_at` says when."""

    issued_at: datetime

    @classmethod
    def of(cls, life: RemainingLife, *, issued_at: datetime) -> Self:
        """Return what was told when it was told now."""
        return cls(**{f.name: getattr(life, f.name) for f in fields(RemainingLife)}, issued_at=issued_at)


class LifeForecastStore(Protocol):
    """Keeps every remaining life ever told; lives in the telemetry store, without reasons and notes."""

    def write_life_forecasts(self, lives: Sequence[LifeForecast]) -> None:
        """Store them; of two of one (machine, component, time, model version) the later written counts."""
        ...

    def life_forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return those of time in [start, end) as `REMAINING_LIFE_SCHEMA`.

        Sorted by machine, component, time, model version.
        """
        ...


class LifeBoard(Protocol):
    """The remaining life told last of each machine and component, with reasons and note; lives in SQL."""

    def post(self, lives: Sequence[LifeForecast]) -> None:
        """Put them up; one of older data changes nothing."""
        ...

    def latest(self, *, machine: str | None = None) -> list[LifeForecast]:
        """Return those that stand, of one machine or of all, sorted by machine and component."""
        ...


@dataclass(frozen=True, slots=True)
class LifeModelsInUse:
    """The models in use that can be read, and what is wrong with each of the others.

    Parameters
    ----------
    models
        Sorted by component.
    troubles
        By component, sorted.
    """

    models: tuple[LifeModel, ...] = ()
    troubles: Mapping[str, DamagedModel | NotFound] = field(default_factory=dict)


class LifeModelStore(Protocol):
    """Keeps trained models of remaining life, by component and version."""

    def serving(self) -> Sequence[LifeModel]:
        """Return the model in use of each component that has one, sorted by component.

        Raises
        ------
        NotFound, DamagedModel
            If a version in use is gone or damaged.
        """
        ...

    def in_use(self) -> LifeModelsInUse:
        """Return the same, and for each that is gone or damaged what is wrong with it: one stops no other."""
        ...
