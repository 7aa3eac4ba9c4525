"""What was told is held against itself and against what is registered, before anything is written."""

from dataclasses import replace
from typing import Any

import pytest

from foreworn.fleet.machine import Attachment
from foreworn.fleet.site import Standing
from foreworn.loop.day_one import DayOne, assumed_costs, check, enter
from foreworn.planning.work_order import WorkOrderKind
from foreworn.spares import MovementKind, PartUse, StockMovement
from foreworn.telemetry.signal import Signal, SignalCatalogue
from tests.unit.loop.day_one.plant import BORN, COSTS, COUNT, MACHINE, ORDER, PART, PLAN, SEAT, plant, told
from tests.unit.loop.repair_shop import DAY, NOW, RepairShop

ROTOR = "'q1' has no component 'rotor', only coupling, seal"


def problems(day_one: DayOne, shop: RepairShop | None = None) -> list[tuple[str, int | None, str | None, str]]:
    found = check(day_one, shop.operations if shop else None, now=NOW)
    return [(problem.file, problem.row, problem.column, problem.problem) for problem in found]


def test_a_plant_that_fits_together_has_no_problems() -> None:
    assert problems(plant()) == []


@pytest.mark.parametrize(
    ("other", "place", "said"),
    [
        pytest.param(
            {"plans": told(replace(PLAN, machine="q9"))}, (2, "machine"), "'q9' is not known", id="an unknown machine"
        ),
        pytest.param(
            {"plans": told(replace(PLAN, component="rotor"))}, (2, "component"), ROTOR, id="no such component"
        ),
        pytest.param(
            {"plans": told(replace(PLAN, last_done=NOW + DAY))}, (2, "last_done"), "lies ahead", id="done in the future"
        ),
        pytest.param(
            {"orders": told(ORDER, replace(ORDER, id="OLD-8", component="rotor"))},
            (3, "component"),
            ROTOR,
            id="an order for what is not there",
        ),
        pytest.param(
            {"uses": told(PartUse("qx", "seal", "seal-50"))},
            (2, "part"),
            "add the part to parts.csv",
            id="no such part",
        ),
        pytest.param(
            {"uses": told(PartUse("qz", "seal", "seal-40"))}, (2, "model"), "one of *, qx", id="no such model"
        ),
        pytest.param(
            {"uses": told(PartUse("*", "rotor", "seal-40"))},
            (2, "component"),
            "'*' has no component 'rotor'",
            id="a component that no model has",
        ),
        pytest.param(
            {"counts": told(replace(COUNT, part="seal-50"))}, (2, "part"), "not known", id="a count of no known part"
        ),
        pytest.param(
            {"counts": told(replace(COUNT, counted_at=NOW + DAY))}, (2, "counted_at"), "lies ahead", id="counted ahead"
        ),
        pytest.param(
            {"costs": told(COSTS, replace(COSTS, model="qz"))}, (3, "model"), "no machine", id="costs of no model"
        ),
        pytest.param(
            {"costs": told(COSTS, replace(COSTS, component="coupling", currency="USD"))},
            (3, "currency"),
            "USD here and EUR in file.csv, row 2",
            id="two currencies",
        ),
        pytest.param(
            {"standings": told(Standing("q1", "hall-2"))}, (2, "area"), "'hall-2' in areas.csv", id="an area not listed"
        ),
        pytest.param(
            {"standings": told(Standing("q1", customer="mill"))},
            (2, "customer"),
            "not in customers.csv",
            id="a customer not listed",
        ),
        pytest.param(
            {"attachments": told(SEAT, Attachment("gw", "q9", BORN))}, (3, "machine"), "'q9'", id="a device on nothing"
        ),
    ],
)
def test_what_does_not_fit_is_named_by_row_and_column(other: dict[str, Any], place: tuple[int, str], said: str) -> None:
    [(_, row, column, problem)] = problems(plant(**other))
    assert (row, column) == place
    assert said in problem


def test_without_a_list_areas_and_customers_are_known_by_being_named() -> None:
    assert problems(plant(areas=None, customers=None)) == []


def test_nothing_is_held_against_a_file_that_could_not_be_read() -> None:
    broken = plant(machines=(), attachments=(), standings=(), parts=(), unread=frozenset({"machines", "parts"}))
    assert problems(broken) == []


def test_what_is_registered_need_not_be_told_again(shop: RepairShop) -> None:
    enter(plant(), shop.operations, shop.clock, actor="anna")
    more = DayOne(
        plans=told(replace(PLAN, id="other")),
        orders=told(replace(ORDER, id="OLD-8")),
        uses=told(PartUse("px", "seal", "seal-40")),
        counts=told(replace(COUNT, counted_at=NOW)),
        costs=told(replace(COSTS, component="coupling")),
    )
    assert problems(more, shop) == []
    assert len(problems(more)) == 6


@pytest.mark.parametrize(
    ("again", "place", "said"),
    [
        pytest.param(
            {"orders": told(replace(ORDER, kind=WorkOrderKind.CORRECTIVE))},
            (2, "order"),
            "is preventive work on the seal of q1 already",
            id="an order's number stands for another job",
        ),
        pytest.param(
            {"plans": told(replace(PLAN, component="coupling"))},
            (2, "plan"),
            "is the plan for seal of q1 already",
            id="a plan's id stands for another component",
        ),
        pytest.param(
            {"machines": told(replace(MACHINE, components=("coupling",)))},
            (2, "components"),
            "there is work on it (work order OLD-7, plan check-q1)",
            id="a component goes while there is work on it",
        ),
        pytest.param(
            {"costs": told(replace(COSTS, currency="USD"))},
            (2, "currency"),
            "registered in EUR already",
            id="a second currency",
        ),
        pytest.param(
            {"attachments": told(Attachment("q1", "p1", NOW))},
            (2, "since"),
            "sits on machine 'q1'",
            id="a device on two machines at once",
        ),
        pytest.param(
            {"counts": told(replace(COUNT, on_hand=2))},
            (2, "on_hand"),
            "1 more have been taken since",
            id="a corrected count below what was taken since",
        ),
    ],
)
def test_what_contradicts_the_registry_is_a_problem(
    shop: RepairShop, again: dict[str, Any], place: tuple[int, str], said: str
) -> None:
    enter(plant(), shop.operations, shop.clock, actor="anna")
    with shop.operations.transaction() as tx:
        tx.stock.move(StockMovement("job", NOW, "seal-40", "main", -3, MovementKind.ISSUE, "", "tom"))

    found = [problem for problem in problems(DayOne(**again), shop) if problem[1:3] == place]
    assert len(found) == 1
    assert said in found[0][3]


def test_a_count_from_before_a_later_one_is_a_thing_of_the_past(shop: RepairShop) -> None:
    enter(plant(), shop.operations, shop.clock, actor="anna")
    [(_, _, column, problem)] = problems(DayOne(counts=told(replace(COUNT, counted_at=NOW - 5 * DAY))), shop)
    assert column == "on_hand"
    assert "was counted again" in problem


def test_signals_that_contradict_the_registered_ones_are_a_problem(shop: RepairShop) -> None:
    enter(plant(), shop.operations, shop.clock, actor="anna")
    other = DayOne(catalogue=SignalCatalogue({"px": [Signal("pressure", "psi")]}))
    [(file, _, _, problem)] = problems(other, shop)
    assert file == "signals.csv"
    assert "pressure" in problem


def test_many_rows_with_one_problem_are_named_three_times() -> None:
    orders = told(*(replace(ORDER, id=f"OLD-{i}", machine="q9") for i in range(10)))
    found = problems(plant(orders=orders))
    assert [row for _, row, _, _ in found] == [2, 3, 4]
    assert found[-1][3].endswith("(and 7 more rows like it)")


def test_costs_for_any_component_leave_nothing_assumed(shop: RepairShop) -> None:
    day_one = plant(costs=told(replace(COSTS, model="*", component="*")), parts=told(PART))
    assert problems(day_one) == []
    assert assumed_costs(day_one, None, now=NOW) == []
    assert assumed_costs(plant(costs=()), shop.operations, now=NOW) == [
        ("px", "seal"),
        ("qx", "coupling"),
        ("qx", "seal"),
    ]
