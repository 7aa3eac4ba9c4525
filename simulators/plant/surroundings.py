"""Where machines stand and what is asked of them: weather, loads, sites."""

from datetime import date
from typing import Annotated

from pydantic import Field

from simulators.plant.part_of_file import Identity, Name, PartOfFile, Share

_DAY_OF_YEAR = Annotated[int, Field(ge=1, le=366)]


class Weather(PartOfFile):
    """The air around the plant: its temperature and dust, with their seasons."""

    temperature: float = Field(12.0, ge=-60.0, le=60.0, description="Mean over the year. [°C]")
    temperature_season: float = Field(9.0, ge=0.0, le=50.0, description="Summer above the mean. [K]")
    warmest_day: _DAY_OF_YEAR = Field(200, description="Day of the year on which summer peaks.")
    temperature_day: float = Field(4.0, ge=0.0, le=30.0, description="Afternoon above the day's mean. [K]")
    temperature_spread: float = Field(3.0, ge=0.0, le=20.0, description="Warm and cold spells: standard deviation. [K]")
    dust: float = Field(0.1, ge=0.0, description="Dust, or sand in the water: mean over the year. [mg/m³]")
    dust_season: Share = Field(0.0, description="How far the season moves the dust, as a share of its mean. [0-1]")
    dustiest_day: _DAY_OF_YEAR = Field(200, description="Day of the year on which the dust peaks.")
    dust_spread: float = Field(0.3, ge=0.0, le=2.0, description="Day to day: standard deviation of its logarithm.")


class Load(PartOfFile):
    """What is asked of a machine over the day, the week and the year."""

    by_hour: tuple[Annotated[float, Field(ge=0.0, le=1.5)], ...] = Field(
        min_length=24,
        max_length=24,
        description="24 shares of rated load, from midnight local time; 0 is standing still.",
    )
    by_weekday: tuple[Annotated[float, Field(ge=0.0, le=2.0)], ...] = Field(
        (1.0,) * 7, min_length=7, max_length=7, description="7 factors on it, from Monday; 0 is standing still."
    )
    season: Share = Field(0.0, description="How far the season moves it, as a share. [0-1]")
    peak_day: _DAY_OF_YEAR = Field(200, description="Day of the year on which it peaks.")
    spread: float = Field(0.05, ge=0.0, le=1.0, description="Day to day: standard deviation of its logarithm.")
    machine_spread: float = Field(
        0.1, ge=0.0, le=1.0, description="Lasting differences between machines: standard deviation of the logarithm."
    )


class MachineGroup(PartOfFile):
    """Machines of one class and load at a site."""

    machine_class: Name = Field(alias="class", description="The machine class, by name.")
    count: int = Field(ge=1, le=1000, description="How many.")
    load: Name = Field(description="The load, by name.")
    prefix: Identity | None = Field(
        None, description="Machines are called SITE-PREFIX-1 ...; the class's name if none."
    )
    installed: date | None = Field(None, description="Since when they work; between 2 and 12 years ago if not given.")


class SiteSpec(PartOfFile):
    """One place where machines stand."""

    id: Identity = Field(description="What it is called on the wire; unique.")
    name: str = Field("", max_length=100, description="What a person reads; the id where empty.")
    warmer_by: float = Field(0.0, ge=-50.0, le=50.0, description="Air around its machines above the weather. [K]")
    dust_factor: float = Field(1.0, ge=0.0, le=100.0, description="Its dust as a multiple of the weather's.")
    machines: tuple[MachineGroup, ...] = Field(min_length=1, description="What stands there.")
