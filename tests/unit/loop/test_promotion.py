"""Gates and the decision, with models that are made up from a trained one's parts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from foreworn.errors import NotFound
from foreworn.loop.model_contest import Contest, Contestant
from foreworn.loop.model_figures import share_caught, skill_figure, slope_figure
from foreworn.loop.promotion import (
    PromotionDecision,
    archive_report,
    decide,
    file_decision,
    filed_decision,
    objections,
)
from foreworn.loop.promotion_decision import Check
from models.failure import GradientBoostedFailureModel
from models.registry import FolderModelStore
from tests.unit.models.failure.trained import UNTIL, model

DAY = timedelta(days=1)
BY_CHANCE = {"inner_caught_by_chance": 0.5, "inner_caught_by_chance_variance": 0.16}
ALARMED = {"inner_failures": 20, "inner_caught": 12, "inner_false_alarms": 4} | BY_CHANCE
GOOD = {"inner_brier_skill": 0.4, "inner_calibration_slope": 0.9, "failures": 20, "rows": 1000} | ALARMED
UNMEASURED = {"failures": 20, "rows": 1000} | ALARMED
BLIND = {"inner_caught": 0, "inner_false_alarms": 0}
"""At no threshold are alarms worth what they cost, so there are none."""


Metrics = Mapping[str, Mapping[str, float]]


def made(metrics: Metrics, version: str = "gb-new", *, days: float = 0) -> GradientBoostedFailureModel:
    """Return a model with these metrics by component, trained this many days after the trained one."""
    part = model().components["bearing"]
    return replace(
        model(),
        version=version,
        components={name: replace(part, metrics=own) for name, own in metrics.items()},
        provenance=replace(model().provenance, trained_until=UNTIL + days * DAY),
    )


def failed(decision: PromotionDecision) -> list[str]:
    return [check.name for check in decision.failed]


def contest(**changes: Any) -> Contest:
    level = Contest(
        UNTIL,
        UNTIL + 10 * DAY,
        timedelta(hours=12),
        9,
        Contestant(8, 3, 0.02),
        Contestant(8, 3, 0.02),
        12,
        -0.001,
        0.001,
    )
    return replace(level, **changes)


def test_a_first_model_that_passes_is_put_in_use() -> None:
    decision = decide(made({"bearing": GOOD}), None, "no model to compare with yet")
    assert decision.promoted
    assert failed(decision) == []
    assert decision.against is None
    assert decision.checks[-1] == Check("contest", True, "no model to compare with yet", binding=False, judged=False)
    assert decision.why == "passed every check that could be made"


@pytest.mark.parametrize(
    ("metrics", "promoted", "fails"),
    [
        pytest.param({"bearing": GOOD | {"inner_brier_skill": -0.1}}, False, ["skill"], id="worse than a fixed rate"),
        pytest.param({"bearing": UNMEASURED}, True, ["skill"], id="nobody can measure it"),
        pytest.param({"bearing": GOOD | {"inner_calibration_slope": 0.3}}, True, ["calibration"], id="too bold"),
        pytest.param({"bearing": GOOD | BLIND}, True, ["catches"], id="its alarms foretell nothing"),
        pytest.param({}, True, ["signs", "skill"], id="age alone"),
    ],
)
def test_where_nothing_is_in_use_only_forecasts_worse_than_a_fixed_rate_are_kept_out(
    metrics: Metrics, promoted: bool, fails: list[str]
) -> None:
    decision = decide(made(metrics), None, "nothing is in use yet")
    assert (decision.promoted, failed(decision)) == (promoted, fails)


@pytest.mark.parametrize(
    ("metrics", "fails"),
    [
        pytest.param({"bearing": GOOD | {"inner_brier_skill": 0.0}}, ["skill"], id="no skill"),
        pytest.param({"bearing": UNMEASURED}, ["skill"], id="nobody can measure it"),
        pytest.param({"bearing": GOOD | {"inner_calibration_slope": 0.3}}, ["calibration"], id="too bold"),
        pytest.param({"bearing": GOOD | {"inner_calibration_slope": 2.5}}, ["calibration"], id="too timid"),
        pytest.param({"bearing": GOOD | BLIND}, ["catches"], id="its alarms foretell nothing"),
        pytest.param({"bearing": GOOD | {"inner_caught": 2}}, ["catches"], id="its alarms foretell one in ten"),
        pytest.param({"bearing": GOOD | {"inner_caught_by_chance": 11.5}}, ["luck"], id="its alarms are noise"),
        pytest.param({}, ["signs", "skill"], id="age alone never replaces learned signs"),
    ],
)
def test_a_failed_gate_keeps_the_last_good_model_in_use(metrics: Metrics, fails: list[str]) -> None:
    decision = decide(made(metrics), made({"bearing": GOOD}, "gb-old"), "too few failures")
    assert not decision.promoted
    assert failed(decision) == fails
    assert decision.against == "gb-old"
    assert all(name in decision.why for name in fails)


def test_age_alone_may_replace_age_alone() -> None:
    assert decide(made({}, days=1), made({}, "gb-old"), "age alone").promoted


def test_an_older_model_takes_a_persons_word() -> None:
    decision = decide(made({"bearing": GOOD}), made({"bearing": GOOD}, "gb-old", days=1), "nothing was recorded since")
    assert failed(decision) == ["recency"]


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        pytest.param({}, [], id="neither is better"),
        pytest.param({"challenger": Contestant(8, 9, 0.03), "lost_high": 0.02}, [], id="worse, perhaps by luck"),
        pytest.param({"challenger": Contestant(8, 3, 0.03), "lost_low": 0.04, "lost_high": 0.2}, ["accuracy"],
                     id="worse beyond doubt"),
        pytest.param({"lost_low": 0.001, "lost_high": 0.002}, [], id="surely worse, by nothing that matters"),
        pytest.param({"challenger": Contestant(8, 3, 0.03), "lost_low": 0.04, "machines": 4}, [],
                     id="too few machines to tell"),
        pytest.param({"challenger": Contestant(7, 0, 0.01)}, ["recall"], id="a failure less is caught in time"),
        pytest.param({"challenger": Contestant(9, 3, 0.02)}, [], id="a failure more is caught in time"),
    ],
)  # fmt: skip
def test_a_challenger_loses_where_it_is_worse_beyond_doubt_or_catches_less(
    changes: dict[str, Any], fails: list[str]
) -> None:
    decision = decide(made({"bearing": GOOD}, days=10), made({"bearing": GOOD}, "gb-old"), contest(**changes))
    assert failed(decision) == fails
    assert decision.promoted == (not fails)


def test_skill_is_pooled_by_the_error_of_saying_the_base_rate() -> None:
    few, many = GOOD | {"rows": 100, "inner_brier_skill": -1.0}, GOOD | {"rows": 900, "inner_brier_skill": 0.5}
    assert skill_figure(made({"bearing": few, "seal": many})).value == pytest.approx(0.35)
    assert skill_figure(made({"bearing": UNMEASURED, "seal": many})).value == 0.5


def test_a_slope_of_nearly_perfect_forecasts_says_nothing() -> None:
    perfect = GOOD | {"inner_brier_skill": 0.99, "inner_calibration_slope": 6.2}
    assert slope_figure(made({"bearing": perfect})).value is None
    assert slope_figure(made({"bearing": perfect, "seal": GOOD})).value == 0.9


@pytest.mark.parametrize(
    ("metrics", "value", "said"),
    [
        pytest.param(GOOD, 0.6, "ahead: 12 of 20, with 4 false alarms", id="enough failures"),
        pytest.param(GOOD | {"inner_failures": 4}, None, "not measurable on 4; 5 are needed", id="too few failures"),
        pytest.param({"failures": 20}, None, "not measured by the release that trained it", id="an older release's"),
    ],
)
def test_what_alarms_foretell_is_told_where_there_are_failures_enough(
    metrics: Mapping[str, float], value: float | None, said: str
) -> None:
    found = share_caught(made({"bearing": metrics}))
    assert found.value == value
    assert said in found.said


def test_what_cannot_be_measured_says_why() -> None:
    assert skill_figure(made({})).said.endswith("not measurable, because nothing was learned from signs")
    assert skill_figure(made({"seal": UNMEASURED})).said.endswith("failures in all: seal 20")


def test_a_decision_is_filed_with_its_version_and_read_back(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    models.save(model())
    version = model().version
    assert filed_decision(models, version) is None
    decision = decide(replace(model(), components={}), made({"bearing": GOOD}, "gb-old"), "age alone")
    file_decision(models, decision)
    assert filed_decision(models, version) == decision
    assert [check.name for check in objections(models, version)] == ["signs", "skill"]


def test_a_version_without_a_decision_is_held_against_the_gates(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    models.save(model())
    weak = made({"bearing": GOOD | {"inner_brier_skill": -0.2}}, "gb-weak")
    models.save(weak)
    assert objections(models, model().version) == ()
    assert [check.name for check in objections(models, "gb-weak")] == ["skill"]


def test_a_report_is_archived_with_the_version_it_is_of(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    version = model().version
    report = {"model": version, "figures": {"recall_12h": 1.0}}
    assert not archive_report(models, version, "<p>", report)
    models.save(model())
    assert archive_report(models, version, "<p>", report)
    assert models.attachment(version, "report.html") == b"<p>"
    assert list(models.attachments(version)) == ["report.html", "report.json"]
    with pytest.raises(ValueError, match="of gb-other"):
        archive_report(models, version, "<p>", {"model": "gb-other"})
    with pytest.raises(NotFound):
        models.attachment(version, "promotion.json")
