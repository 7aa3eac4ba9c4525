"""Picks the decoder by what the topic says a message is."""

from foreworn.telemetry.wire import Kind
from ingestion.formats.line_protocol import LineProtocolDecoder
from ingestion.formats.message import Contents, Decoder, Message
from ingestion.formats.native_json import NativeJsonDecoder


class Formats:
    """Decoder of every wire format.

    Parameters
    ----------
    largest_payload
        Longest payload that is looked into. [bytes]
    """

    def __init__(self, largest_payload: int) -> None:
        self._native: Decoder = NativeJsonDecoder(largest_payload)
        self._others: dict[str, Decoder] = {Kind.LINES: LineProtocolDecoder(largest_payload)}

    def decode(self, message: Message) -> Contents:
        """Return what the message holds; whatever its topic and bytes are, this does not raise."""
        kind = message.topic.rpartition("/")[2]
        return self._others.get(kind, self._native).decode(message)
