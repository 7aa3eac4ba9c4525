"""What acting on forecasts is worth, on histories that ran to failure; never on one whose repairs were already made."""

from foreworn.loop.pricing.lives import NotRunToFailure, recorded_lives
from foreworn.loop.pricing.priced import Priced, Sensitivity
from foreworn.loop.pricing.pricing import price, price_model
from foreworn.loop.pricing.settings import PricingSettings

__all__ = [
    "NotRunToFailure",
    "Priced",
    "PricingSettings",
    "Sensitivity",
    "price",
    "price_model",
    "recorded_lives",
]
