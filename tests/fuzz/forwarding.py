"""Fuzzes all that is behind the socket: frames, spool, forwarder, and the operations store in SQL; nothing may stop.

An input is turns that end with a byte of 1; each is messages that end with a NUL, whose first byte picks device,
kind and header.
"""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.fuzz.harness import Target, fuzz, golden_payloads

HEADERS = (0x32, 0x32 | 0x08, 0x32 | 0x01)
PUMP = b"\x18"
"""Picks telemetry of a device that is known, sent for the first time."""
LARGEST = 2**63 - 1


def build() -> Target:
    """Return the function under test."""
    import sqlalchemy as sa

    from foreworn.settings import IngestionSettings
    from foreworn.storage.operations.sql import (
        SqlDeviceProgressLog,
        SqlDirtyWindows,
        SqlQuarantine,
        open_operations,
    )
    from foreworn.storage.operations.sql.tables import DEVICE_PROGRESS, PROGRESS_JOURNAL
    from foreworn.storage.telemetry.memory import MemoryTelemetryStore
    from foreworn.telemetry.wire import DEVICE_KINDS
    from ingestion.forwarding.forwarder import Forwarder
    from ingestion.spool.format import decode_batch, encode_batch
    from ingestion.spool.spool import MemorySpool
    from tests.unit.ingestion.plant import reception
    from tests.unit.ingestion.test_two_roads import CATALOGUE, DEVICES, NOW, fleet
    from tests.unit.ingestion.two_roads import Sent, frames_of

    kinds = [*[DEVICE_KINDS[0]] * 4, *DEVICE_KINDS]
    topics = [f"foreworn/v1/west/{d}/{k}".encode() for k in kinds for d in (*DEVICES, "moved", "stranger")]
    engine = open_operations("sqlite:///operations.sqlite", folder=Path(tempfile.mkdtemp()))
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    engine.dispose()

    def turns(data: bytes) -> Iterator[list[Sent]]:
        for turn in data.split(b"\x01"):
            yield [
                Sent(topics[m[0] % len(topics)], m[1:], HEADERS[m[0] % len(HEADERS)]) for m in turn.split(b"\x00") if m
            ]

    def check(data: bytes) -> None:
        with engine.begin() as connection:
            connection.execute(sa.delete(DEVICE_PROGRESS))
            connection.execute(sa.delete(PROGRESS_JOURNAL))
        desk = reception(fleet(), IngestionSettings(), NOW)
        spool, store = MemorySpool(), MemoryTelemetryStore(CATALOGUE)
        progress = SqlDeviceProgressLog(engine)
        forwarder = Forwarder(
            spool,
            store,
            SqlQuarantine(engine),
            progress,
            SqlDirtyWindows(engine),
            lambda: NOW - timedelta(days=30),
            IngestionSettings(),
        )
        taken = 0
        for messages in turns(data):
            batch = desk.take(frames_of(messages)).batch
            taken += len(batch.telemetry)
            if len(batch):
                spool.commit(decode_batch(encode_batch(batch)))
            while forwarder._turn():
                pass
            told = progress.all()  # counts
        assert forwarder.uncounted == 0
        assert spool.depth() == 0
        assert sum(device.samples + device.events + device.logs for device in told) == taken

    return check


def seeds() -> list[bytes]:
    """Return golden telemetry, and what broke the line before: depth, size, and the largest numbers."""

    def readings(*numbers: int) -> list[bytes]:
        body = b'{"ts":%d,"seq":%d,"values":{"vibration":1.5,"starts":1}}'
        return [PUMP + body % (1767225600000 + 60_000 * n, seq) for n, seq in enumerate(numbers)]

    return [
        *(PUMP + payload for payload in golden_payloads("native_json")),
        PUMP + b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
        PUMP + b"[" * 50_000,
        b"\x01".join(readings(0, LARGEST, 0, LARGEST)),
        b"\x01".join(readings(1, LARGEST, 2, LARGEST)),
        b"\x00".join(readings(5, LARGEST, 0, LARGEST - 1)),
        PUMP + b"[" + b",".join(reading.removeprefix(PUMP) for reading in readings(*range(500))) + b"]",
        PUMP + b'{"ts":1767225600000,"values":{"note":"' + b"z" * 60_000 + b'"}}',
    ]


if __name__ == "__main__":
    fuzz(build, seeds())
