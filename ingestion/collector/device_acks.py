"""Sends devices their acknowledgements, many in one write, and no more than the broker takes at once."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from foreworn.telemetry.wire import Kind, encode_ack, topic
from ingestion.session.bulk_socket import BulkSocket
from ingestion.session.packets import publish_packet

_FIRST_ID, _LAST_ID = 32_768, 65_535  # the others are paho's
_MOST_UNSENT = 1_048_576
_FAILURE = 0x80

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """A connection that is up.

    Parameters
    ----------
    over
        Where to write; None: there is no connection.
    window
        How many messages the broker takes before it must have confirmed some.
    has_properties
        Whether it speaks MQTT 5.
    """

    over: BulkSocket | None
    window: int
    has_properties: bool


NO_LINK = Link(None, 0, has_properties=False)


class DeviceAcks:
    """Publishes at QoS 1 over one connection after the other.

    Examples
    --------
    >>> acks = DeviceAcks()
    >>> acks.room
    0
    """

    def __init__(self) -> None:
        self._link = NO_LINK
        self._unconfirmed: dict[int, str] = {}
        self._last_id = _LAST_ID
        self._topics: dict[tuple[str, str], bytes] = {}
        self._was_refused = False

    @property
    def link(self) -> Link:
        """The connection in use."""
        return self._link

    def go_over(self, link: Link) -> list[str]:
        """Use another connection from now on; return the devices whose acknowledgement may have been lost."""
        lost = list(self._unconfirmed.values())
        self._unconfirmed = {}
        self._link = link
        return lost

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        if self._link.over is None or self._link.over.unsent > _MOST_UNSENT:
            return 0
        return max(0, min(self._link.window, _LAST_ID - _FIRST_ID) - len(self._unconfirmed))

    def send(self, acks: Sequence[tuple[str, str, int]]) -> None:
        """Send (site, device, through) to each of these devices, in one write; at most `room`."""
        packets = [self._packet(site, device, through) for site, device, through in acks]
        if self._link.over is not None and packets:
            self._link.over.write(b"".join(packets))

    def confirm(self, confirmed: Iterable[tuple[int, int]]) -> None:
        """Take note of what the broker has taken: packet ids and reason codes."""
        for number, reason in confirmed:
            self._unconfirmed.pop(number, None)
            if reason >= _FAILURE and not self._was_refused:
                self._was_refused = True
                _log.warning("the broker refuses our acknowledgements to devices (%#x): let us publish ack", reason)

    def _packet(self, site: str, device: str, through: int) -> bytes:
        name = self._topics.get((site, device))
        if name is None:
            name = self._topics[site, device] = topic(site, device, Kind.ACK).encode()
        number = self._next_id()
        self._unconfirmed[number] = device
        return publish_packet(name, number, encode_ack(through), has_properties=self._link.has_properties)

    def _next_id(self) -> int:
        """Return an id that is not in use; there is one, because `room` is less than there are ids."""
        while True:
            self._last_id = _FIRST_ID if self._last_id == _LAST_ID else self._last_id + 1
            if self._last_id not in self._unconfirmed:
                return self._last_id
