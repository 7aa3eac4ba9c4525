from dataclasses import replace

import numpy as np
import pytest

from foreworn.health.scorecard import wilson
from models.evaluation.alarms import Episode, EpisodeEnd
from models.evaluation.classification import average_precision
from models.evaluation.fleet_intervals import FleetIntervals, Interval
from models.evaluation.judgement import Judgement, judge
from tests.unit.models.evaluation.test_judgement import forecasts
from tests.unit.models.small_fleet import HOUR, at, history


def judgement() -> Judgement:
    failures = history(failures=[("m1", at(96), "seal"), ("m2", at(150), "seal")]).failures
    return judge(forecasts({"seal": [75, 81, 180]}), failures, threshold=0.5, start=at(0), end=at(240))


def holds(interval: Interval, value: float) -> bool:
    return interval.low <= value <= interval.high


def test_intervals_hold_the_figures_they_are_of() -> None:
    found = judgement()
    fleet = FleetIntervals(found, ["m1", "m2"], samples=200)
    assert holds(fleet.recall(), found.recall_12h)
    assert holds(fleet.false_alarms_per_machine_month(), found.false_alarms_per_machine_month)
    base = np.full(found.rows, 0.02)
    assert holds(fleet.brier_skill(base), 1 - found.brier / np.mean((0.02 - found.scored.failed) ** 2))
    assert holds(fleet.macro_f1(found.scored.probability >= 0.5), 2 * 2 / (3 + 16))
    precision = average_precision(found.scored.probability, found.scored.failed)
    assert holds(fleet.macro_average_precision(), precision)


def test_a_machine_that_decides_alone_makes_the_interval_wide() -> None:
    recall = FleetIntervals(judgement(), ["m1", "m2"], samples=200).recall()
    assert recall == Interval(0.0, 1.0)


def test_the_same_judgement_gives_the_same_intervals() -> None:
    first, second = (FleetIntervals(judgement(), ["m1", "m2"], samples=50).recall() for _ in range(2))
    assert first == second


def test_machines_without_failures_or_alarms_are_drawn_too() -> None:
    found = judgement()
    several = FleetIntervals(found, ["m1", "m2", "m3", "m4"], samples=50).false_alarms_per_machine_month()
    assert "m2" not in {e.machine for e in found.episodes}
    assert several.low < found.false_alarms_per_machine_month < several.high


@pytest.mark.parametrize(
    ("true", "machines", "low", "high"),
    [
        pytest.param([True] * 10, 10, 0.722, 1.0, id="all of ten is not certainty"),
        pytest.param([False] * 10, 10, 0.0, 0.278, id="none of ten is no proof of never"),
        pytest.param([True], 10, 0.207, 1.0, id="one of one"),
        pytest.param([True] * 50, 1, 0.207, 1.0, id="fifty of one machine are one"),
    ],
)
def test_a_share_that_no_fleet_changes_has_the_interval_of_as_many_trials_as_machines(
    true: list[bool], machines: int, low: float, high: float
) -> None:
    fleet = [f"m{place}" for place in range(10)]
    found = FleetIntervals(judgement(), fleet, samples=50).share([fleet[i % machines] for i in range(len(true))], true)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


def test_no_case_at_all_has_no_interval() -> None:
    assert np.isnan(FleetIntervals(judgement(), ["m1", "m2"], samples=50).share([], []).low)


def test_no_false_alarm_in_a_month_still_allows_for_some() -> None:
    silent = replace(judgement(), episodes=[], months_by_machine={"m1": 0.5, "m2": 0.5})
    found = FleetIntervals(silent, ["m1", "m2"], samples=50).false_alarms_per_machine_month()
    assert (found.low, found.high) == pytest.approx((0.0, -np.log(0.025)))


def test_the_first_false_alarm_makes_no_interval_narrower_than_none_at_all() -> None:
    machines = [f"m{place}" for place in range(100)]
    widths = []
    for alarms in (0, 1, 3):
        false = [Episode(machine, "seal", 0, 0, EpisodeEnd.FALSE_ALARM) for machine in machines[:alarms]]
        rang = replace(judgement(), episodes=false, months_by_machine=dict.fromkeys(machines, 2.0))
        widths.append(FleetIntervals(rang, machines, samples=200).false_alarms_per_machine_month().high * 200)
    assert widths[0] < widths[1] < widths[2]
    assert widths == pytest.approx([3.689, 5.572, 8.767], abs=1e-3)


def test_a_figure_of_one_machine_alone_has_no_interval() -> None:
    found = judgement()
    fleet = FleetIntervals(replace(found, scored=found.scored.where(found.scored.machine == "m1")), ["m1"], samples=50)
    assert np.isnan(fleet.macro_f1(np.zeros(len(fleet._judgement.scored), dtype=bool)).low)


def test_a_range_of_probabilities_counts_forecasts_of_one_horizon_as_one_case() -> None:
    found = judgement()
    intervals = FleetIntervals(found, ["m1", "m2"], samples=50).reliability(24 * HOUR)
    told = [(one, interval) for one, interval in zip(found.reliability, intervals, strict=True) if one.forecasts]
    assert len(told) == sum(not np.isnan(interval.low) for interval in intervals) == 2
    (_, never), (alarms, rang) = told
    assert never.low < never.high
    assert (alarms.forecasts, alarms.failed_share) == (3, 2 / 3)
    assert rang.low < 2 / 3 < rang.high
    certain = replace(found, scored=found.scored.where(found.scored.probability < 0.5))
    quiet = replace(certain, scored=replace(certain.scored, failed=np.zeros(len(certain.scored), dtype=bool)))
    [none, *_] = [i for i in FleetIntervals(quiet, ["m1", "m2"], samples=50).reliability(24 * HOUR) if i.high > 0]
    assert none.high == wilson(0, 2 * 10)[1]


def test_machines_that_were_watched_for_different_times_bring_their_own_months() -> None:
    months = {f"m{place}": 10.0 if place < 4 else 0.5 for place in range(20)}
    false = [
        Episode(machine, "seal", 0, 0, EpisodeEnd.FALSE_ALARM)
        for machine, watched in months.items()
        for _ in range(int(2 * watched))
    ][:-1]
    watched = replace(judgement(), episodes=false, months_by_machine=months)
    interval = FleetIntervals(watched, sorted(months), samples=200).false_alarms_per_machine_month()
    assert (interval.low, interval.high) == pytest.approx((2.0, 2.0), abs=0.15)


def test_the_slope_of_pooled_log_odds_is_near_the_exact_one() -> None:
    draw = np.random.default_rng(2)
    table = forecasts({"seal": []}, hours=2400)
    probability = draw.beta(0.3, 2, len(table))
    table = table.set_column(4, "probability", [probability])
    moments = [("m1", at(h), "seal") for h in range(30, 2400, 97)]
    found = judge(table, history(failures=moments).failures, threshold=0.5, start=at(0), end=at(2400))
    slope, intercept = FleetIntervals(found, ["m1", "m2"], samples=200).calibration_line()
    assert holds(slope, found.calibration_slope)
    # both machines drawn once, as they stand: the lowest of the three fleets that there can be
    assert intercept.low == pytest.approx(found.calibration_intercept, abs=0.01)


def test_a_machine_drawn_twice_counts_twice_in_average_precision() -> None:
    found = judgement()
    one = FleetIntervals(found, ["m1", "m2"], samples=400)
    rows, precisions = found.scored, set()
    for weights in ((2, 0), (1, 1), (0, 2)):
        again = np.repeat(np.arange(len(rows)), [weights[m == "m2"] for m in rows.machine.tolist()])
        if rows.failed[again].any():
            precisions.add(average_precision(rows.probability[again], rows.failed[again]))
    interval = one.macro_average_precision()
    assert (interval.low, interval.high) == pytest.approx((min(precisions), max(precisions)))
