"""What can be chosen about the part of demand that history alone foresees."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class UsageSettings(BaseModel):
    """Settings of the demand forecast from past usage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: timedelta = Field(timedelta(days=30), gt=timedelta(0), description="Usage is counted by this length.")
    size_smoothing: float = Field(0.1, gt=0, lt=1, description="TSB: weight of the newest size of a demand.")
    chance_smoothing: float = Field(0.05, gt=0, lt=1, description="TSB: weight of the newest period.")
    fewest_periods: int = Field(
        12, ge=2, description="Periods that a method sees at least before its forecasts are compared with others."
    )
    origins: int = Field(
        24, ge=1, description="From how many of the latest periods forecasts are made when methods are compared."
    )
    rare_gain: float = Field(
        0.2,
        ge=0,
        lt=1,
        description="By which share TSB must beat independent draws on the past to be used for rare demand. On "
        "months 61 to 72 of the RAF set, smaller gains were luck more often than not.",
    )
    season_after: timedelta = Field(
        timedelta(days=730), description="Only a usage on record for this long may be continued with a season."
    )
    season_from_periods: int = Field(24, ge=4, description="And only from this many periods on.")
    season_from_mean: float = Field(
        10.0, gt=0, description="And only with at least this mean usage per period, in units of the part."
    )
    season_gain: float = Field(
        0.05, ge=0, lt=1, description="By which share the season must beat independent draws on the past to be used."
    )
    season_terms: int = Field(3, ge=1, description="Pairs of sine and cosine that the season of a year is made of.")
    season_samples: int = Field(1_000, ge=100, description="Draws that a forecast with a season is made of.")
    seed: int = Field(20150101, ge=0, description="Seed of those draws.")
