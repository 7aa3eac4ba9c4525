"""A status that is filled in after a failure is found; what comes before failures is asked about."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest.lone_sign import check_lone_sign
from models.evaluation.leakage import LeakageFound
from tests.unit.models.small_fleet import HOUR, at, history, machine

FAILED = (100, 300, 420, 700, 830, 990)
DOWN = 6  # hours until the repair
Status = Callable[[float], str | None]


def told(
    status: Status, events: Sequence[tuple[str, datetime, str]] = (), failed: Sequence[int] = FAILED
) -> FleetHistory:
    """Return two machines, of which the first fails; its status is written hourly."""
    rows = [
        {"time": at(h), "machine": name, "code": status(h if name == "m1" else -1), "vibration": h % 7 + 0.1 * h}
        for name in ("m1", "m2")
        for h in range(1_000)
    ]
    return history(
        machines=(machine("m1"), machine("m2")),
        telemetry=rows,
        signals=(("code", pa.string()), ("vibration", pa.float64())),
        events=events,
        maintenance=[("m1", at(h + DOWN), "bearing", "corrective") for h in failed],
        failures=[("m1", at(h + 0.5), "bearing") for h in failed],
    )


def near(before: float, after: float) -> Callable[[float], bool]:
    """Return whether an hour lies so long before a failure, or after it."""
    return lambda hour: any(h - before <= hour <= h + after for h in FAILED)


def filled_in(hour: float) -> str | None:
    return "down" if near(20, DOWN - 1)(hour) else None


def healthy(hour: float) -> str | None:
    return "ok"


def latched(hour: float) -> str | None:
    """A warning that is honest: it also comes for nothing."""
    return "hot" if near(20, DOWN - 1)(hour) or 500 <= hour < 510 else "ok"


def test_a_status_that_was_filled_in_back_to_before_the_failure_is_found() -> None:
    with pytest.raises(LeakageFound, match=r"code at down alone tells 100% of 6 failures.* gone once that is repaired"):
        check_lone_sign(told(filled_in), 24 * HOUR)


CODES = [("m1", at(h - 10), "E17") for h in FAILED]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        pytest.param(told(healthy, CODES), "the event E17 alone tells 100% of 6 failures", id="an error code"),
        pytest.param(told(latched), "code at hot alone tells 100% of 6 failures", id="a warning that errs once"),
    ],
)
def test_a_sign_that_comes_before_failures_is_asked_about_and_no_leak(record: FleetHistory, said: str) -> None:
    found = check_lone_sign(record, 24 * HOUR)
    assert said in found
    assert found.endswith("Is it written before the failure is known?")


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(healthy, id="constant"),
        pytest.param(lambda h: "down" if near(-1, DOWN - 1)(h) else "ok", id="it comes with the failure, not before"),
        pytest.param(lambda h: "idle" if h % 90 < 5 else "ok", id="it comes for other reasons"),
    ],
)
def test_what_tells_no_failure_is_not_asked_about(status: Status) -> None:
    assert check_lone_sign(told(status), 24 * HOUR).startswith("no event and no status")


def test_too_few_failures_tell_nothing() -> None:
    with pytest.raises(TooLittleHistory, match="5 failures"):
        check_lone_sign(told(filled_in, failed=FAILED[:4]), timedelta(hours=24))
