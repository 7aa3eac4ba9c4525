"""Turns messages into the one batch that is committed for them."""

from collections.abc import Sequence

from foreworn.clock import Clock
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import TelemetryBatch
from ingestion.message import Contents, Decoder, Message
from ingestion.validation import Validator


class Reception:
    """Decodes and validates messages.

    Parameters
    ----------
    decoder
        Of the wire format.
    validator
        Knows the fleet.
    clock
        The platform's clock.
    """

    def __init__(self, decoder: Decoder, validator: Validator, clock: Clock) -> None:
        self._decoder = decoder
        self._validator = validator
        self._clock = clock

    def read(self, topic: str, payload: bytes) -> Contents:
        """Return what one message holds and what of it is refused.

        Raises
        ------
        StoreUnavailable
            If the registry has to be asked and cannot answer; the same call may succeed later.
        """
        message = Message(topic, payload, self._clock.now())
        return self._validator.validate(self._decoder.decode(message), message)

    def join(self, contents: Sequence[Contents]) -> IntakeBatch:
        """Return one batch of the contents of several messages, in their order."""
        return IntakeBatch(
            TelemetryBatch(
                samples=tuple(sample for c in contents for sample in c.samples),
                events=tuple(event for c in contents for event in c.events),
                logs=tuple(line for c in contents for line in c.logs),
            ),
            statuses=tuple(status for c in contents for status in c.statuses),
            rejections=tuple(rejection for c in contents for rejection in c.rejections),
            received_at=self._clock.now(),
        )
