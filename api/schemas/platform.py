"""The platform itself."""

from typing import Literal

from pydantic import Field

from api.instants import Instant
from api.schemas.answer import Answer


class HealthAnswer(Answer):
    """The process lives and its stores answer."""

    status: Literal["ok"]
    clock: Instant


class StatusAnswer(Answer):
    """What the platform takes in, and who reports."""

    clock: Instant = Field(description="The platform's time: wall time, or a replay's.")
    data_until: Instant | None = Field(description="The newest stored device time of any machine.")
    machines: int
    reporting: int = Field(description="Machines whose newest data is young enough.")
    silent: list[str] = Field(description="Ids of the others.")
    devices: int
    samples: int = Field(description="Samples stored, repeats included.")
    events: int
    logs: int
    rejected: int = Field(description="Messages and values refused.")
    quarantine: dict[str, int] = Field(description="How many refusals are kept, by reason.")
    collector: dict[str, int] | None = Field(description="What the collector counted; null where none runs here.")
    spool_depth: int | None = Field(description="Batches waiting for the store; null where no spool is here.")
    serving_model: str | None
