"""Answers that were given once and are given again: what makes a repeated request harmless."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

KEPT = timedelta(days=1)
"""How long a key stands for its request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered.

    Parameters
    ----------
    status
        HTTP status.
    headers
        Those that belong to the answer itself, such as where the thing is that was made.
    body
        JSON.
    """

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a key stands for.

    Parameters
    ----------
    new
        Whether it was claimed just now: whoever did so does the work.
    request
        Digest of the request that it was claimed for.
    answer
        What that was answered; None while the work is being done, or where it broke off.
    """

    new: bool
    request: bytes
    answer: Answer | None = None


class AnswerBook(Protocol):
    """Keeps the keys of requests and their answers; every call is a transaction of its own."""

    def claim(self, user: str, key: str, request: bytes, *, now: datetime) -> Claim:
        """Take a key for a request, or tell what it stands for already; of two at once, one takes it.

        Keys older than `KEPT` are forgotten.
        """
        ...

    def keep(self, user: str, key: str, answer: Answer) -> None:
        """Keep the answer of a claimed key."""
        ...

    def release(self, user: str, key: str) -> None:
        """Forget a claim whose work was refused: nothing was done, and the key may be used again."""
        ...
