from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from foreworn.health.label import Outcome, outcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LATER = NOW + 30 * DAY
MOMENTS = st.none() | st.integers(1, 60).map(lambda h: NOW + h * HOUR)


@pytest.mark.parametrize(
    ("next_failure", "next_preventive", "expected"),
    [
        pytest.param(None, None, Outcome.SURVIVED, id="nothing happened"),
        pytest.param(NOW + HOUR, None, Outcome.FAILED, id="it failed"),
        pytest.param(NOW + DAY, None, Outcome.FAILED, id="it failed at the very end of the horizon"),
        pytest.param(NOW + DAY + HOUR, None, Outcome.SURVIVED, id="it failed after the horizon"),
        pytest.param(None, NOW + DAY + HOUR, Outcome.SURVIVED, id="it was replaced after the horizon"),
        pytest.param(NOW + HOUR, NOW + 2 * HOUR, Outcome.FAILED, id="it failed before its replacement"),
        pytest.param(NOW + HOUR, NOW + HOUR, Outcome.FAILED, id="it failed in the hour of its replacement"),
    ],
)
def test_an_outcome_is_what_happened(
    next_failure: datetime | None, next_preventive: datetime | None, expected: Outcome
) -> None:
    found = outcome(NOW, DAY, next_failure=next_failure, next_preventive=next_preventive, known_until=LATER)
    assert found is expected


@pytest.mark.parametrize("next_failure", [None, NOW + 3 * HOUR, NOW + 9 * DAY])
def test_a_preventive_replacement_is_never_a_success(next_failure: datetime | None) -> None:
    found = outcome(NOW, DAY, next_failure=next_failure, next_preventive=NOW + 2 * HOUR, known_until=LATER)
    assert found is Outcome.CENSORED


def test_a_horizon_that_is_not_over_has_no_outcome_yet() -> None:
    found = outcome(NOW, DAY, next_failure=None, next_preventive=None, known_until=NOW + DAY - HOUR)
    assert found is Outcome.PENDING


def test_a_failure_that_is_not_on_record_yet_is_not_known() -> None:
    found = outcome(NOW, DAY, next_failure=NOW + 3 * HOUR, next_preventive=None, known_until=NOW + HOUR)
    assert found is Outcome.PENDING


def test_a_failure_on_record_counts_before_the_horizon_is_over() -> None:
    found = outcome(NOW, DAY, next_failure=NOW + HOUR, next_preventive=None, known_until=NOW + HOUR)
    assert found is Outcome.FAILED


@pytest.mark.parametrize(
    ("failed", "replaced", "looked", "expected"),
    [
        pytest.param(None, None, (2, Outcome.FOUND), Outcome.FOUND, id="found as predicted"),
        pytest.param(None, 2, (2, Outcome.FOUND), Outcome.FOUND, id="found, and replaced for it"),
        pytest.param(None, 2, (2, Outcome.FOUND_NOTHING), Outcome.FOUND_NOTHING, id="replaced though found in order"),
        pytest.param(None, 1, (2, Outcome.FOUND), Outcome.CENSORED, id="replaced before anybody looked"),
        pytest.param(1, None, (2, Outcome.FOUND), Outcome.FAILED, id="failed before anybody looked"),
        pytest.param(3, None, (2, Outcome.FOUND), Outcome.FOUND, id="found, left alone, and failed"),
        pytest.param(3, None, (2, Outcome.FOUND_NOTHING), Outcome.FAILED, id="found in order, and failed after all"),
        pytest.param(
            3, None, (2, Outcome.FOUND_OTHER), Outcome.FAILED, id="found something else, and failed after all"
        ),
        pytest.param(4, 3, (2, Outcome.FOUND_NOTHING), Outcome.FOUND_NOTHING, id="it is the next one that failed"),
        pytest.param(30, None, (2, Outcome.FOUND_NOTHING), Outcome.FOUND_NOTHING, id="failed after the horizon"),
        pytest.param(None, None, (25, Outcome.FOUND), Outcome.SURVIVED, id="found after the horizon"),
    ],
)
def test_what_was_found_counts_before_what_was_done_and_a_failure_before_a_visit_in_vain(
    failed: int | None, replaced: int | None, looked: tuple[int, Outcome], expected: Outcome
) -> None:
    found = outcome(
        NOW,
        DAY,
        next_failure=None if failed is None else NOW + failed * HOUR,
        next_preventive=None if replaced is None else NOW + replaced * HOUR,
        known_until=LATER,
        inspection=(NOW + looked[0] * HOUR, looked[1]),
    )
    assert found is expected


def test_every_outcome_that_somebody_can_know_confirms_or_refutes() -> None:
    unknown = {x for x in Outcome if not x.confirms and not x.refutes}
    assert unknown == {Outcome.CENSORED, Outcome.PENDING}
    assert not any(x.confirms and x.refutes for x in Outcome)


@given(MOMENTS, MOMENTS, st.integers(0, 60))
@settings(derandomize=True, max_examples=300)
def test_what_is_learned_later_never_changes_an_outcome(
    next_failure: datetime | None, next_preventive: datetime | None, known_hours: int
) -> None:
    known = outcome(
        NOW,
        DAY,
        next_failure=next_failure,
        next_preventive=next_preventive,
        known_until=NOW + known_hours * HOUR,
    )
    if known is not Outcome.PENDING:
        at_last = outcome(NOW, DAY, next_failure=next_failure, next_preventive=next_preventive, known_until=LATER)
        assert known is at_last
