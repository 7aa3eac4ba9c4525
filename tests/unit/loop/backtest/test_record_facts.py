from foreworn.loop.backtest.record_facts import RecordFacts
from tests.unit.models.small_fleet import at, history


def test_what_was_fitted_before_the_record_begins_is_no_preventive_work_of_it() -> None:
    told = history(
        telemetry=[{"time": at(hour), "machine": "m1", "vibration": 1.0} for hour in range(10)],
        maintenance=[
            ("m1", at(-500), "bearing", "preventive"),
            ("m1", at(0), "seal", "preventive"),
            ("m1", at(5), "seal", "corrective"),
        ],
        failures=[("m1", at(5), "seal")],
    )
    facts = RecordFacts.of(told, at(4), at(10))
    assert (facts.preventive, facts.failures) == (1, 1)
