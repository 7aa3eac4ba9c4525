"""Whether a newly trained model may take over: gates as data, and what a person overrides in writing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from foreworn.loop.model_contest import FEWEST_MACHINES, Contest
from foreworn.loop.model_figures import (
    LEAST_CAUGHT,
    ModelFigure,
    caught_over_chance,
    learned_signs,
    share_caught,
    skill_figure,
    slope_figure,
)
from foreworn.loop.promotion_decision import (
    REPORT,
    REPORT_PAGE,
    Check,
    PromotionDecision,
    as_json,
    file_decision,
    filed_decision,
)
from models.failure import GradientBoostedFailureModel
from models.promotion_journal import Promotion, rolled_back_from
from models.registry import FolderModelStore

__all__ = [
    "GATES",
    "Check",
    "InUse",
    "PromotionDecision",
    "PromotionGate",
    "absolute_checks",
    "archive_report",
    "decide",
    "file_decision",
    "filed_decision",
    "objections",
]

SKILL_TO_LOSE: Final = 0.01
"""A challenger that surely lacks more Brier skill than this is worse; nobody plans differently for less."""

_ROLLBACK: Final = "rollback"


class InUse(IntEnum):
    """What is in use when a model is judged, the poorer the lower."""

    NOTHING = 0
    AGE_ALONE = 1
    SIGNS = 2

    @classmethod
    def of(cls, champion: GradientBoostedFailureModel | None) -> "InUse":
        """Return what a model in use amounts to."""
        if champion is None:
            return cls.NOTHING
        return cls.SIGNS if champion.components else cls.AGE_ALONE


@dataclass(frozen=True, slots=True)
class PromotionGate:
    """A figure of a model that has to lie above `above` and not above `most`.

    Parameters
    ----------
    name
        What it is called.
    measure
        Reads the figure off the model.
    above, most, asked
        Where it has to lie, and that in words.
    binds_from
        The least that has to be in use for a failure to keep the model out of use.
    unmeasured_binds_from
        The same where there is no figure; None where that is no failure.
    """

    name: str
    measure: Callable[[GradientBoostedFailureModel], ModelFigure]
    above: float
    most: float
    asked: str
    binds_from: InUse
    unmeasured_binds_from: InUse | None

    def check(self, model: GradientBoostedFailureModel, in_use: InUse) -> Check:
        """Return whether the model passes, given what is in use."""
        found = self.measure(model)
        if found.value is None:
            binds = self.unmeasured_binds_from
            binding = binds is not None and in_use >= binds
            return Check(self.name, binds is None, found.said, binding=binding, judged=binds is not None)
        passed = self.above < found.value <= self.most
        return Check(self.name, passed, f"{found.said}; {self.asked}", binding=in_use >= self.binds_from)


GATES: Final = (
    PromotionGate("signs", learned_signs, 0, float("inf"), "at least one is needed",
                  binds_from=InUse.SIGNS, unmeasured_binds_from=InUse.SIGNS),
    PromotionGate("skill", skill_figure, 0, float("inf"), "above 0 is asked",
                  binds_from=InUse.NOTHING, unmeasured_binds_from=InUse.SIGNS),
    PromotionGate("calibration", slope_figure, 0.5, 2, "above 0.5, at most 2 is asked",
                  binds_from=InUse.AGE_ALONE, unmeasured_binds_from=None),
    PromotionGate("catches", share_caught, LEAST_CAUGHT, 1, f"more than {100 * LEAST_CAUGHT:g} % is asked",
                  binds_from=InUse.SIGNS, unmeasured_binds_from=None),
    PromotionGate("luck", caught_over_chance, 0, float("inf"), "more than luck is asked",
                  binds_from=InUse.SIGNS, unmeasured_binds_from=None),
)  # fmt: skip
"""What a model has to show by itself; docs/decisions/0024-promotion-gates.md says why these, and why these limits."""


def absolute_checks(model: GradientBoostedFailureModel, in_use: InUse) -> tuple[Check, ...]:
    """Return what a model shows by itself, as far as it binds given what is in use."""
    return tuple(gate.check(model, in_use) for gate in GATES)


def decide(
    challenger: GradientBoostedFailureModel,
    champion: GradientBoostedFailureModel | None,
    contest: Contest | str,
    rollback: Promotion | None = None,
) -> PromotionDecision:
    """Decide whether a challenger takes over.

    Parameters
    ----------
    challenger
        The model that was just trained.
    champion
        The model in use, None where there is none that can be read.
    contest
        How they compared on what came since the champion was trained, or why they could not be compared.
    rollback
        The rollback that took this very version out of use, where one did; see `rolled_back_from`.
    """
    checks = [*absolute_checks(challenger, InUse.of(champion))]
    if rollback is not None:
        checks.append(_not_again(rollback))
    if champion is not None:
        checks.append(_not_older(challenger, champion))
    checks += [_not_held(contest, champion)] if isinstance(contest, str) else _won(contest)
    promoted = all(check.passed or not check.binding for check in checks)
    return PromotionDecision(
        challenger.version, promoted, tuple(checks), None if champion is None else champion.version
    )


def _not_older(challenger: GradientBoostedFailureModel, champion: GradientBoostedFailureModel) -> Check:
    own, other = challenger.provenance.trained_until, champion.provenance.trained_until
    said = f"learned until {own:%Y-%m-%d %H:%M} UTC; the one in use until {other:%Y-%m-%d %H:%M} UTC"
    return Check("recency", own >= other, said)


def _not_again(rollback: Promotion) -> Check:
    why = f": {rollback.why}" if rollback.why else ""
    return Check(_ROLLBACK, False, f"rolled back on {rollback.time:%Y-%m-%d %H:%M} UTC by {rollback.by}{why}")


def _not_held(why: str, champion: GradientBoostedFailureModel | None) -> Check:
    said = why if champion is None else f"not compared with the one in use: {why}"
    return Check("contest", True, said, binding=False, judged=False)


def _won(contest: Contest) -> list[Check]:
    return [_accuracy(contest), _recall(contest)]


def _accuracy(contest: Contest) -> Check:
    said = (
        f"Brier score since {contest.start:%Y-%m-%d}: {contest.challenger.brier:.3g} against "
        f"{contest.champion.brier:.3g}; skill lost: {contest.lost_low:.2g} to {contest.lost_high:.2g} in 95 % of "
        f"resampled fleets; not surely more than {SKILL_TO_LOSE:g} is asked"
    )
    if contest.machines < FEWEST_MACHINES:
        return Check("accuracy", True, f"{said}; {contest.machines} machines are too few to tell it from luck")
    return Check("accuracy", contest.lost_low <= SKILL_TO_LOSE, said)


def _recall(contest: Contest) -> Check:
    own, other = contest.challenger, contest.champion
    said = (
        f"caught {own.caught} of {contest.failures} failures {contest.notice / timedelta(hours=1):g} h ahead, against "
        f"{other.caught}; false alarms {own.false_alarms} against {other.false_alarms}"
    )
    return Check("recall", own.caught >= other.caught, said)


def objections(models: FolderModelStore, version: str) -> tuple[Check, ...]:
    """Return what speaks against putting a kept version in use: the checks that its decision failed, and a rollback.

    A version without a decision is held against the gates that it can be held against now.

    Raises
    ------
    NotFound, DamagedModel
        If there is no such version or it is damaged.
    """
    decision = filed_decision(models, version)
    checks: Sequence[Check] = absolute_checks(models.load(version), InUse.SIGNS)
    if decision is not None:
        checks = [check for check in decision.checks if check.name != _ROLLBACK]
    rollback = rolled_back_from(models.promotions(), version)
    again = () if rollback is None else (_not_again(rollback),)
    return (*(check for check in checks if not check.passed), *again)


def archive_report(models: FolderModelStore, version: str, html: str, report: Mapping[str, object]) -> bool:
    """File a backtest's page and data with the version they are of; False where the store has no such version.

    Raises
    ------
    ValueError
        If the report is of another version.
    """
    if report["model"] != version:
        raise ValueError(f"the report is of {report['model']}, not of {version}")
    if version not in models.versions():
        return False
    models.attach(version, REPORT_PAGE, html.encode())
    models.attach(version, REPORT, as_json(report))
    return True
