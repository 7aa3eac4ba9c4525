"""How long components will last."""

from typing import Self

from pydantic import Field

from api.instants import Instant
from api.reading.lives import LifePoint
from api.schemas.answer import Answer, PageAnswer
from api.schemas.forecast import ReasonAnswer
from foreworn.health.remaining_life import LifeForecast

_UNIT = "`hours` of the clock, or the counter that life is told in, such as `cycles`."


class _Life(Answer):
    """How much life a component has left, and who says so."""

    component: str
    time: Instant = Field(description="The data's time that it rests on.")
    p10: float = Field(ge=0, description="It lasts longer than this with 90 % probability. [unit]")
    p50: float = Field(ge=0, description="It lasts longer than this with 50 % probability. [unit]")
    p90: float = Field(ge=0, description="It lasts longer than this with 10 % probability. [unit]")
    expected: float = Field(description="The mean of the life left, told up to `cap`. [unit]")
    cap: float = Field(description="An expected life near it says a long time, not how long. [unit]")
    unit: str = Field(description=_UNIT)
    model_version: str
    issued_at: Instant = Field(description="When it was said.")


class StandingLife(_Life):
    """The remaining life of one component of a machine, as told last."""

    machine: str
    note: str = Field(description="What a reader has to know besides; empty where there is nothing.")
    reasons: list[ReasonAnswer] = Field(
        description="The largest share first; a contribution is in `unit`, and above 0 it shortens the expected life."
    )

    @classmethod
    def of(cls, life: LifeForecast) -> Self:
        """Return the answer for one that stands."""
        return cls.model_validate(life, from_attributes=True)


class StandingLifePage(PageAnswer):
    """Remaining lives as told last, sorted by machine and component."""

    items: list[StandingLife]


class LifeAnswer(_Life):
    """One remaining life on record."""

    @classmethod
    def of(cls, point: LifePoint) -> Self:
        """Return the answer for one on record."""
        return cls.model_validate(point, from_attributes=True)


class LifePage(PageAnswer):
    """Remaining lives of one machine, sorted by component, time, model version."""

    items: list[LifeAnswer]
