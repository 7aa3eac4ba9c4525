"""The rejections of one message, written out once per reason and signal."""

from foreworn.errors import Rejected
from foreworn.telemetry.quarantine import Rejection
from ingestion.formats.message import MOST_REJECTIONS, Message


class Rejections:
    """Collects what is refused of a message; of a reason and signal only the first is written out, as in `condense`.

    The others are the same object again, so that a message of nothing but mistakes takes little memory.
    """

    def __init__(self, message: Message, device: str) -> None:
        self._message = message
        self._device = device
        self._first: dict[tuple[str, str | None], Rejection] = {}
        self._all: list[Rejection] = []

    def add(self, refused: Rejected, signal: str | None = None, *, where: str = "") -> None:
        """Add one; `where` leads its detail."""
        key = (refused.code, signal)
        if len(self._first) > MOST_REJECTIONS and key not in self._first:
            key = next(reversed(self._first))  # past the most that are kept, they are only counted
        if key not in self._first:
            detail = f"{where}{refused.detail}"
            self._first[key] = self._message.reject(refused.code, detail, device=self._device, signal=signal)
        self._all.append(self._first[key])

    def all(self) -> tuple[Rejection, ...]:
        """Return one for every refusal, in order."""
        return tuple(self._all)
