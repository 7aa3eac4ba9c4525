"""The work-order transition table: the file is the contract, the code holds to it, and it to the file."""

import csv
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from foreworn.errors import TransitionRefused
from foreworn.planning.work_order import OPEN_STATES, TRANSITIONS, WorkOrder, WorkOrderKind, WorkOrderState

CONTRACT = Path(__file__).parents[2] / "docs" / "contracts" / "transitions.csv"
T0 = datetime(2026, 1, 1, tzinfo=UTC)


def _rows() -> list[tuple[str, str, str]]:
    with CONTRACT.open(newline="") as file:
        return [(row["from"], row["code"], row["to"]) for row in csv.DictReader(file, strict=True)]


def _table() -> dict[str, set[str]]:
    table: dict[str, set[str]] = defaultdict(set)
    for state, _, to in _rows():
        table[state] |= set() if to == "-" else {to}
    return dict(table)


def _order(state: WorkOrderState = WorkOrderState.PROPOSED) -> WorkOrder:
    return WorkOrder("wo-1", "m1", "seal", WorkOrderKind.PREDICTIVE, T0, state)


def test_the_code_and_the_file_are_the_same_table() -> None:
    assert {str(state): {str(to) for to in after} for state, after in TRANSITIONS.items()} == _table()


def test_no_row_of_the_file_says_a_thing_twice() -> None:
    assert len(_rows()) == len(set(_rows()))


def test_every_state_has_the_code_the_file_gives_it() -> None:
    assert {(str(state), state.code or "-") for state in WorkOrderState} == {
        (state, code) for state, code, _ in _rows()
    }


@pytest.mark.parametrize("state", WorkOrderState)
@pytest.mark.parametrize("to", WorkOrderState)
def test_a_step_is_taken_where_the_file_has_it_and_refused_elsewhere(state: WorkOrderState, to: WorkOrderState) -> None:
    order = _order(state)
    if to in _table()[state]:
        assert order.transition(to, actor="planner", time=T0, reason="").state == to
        return
    with pytest.raises(TransitionRefused) as refused:
        order.transition(to, actor="planner", time=T0, reason="")
    assert set(refused.value.allowed) == _table()[state]


@given(st.lists(st.tuples(st.sampled_from(WorkOrderState), st.integers(0, 3)), min_size=1, max_size=12))
@settings(derandomize=True, max_examples=300)
def test_no_order_leaves_the_table_and_a_final_state_stays(walk: list[tuple[WorkOrderState, int]]) -> None:
    order, time = _order(), T0
    for anything, choice in walk:
        allowed = sorted(_table()[order.state])
        if anything not in allowed:
            with pytest.raises(TransitionRefused):
                order.transition(anything, actor="planner", time=time, reason="")
        if not allowed:
            assert order.state in {"closed", "declined", "cancelled", "superseded"}
            continue
        before, time = order, time + timedelta(hours=1)
        order = order.transition(WorkOrderState(allowed[choice % len(allowed)]), actor="planner", time=time, reason="")
        assert order.transitions[:-1] == before.transitions


def test_every_state_can_be_reached() -> None:
    reached = {"proposed"}
    while more := {to for state in reached for to in _table()[state]} - reached:
        reached |= more
    assert reached == {str(state) for state in WorkOrderState}


def test_an_open_order_is_one_whose_work_is_still_to_be_done() -> None:
    over = {"completed", "closed", "declined", "cancelled", "superseded"}
    assert {str(state) for state in OPEN_STATES} == set(_table()) - over
