"""Fuzzes whole turns of messages: taken by column they say what they say message by message.

An input is messages that end with a NUL; the first byte of each picks device, kind and header.
"""

from tests.fuzz.harness import Target, fuzz, golden_payloads

HEADERS = (0x32, 0x32 | 0x08, 0x32 | 0x01)


def build() -> Target:
    """Return the function under test."""
    from foreworn.telemetry.wire import DEVICE_KINDS
    from tests.unit.ingestion.test_two_roads import DEVICES, desk
    from tests.unit.ingestion.two_roads import MessageByMessage, Sent, frames_of, told

    kinds = [*[DEVICE_KINDS[0]] * 4, *DEVICE_KINDS]
    topics = [f"foreworn/v1/west/{d}/{k}".encode() for k in kinds for d in (*DEVICES, "moved", "stranger")]

    def check(data: bytes) -> None:
        messages = [
            Sent(topics[m[0] % len(topics)], m[1:], HEADERS[m[0] % len(HEADERS)]) for m in data.split(b"\x00") if m
        ]
        assert told(desk().take(frames_of(messages))) == told(MessageByMessage(desk()).take(messages))

    return check


def seeds() -> list[bytes]:
    """Return the golden telemetry one by one, and turns of several readings."""
    good = b'{"ts":1767225600000,"seq":%d,"values":{"vibration":%d.5,"starts":%d,"mode":"run","oil":50,"flow":1}}'
    readings = [bytes([32 + i]) + good % (i, i, i) for i in range(12)]
    batch = b"0[" + b",".join(reading[1:] for reading in readings) + b"]"
    return [b"\x00".join(readings), batch, *(b"0" + payload for payload in golden_payloads("native_json"))]


if __name__ == "__main__":
    fuzz(build, seeds())
