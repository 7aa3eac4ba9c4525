"""Fuzzes topic and payload together, through decoders and validator: what comes out fits the fleet, or is refused.

An input is a topic, a NUL, and a payload.
"""

from datetime import timedelta
from pathlib import Path

from tests.fuzz.harness import ROOT, Target, fuzz


def build() -> Target:
    """Return the function under test."""
    from foreworn.clock import ManualClock
    from foreworn.settings import IngestionSettings
    from foreworn.telemetry.quarantine import REASONS
    from ingestion.formats.by_kind import Formats
    from ingestion.formats.message import MOST_REJECTIONS
    from ingestion.reception.directory import RegistryDirectory
    from ingestion.reception.reception import Reception
    from ingestion.reception.validation import Validator
    from tests.unit.ingestion.plant import CATALOGUE, DEVICE, NEW_YEAR, registry

    settings = IngestionSettings()
    clock = ManualClock(NEW_YEAR + timedelta(days=365))
    directory = RegistryDirectory(registry(DEVICE))
    reception = Reception(Formats(settings.largest_payload), Validator(directory, clock, settings), clock)
    latest = clock.now() + settings.future_tolerance

    def check(data: bytes) -> None:
        topic, _, payload = data.partition(b"\x00")
        contents = reception.read(topic.decode(errors="replace"), payload)
        assert len(contents.rejections) <= MOST_REJECTIONS
        assert all(r.reason in REASONS for r in contents.rejections)
        for sample in contents.samples:
            assert sample.device == DEVICE
            assert NEW_YEAR <= sample.time <= latest
            for name, value in sample.values.items():
                signal = CATALOGUE.find("px", name)
                assert signal is not None
                if not isinstance(value, str):
                    assert -(2**63) <= value < 2**63 or isinstance(value, float)
                    assert signal.low is None or value >= signal.low
                    assert signal.high is None or value <= signal.high
                else:
                    assert not signal.states or value in signal.states
        assert len(reception.join([contents]).telemetry.samples) == len(contents.samples)

    return check


def seeds() -> list[bytes]:
    """Return the golden cases of every format, their topics in front."""
    return [seed(case) for folder in sorted((ROOT / "tests/cases").glob("*_*/")) for case in sorted(folder.iterdir())]


def seed(case: Path) -> bytes:
    """Return one golden case as an input."""
    topic = (case / "topic").read_bytes().removesuffix(b"\n")
    return topic + b"\x00" + next(case.glob("message.*")).read_bytes()


if __name__ == "__main__":
    fuzz(build, seeds())
