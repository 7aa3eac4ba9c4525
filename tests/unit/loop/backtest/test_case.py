from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.errors import ConfigurationError, TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import PartFailed, backtest, case
from foreworn.loop.backtest.case import split
from foreworn.loop.backtest.limits import NOT_PRICED, NOT_PROBED, ONE_SPLIT
from models.failure import FailureModelSettings
from tests.unit.loop.backtest.judged import done
from tests.unit.models.failure.trained import UNTIL, fleet
from tests.unit.models.small_fleet import HOUR, at


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let the split be one that was judged already; returns what it was asked for."""
    found: dict[str, Any] = {}

    def judged_already(_: FleetHistory, **terms: Any) -> object:
        found.update(terms)
        return done()

    monkeypatch.setattr(case, "run_backtest", judged_already)
    return found


def run_to_failure() -> FleetHistory:
    """Return a fleet of which nothing was replaced before it failed."""
    known = fleet()
    return replace(known, maintenance=known.maintenance.filter(pc.equal(known.maintenance["kind"], "corrective")))


def breaking(problem: BaseException) -> Callable[..., Any]:
    def broken(*_: object, **__: object) -> Any:
        raise problem

    return broken


def test_a_split_that_is_not_given_is_made() -> None:
    day = 24 * HOUR
    assert split(fleet(), None, None, day) == (at(42 * 24), at(43 * 24))
    assert split(fleet(), UNTIL, None, day) == (UNTIL, UNTIL + day)
    assert split(fleet(), None, UNTIL, day) == (UNTIL - day, UNTIL)


def test_what_is_asked_for_reaches_the_training(asked: dict[str, Any]) -> None:
    backtest(fleet(), train_until=UNTIL, with_events=False, with_plan=False)
    assert asked["settings"] == FailureModelSettings(with_events=False, without_plan=True)
    backtest(fleet(), train_until=UNTIL)
    assert asked["settings"] == FailureModelSettings()


def test_origins_by_unit_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="ask for --origins or for --by-unit"):
        backtest(fleet(), by_unit=2, origins=2)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        pytest.param({"train_until": at(20 * 24)}, "10 failures of one component are needed", id="too few to learn"),
        pytest.param({"train_until": UNTIL, "test_from": at(90 * 24)}, "the telemetry ends at", id="nothing to judge"),
        pytest.param(
            {"train_until": UNTIL, "test_from": at(21 * 24), "origins": 2}, "before the training ends", id="no split"
        ),
    ],
)
def test_what_counting_refuses_is_refused_before_anything_is_computed(
    monkeypatch: pytest.MonkeyPatch, terms: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr("foreworn.loop.backtest.time_split.train", breaking(AssertionError("it was computed")))
    thin = fleet()
    thin = replace(thin, failures=thin.failures.slice(0, 15)) if terms["train_until"] < UNTIL else thin
    with pytest.raises((ConfigurationError, TooLittleHistory), match=message):
        backtest(thin, **terms)


def test_a_first_stretch_with_too_few_failures_is_refused_before_the_split_is_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(case, "run_backtest", breaking(AssertionError("it was computed")))
    known = fleet()
    late = pc.greater(known.failures["time"], pa.scalar(at(38 * 24), known.failures.schema.field("time").type))
    with pytest.raises(TooLittleHistory, match="failures of one component are needed, and on record are"):
        backtest(replace(known, failures=known.failures.filter(late)), train_until=UNTIL, origins=2)


@pytest.mark.usefixtures("asked")
def test_a_part_that_cannot_be_had_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case, "rolling_backtests", breaking(TooLittleHistory("too few failures before May")))
    found = backtest(fleet(), train_until=UNTIL, origins=2)
    assert found["figures"] == done().figures()
    assert found["missing"] == {"origins": "too few failures before May"}
    assert "Other stretches were asked for and could not be judged: too few failures before May." in found["limits"]
    assert ONE_SPLIT.said not in found["limits"]
    assert ONE_SPLIT.remedy not in found["remedies"]
    assert NOT_PROBED.said in found["limits"]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("problem", "said"),
    [
        pytest.param(KeyError("x"), "it broke with KeyError: 'x'", id="a defect"),
        pytest.param(KeyboardInterrupt(), "it was broken off", id="somebody had no more time"),
    ],
)
def test_a_part_that_breaks_leaves_what_was_measured_before(
    monkeypatch: pytest.MonkeyPatch, problem: BaseException, said: str
) -> None:
    monkeypatch.setattr(case, "probe", breaking(problem))
    with pytest.raises(PartFailed) as failed:
        backtest(run_to_failure(), train_until=UNTIL, probes=True, price=breaking(AssertionError("not come to")))
    found = failed.value.report
    assert failed.value.__cause__ is problem
    assert found["figures"] == done().figures()
    assert found["missing"] == {"probes": said, "priced": "it was not reached"}
    assert "Not priced: it was not reached." in found["limits"]
    assert f"Probes for leaks were asked for and could not be run: {said}." in found["limits"]


@pytest.mark.usefixtures("asked")
def test_a_history_of_repairs_made_in_time_is_not_priced_and_that_is_told_at_once() -> None:
    steps: list[str] = []
    price = breaking(AssertionError("it was priced"))
    found = backtest(fleet(), train_until=UNTIL, price=price, on_step=steps.append)
    assert "replaced before they failed" in steps[0]
    [why] = [limit for limit in found["limits"] if limit.startswith("Not priced")]
    assert "When they would have failed is on no record" in why
    assert "foreworn" not in why
    assert found["missing"]["priced"] in why
    assert NOT_PRICED.said not in found["limits"]
