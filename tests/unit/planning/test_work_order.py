from datetime import UTC, datetime, timedelta

import pytest

from foreworn.errors import TransitionRefused
from foreworn.planning import Transition, WorkOrder, WorkOrderKind, WorkOrderState

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORDER = WorkOrder("wo-1", "m1", "seal", WorkOrderKind.PREDICTIVE, T0)


def test_an_order_remembers_who_moved_it_when_and_why() -> None:
    approved = ORDER.transition(WorkOrderState.APPROVED, actor="ada", time=T0 + HOUR, reason="risk 0.8")
    scheduled = approved.transition(WorkOrderState.SCHEDULED, actor="bob", time=T0 + HOUR, reason="bay 2 is free")
    assert scheduled.transitions == (
        Transition(T0 + HOUR, "ada", WorkOrderState.PROPOSED, WorkOrderState.APPROVED, "risk 0.8"),
        Transition(T0 + HOUR, "bob", WorkOrderState.APPROVED, WorkOrderState.SCHEDULED, "bay 2 is free"),
    )


def test_a_step_leaves_the_order_it_came_from_as_it_was() -> None:
    ORDER.transition(WorkOrderState.DECLINED, actor="ada", time=T0, reason="it is new")
    assert (ORDER.state, ORDER.transitions) == (WorkOrderState.PROPOSED, ())


@pytest.mark.parametrize("actor", ["", "  "])
def test_nobody_can_move_an_order(actor: str) -> None:
    with pytest.raises(ValueError, match="actor"):
        ORDER.transition(WorkOrderState.APPROVED, actor=actor, time=T0, reason="")


def test_a_step_cannot_lie_before_the_last_one() -> None:
    approved = ORDER.transition(WorkOrderState.APPROVED, actor="ada", time=T0 + HOUR, reason="")
    with pytest.raises(ValueError, match="wo-1"):
        approved.transition(WorkOrderState.SCHEDULED, actor="ada", time=T0, reason="")
    with pytest.raises(ValueError, match="wo-1"):
        ORDER.transition(WorkOrderState.APPROVED, actor="ada", time=T0 - HOUR, reason="")


@pytest.mark.parametrize("state", WorkOrderState)
def test_a_state_is_final_where_nothing_follows(state: WorkOrderState) -> None:
    assert state.is_final == (state in ("closed", "declined", "cancelled", "superseded"))


def test_a_refusal_names_what_is_allowed() -> None:
    with pytest.raises(TransitionRefused, match="allowed from here: approved, declined, superseded"):
        ORDER.transition(WorkOrderState.COMPLETED, actor="ada", time=T0, reason="")
