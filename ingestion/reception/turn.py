"""What one turn of the collector made of the messages it took."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from foreworn.telemetry.intake import IntakeBatch


class Heard(NamedTuple):
    """Sequence numbers heard of one device in one turn, for the acknowledgement ledger.

    A device may appear more than once: numbers the broker delivers again are kept apart from new ones, and a
    changed wish or site makes an entry of its own. The entries of one device are in the order they came.

    Parameters
    ----------
    device, site
        Who, and under which site it sent them.
    seqs
        In the order they came, those of refused entries too.
    redelivered
        The broker delivers them again on its own.
    wants_ack
        Whether the device wants to be told what is durable; None where the messages do not say.
    oldest
        The oldest number that the device says it has; None where it does not say.
    """

    device: str
    site: str
    seqs: Sequence[int]
    redelivered: bool
    wants_ack: bool | None
    oldest: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A batch to commit, and what was heard of whom.

    Parameters
    ----------
    batch
        What is to be made durable.
    heard
        What the acknowledgement ledger is to take once the batch is durable.
    """

    batch: IntakeBatch
    heard: tuple[Heard, ...]
