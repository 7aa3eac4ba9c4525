"""Devices: how far they have come, how good what they send is, and what was refused of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Self

from pydantic import Field

from api.instants import Instant
from api.reading.devices import DeviceState, worst_signal
from api.schemas.answer import Answer, PageAnswer
from api.schemas.quarantine import RejectionAnswer
from foreworn.telemetry.quality import PARTS, SignalQuality
from foreworn.telemetry.quarantine import QuarantineEntry
from foreworn.telemetry.silence import Silence


class SilenceAnswer(Answer):
    """A device that ought to have spoken."""

    since: Instant = Field(description="When it spoke last, or when it, or its last will, said that it is gone.")
    said_goodbye: bool = Field(description="Whether it, or its last will, said so.")
    patience_s: float = Field(description="How long it may stay away before it counts as silent. [s]")

    @classmethod
    def of(cls, silence: Silence) -> Self:
        """Return the answer for one silence."""
        return cls(since=silence.since, said_goodbye=silence.said_goodbye, patience_s=silence.patience.total_seconds())


class QualityParts(Answer):
    """How good a signal was over a day; each part in [0, 1], null where nothing is known."""

    time: Instant = Field(description="The end of the day that was judged.")
    score: float | None = Field(description="The least of the known parts.")
    completeness: float | None = Field(description="Readings that came, of those its cadence promises.")
    timeliness: float | None = Field(description="Share of what the device sent that came in time.")
    validity: float | None = Field(description="Share of its values that were good.")
    uniqueness: float | None = Field(description="Share of what the device sent that had not come before.")

    @classmethod
    def parts(cls, quality: SignalQuality) -> dict[str, Any]:
        """Return the fields of one judgement."""
        return {name: getattr(quality, name) for name in ("time", "score", *PARTS)}


class SignalQualityAnswer(QualityParts):
    """How good one signal of a device is."""

    signal: str
    weakest: str | None = Field(description="The part that the score comes from.")
    history: list[QualityParts] = Field(description="The last judgement of each day, the oldest first.")

    @classmethod
    def of(cls, history: Sequence[SignalQuality]) -> Self:
        """Return the answer for one signal's judgements, oldest first."""
        newest = history[-1]
        past = [QualityParts(**QualityParts.parts(quality)) for quality in history]
        return cls(signal=newest.signal, weakest=newest.weakest, history=past, **cls.parts(newest))


class DeviceQualityAnswer(Answer):
    """How good each signal of a device is, by signal; empty while nothing was judged."""

    device: str
    items: list[SignalQualityAnswer]

    @classmethod
    def of(cls, device: str, history: Sequence[SignalQuality]) -> Self:
        """Return the answer for one device's judgements, sorted by signal, time."""
        own = groupby(history, key=lambda quality: quality.signal)
        return cls(device=device, items=[SignalQualityAnswer.of(list(judged)) for _, judged in own])


class DeviceAnswer(Answer):
    """One device: how far it has come, how well, and its last refusal."""

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
    gaps: int = Field(description="How often numbers were skipped.")
    missing: int = Field(description="Numbers that were skipped and have not come since.")
    duplicates: int = Field(description="Entries that had come before.")
    late: int = Field(description="Entries that came later than they may after their own time.")
    out_of_order: int = Field(description="Entries older than one that came before them.")
    clock_behind_s: float | None = Field(
        description="How far its clock is behind, or how long what it sends always takes; negative: ahead. [s]"
    )
    entries_per_hour: float = Field(
        description="Samples, events and log lines in this hour and the three before. [1/h]"
    )
    usual_gap_s: float | None = Field(description="The median time between its last visits. [s]")
    silence: SilenceAnswer | None = Field(description="Null where it speaks, need not speak, or never did.")
    quality_score: float | None = Field(description="The lowest score of its signals, over the last day.")
    quality_signal: str | None = Field(description="The signal that has it.")
    last_rejection: RejectionAnswer | None

    @classmethod
    def of(
        cls,
        state: DeviceState,
        rejection: QuarantineEntry | None,
        qualities: Sequence[SignalQuality],
        *,
        now: datetime,
    ) -> Self:
        """Return the answer for one device."""
        progress, worst = state.progress, worst_signal(qualities)
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
            gaps=progress.gaps,
            missing=progress.missing,
            duplicates=progress.duplicates,
            late=progress.late,
            out_of_order=progress.out_of_order,
            clock_behind_s=_seconds(progress.skew),
            entries_per_hour=progress.hourly_rate(now),
            usual_gap_s=_seconds(progress.usual_gap),
            silence=None if state.silence is None else SilenceAnswer.of(state.silence),
            quality_score=None if worst is None else worst.score,
            quality_signal=None if worst is None else worst.signal,
            last_rejection=None if rejection is None else RejectionAnswer.of(rejection),
        )


class DevicePage(PageAnswer):
    """Devices, sorted by id."""

    items: list[DeviceAnswer]


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
