"""Whether the telemetry store answers now."""

from api.services import ConsoleServices
from foreworn.errors import StoreUnavailable
from foreworn.telemetry.sample import MILLISECOND


def telemetry_trouble(services: ConsoleServices) -> StoreUnavailable | None:
    """Ask the telemetry store something small; return why it did not answer, or None where it did."""
    now = services.clock.now()
    try:
        services.telemetry.count_samples(now, now + MILLISECOND)
    except StoreUnavailable as trouble:
        return trouble
    return None
