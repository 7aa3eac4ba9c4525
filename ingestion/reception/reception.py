"""Turns messages into the one batch that is committed for them."""

import threading
from collections.abc import Mapping, Sequence

import numpy as np

from foreworn.clock import Clock
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import Sample, TelemetryBatch, to_epoch_ms
from foreworn.telemetry.wire import Kind
from ingestion.formats.message import UNREADABLE_TOPIC, Contents, Decoder, Message
from ingestion.reception.express import Express
from ingestion.reception.hearing import heard_in
from ingestion.reception.sample_table import samples_of
from ingestion.reception.turn import Turn
from ingestion.reception.validation import Validator
from ingestion.session.frames import Frames

_RETAINED = 0x01
_REDELIVERED = 0x08
_STATUS_LEVEL = f"/{Kind.STATUS}".encode()
_MOST_STATUSES = 100_000
_LONGEST_STATUS = 4096


class Reception:
    """Decodes and validates messages: one by one with `read` and `join`, or a whole turn with `take`.

    The two ways say the same. `take` reads by column what is plainly good, which is nearly everything, and
    reads one by one what is not.

    Parameters
    ----------
    decoder
        Of the wire formats; native telemetry must mean to it what it means to `NativeJsonDecoder`.
    validator
        Knows the fleet.
    clock
        The platform's clock.
    """

    def __init__(self, decoder: Decoder, validator: Validator, clock: Clock) -> None:
        self._decoder = decoder
        self._validator = validator
        self._clock = clock
        self._express = Express(validator.directory, validator.rates, validator.settings.largest_payload)
        self._statuses: dict[bytes, bytes] = {}
        self._lock = threading.Lock()

    def read(self, topic: str, payload: bytes) -> Contents:
        """Return what one message holds and what of it is refused.

        Raises
        ------
        StoreUnavailable
            If the registry has to be asked and cannot answer; the same call may succeed later.
        """
        with self._lock:
            return self._read(topic, payload)

    def join(self, contents: Sequence[Contents]) -> IntakeBatch:
        """Return one batch of the contents of several messages, in their order."""
        samples = tuple(sample for c in contents for sample in c.samples)
        return self._batch(samples, contents)

    def take(self, frames: Frames) -> Turn:
        """Return one batch of what several messages hold, and what was heard of whom.

        A retained status that has not changed since it was last accepted is passed over: the broker tells it again
        whenever we subscribe again. One that was refused may be accepted next time: its device may be known by then.

        Raises
        ------
        StoreUnavailable
            If the registry has to be asked and cannot answer; the same call may succeed later, and nothing is
            remembered of this one.
        """
        with self._lock, self._validator.rates.forgotten_on_error():
            latest = self._clock.now() + self._validator.settings.future_tolerance
            load = self._express.take(frames, to_epoch_ms(latest))
            others = {i: self._contents(frames, i) for i in load.left.tolist() if not self._is_known_status(frames, i)}
            samples = samples_of(load, [(i, sample) for i, c in others.items() for sample in c.samples])
            headers = np.frombuffer(bytes(frames.headers), np.uint8)
            heard = heard_in(load, others, (headers & _REDELIVERED).astype(np.bool_))
            self._note_statuses(frames, others)
        return Turn(self._batch(samples, list(others.values())), heard)

    def _read(self, topic: str, payload: bytes) -> Contents:
        message = Message(topic, payload, self._clock.now())
        return self._validator.validate(self._decoder.decode(message), message)

    def _contents(self, frames: Frames, i: int) -> Contents:
        try:
            topic = frames.topics[i].decode()
        except UnicodeDecodeError:
            topic = UNREADABLE_TOPIC
        return self._read(topic, frames.payloads[i])

    def _batch(self, samples: Sequence[Sample], contents: Sequence[Contents]) -> IntakeBatch:
        return IntakeBatch(
            TelemetryBatch(
                samples,
                events=tuple(event for c in contents for event in c.events),
                logs=tuple(line for c in contents for line in c.logs),
            ),
            statuses=tuple(status for c in contents for status in c.statuses),
            rejections=tuple(rejection for c in contents for rejection in c.rejections),
            received_at=self._clock.now(),
            refused=sum(c.refused for c in contents),
        )

    def _is_known_status(self, frames: Frames, i: int) -> bool:
        return bool(frames.headers[i] & _RETAINED) and self._statuses.get(frames.topics[i]) == frames.payloads[i]

    def _note_statuses(self, frames: Frames, others: Mapping[int, Contents]) -> None:
        for i, contents in others.items():
            topic, payload = frames.topics[i], frames.payloads[i]
            if contents.statuses and topic.endswith(_STATUS_LEVEL) and len(payload) <= _LONGEST_STATUS:
                if len(self._statuses) >= _MOST_STATUSES:
                    self._statuses.clear()  # anybody may think up topics
                self._statuses[topic] = payload
