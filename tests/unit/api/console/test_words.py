"""Reasons in words."""

import pytest

from api.console.words import reason_phrase
from foreworn.health.forecast import Reason
from foreworn.telemetry.signal import Signal, SignalCatalogue

CATALOGUE = SignalCatalogue({"*": [Signal("vibration_rms", "mm/s", label="Vibration"), Signal("rotation_speed")]})


@pytest.mark.parametrize(
    ("reason", "phrase"),
    [
        pytest.param(
            Reason("vibration_rms", "vibration_rms mean 24 h", 7.9, 2.0, 4.0, 1.0),
            "Vibration (mean 24 h) 7.9 mm/s, usual 2–4",
            id="a signal with label and unit",
        ),
        pytest.param(
            Reason("rotation_speed", "rotation_speed spread 3 h", 51.234, 40.0, 60.0, 1.0),
            "rotation speed (spread 3 h) 51.2, usual 40–60",
            id="a signal without either",
        ),
        pytest.param(Reason("E17", "E17 count 24 h", 3.0, 0.0, 0.0, 1.0), "E17 (count 24 h) 3, usual 0", id="events"),
        pytest.param(
            Reason("replacement of seal", "hours since replacement of seal", 1834.2, 20.0, 999.7, 1.0),
            "hours since replacement of seal 1,834 h, usual 20–1,000",
            id="a record",
        ),
        pytest.param(
            Reason("machine age", "machine age", 18.0, 0.0, 20.0, 1.0), "machine age 18 years, usual 0–20", id="age"
        ),
        pytest.param(
            Reason("machine model", "machine model px-200", None, None, None, 1.0),
            "machine model px-200",
            id="category",
        ),
        pytest.param(
            Reason("vibration_rms", "vibration_rms mean 3 h", None, 2.0, 4.0, 1.0),
            "Vibration (mean 3 h) not known, usual 2–4",
            id="a value nobody knows",
        ),
    ],
)
def test_a_reason_reads_as_a_person_would_say_it(reason: Reason, phrase: str) -> None:
    assert reason_phrase(reason, CATALOGUE) == phrase
