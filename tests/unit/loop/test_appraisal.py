from datetime import datetime, timedelta

import pytest

from foreworn.economics.age_replacement import best_age_replacement
from foreworn.economics.saving import Deferral
from foreworn.economics.weibull_life import WeibullLife
from foreworn.fleet.machine import Machine
from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import Forecast, Reason
from foreworn.loop.appraisal import Appraisal
from foreworn.planning.working_week import WorkingWeek
from tests.unit.loop.repair_shop import COST, DAY, HOUR, NOW, WEEK

PUMP = Machine("p1", "px", "west", NOW - 1_000 * DAY, ("bearing",))
LIFE = WeibullLife(3.0, 200.0)
CALM_FIRST = ((2 * DAY, 0.001), (WEEK, 0.6))


def _appraisal(now: datetime, points: tuple[tuple[timedelta, float], ...] = CALM_FIRST) -> Appraisal:
    said = [Forecast("p1", "bearing", NOW, horizon, p, "v1", NOW) for horizon, p in points]
    return Appraisal(PUMP, "bearing", said, COST, "EUR", LIFE, WorkingWeek(), now)


def test_what_is_weighed_is_the_rest_of_the_forecast_for_one_that_has_come_so_far() -> None:
    passed = 3 * DAY
    found = _appraisal(NOW + passed).opportunity(ready=NOW)
    rate = best_age_replacement(LIFE, planned=COST.planned, breakdown=COST.breakdown).rate
    costs = {"planned": COST.planned, "breakdown": COST.breakdown, "inspection": COST.inspection}
    rest = Deferral(FailureCurve(CALM_FIRST), rate=rate, elapsed=passed, **costs)
    assert found.saving == pytest.approx(rest.saving(timedelta(0), until=4 * DAY))
    assert found.evidence.waiting_cost_per_day == pytest.approx(rest.slope(timedelta(0)))
    assert found.base_rate == rate


def test_the_evidence_is_of_the_longest_forecast() -> None:
    evidence = _appraisal(NOW).opportunity(ready=NOW).evidence
    assert (evidence.probability, evidence.horizon) == (0.6, WEEK)


def test_what_is_calm_for_two_days_is_to_be_done_by_the_end_of_them() -> None:
    found = _appraisal(NOW).opportunity(ready=NOW)
    assert found.evidence.act_at == NOW
    assert found.evidence.waiting_cost_per_day < 0
    assert found.act_by == NOW + 2 * DAY + 10 * HOUR


def test_nobody_is_asked_to_act_before_the_part_is_there() -> None:
    found = _appraisal(NOW).opportunity(ready=NOW + 5 * DAY)
    assert found.evidence.act_at == NOW + 5 * DAY
    assert found.act_by >= found.evidence.act_at
    assert found.saving < found.saving_with_part


def test_what_is_to_be_done_is_to_be_done_before_the_forecast_ends() -> None:
    evening = _appraisal(NOW, ((6 * HOUR, 0.5),)).opportunity(ready=NOW)
    assert evening.act_by == NOW + 6 * HOUR


@pytest.mark.parametrize(
    ("reason", "looks"),
    [
        pytest.param(Reason("age of bearing", "age alone: 9 failures", 480.0, None, None, 0.2), 0, id="by age"),
        pytest.param(Reason("age of bearing", "age alone: 9 failures", None, None, None, 0.0), 1, id="of unknown age"),
        pytest.param(Reason("vibration", "vibration mean 24 h", 9.0, 2.0, 4.0, 2.0), 1, id="by its signs"),
    ],
)
def test_a_look_for_nothing_is_taken_off_unless_waiting_makes_the_forecast_no_sharper(
    reason: Reason, looks: int
) -> None:
    said = Forecast("p1", "bearing", NOW, WEEK, 0.6, "v1", NOW, reasons=(reason,))
    found = Appraisal(PUMP, "bearing", [said], COST, "EUR", LIFE, WorkingWeek(), NOW).opportunity(ready=NOW)
    without = _appraisal(NOW, ((WEEK, 0.6),)).opportunity(ready=NOW)
    assert found.saving - without.saving == pytest.approx((1 - looks) * 0.4 * COST.inspection)
