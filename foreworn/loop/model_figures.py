"""What a failure model shows by itself: figures on inner folds that its trees had not seen, each with its words."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from foreworn.loop.model_contest import FEWEST_FAILURES
from foreworn.loop.unseen_figures import SEPARATES, median_slope, overall_skill
from models.failure import GradientBoostedFailureModel

LEAST_CAUGHT: Final = 0.1
"""A model that foretells no more of the failures than this is one that nobody is warned by."""

_Z99: Final = 2.326  # one-sided
_NOTHING_LEARNED: Final = "not measurable, because nothing was learned from signs"


@dataclass(frozen=True, slots=True)
class ModelFigure:
    """A figure of a model; None where it has none, and then the words say why."""

    value: float | None
    said: str


def learned_signs(model: GradientBoostedFailureModel) -> ModelFigure:
    """Return how many components' signs were learned."""
    count = len(model.components)
    if not count:
        return ModelFigure(0.0, "no component could be learned from its signs")
    return ModelFigure(float(count), f"learned from their signs: {', '.join(sorted(model.components))}")


def skill_figure(model: GradientBoostedFailureModel) -> ModelFigure:
    """Return the Brier skill on unseen inner folds over all components that have one; see `overall_skill`."""
    what = "Brier skill on unseen inner folds"
    rates = {name: {**own.metrics, "base_rate": own.base_rate} for name, own in model.components.items()}
    found = overall_skill(rates)
    return ModelFigure(found, f"{what}: {_unmeasured(model) if found is None else f'{found:.3g}'}")


def slope_figure(model: GradientBoostedFailureModel) -> ModelFigure:
    """Return the components' median calibration slope on unseen inner folds; see `median_slope`."""
    what = "calibration slope on unseen inner folds"
    found = median_slope({name: own.metrics for name, own in model.components.items()})
    if found is not None:
        return ModelFigure(found, f"{what}: {found:.3g}")
    if any("inner_calibration_slope" in own.metrics for own in model.components.values()):
        why = f"not measurable, because nearly nothing errs (Brier skill of {SEPARATES:g} or more)"
        return ModelFigure(None, f"{what}: {why}")
    return ModelFigure(None, f"{what}: {_unmeasured(model)}")


def share_caught(model: GradientBoostedFailureModel) -> ModelFigure:
    """Return the share of the failures on unseen inner folds that an alarm foretold with the notice asked for.

    The alarm is the model's own: its threshold was chosen on the same forecasts, so the share flatters it a little.
    """
    metrics = [own.metrics for own in model.components.values()]
    what = "failures on unseen inner folds foretold by its alarms"
    if not metrics:
        return ModelFigure(None, f"{what}: {_NOTHING_LEARNED}")
    if any("inner_caught" not in own for own in metrics):
        return ModelFigure(None, f"{what}: not measured by the release that trained it")
    failures, caught, alarms = (
        int(sum(own[name] for own in metrics)) for name in ("inner_failures", "inner_caught", "inner_false_alarms")
    )
    if failures < FEWEST_FAILURES:
        return ModelFigure(None, f"{what}: not measurable on {failures}; {FEWEST_FAILURES} are needed")
    notice = model.provenance.settings.notice / timedelta(hours=1)
    said = f"{what} {notice:g} h ahead: {caught} of {failures}, with {alarms} false alarms"
    return ModelFigure(caught / failures, said)


def caught_over_chance(model: GradientBoostedFailureModel) -> ModelFigure:
    """Return how many more failures alarms foretold on unseen inner folds than the same alarms would at other times.

    What they would is the most of 99 % of such fleets, by the normal approximation of the sum over components; see
    `models.failure.alarm_threshold.caught_by_chance`.
    """
    metrics = [own.metrics for own in model.components.values()]
    what = "failures foretold against the same alarms at other times"
    if not metrics:
        return ModelFigure(None, f"{what}: {_NOTHING_LEARNED}")
    if any("inner_caught_by_chance" not in own for own in metrics):
        return ModelFigure(None, f"{what}: not measured by the release that trained it")
    failures, caught = (int(sum(own[name] for own in metrics)) for name in ("inner_failures", "inner_caught"))
    if failures < FEWEST_FAILURES or not caught:
        return ModelFigure(None, f"{what}: not measurable on {caught} foretold of {failures}")
    mean = sum(own["inner_caught_by_chance"] for own in metrics)
    most = mean + _Z99 * math.sqrt(sum(own["inner_caught_by_chance_variance"] for own in metrics))
    return ModelFigure(caught - most, f"{what}: {caught} against {mean:.3g}, by luck up to {most:.3g}")


def _unmeasured(model: GradientBoostedFailureModel) -> str:
    """Return why skill and slope cannot be measured."""
    if not model.components:
        return _NOTHING_LEARNED
    thin = ", ".join(f"{name} {own.metrics['failures']:,.0f}" for name, own in sorted(model.components.items()))
    return f"not measurable, because some fold holds no failure of the component; failures in all: {thin}"
