import pytest

from foreworn.telemetry.sample import to_epoch_ms
from models.anomaly.healthy_rows import healthy_rows
from models.anomaly.settings import AnomalySettings
from tests.unit.models.small_fleet import HOUR, at, history, machine

SETTINGS = AnomalySettings(
    before_failure=5 * HOUR, after_failure=2 * HOUR, after_maintenance=3 * HOUR, width=4 * HOUR, every=HOUR
)
PAST = history(
    machines=(machine("m1"), machine("m2"), machine("silent"), machine("other", "py")),
    telemetry=[{"time": at(h), "machine": m, "vibration": 1.0} for m in ("m1", "m2", "other") for h in range(61)],
    failures=[("m1", at(20), "bearing")],
    maintenance=[("m1", at(40), "seal", "preventive")],
)


def hours(name: str, known_until: float = 61) -> set[int]:
    rows, _ = healthy_rows(PAST, "px", known_until=at(known_until), settings=SETTINGS)
    return {
        (t - to_epoch_ms(at(0))) // 3_600_000
        for m, t in zip(rows.machine, rows.time.tolist(), strict=True)
        if m == name
    }


def test_rows_around_failures_and_after_maintenance_are_left_out() -> None:
    assert set(range(4, 56)) - hours("m1") == {*range(15, 23), *range(40, 44)}


def test_another_machines_failure_leaves_nothing_out() -> None:
    assert hours("m2") == set(range(4, 56))


def test_rows_that_a_failure_may_still_follow_are_left_out() -> None:
    assert max(hours("m2", known_until=30)) == 24


@pytest.mark.parametrize("name", ["silent", "other"])
def test_only_machines_of_the_model_that_spoke_have_rows(name: str) -> None:
    assert hours(name) == set()


def test_what_was_left_out_is_counted() -> None:
    assert healthy_rows(PAST, "px", known_until=at(61), settings=SETTINGS)[1] == 12
    assert healthy_rows(PAST, "pz", known_until=at(61), settings=SETTINGS)[1] == 0
