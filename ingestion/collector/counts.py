"""How much a collector has taken in."""

from dataclasses import dataclass

from foreworn.telemetry.intake import IntakeBatch


@dataclass(frozen=True, slots=True)
class CollectorCounts:
    """What a collector has taken in since it was made; repeats count again."""

    messages: int = 0
    samples: int = 0
    events: int = 0
    logs: int = 0
    statuses: int = 0
    rejections: int = 0
    commits: int = 0
    refused: int = 0
    """Messages of unknown devices that were acknowledged and let go."""

    def plus(self, messages: int, batch: IntakeBatch) -> "CollectorCounts":
        """Return the counts after one more commit."""
        return CollectorCounts(
            self.messages + messages,
            self.samples + len(batch.telemetry.samples),
            self.events + len(batch.telemetry.events),
            self.logs + len(batch.telemetry.logs),
            self.statuses + len(batch.statuses),
            self.rejections + len(batch.rejections),
            self.commits + 1,
            self.refused + batch.refused,
        )
