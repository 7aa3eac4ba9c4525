"""arrivals.jsonl: the raw messages as they came, one JSON object a line."""

import base64
import binascii
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import pyarrow as pa

from foreworn.errors import MalformedHistory
from foreworn.fleet.history import ARRIVAL_SCHEMA
from foreworn.storage.history.findings import Findings

ARRIVALS_FILE = "arrivals.jsonl"
Zoned = Annotated[datetime, msgspec.Meta(tz=True)]


class Arrival(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One line: the payload as text, or in base 64 where it is none."""

    received_at: Zoned
    topic: str
    payload: str | None = None
    payload_base64: str | None = None

    def bytes(self) -> bytes:
        """Return the payload as it came.

        Raises
        ------
        ValueError
            If there is none, or two.
        """
        if (self.payload is None) == (self.payload_base64 is None):
            raise ValueError("give either payload or payload_base64")
        if self.payload_base64 is not None:
            return base64.b64decode(self.payload_base64, validate=True)
        return (self.payload or "").encode()


def read_arrivals(folder: Path, findings: Findings) -> pa.Table | None:
    """Read the raw messages as `ARRIVAL_SCHEMA`; None where there are none, or the file has problems."""
    path = folder / ARRIVALS_FILE
    if not path.exists():
        return None
    before = len(findings)
    arrivals: list[dict[str, object]] = []
    latest = datetime.min.replace(tzinfo=UTC)
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            arrival = msgspec.json.decode(line, type=Arrival)
            payload = arrival.bytes()
        except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
            findings.add(MalformedHistory(path, f"the line is not a received message ({error})", row=number))
            continue
        if arrival.received_at < latest:
            problem = "the message was received before the one above it; sort the lines by received_at"
            findings.add(MalformedHistory(path, problem, row=number, column="received_at"))
        latest = max(latest, arrival.received_at)
        arrivals.append({"received_at": arrival.received_at, "topic": arrival.topic, "payload": payload})
    return pa.Table.from_pylist(arrivals, ARRIVAL_SCHEMA) if findings.clean_since(before) else None


def write_arrivals(arrivals: pa.Table, path: Path) -> None:
    """Write raw messages, as text where they are UTF-8."""
    with path.open("wb") as file:
        for row in arrivals.to_pylist():
            file.write(msgspec.json.encode(_line(row["received_at"], row["topic"], row["payload"])) + b"\n")


def _line(received_at: datetime, topic: str, payload: bytes) -> Arrival:
    try:
        return Arrival(received_at, topic, payload=payload.decode())
    except UnicodeDecodeError:
        return Arrival(received_at, topic, payload_base64=base64.b64encode(payload).decode())
