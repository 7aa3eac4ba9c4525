"""The rejections of one message, written out once per reason and signal."""

from foreworn.errors import Rejected
from foreworn.telemetry.quarantine import Rejection
from ingestion.formats.message import MOST_REFUSALS, MOST_REJECTIONS, Message


class Rejections:
    """Collects what is refused of a message; of a reason and signal only the first is written out, as in `condense`.

    The others are the same object again, so that a message of nothing but mistakes takes little memory. Once they
    are `full`, the reader of the message stops, and says what it has left.
    """

    def __init__(self, message: Message, device: str) -> None:
        self._message = message
        self._device = device
        self._first: dict[tuple[str, str | None], Rejection] = {}
        self._all: list[Rejection] = []
        self._rest: list[str] = []

    @property
    def full(self) -> bool:
        """Whether so much is refused that the rest of the message is not looked into."""
        return len(self._all) >= MOST_REFUSALS

    def add(self, refused: Rejected, signal: str | None = None, *, where: str = "") -> None:
        """Add one; `where` leads its detail."""
        key = (refused.code, signal)
        if len(self._first) > MOST_REJECTIONS and key not in self._first:
            key = next(reversed(self._first))  # past the most that are kept, they are only counted
        if key not in self._first:
            detail = f"{where}{refused.detail}"
            self._first[key] = self._message.reject(refused.code, detail, device=self._device, signal=signal)
        self._all.append(self._first[key])

    def leave(self, rest: str) -> None:
        """Note what is not looked into."""
        self._rest.append(rest)

    def all(self) -> tuple[Rejection, ...]:
        """Return one for every refusal, in order, and at last one for what was not looked into."""
        if not self._rest:
            return tuple(self._all)
        return (*self._all, self._message.leave(", ".join(self._rest), device=self._device))
