"""What every board of remaining lives promises: `foreworn.health.remaining_life.LifeBoard`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from foreworn.health.forecast import Reason
from foreworn.health.remaining_life import LifeBoard, LifeForecast
from foreworn.storage.operations.memory_lives import MemoryLifeBoard
from foreworn.storage.operations.sql import SqlLifeBoard, open_operations
from tests.operations_store import HOUR, T0

REASONS = (
    Reason("flow", "flow level 5 h", 1 / 3, None, None, 0.5),
    Reason("use", "hours since", None, 1.0, 2.0, -0.1),
)
FIRST = LifeForecast(
    machine="m1",
    component="bearing",
    time=T0,
    p10=12.0,
    p50=31.0,
    p90=60.0,
    expected=1 / 3,
    cap=125.0,
    unit="hours",
    model_version="life-1",
    issued_at=T0 + timedelta(microseconds=1),
    reasons=REASONS,
    note="its last load lies outside of every regime",
)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LifeBoard]:
    if request.param == "memory":
        yield MemoryLifeBoard()
        return
    url = "sqlite:///operations.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_operations(url, folder=tmp_path)
    yield SqlLifeBoard(engine)
    engine.dispose()


def test_what_stands_comes_back_exactly_with_reasons_and_note(board: LifeBoard) -> None:
    board.post([FIRST])
    assert board.latest() == [FIRST]


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        pytest.param({"time": T0 + HOUR, "p50": 30.0}, True, id="newer data stands"),
        pytest.param({"time": T0 - HOUR, "p50": 30.0}, False, id="older data does not"),
        pytest.param({"model_version": "life-2"}, True, id="another model's word on the same data stands"),
    ],
)
@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "in one post"])
def test_which_of_two_stands(board: LifeBoard, change: dict[str, Any], stands: bool, together: bool) -> None:
    second = replace(FIRST, **change)
    posts: Sequence[list[LifeForecast]] = [[FIRST, second]] if together else [[FIRST], [second]]
    for post in posts:
        board.post(post)
    assert board.latest() == [second if stands else FIRST]


def test_they_are_sorted_and_one_machine_can_be_asked_for(board: LifeBoard) -> None:
    ordered = [replace(FIRST, machine=m, component=c) for m, c in (("M2", "a"), ("m1", "a"), ("m1", "b"))]
    board.post(ordered[::-1])
    board.post([])
    assert board.latest() == ordered
    assert board.latest(machine="m1") == ordered[1:]
    assert board.latest(machine="m9") == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"p90": math.inf}, id="an infinite quantile"),
        pytest.param({"reasons": (replace(REASONS[0], contribution=math.nan),)}, id="a reason that is not a number"),
    ],
)
def test_what_is_no_number_is_refused_and_nothing_put_up(board: LifeBoard, bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="'bearing' of 'm1'"):
        board.post([replace(FIRST, machine="m2"), replace(FIRST, **bad)])
    assert board.latest() == []
