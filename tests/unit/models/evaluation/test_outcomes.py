from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.health.label import outcome
from models.evaluation.outcomes import CODES, Record
from models.features import RowIndex
from tests.unit.models.small_fleet import HOUR, at, history

STAMPS = st.lists(st.integers(0, 60), max_size=6)


def following(stamps: list[int], hour: int) -> datetime | None:
    return min((at(s) for s in stamps if s > hour), default=None)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(STAMPS, STAMPS, st.integers(0, 60), st.integers(1, 30), st.integers(0, 90))
def test_outcomes_are_those_of_the_label(
    failed: list[int], replaced: list[int], hour: int, horizon: int, known: int
) -> None:
    record = history(
        failures=[("m1", at(h), "seal") for h in failed],
        maintenance=[("m1", at(h), "seal", "preventive") for h in replaced],
    )
    found = Record.of(record.failures, record.maintenance, known_until=at(known)).outcomes(
        RowIndex.of([("m1", at(hour))]), "seal", horizon * HOUR
    )
    expected = outcome(
        at(hour),
        horizon * HOUR,
        next_failure=following([h for h in failed if h <= known], hour),
        next_preventive=following([h for h in replaced if h <= known], hour),
        known_until=at(known),
    )
    assert CODES[int(found[0])] is expected


def test_corrective_work_and_other_components_censor_nothing() -> None:
    work = history(maintenance=[("m1", at(5), "seal", "corrective"), ("m1", at(5), "bearing", "preventive")])
    record = Record.of(work.failures, work.maintenance, known_until=at(99))
    assert [CODES[i] for i in record.outcomes(RowIndex.of([("m1", at(0))]), "seal", 24 * HOUR)] == ["survived"]


@pytest.mark.parametrize(
    ("hours", "standing"),
    [
        pytest.param(10, True, id="at the failure"),
        pytest.param(10 + 1 / 3600, False, id="a second later"),
    ],
)
def test_a_machine_stands_at_the_moment_any_of_its_components_fails(hours: float, standing: bool) -> None:
    record = Record.of(history(failures=[("m1", at(10), "seal")]).failures, None, known_until=at(99))
    assert record.failures.at_own_time(RowIndex.of([("m1", at(hours)), ("m2", at(hours))])).tolist() == [
        standing,
        False,
    ]


def test_without_maintenance_a_preventive_replacement_is_survival() -> None:
    record = Record.of(history().failures, None, known_until=at(0) + timedelta(days=9))
    assert [CODES[i] for i in record.outcomes(RowIndex.of([("m1", at(0))]), "seal", 24 * HOUR)] == ["survived"]
