"""Fuzzes the line protocol decoder: total, and the quick road reads what the exact road reads."""

import re

from tests.fuzz.harness import Target, fuzz, golden_payloads

NEVER = re.compile(r"(?!)")


def build() -> Target:
    """Return the function under test."""
    from foreworn.telemetry.wire import Kind
    from ingestion.formats.line_protocol import LineProtocolDecoder, decoder
    from tests.fuzz.claims import check_contents, message

    lines = LineProtocolDecoder(1 << 20)
    plain = decoder._PLAIN

    def check(payload: bytes) -> None:
        contents = lines.decode(message(Kind.LINES, payload))
        check_contents(contents, payload)
        decoder._PLAIN = NEVER
        exact = lines.decode(message(Kind.LINES, payload))
        decoder._PLAIN = plain
        assert repr(contents) == repr(exact)

    return check


if __name__ == "__main__":
    fuzz(build, golden_payloads("line_protocol"))
