"""Train a failure model and an anomaly detector on a fleet's past, keep them, and put in use what may be."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow.compute as pc

from foreworn.audit import PLATFORM
from foreworn.errors import Conflict, DamagedModel, NotFound, TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.model_contest import Contest, NoContest, Recipe, hold_contest
from foreworn.loop.promotion import Check, PromotionDecision, decide, file_decision
from foreworn.loop.recency import newer_in_use
from foreworn.settings import ScoringSettings
from foreworn.telemetry.signal import SignalCatalogue, SignalType
from models import anomaly
from models.failure import FailureModelSettings, GradientBoostedFailureModel
from models.failure import train as train_model
from models.promotion_journal import rolled_back_from
from models.registry import FolderDetectorStore, FolderModelStore


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was trained and kept, and whether it was put in use."""

    model: GradientBoostedFailureModel
    decision: PromotionDecision


def train(
    history: FleetHistory,
    *,
    until: datetime,
    settings: ScoringSettings,
    models: FolderModelStore,
    model_settings: FailureModelSettings | None = None,
    catalogue: SignalCatalogue | None = None,
    by: str = PLATFORM,
    on_step: Callable[[str], None] = lambda step: None,
) -> Trained:
    """Train on what was stamped before `until`, save the model, and put it in use if it may be.

    Counters of the catalogue are no features: hours run since a machine was built tell machines apart, and
    wear since the last replacement is read from the maintenance record. Whether the model may be put in use is
    decided by `foreworn.loop.promotion`, and the decision is filed with it; where it may not, the one in use stays.
    `on_step` is called with what is begun or done, in words.

    Raises
    ------
    TooLittleHistory
        If there is not enough to train on; the model in use stays. That is said at once where it can be seen at once.
    """
    chosen = model_settings or FailureModelSettings(with_templates=settings.templates)
    check_can_teach(history, until, fewest_failures=chosen.fewest_failures)
    leave_out = {s.name for _, s in catalogue or () if s.type is SignalType.COUNTER}

    def recipe(time: datetime) -> GradientBoostedFailureModel:
        return train_model(
            history,
            until=time,
            horizon=settings.horizon,
            settings=chosen,
            leave_out=leave_out,
            on_step=on_step,
        )

    model = recipe(until)
    models.save(model)
    return Trained(model, _judged(model, recipe, history, models, by, on_step))


def check_can_teach(history: FleetHistory, until: datetime, *, fewest_failures: int) -> None:
    """Refuse a history that cannot teach anything, before anything is computed.

    Raises
    ------
    TooLittleHistory
        If nothing was recorded before `until`, or nothing failed.
    """
    moment = f"{until:%Y-%m-%d %H:%M} UTC"
    first: datetime | None = pc.min(history.telemetry["time"]).as_py()
    if first is None or first >= until:
        begins = "holds none" if first is None else f"begins at {first:%Y-%m-%d %H:%M} UTC"
        raise TooLittleHistory(f"there is no telemetry before {moment}: the record {begins}")
    if not len(history.until(until).failures):
        later = len(history.failures)
        known = f"; {later:,} came later" if later else ": write them into failures.csv"
        raise TooLittleHistory(
            f"no failure is on record before {moment}{known}. A component needs {fewest_failures} for its signs to be "
            "learned, and 1 to be forecast by its age"
        )


def _judged(
    model: GradientBoostedFailureModel,
    recipe: Recipe,
    history: FleetHistory,
    models: FolderModelStore,
    by: str,
    on_step: Callable[[str], None],
) -> PromotionDecision:
    """Decide whether a kept model is put in use, write that down, and do it.

    Judging takes minutes. Where another version came in use meanwhile, it is judged again, against that one.
    """
    decision, overtaken = _judged_once(model, recipe, history, models, by, on_step)
    if overtaken is not None:
        decision, overtaken = _judged_once(model, recipe, history, models, by, on_step)
    if overtaken is not None:
        twice = Check("overtaken", False, f"what is in use changed both times that it was judged; {overtaken}")
        checks = (*decision.checks, twice)
        decision = replace(decision, promoted=False, checks=checks, against=models.serving_version())
        file_decision(models, decision)
    return decision


def _judged_once(
    model: GradientBoostedFailureModel,
    recipe: Recipe,
    history: FleetHistory,
    models: FolderModelStore,
    by: str,
    on_step: Callable[[str], None],
) -> tuple[PromotionDecision, Conflict | None]:
    """Decide on what is in use now; returns the conflict too where that was no longer in use after the judging."""
    in_use = _in_use(models)
    if in_use.version == model.version and in_use.champion is not None:
        known = Check("version", True, "the same history, settings and release as the one in use: it is in use already")
        return PromotionDecision(model.version, True, (known,), model.version), None
    on_step(f"Holding it against {in_use.version or 'what is asked of a first model'}")
    contest = in_use.trouble if in_use.champion is None else _contest(model, in_use.champion, recipe, history)
    decision = decide(model, in_use.champion, contest, rolled_back_from(models.promotions(), model.version))
    file_decision(models, decision)
    if decision.promoted:
        checks = decision.as_data()["checks"]
        try:
            models.promote(model.version, by=by, why=decision.why, checks=checks, expected=in_use.version)
        except Conflict as overtaken:
            return decision, overtaken
    return decision, None


@dataclass(frozen=True, slots=True)
class _InUse:
    """What is in use: the version as it is written down, its model, or why that cannot be had."""

    version: str | None
    champion: GradientBoostedFailureModel | None
    trouble: str


def _in_use(models: FolderModelStore) -> _InUse:
    version = models.serving_version()
    if version is None:
        return _InUse(None, None, "no model to compare with yet")
    try:
        return _InUse(version, models.load(version), "")
    except (DamagedModel, NotFound) as trouble:
        return _InUse(version, None, f"the one in use cannot be read: {trouble}")


def _contest(
    model: GradientBoostedFailureModel, champion: GradientBoostedFailureModel, recipe: Recipe, history: FleetHistory
) -> Contest | str:
    if not model.components:
        return "it forecasts by age alone"
    try:
        return hold_contest(champion, recipe, history, until=model.provenance.trained_until, horizon=model.horizon)
    except NoContest as reason:
        return str(reason)


def train_detector(
    history: FleetHistory, *, until: datetime, detectors: FolderDetectorStore
) -> anomaly.SubspaceDetector:
    """Learn what is healthy from what was stamped before `until`, save the detector, and put it in use.

    It does not take the place of one that learned from newer data.

    Raises
    ------
    TooLittleHistory
        If there is not enough to learn from; the detector in use stays.
    """
    detector = anomaly.train(history, until=until)
    detectors.save(detector)
    if newer_in_use(detectors, detector) is None:
        detectors.serve(detector.version)
    return detector
