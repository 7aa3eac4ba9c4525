"""The laws by which components wear; a new one is one file and one line here."""

from typing import Annotated

from pydantic import Field

from simulators.plant.wear.bearing_wear import BearingWear
from simulators.plant.wear.chance_failure import ChanceFailure
from simulators.plant.wear.filter_clogging import FilterClogging
from simulators.plant.wear.law import Fate, GradualWear, WearLaw, consumed_at, damage_of
from simulators.plant.wear.seal_wear import SealWear
from simulators.plant.wear.winding_ageing import WindingAgeing

LAWS: tuple[type[WearLaw], ...] = (BearingWear, FilterClogging, WindingAgeing, SealWear, ChanceFailure)

AnyWearLaw = Annotated[
    BearingWear | FilterClogging | WindingAgeing | SealWear | ChanceFailure, Field(discriminator="law")
]

__all__ = [
    "LAWS",
    "AnyWearLaw",
    "BearingWear",
    "ChanceFailure",
    "Fate",
    "FilterClogging",
    "GradualWear",
    "SealWear",
    "WearLaw",
    "WindingAgeing",
    "consumed_at",
    "damage_of",
]
