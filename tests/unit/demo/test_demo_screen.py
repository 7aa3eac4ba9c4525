"""What a visitor reads at the end of the demo, and while something long is being done."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from foreworn import terminal
from foreworn.demo import DemoResult

NOW = datetime(2026, 1, 5, tzinfo=UTC)
RESULT = DemoResult(
    plant="Ten fans",
    seed=1,
    scores="model",
    by_hand=False,
    start=NOW,
    end=datetime(2026, 2, 5, tzinfo=UTC),
    currency="EUR",
    failures=2,
    failures_prevented=5,
    false_orders=1,
    replaced_early=0,
    work_orders_completed=6,
    cost_policy=900.0,
    cost_age_replacement=1200.0,
    cost_run_to_failure=2000.0,
    cost_perfect=800.0,
    gap_closed=0.75,
    stockouts=0,
    failures_age_replacement=3,
    failures_run_to_failure=7,
    forecasts_labelled=100,
    jobs_failed=0,
    notes=(),
    peak_memory_mib=300.0,
)


@pytest.mark.parametrize(
    ("gap_closed", "told"),
    [
        pytest.param(0.75, "75 % of the gap from best age replacement to perfect foresight is closed: 5 ", id="a gap"),
        pytest.param(None, "There is no gap to close, because here perfect foresight is no cheaper", id="no gap"),
    ],
)
def test_the_end_says_how_much_of_the_gap_is_closed_or_that_there_is_none(
    capsys: pytest.CaptureFixture[str], gap_closed: float | None, told: str
) -> None:
    terminal.show_demo(replace(RESULT, gap_closed=gap_closed))
    said = " ".join(capsys.readouterr().out.split())
    assert told in said
    assert "unknown" not in said


def test_long_work_tells_each_step_with_the_time_since_it_began(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 100.4, 225.0, 226.0])
    monkeypatch.setattr("foreworn.terminal.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with terminal.steps("Training") as step:
        step("Reading")
        step("Learning")
    assert capsys.readouterr().err.splitlines() == ["  0:00  Reading", "  2:05  Learning", "  2:06  Training: done"]
