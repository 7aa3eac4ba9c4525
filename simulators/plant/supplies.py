"""What maintenance lives on: crews and parts."""

from typing import Annotated

from pydantic import Field

from simulators.plant.part_of_file import Identity, PartOfFile


class PartSpec(PartOfFile):
    """A part on the shelf, or not."""

    id: Identity = Field(description="Its number; unique.")
    name: str = Field("", max_length=100, description="What a person reads; the id where empty.")
    price: float = Field(ge=0.0, description="Of one. [currency]")
    lead_time_days: float = Field(ge=0.0, description="From order to shelf, mean. [d]")
    lead_time_spread_days: float = Field(0.0, ge=0.0, description="Its standard deviation. [d]")
    stock: int = Field(0, ge=0, description="On the shelf at the start. [parts]")


class CrewSpec(PartOfFile):
    """A team and when it works."""

    id: Identity = Field(description="What it is called; unique.")
    name: str = Field("", max_length=100, description="What a person reads; the id where empty.")
    people: int = Field(1, ge=1, le=100, description="How many can work at the same time on different jobs.")
    hours_per_week: float = Field(
        40.0, gt=0.0, le=1000.0, description="Hours for planned work of the whole team. [h/week]"
    )
    from_hour: int = Field(7, ge=0, le=23, description="When its day begins, local time. [h]")
    to_hour: int = Field(16, ge=1, le=24, description="When its day ends, local time; after `from_hour`. [h]")
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(
        (0, 1, 2, 3, 4), min_length=1, max_length=7, description="Days it works; 0 is Monday."
    )
    sites: tuple[Identity, ...] = Field((), description="Where it works; everywhere if empty.")

    @property
    def weekly_hours(self) -> float:
        """Its hours for planned work, never more than its people are there [h/week]."""
        return min(self.hours_per_week, float((self.to_hour - self.from_hour) * len(set(self.weekdays)) * self.people))
