"""Devices and what was refused of them."""

import base64
from typing import Self

from pydantic import Field

from api.instants import Instant
from api.reading.devices import DeviceState
from api.reading.payload import payload_preview
from api.schemas.answer import Answer, PageAnswer
from foreworn.telemetry.quarantine import Rejection


class RejectionAnswer(Answer):
    """One refused message, or one refused value of a message whose rest was kept."""

    received_at: Instant = Field(description="Platform time.")
    device: str | None = Field(description="Null where the topic names none.")
    topic: str
    reason: str = Field(description="A key of the list of reasons.")
    detail: str = Field(description="What a person needs to mend it.")
    signal: str | None = Field(description="The refused signal, where only a value was refused.")
    payload_bytes: int = Field(description="Length of the whole message. [B]")
    payload_base64: str = Field(description="The whole message as it came.")
    payload_text: str = Field(description="Its beginning as text; bytes that are not UTF-8 as \\xNN.")

    @classmethod
    def of(cls, rejection: Rejection) -> Self:
        """Return the answer for one refusal."""
        return cls(
            received_at=rejection.received_at,
            device=rejection.device,
            topic=rejection.topic,
            reason=rejection.reason,
            detail=rejection.detail,
            signal=rejection.signal,
            payload_bytes=len(rejection.payload),
            payload_base64=base64.b64encode(rejection.payload).decode(),
            payload_text=payload_preview(rejection.payload),
        )


class QuarantineAnswer(Answer):
    """What was refused, the newest first."""

    counts: dict[str, int] = Field(description="How many are kept in all, by reason.")
    items: list[RejectionAnswer]


class DeviceAnswer(Answer):
    """One device: how far it has come, and its last refusal."""

    id: str
    machine: str | None = Field(description="The machine it sits on now; null where the registry knows none.")
    state: str = Field(description="What it, or its last will, said last: online, offline; unknown before.")
    firmware: str
    watermark: Instant | None = Field(description="Its newest stored device time.")
    last_received_at: Instant | None = Field(description="When anything last came from it, platform time.")
    last_seq: int | None
    samples: int = Field(description="Samples stored, repeats included.")
    events: int = Field(description="Events stored, repeats included.")
    logs: int = Field(description="Log lines stored, repeats included.")
    rejected: int = Field(description="Messages and values refused.")
    last_rejection: RejectionAnswer | None

    @classmethod
    def of(cls, state: DeviceState, rejection: Rejection | None) -> Self:
        """Return the answer for one device."""
        progress = state.progress
        return cls(
            id=state.id,
            machine=state.machine,
            state=progress.state,
            firmware=progress.firmware,
            watermark=progress.watermark,
            last_received_at=progress.last_received_at,
            last_seq=progress.last_seq,
            samples=progress.samples,
            events=progress.events,
            logs=progress.logs,
            rejected=progress.rejected,
            last_rejection=None if rejection is None else RejectionAnswer.of(rejection),
        )


class DevicePage(PageAnswer):
    """Devices, sorted by id."""

    items: list[DeviceAnswer]
