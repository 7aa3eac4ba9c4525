"""The port of collectors: who takes messages from the broker, makes them durable, and only then acknowledges them."""

from typing import Protocol

from ingestion.collector.counts import CollectorCounts


class Collector(Protocol):
    """Takes in what devices publish, until it is stopped or cannot make it durable."""

    @property
    def failed(self) -> Exception | None:
        """Why the collector gave up, or None; the process ought to exit with an error."""
        ...

    @property
    def counts(self) -> CollectorCounts:
        """What it has taken in."""
        ...

    def start(self) -> None:
        """Connect and subscribe; returns when messages are being taken in.

        Raises
        ------
        BrokerUnavailable
            If no broker answers, or it does not let us in.
        ConfigurationError
            If the broker does not let us subscribe, or a file that TLS needs cannot be read.
        SpoolFailed
            If it cannot be read what devices have been told.
        """
        ...

    def stop(self) -> None:
        """Commit and acknowledge what has come, then disconnect; the broker keeps what comes later."""
        ...
