"""A model's record, held against counting with one's fingers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foreworn.health.label import Label, Outcome
from foreworn.health.scorecard import BINS, Scorecard, scorecard, wilson

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY


def said(
    day: float,
    outcome: Outcome = Outcome.PENDING,
    at: float | None = None,
    *,
    alarm: bool = True,
    probability: float = 0.6,
    late: timedelta = timedelta(0),
    machine: str = "p1",
    component: str = "seal",
    version: str = "v1",
) -> Label:
    """A forecast of day `day`, said `late` after it, settled on day `at`."""
    time = START + day * DAY
    decided = None if at is None else START + at * DAY
    return Label(machine, component, time, WEEK, version, probability, alarm, time + HOUR + late, outcome, decided)


def card(*labels: Label, orders: Sequence[Outcome] = ()) -> Scorecard:
    return scorecard(labels, orders, model_version="v1")


@pytest.mark.parametrize(
    ("labels", "confirmed", "refuted"),
    [
        pytest.param(
            [said(0, Outcome.FAILED, 3), said(1, Outcome.FAILED, 3), said(2, Outcome.FAILED, 3)],
            1,
            0,
            id="days in a row",
        ),
        pytest.param(
            [said(0, Outcome.FAILED, 5), said(1, Outcome.FAILED, 5, alarm=False), said(2, Outcome.FAILED, 5)],
            2,
            0,
            id="a day without an alarm ends it",
        ),
        pytest.param(
            [said(0, Outcome.FAILED, 0.5), said(1, Outcome.SURVIVED, 8)],
            1,
            1,
            id="a failure ends it, and the new one has its own",
        ),
        pytest.param(
            [said(0, Outcome.CENSORED, 0.5), said(1, Outcome.SURVIVED, 8)],
            0,
            1,
            id="a replacement ends it: the new one is not it",
        ),
        pytest.param(
            [said(0, Outcome.SURVIVED, 7), said(1, Outcome.FAILED, 7.5)],
            1,
            0,
            id="too early at first, and right at last",
        ),
        pytest.param([said(0, Outcome.SURVIVED, 7), said(1)], 0, 0, id="what is open may yet be right"),
        pytest.param(
            [said(0, Outcome.SURVIVED, 7), said(1, Outcome.SURVIVED, 8)], 0, 1, id="wrong all along is wrong once"
        ),
        pytest.param(
            [said(0, Outcome.FOUND_NOTHING, 1), said(1, Outcome.FOUND_OTHER, 2)], 0, 1, id="looked at in vain"
        ),
        pytest.param([said(0, Outcome.FOUND, 1)], 1, 0, id="found as predicted"),
        pytest.param([said(0, Outcome.CENSORED, 1)], 0, 0, id="replaced unseen is neither"),
        pytest.param([said(0, Outcome.SURVIVED, 7, alarm=False)], 0, 0, id="no alarm, no episode"),
        pytest.param(
            [
                said(0, Outcome.SURVIVED, 7),
                said(0, Outcome.FAILED, 2, component="motor"),
                said(0, Outcome.FAILED, 2, machine="p2"),
            ],
            2,
            1,
            id="components and machines apart",
        ),
        pytest.param(
            [
                said(day, Outcome.SURVIVED, day + 7, alarm=version == "v1", version=version)
                for day in (0, 1)
                for version in ("v1", "v2")
            ],
            0,
            1,
            id="another model that is silent does not end it",
        ),
    ],
)
def test_alarms_are_counted_by_episode(labels: list[Label], confirmed: int, refuted: int) -> None:
    found = card(*labels)
    assert (found.alarms_confirmed, found.alarms_refuted) == (confirmed, refuted)
    assert card(*reversed(labels)) == found
    whole = confirmed + refuted
    assert found.precision == (confirmed / whole if whole else None)


def test_an_alarm_that_never_stops_is_a_new_episode_every_horizon() -> None:
    ringing = [said(day, Outcome.SURVIVED, day + 7) for day in range(28)]
    found = card(*ringing, said(28))
    assert (found.alarms_confirmed, found.alarms_refuted) == (0, 4)
    at_last = [said(day, Outcome.FAILED, 29) for day in (26, 27, 28)]
    assert (card(*ringing[:26], *at_last).alarms_confirmed, card(*ringing[:26], *at_last).alarms_refuted) == (2, 3)


def test_recall_counts_failures_and_not_the_forecasts_of_them() -> None:
    caught = [said(day, Outcome.FAILED, 3) for day in (0, 1, 2)]
    missed = [said(day, Outcome.FAILED, 3, alarm=False, machine="p2") for day in (0, 1, 2)]
    nobody_knows = [said(0, Outcome.CENSORED, 3, machine="p3"), said(9, machine="p4")]
    found = card(*caught, *missed, *nobody_knows)
    assert (found.failures, found.caught, found.recall) == (2, 1, 0.5)
    assert (found.forecasts, found.censored, found.pending) == (8, 1, 1)


def test_shares_are_of_forecasts_of_which_every_outcome_is_known() -> None:
    settled = [said(0, Outcome.FAILED, 2), said(0, Outcome.SURVIVED, 7, machine="p2")]
    young = [said(3, Outcome.FAILED, 5), said(3, alarm=False, machine="p2"), said(4, Outcome.FOUND, 5, machine="p3")]
    found, before = card(*settled, *young), card(*settled)
    assert (found.calibration, found.brier, found.precision) == (before.calibration, before.brier, before.precision)
    assert (found.failures, found.caught, found.pending) == (3, 3, 3)


def test_the_lead_time_runs_from_when_the_first_alarm_was_said() -> None:
    found = card(
        said(1, Outcome.FAILED, 3), said(0, Outcome.FAILED, 3, late=12 * HOUR), said(0, Outcome.FOUND, 2, machine="p2")
    )
    assert found.lead_times == (2 * DAY - HOUR, 3 * DAY - 13 * HOUR)
    assert (found.lead_time(0), found.lead_time(1)) == found.lead_times


def test_a_quantile_of_lead_times_is_the_nearest_that_was_seen() -> None:
    found = card(*(said(0, Outcome.FAILED, at, machine=f"p{at}") for at in range(1, 6)))
    days = [(found.lead_time(q) or DAY) // DAY for q in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)]
    assert days == [0, 0, 1, 2, 4, 4]


def test_nothing_to_count_is_not_known_and_not_zero() -> None:
    found = card()
    assert (found.precision, found.recall, found.lead_time(0.5), found.brier, found.brier_skill) == (None,) * 5
    assert found.like(0.5) is None


def test_predictive_orders_are_counted_by_outcome_and_a_replacement_unseen_is_no_success() -> None:
    found = card(
        orders=[
            Outcome.FOUND,
            Outcome.FAILED,
            Outcome.SURVIVED,
            Outcome.FOUND_NOTHING,
            Outcome.FOUND_OTHER,
            Outcome.CENSORED,
            Outcome.CENSORED,
        ]
    )
    assert (found.orders_confirmed, found.orders_refuted, found.orders_censored) == (2, 3, 2)


PROBABILITIES = st.floats(0, 1)
KNOWN = st.sampled_from([Outcome.FAILED, Outcome.FOUND, Outcome.SURVIVED, Outcome.FOUND_NOTHING, Outcome.FOUND_OTHER])


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.tuples(PROBABILITIES, KNOWN), min_size=1, max_size=30))
def test_calibration_and_brier_score_are_those_of_a_hand_count(told: list[tuple[float, Outcome]]) -> None:
    labels = [said(n, outcome, n + 1, probability=p) for n, (p, outcome) in enumerate(told)]
    unknown = [said(0, Outcome.CENSORED, 1, probability=0.9, machine="p2"), said(99, probability=0.9, machine="p3")]
    found = card(*labels, *unknown)
    hits = [float(outcome in (Outcome.FAILED, Outcome.FOUND)) for _, outcome in told]
    bins = []
    for low, high in pairwise(BINS):
        inside = [(p, y) for (p, _), y in zip(told, hits, strict=True) if low <= p < high or p == high == 1]
        if inside:
            bins.append((low, high, len(inside), sum(y for _, y in inside), sum(p for p, _ in inside) / len(inside)))
    assert [(b.low, b.high, b.said, b.happened, b.mean) for b in found.calibration] == bins
    brier = sum((p - y) ** 2 for (p, _), y in zip(told, hits, strict=True)) / len(told)
    base = sum(hits) / len(hits)
    by_base = sum((base - y) ** 2 for y in hits) / len(hits)
    assert found.brier == pytest.approx(brier)
    assert found.brier_skill == (None if by_base == 0 else pytest.approx(1 - brier / by_base))
    for p, _ in told:
        like = found.like(p)
        assert like is not None
        assert like.low <= p <= like.high


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (1, 1), (0, 12), (3, 12), (12, 12), (23, 40), (1, 10_000)])
def test_the_interval_is_wilsons(hits: int, trials: int) -> None:
    theirs = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    assert wilson(hits, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-6)
    assert 0 <= wilson(hits, trials)[0] <= hits / trials <= wilson(hits, trials)[1] <= 1
