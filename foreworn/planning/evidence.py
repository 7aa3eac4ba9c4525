"""What a predictive order rests on, frozen when it was proposed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.health.forecast import Reason


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How often forecasts like this one, in [low, high), ended in a failure or in wear found: `failed` of `said`."""

    said: int
    failed: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The forecast behind an order and what acting on it was expected to save.

    Parameters
    ----------
    probability
        Of failing within `horizon` after `data_time`.
    horizon, data_time, issued_at
        How far the forecast looked, from which data time, and when it was said.
    model_version, revision
        Which model said it, and which revision of its verdict.
    reasons
        What raised the probability, the strongest first.
    expected_saving
        What acting at `act_at` instead of waiting until the horizon's end saves on average. [currency]
    waiting_cost_per_day
        What each further day of waiting costs on average. [currency/day]
    act_at
        The earliest the job can be done: the part is there and the team can come.
    currency
        ISO 4217 code of the money above.
    costs_assumed
        Whether the cost table's default was used because nobody has given this component's costs.
    track_record
        How often forecasts like this one came true; None while none has an outcome.
    """

    probability: float
    horizon: timedelta
    data_time: datetime
    issued_at: datetime
    model_version: str
    revision: int
    reasons: tuple[Reason, ...]
    expected_saving: float
    waiting_cost_per_day: float
    act_at: datetime
    currency: str
    costs_assumed: bool
    track_record: TrackRecord | None = None
