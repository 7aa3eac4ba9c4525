from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foreworn.health.demand import DemandDistribution, unreserved_demand
from foreworn.spares.part import Part
from foreworn.spares.purchase import PurchaseState
from foreworn.spares.replenishment import ReplenishmentProposal, propose
from foreworn.spares.stock import Reservation, ReservationState, StockLevel
from models.demand import ComponentRisk, DemandPeriod, PlannedNeed, demand_forecasts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SEAL = Part("seal", "shaft seal", 80.0, timedelta(days=21), service_level=0.9)
NOTHING = DemandDistribution.certain(0)


def _need(due: datetime, quantity: int = 1) -> Reservation:
    return Reservation("WO-1", "seal", "main", quantity, due)


def _proposal(
    on_hand: int,
    needs: list[Reservation],
    unreserved: DemandDistribution = NOTHING,
    *,
    part: Part = SEAL,
    on_order: int = 0,
    proposed: int = 0,
) -> ReplenishmentProposal | None:
    level = StockLevel("seal", "main", on_hand, sum(n.quantity for n in needs), on_order)
    return propose(part, level, needs=needs, unreserved=unreserved, now=NOW, proposed=proposed)


def _poisson(mean: float) -> DemandDistribution:
    return DemandDistribution.negative_binomial(mean, mean)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.integers(0, 12),
    st.lists(st.tuples(st.integers(-5, 40), st.integers(1, 4)), max_size=4),
    st.floats(0, 8),
    st.sampled_from([1, 4, 10]),
    st.sampled_from([0.0, 50.0]),
)
def test_after_buying_there_is_nothing_to_buy(
    on_hand: int, jobs: list[tuple[int, int]], mean: float, pack: int, order_cost: float
) -> None:
    part = replace(SEAL, pack_size=pack, order_cost=order_cost)
    needs = [_need(NOW + day * DAY, quantity) for day, quantity in jobs]

    first = _proposal(on_hand, needs, _poisson(mean), part=part)

    if first is not None:
        assert first.quantity % pack == 0
        assert first.stockout_with <= 1 - first.policy.target + 1e-9
        for stands in ({"proposed": first.quantity}, {"on_order": first.quantity}):
            assert _proposal(on_hand, needs, _poisson(mean), part=part, **stands) is None


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.floats(0.05, 0.95), min_size=1, max_size=6), st.integers(0, 6), st.integers(0, 20))
def test_an_approved_job_takes_its_part_once(chances: list[float], on_hand: int, due: int) -> None:
    """It leaves the demand the reorder point covers and stands among the dated needs; never in both."""
    period = DemandPeriod("seal", "main", NOW, NOW + 22 * DAY, issued_at=NOW)
    risks = [ComponentRisk(f"p{i}", "seal", chance) for i, chance in enumerate(chances)]
    others = DemandDistribution.of_events(chances[1:])
    job = PlannedNeed("WO-1", "p0", "seal", 1, NOW + due * DAY)

    after = unreserved_demand(demand_forecasts(period, risks=risks, needs=[job], history=None))

    assert after.pmf == pytest.approx(others.pmf)
    # with the part of the job set apart by hand, what is left is judged as if there were no job
    apart = _proposal(on_hand - 1, [], others)
    proposal = _proposal(on_hand, [_need(job.due)], after)
    assert (proposal and proposal.quantity) == (apart and apart.quantity)
    assert (proposal and proposal.policy.reorder_point) == (apart and apart.policy.reorder_point)


def test_stock_at_the_reorder_point_is_brought_above_it() -> None:
    demand = _poisson(2.0)

    proposal = _proposal(4, [], demand)

    assert proposal is not None
    assert proposal.policy.reorder_point == 4
    assert (proposal.quantity, proposal.cost) == (1, 80.0)
    assert (proposal.order_by, proposal.needed_by, proposal.is_late) == (NOW, NOW + 21 * DAY, False)
    assert proposal.stockout_without == pytest.approx(stats.poisson.sf(4, 2.0))
    assert proposal.stockout_with == pytest.approx(stats.poisson.sf(5, 2.0))
    assert _proposal(5, [], demand) is None


@pytest.mark.parametrize(
    ("due", "order_by", "late"),
    [
        pytest.param(21.5, 0.5, False, id="ordered in time, by half a day from now"),
        pytest.param(21, 0, False, id="just in time"),
        pytest.param(4, 0, True, id="too late for its date"),
        pytest.param(-3, 0, True, id="overdue"),
    ],
)
def test_a_job_that_goes_short_needs_its_part_on_its_date(due: float, order_by: float, late: bool) -> None:
    proposal = _proposal(1, [_need(NOW + due * DAY, 3)])

    assert proposal is not None
    assert proposal.quantity == 2
    assert proposal.needed_by == NOW + max(due, 0) * DAY
    assert proposal.order_by == NOW + order_by * DAY
    assert proposal.is_late is late
    assert proposal.stockout_without == 1.0


def test_a_job_in_half_a_year_is_no_reason_to_buy_today() -> None:
    assert _proposal(0, [_need(NOW + 180 * DAY, 3)]) is None
    assert _proposal(0, [_need(NOW + 22 * DAY, 3)]) is None


def test_a_delivery_that_may_be_slow_is_ordered_earlier() -> None:
    slow = replace(SEAL, lead_time_sd=timedelta(days=4))

    proposal = _proposal(0, [_need(NOW + 25 * DAY)], part=slow)

    assert proposal is not None
    assert proposal.order_by == NOW
    assert _proposal(0, [_need(NOW + 25 * DAY)]) is None


def test_a_job_that_empties_the_shelf_calls_for_what_comes_after_it() -> None:
    proposal = _proposal(1, [_need(NOW + 21.75 * DAY)], _poisson(0.05))

    assert proposal is not None
    assert (proposal.policy.reorder_point, proposal.quantity, proposal.balance) == (0, 1, 0)
    assert proposal.order_by == NOW + 0.75 * DAY


def test_a_proposal_becomes_an_order_that_keeps_its_reasons() -> None:
    proposal = _proposal(2, [_need(NOW + DAY, 3)], _poisson(1.0))

    assert proposal is not None
    order = proposal.as_order("PO-1")
    assert (order.state, order.quantity, order.expected_at) == (PurchaseState.PROPOSED, 4, NOW + 21 * DAY)
    assert order.reason == (
        "2 on hand or coming for 3 reserved until it can arrive: 1 short, and nothing left for other demand of 1.0 on "
        "average, "
        "and the reorder point is 2"
    )
    assert dict(order.evidence)["stockout_without"] == 1.0


def test_a_part_that_is_not_kept_is_bought_for_its_job_alone() -> None:
    proposal = _proposal(0, [_need(NOW + 5 * DAY, 2)])

    assert proposal is not None
    assert proposal.reason == "0 on hand or coming for 2 reserved until it can arrive: 2 short"


@pytest.mark.parametrize(
    ("level", "needs"),
    [
        pytest.param(StockLevel("seal", "main", 5, reserved=2), [_need(NOW)], id="a reservation is missing"),
        pytest.param(StockLevel("seal", "depot", 5, reserved=1), [_need(NOW)], id="of another place"),
        pytest.param(
            StockLevel("seal", "main", 5, 1), [replace(_need(NOW), state=ReservationState.ISSUED)], id="taken already"
        ),
        pytest.param(StockLevel("belt", "main", 5), [], id="of another part"),
    ],
)
def test_stock_and_reservations_that_tell_two_stories_are_refused(level: StockLevel, needs: list[Reservation]) -> None:
    with pytest.raises(ValueError, match=r"no open reservation|says nothing|reserved by"):
        propose(SEAL, level, needs=needs, unreserved=NOTHING, now=NOW)
