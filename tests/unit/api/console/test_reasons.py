"""Reasons in words."""

import pytest

from api.console.reasons import raising, reason_name, reason_phrase
from foreworn.health.forecast import Reason
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType

CATALOGUE = SignalCatalogue(
    {
        "*": [
            Signal("vibration_rms", "mm/s", label="Vibration"),
            Signal("rotation_speed"),
            Signal("hours_run", "h", type=SignalType.COUNTER, label="Hours run"),
        ]
    }
)


@pytest.mark.parametrize(
    ("reason", "phrase"),
    [
        pytest.param(
            Reason("vibration_rms", "vibration_rms mean 24 h", 7.9, 2.0, 4.0, 1.0),
            "Vibration averaged 7.9 mm/s over 24 h, usual 2–4",
            id="a signal with label and unit",
        ),
        pytest.param(
            Reason("rotation_speed", "rotation_speed spread 3 h", 51.234, 40.0, 60.0, 1.0),
            "rotation speed varied by 51.2 over 3 h, usual 40–60",
            id="a signal without either",
        ),
        pytest.param(
            Reason("hours_run", "hours_run mean 3 h", 10124.0, 7488.0, 58267.0, 1.0),
            "Hours run 10,124 h, usual 7,488–58,267",
            id="a counter, whose mean says nothing more",
        ),
        pytest.param(
            Reason("E17", "E17 count 24 h", 3.0, 0.0, 0.0, 1.0), "E17 3 times in 24 h, usual 0", id="several events"
        ),
        pytest.param(Reason("E17", "E17 count 24 h", 1.0, 0.0, 0.0, 1.0), "E17 once in 24 h, usual 0", id="one event"),
        pytest.param(
            Reason("replacement of seal", "hours since replacement of seal", 1834.2, 20.0, 999.7, 1.0),
            "seal replaced 76 d ago, usual 1–42",
            id="a replacement",
        ),
        pytest.param(
            Reason("replacement of seal", "hours since replacement of seal", 5.0, 2.0, 48.0, 1.0),
            "seal replaced 5 h ago, usual 2–48",
            id="a young replacement in hours",
        ),
        pytest.param(
            Reason("machine age", "machine age", 18.0, 0.0, 20.0, 1.0),
            "machine age 18 years, usual 0–20",
            id="age",
        ),
        pytest.param(
            Reason("machine model", "machine model px-200", None, None, None, 1.0),
            "machine model px-200",
            id="category",
        ),
        pytest.param(
            Reason("vibration_rms", "vibration_rms mean 3 h", None, 2.0, 4.0, 1.0),
            "Vibration, mean of 3 h not known, usual 2–4",
            id="a value nobody knows",
        ),
    ],
)
def test_a_reason_reads_as_a_person_would_say_it(reason: Reason, phrase: str) -> None:
    assert reason_phrase(reason, CATALOGUE) == phrase


def by_age(hours: float | None, contribution: float) -> Reason:
    told = "age alone: 3 failures on record, a Weibull life; 90% interval of the probability 1 % to 9 %"
    return Reason("age of seal", told, hours, None, None, contribution)


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        pytest.param(by_age(480.0, 0.4), "9 %; age of seal 20 d", id="old"),
        pytest.param(by_age(7.0, -2.1), "9 %; age of seal 7 h", id="young"),
        pytest.param(by_age(None, 0.0), "9 %; age of seal not known", id="of unknown age"),
    ],
)
def test_a_forecast_by_age_alone_says_so_with_its_interval_whichever_way_age_pulls(reason: Reason, end: str) -> None:
    assert raising([reason], 3) == [reason]
    phrase = reason_phrase(reason, CATALOGUE)
    assert phrase.startswith("age alone: 3 failures on record")
    assert phrase.endswith(end)


def test_what_lowers_a_forecast_or_is_not_known_is_not_among_what_raises_it() -> None:
    known, lowering, unknown = (
        Reason("rotation_speed", "rotation_speed mean 3 h", value, 1.0, 2.0, share)
        for value, share in ((3.0, 1.0), (3.0, -1.0), (None, 1.0))
    )
    assert raising([known, lowering, unknown], 3) == [known]


@pytest.mark.parametrize(
    ("feature", "name"),
    [
        pytest.param("vibration_rms spread 24 h", "Vibration, spread over 24 h", id="a signal"),
        pytest.param("hours since replacement of seal", "time since seal was replaced", id="a replacement"),
        pytest.param("something_else entirely", "something else entirely", id="a feature of another model"),
    ],
)
def test_a_reason_has_a_name_without_its_value(feature: str, name: str) -> None:
    assert reason_name(Reason("vibration_rms", feature, 1.0, 0.0, 2.0, 1.0), CATALOGUE) == name
