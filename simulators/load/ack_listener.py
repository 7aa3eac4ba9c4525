"""Hears what the platform acknowledges to the devices of a load."""

import selectors
from collections.abc import Callable

from foreworn.errors import Rejected
from foreworn.telemetry.wire import PREFIX, Kind, decode_ack, parse_topic
from simulators.load.link import Link, split_packet, subscribe_packet
from simulators.load.plan import LoadPlan

_PUBLISH, _SUBACK = 3, 9
_REFUSED = 0x80


class AckListener(Link):
    """Subscribes to the acknowledgements of a load's site.

    Parameters
    ----------
    on_ack
        Called with device number, the number acknowledged through, and the monotonic time.
    """

    def __init__(
        self,
        plan: LoadPlan,
        client_id: str,
        selector: selectors.BaseSelector,
        on_ack: Callable[[int, int, float], None],
    ) -> None:
        super().__init__(plan, client_id, selector)
        self.is_listening = False
        self._on_ack = on_ack
        self._numbers = {device: number for number, device in enumerate(plan.device_ids())}

    def _on_ready(self, now: float) -> None:
        self._queue(subscribe_packet(f"{PREFIX}/{self._plan.site}/+/{Kind.ACK}", 1))

    def _on_lost(self, now: float) -> None:
        self.is_listening = False

    def _on_bytes(self, content: bytes, now: float) -> bytes:
        begin = 0
        while (packet := split_packet(content, begin)) is not None:
            kind, body, end = packet
            if kind >> 4 == _SUBACK:
                self._subscribed(content[end - 1])
            elif kind >> 4 == _PUBLISH:
                self._heard(content[body:end], now)
            begin = end
        return content[begin:]

    def _subscribed(self, code: int) -> None:
        if code == _REFUSED:
            raise OSError("it refuses the subscription to acknowledgements")
        self.is_listening = True

    def _heard(self, publish: bytes, now: float) -> None:
        length = int.from_bytes(publish[:2], "big")
        try:
            device = parse_topic(publish[2 : 2 + length].decode()).device
            through = decode_ack(publish[2 + length :])
        except (Rejected, UnicodeDecodeError):
            return  # not from the platform: nothing is acknowledged by it
        if device in self._numbers:
            self._on_ack(self._numbers[device], through, now)
