"""What came of a load, in figures."""

from dataclasses import dataclass

import numpy as np

from simulators.load.ledger import Ledger, Times

_PERCENTILES = (50.0, 99.0, 100.0)


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a load has come; messages.

    Parameters
    ----------
    sent
        Different messages handed to a connection.
    acknowledged
        Of these, by the broker (PUBACK).
    confirmed
        Of these, by the platform.
    resent
        Sent again after a connection was lost, or the platform was silent.
    reconnects
        Connections that were opened again.
    """

    sent: int = 0
    acknowledged: int = 0
    confirmed: int = 0
    resent: int = 0
    reconnects: int = 0


COUNTS = (*LoadProgress.__slots__, "readings")
"""The figures that are counts."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """A load that has ended.

    Parameters
    ----------
    progress
        What was sent and acknowledged.
    readings
        How many readings that were.
    seconds
        From the first message to the last. [s]
    acknowledge_latency, confirm_latency
        From a message's first hand-over to the broker's, and the platform's, acknowledgement: the median, the 99th
        percentile and the longest, outages included; NaN where there was none. [s]
    """

    progress: LoadProgress
    readings: int
    seconds: float
    acknowledge_latency: tuple[float, float, float]
    confirm_latency: tuple[float, float, float]

    @property
    def rate(self) -> float:
        """Messages sent a second."""
        return self.progress.sent / self.seconds if self.seconds else 0.0

    def figures(self) -> dict[str, float]:
        """Return everything by name, as benchmarks write it; latencies in ms, without those there are none of."""
        progress = self.progress
        counts = {name: float(getattr(progress, name)) for name in LoadProgress.__slots__}
        latencies = {
            f"{what}_{name}_ms": 1000 * value
            for what, found in (("acknowledge", self.acknowledge_latency), ("confirm", self.confirm_latency))
            for name, value in zip(("p50", "p99", "max"), found, strict=True)
            if not np.isnan(value)
        }
        return counts | {"readings": float(self.readings), "seconds": self.seconds, "rate": self.rate} | latencies


def load_report(ledger: Ledger, progress: LoadProgress) -> LoadReport:
    """Return the report of a load that has ended."""
    sent = ledger.sent_at
    return LoadReport(
        progress,
        readings=len(ledger) * ledger.plan.batch,
        seconds=float(sent.max() - sent.min()) if len(ledger) else 0.0,
        acknowledge_latency=_percentiles(ledger.acknowledged_at - sent),
        confirm_latency=_percentiles(ledger.confirmed_at - sent),
    )


def _percentiles(latencies: Times) -> tuple[float, float, float]:
    there = latencies[~np.isnan(latencies)]
    if not len(there):
        return (float("nan"),) * 3
    low, high, longest = np.percentile(there, _PERCENTILES).tolist()
    return low, high, longest
