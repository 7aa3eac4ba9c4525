"""Which forecasts, anomaly scores and demand forecasts every store can keep."""

from foreworn.health.anomaly import AnomalyScore
from foreworn.health.demand import DemandForecast
from foreworn.health.forecast import Forecast
from foreworn.storage.telemetry.plain import check_word, checked_ms, integer, number
from foreworn.telemetry.sample import to_epoch_ms


def check_forecast(forecast: Forecast) -> None:
    """Refuse a forecast with what no store can keep."""
    check_word("machine", forecast.machine, needed=True)
    check_word("component", forecast.component, needed=True)
    check_word("model version", forecast.model_version)
    checked_ms(to_epoch_ms(forecast.time))
    checked_ms(to_epoch_ms(forecast.issued_at))
    number(forecast.probability)
    integer(forecast.revision)


def check_score(score: AnomalyScore) -> None:
    """Refuse an anomaly score with what no store can keep."""
    check_word("machine", score.machine, needed=True)
    check_word("detector", score.detector, needed=True)
    checked_ms(to_epoch_ms(score.time))
    for value in (score.score, score.threshold, score.p_value):
        number(value)


def check_demand(forecast: DemandForecast) -> None:
    """Refuse a demand forecast with what no store can keep."""
    check_word("part", forecast.part, needed=True)
    check_word("place", forecast.place, needed=True)
    checked_ms(to_epoch_ms(forecast.start))
    checked_ms(to_epoch_ms(forecast.issued_at))
    number(forecast.distribution.mean)
