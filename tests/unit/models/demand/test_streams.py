from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.health.demand import DemandDistribution, DemandSource, unreserved_demand
from models.demand.demand_class import DemandClass
from models.demand.history import HistoryDemand
from models.demand.streams import ComponentRisk, DemandPeriod, PlannedNeed, demand_forecasts, planned_demand

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH = DemandPeriod("seal", "main", NOW, NOW + 30 * DAY, issued_at=NOW)
USAGE = HistoryDemand(DemandDistribution.negative_binomial(1.5, 3.0), "negative_binomial", DemandClass.LUMPY)


def _need(machine: str, due: datetime, quantity: int = 1) -> PlannedNeed:
    return PlannedNeed(f"WO-{machine}", machine, "seal", quantity, due)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.data())
def test_approving_an_order_moves_its_part_from_predicted_to_planned(chances: list[float], data: st.DataObject) -> None:
    risks = [ComponentRisk(f"p{i}", "seal", chance) for i, chance in enumerate(chances)]
    approved = data.draw(st.integers(0, len(risks) - 1))

    before = demand_forecasts(MONTH, risks=risks, needs=[], history=USAGE)
    needs = [_need(f"p{approved}", NOW + 3 * DAY)]
    after = demand_forecasts(MONTH, risks=risks, needs=needs, history=USAGE)

    chance = chances[approved]
    assert after[-1].distribution.mean - before[-1].distribution.mean == pytest.approx(1 - chance, abs=1e-8)
    moved = unreserved_demand(before).mean - unreserved_demand(after).mean
    assert moved == pytest.approx(chance, abs=1e-8)


def test_a_component_with_a_reservation_is_not_predicted_whenever_its_job_is_due() -> None:
    risks = [ComponentRisk("p1", "seal", 0.9), ComponentRisk("p2", "seal", 0.2)]

    predicted = demand_forecasts(MONTH, risks=risks, needs=[_need("p1", NOW + 90 * DAY)], history=None)[0]

    assert [driver.machine for driver in predicted.drivers] == ["p2"]


def test_a_reservation_for_one_component_leaves_the_machines_others() -> None:
    risks = [ComponentRisk("p1", "seal", 0.9), ComponentRisk("p1", "upper seal", 0.2)]

    forecasts = demand_forecasts(MONTH, risks=risks, needs=[_need("p1", NOW)], history=None)

    assert forecasts[0].distribution.mean == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        pytest.param(NOW - 9 * DAY, 1, id="overdue is needed now"),
        pytest.param(NOW, 1, id="the first moment is in the period"),
        pytest.param(NOW + 30 * DAY, 0, id="the end is not"),
    ],
)
def test_planned_demand_stands_at_its_date(due: datetime, expected: int) -> None:
    assert planned_demand(MONTH, [_need("p1", due)]).distribution == DemandDistribution.certain(expected)


def test_an_overdue_job_is_in_one_of_two_periods_only() -> None:
    later = DemandPeriod("seal", "main", MONTH.end, MONTH.end + 30 * DAY, issued_at=NOW)

    assert planned_demand(later, [_need("p1", NOW - DAY)]).distribution == DemandDistribution.certain(0)


def test_the_total_is_the_sum_of_the_streams_and_names_all_their_drivers() -> None:
    risks = [ComponentRisk("p1", "seal", 0.25, quantity=2), ComponentRisk("p3", "seal", 0.0)]

    *streams, total = demand_forecasts(MONTH, risks=risks, needs=[_need("p2", NOW + DAY, 3)], history=USAGE)

    assert [s.source for s in streams] == [DemandSource.PREDICTED, DemandSource.PLANNED, DemandSource.HISTORY]
    assert total.distribution.mean == pytest.approx(0.5 + 3 + 1.5)
    assert [(d.source.value, d.machine, d.order, d.method) for d in total.drivers] == [
        ("planned", "p2", "WO-p2", ""),
        ("history", "", "", "negative_binomial"),
        ("predicted", "p1", "", ""),
    ]
    assert total.shares[DemandSource.HISTORY] == pytest.approx(0.3)


def test_a_component_at_risk_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="counted twice"):
        demand_forecasts(MONTH, risks=[ComponentRisk("p1", "seal", 0.1)] * 2, needs=[], history=None)
