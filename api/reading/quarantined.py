"""What was refused: the newest first, and counted by sensor."""

from collections import Counter
from collections.abc import Sequence

from api.services import ConsoleServices
from foreworn.telemetry.quarantine import Rejection

LOOKED_THROUGH = 5000
"""The quarantine gives out its newest by device; by reason and by sensor we look through this many."""

SENSOR_REASONS = frozenset({"not_finite", "out_of_range", "wrong_type", "unknown_state"})
"""Refusals that point at a sensor rather than at a message."""


def newest_rejections(
    services: ConsoleServices, *, limit: int, device: str | None = None, reason: str | None = None
) -> list[Rejection]:
    """Return the newest refusals; by reason, among the newest `LOOKED_THROUGH`."""
    if reason is None:
        return services.quarantine.newest(limit, device=device)
    looked = services.quarantine.newest(LOOKED_THROUGH, device=device)
    return [r for r in looked if r.reason == reason][:limit]


def sensors_in_doubt(rejections: Sequence[Rejection]) -> list[tuple[str, str, int]]:
    """Return (device, signal, count) of the sensors whose values were refused, the most refused first."""
    counts = Counter((r.device, r.signal) for r in rejections if r.reason in SENSOR_REASONS and r.device and r.signal)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(str(device), str(signal), count) for (device, signal), count in ranked]
