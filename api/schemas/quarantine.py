"""What was refused, and what people ask to be done with it."""

import base64
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.instants import Instant
from api.reading.payload import payload_preview
from api.reading.quarantined import SHOWN_BYTES
from api.schemas.answer import Answer
from api.schemas.request import Request
from foreworn.telemetry.quarantine import REASONS, REMEDIES, SKIPPED, QuarantineEntry, ReplayReport, Selection

LARGEST_ID = 2**63 - 1
_LONGEST = 2000

_Chosen = Annotated[str, Field(min_length=1, max_length=_LONGEST)]
_Id = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]


class RejectionAnswer(Answer):
    """One refused message, or one refused value of a message whose rest was kept."""

    id: int
    received_at: Instant = Field(description="Platform time.")
    device: str | None = Field(description="Null where the topic names none.")
    topic: str
    reason: str = Field(description="A key of the list of reasons.")
    detail: str = Field(description="What a person needs to mend it.")
    remedy: str = Field(description="What to do about it; empty where this release does not know the reason.")
    signal: str | None = Field(description="The refused signal, where only a value was refused.")
    payload_bytes: int = Field(description="Length of the whole message. [B]")
    payload_base64: str | None = Field(
        description=f"The whole message as it came; in lists, null where it is longer than {SHOWN_BYTES} bytes."
    )
    payload_text: str = Field(description="Its beginning as text; bytes that are not UTF-8 as \\xNN.")

    @classmethod
    def of(cls, entry: QuarantineEntry) -> Self:
        """Return the answer for one entry."""
        rejection = entry.rejection
        whole = len(rejection.payload) == entry.payload_bytes
        return cls(
            id=entry.id,
            received_at=rejection.received_at,
            device=rejection.device,
            topic=rejection.topic,
            reason=rejection.reason,
            detail=rejection.detail,
            remedy=REMEDIES.get(rejection.reason, ""),
            signal=rejection.signal,
            payload_bytes=entry.payload_bytes,
            payload_base64=base64.b64encode(rejection.payload).decode() if whole else None,
            payload_text=payload_preview(rejection.payload),
        )


class QuarantineAnswer(Answer):
    """What was refused, the newest first."""

    counts: dict[str, int] = Field(description="How many are kept in all, by reason.")
    dropped: dict[str, int] = Field(
        description="How many of the oldest had to go because the quarantine is bounded, by reason, in all."
    )
    items: list[RejectionAnswer]
    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null at the end.")


class ChosenEntries(Request):
    """Which entries are meant: those that meet all that is given."""

    ids: list[_Id] | None = Field(None, min_length=1, max_length=1000)
    device: _Chosen | None = None
    reason: str | None = Field(None, json_schema_extra={"enum": [*REASONS, None]})
    signal: _Chosen | None = None
    since: Instant | None = Field(None, description="Received at this time or later, platform time.")
    until: Instant | None = Field(None, description="Received before this time.")
    all: bool = Field(False, strict=True, description="Every one; needed where nothing else is given.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        given = (self.ids, self.device, self.reason, self.signal, self.since, self.until)
        if self.all != all(one is None for one in given):
            raise ValueError("it must say which entries are meant: name some, or say all without anything else")
        return self

    @property
    def selection(self) -> Selection:
        """What is meant.

        Raises
        ------
        ValueError
            If there is no such reason.
        """
        ids = None if self.ids is None else tuple(self.ids)
        return Selection(ids, self.device, self.reason, self.signal, self.since, self.until)


class ReplayRequest(ChosenEntries):
    """What is to be replayed."""

    limit: int = Field(
        10_000, strict=True, ge=1, le=100_000, description="Most entries of this request, the newest first."
    )
    cursor: str | None = Field(None, max_length=1000, description="`next_cursor` of the replay before, to go on.")


class ReplayAnswer(Answer):
    """What came of a replay."""

    replayed: int = Field(description="Entries that are good now: on their way to the store, and let go.")
    outdated: int = Field(description="Status messages, let go: what a device said of itself then is no news.")
    refused: dict[str, int] = Field(description="Refused again, by today's reason: these stay.")
    skipped: dict[str, int] = Field(
        description="Left as they are: " + "; ".join(f"`{name}`: {why}" for name, why in SKIPPED.items()) + "."
    )
    next_cursor: str | None = Field(description="Give it as `cursor` to go on; null where all was looked at.")

    @classmethod
    def of(cls, report: ReplayReport, next_cursor: str | None) -> Self:
        """Return the answer for a report."""
        return cls(
            replayed=report.replayed,
            outdated=report.outdated,
            refused=dict(report.refused),
            skipped=dict(report.skipped),
            next_cursor=next_cursor,
        )


class PurgeAnswer(Answer):
    """What was forgotten."""

    purged: int = Field(description="Entries.")
