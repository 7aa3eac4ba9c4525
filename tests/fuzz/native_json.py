"""Fuzzes the native JSON decoder with every kind of message: total."""

from tests.fuzz.harness import Target, fuzz, golden_payloads


def build() -> Target:
    """Return the function under test."""
    from foreworn.telemetry.wire import Kind
    from ingestion.formats.native_json import NativeJsonDecoder
    from tests.fuzz.claims import check_contents, message

    decoder = NativeJsonDecoder(1 << 20)

    def check(payload: bytes) -> None:
        for kind in (Kind.TELEMETRY, Kind.EVENT, Kind.LOG, Kind.STATUS):
            contents = decoder.decode(message(kind, payload))
            check_contents(contents, payload)
            assert contents.rejections or contents.samples or contents.events or contents.logs or contents.statuses

    return check


if __name__ == "__main__":
    fuzz(build, golden_payloads("native_json"))
