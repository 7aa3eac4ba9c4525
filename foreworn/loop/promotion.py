"""Whether a newly trained model may take over: gates as data, and what a person overrides in writing."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Any, Final

from foreworn.loop.model_contest import FEWEST_MACHINES, Contest
from models.failure import GradientBoostedFailureModel
from models.registry import FolderModelStore

DECISION: Final = "promotion.json"
REPORT_PAGE: Final = "report.html"
REPORT: Final = "report.json"

SEPARATES: Final = 0.9
"""From this Brier skill on so few forecasts err that a calibration slope says nothing."""


SKILL_TO_LOSE: Final = 0.01
"""A challenger that surely lacks more Brier skill than this is worse; nobody plans differently for less."""


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
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name, passed, said
        What, whether it was good, and the figures in a sentence.
    binding
        Whether failing it keeps the model out of use.
    """

    name: str
    passed: bool
    said: str
    binding: bool = True


@dataclass(frozen=True, slots=True)
class PromotionDecision:
    """Whether a version takes over.

    Parameters
    ----------
    version
        The version judged.
    promoted
        Whether it is in use from now on.
    checks
        What was looked at.
    against
        The version that was in use; None where nothing was, or nothing that could be read.
    """

    version: str
    promoted: bool
    checks: tuple[Check, ...]
    against: str | None

    @property
    def failed(self) -> tuple[Check, ...]:
        """What it failed, binding or not."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def why(self) -> str:
        """The outcome in a sentence."""
        failed = ", ".join(check.name for check in self.failed)
        if not self.failed:
            return "passed every check"
        return f"nothing better serves, though it failed: {failed}" if self.promoted else f"failed: {failed}"

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return asdict(self) | {"checks": [asdict(check) for check in self.checks]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PromotionDecision":
        """Return what `as_data` told."""
        checks = tuple(Check(**check) for check in data["checks"])
        return cls(data["version"], data["promoted"], checks, data["against"])


@dataclass(frozen=True, slots=True)
class PromotionGate:
    """A figure of a model that has to lie above `above` and not above `most`.

    Parameters
    ----------
    name, what
        What it is called, and the figure in words.
    measure
        Reads the figure off the model; None where the model has none.
    above, most
        Where it has to lie.
    binds_from
        The least that has to be in use for a failure to keep the model out of use.
    unmeasured_binds_from
        The same where there is no figure; None where that is no failure.
    """

    name: str
    what: str
    measure: Callable[[GradientBoostedFailureModel], float | None]
    above: float
    most: float
    binds_from: InUse
    unmeasured_binds_from: InUse | None

    def check(self, model: GradientBoostedFailureModel, in_use: InUse) -> Check:
        """Return whether the model passes, given what is in use."""
        found = self.measure(model)
        if found is None:
            binds = self.unmeasured_binds_from
            said = f"{self.what}: not measurable on this history"
            return Check(self.name, binds is None, said, binding=binds is not None and in_use >= binds)
        passed = self.above < found <= self.most
        return Check(self.name, passed, f"{self.what}: {found:.3g}; {self._asked()}", binding=in_use >= self.binds_from)

    def _asked(self) -> str:
        most = "" if self.most == float("inf") else f", at most {self.most:g}"
        return f"above {self.above:g}{most} is asked"


def learned_components(model: GradientBoostedFailureModel) -> float:
    """Return how many components' signs were learned."""
    return float(len(model.components))


def unseen_skill(model: GradientBoostedFailureModel) -> float | None:
    """Return the Brier skill on unseen inner folds over all components that have one.

    Components weigh by the squared error of always saying their base rate, rows x p (1 - p): so the components' skills
    add up to that of all their forecasts together. An age-only model has none, nor has one whose failures lie in
    one fold.
    """
    found = [
        (part.metrics["inner_brier_skill"], part.metrics["rows"] * part.base_rate * (1 - part.base_rate))
        for part in model.components.values()
        if "inner_brier_skill" in part.metrics
    ]
    weight = sum(w for _, w in found)
    return sum(skill * w for skill, w in found) / weight if weight else None


def unseen_slope(model: GradientBoostedFailureModel) -> float | None:
    """Return the components' median calibration slope on unseen inner folds, by failures.

    Without components whose forecasts nearly separate (`SEPARATES`): so few of those err that the slope is chance.
    """
    found = sorted(
        (part.metrics["inner_calibration_slope"], part.metrics["failures"])
        for part in model.components.values()
        if "inner_calibration_slope" in part.metrics and part.metrics["inner_brier_skill"] < SEPARATES
    )
    half, seen = sum(failures for _, failures in found) / 2, 0.0
    for slope, failures in found:
        seen += failures
        if seen >= half:
            return float(slope)
    return None


GATES: Final = (
    PromotionGate("signs", "components learned from their signs", learned_components, 0, float("inf"),
                  binds_from=InUse.SIGNS, unmeasured_binds_from=InUse.SIGNS),
    PromotionGate("skill", "Brier skill on unseen inner folds", unseen_skill, 0, float("inf"),
                  binds_from=InUse.NOTHING, unmeasured_binds_from=InUse.SIGNS),
    PromotionGate("calibration", "calibration slope on unseen inner folds", unseen_slope, 0.5, 2,
                  binds_from=InUse.AGE_ALONE, unmeasured_binds_from=None),
)  # fmt: skip
"""What a model has to show by itself; docs/decisions/0024-promotion-gates.md says why these, and why these limits."""


def absolute_checks(model: GradientBoostedFailureModel, in_use: InUse) -> tuple[Check, ...]:
    """Return what a model shows by itself, as far as it binds given what is in use."""
    return tuple(gate.check(model, in_use) for gate in GATES)


def decide(
    challenger: GradientBoostedFailureModel,
    champion: GradientBoostedFailureModel | None,
    contest: Contest | str,
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
    """
    checks = [*absolute_checks(challenger, InUse.of(champion))]
    if champion is not None:
        checks.append(_not_older(challenger, champion))
    checks += [Check("contest", True, f"not held: {contest}")] if isinstance(contest, str) else _won(contest)
    promoted = all(check.passed or not check.binding for check in checks)
    return PromotionDecision(
        challenger.version, promoted, tuple(checks), None if champion is None else champion.version
    )


def _not_older(challenger: GradientBoostedFailureModel, champion: GradientBoostedFailureModel) -> Check:
    own, other = challenger.provenance.trained_until, champion.provenance.trained_until
    said = f"learned until {own:%Y-%m-%d %H:%M} UTC; the one in use until {other:%Y-%m-%d %H:%M} UTC"
    return Check("recency", own >= other, said)


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


def file_decision(models: FolderModelStore, decision: PromotionDecision) -> None:
    """File a decision with its version."""
    models.attach(decision.version, DECISION, _json(decision.as_data()))


def filed_decision(models: FolderModelStore, version: str) -> PromotionDecision | None:
    """Return the decision that was filed with a version, None where none was."""
    if DECISION not in models.attachments(version):
        return None
    return PromotionDecision.from_data(json.loads(models.attachment(version, DECISION)))


def objections(models: FolderModelStore, version: str) -> tuple[Check, ...]:
    """Return what speaks against putting a kept version in use: the checks that its decision failed.

    A version without a decision is held against the gates that it can be held against now.

    Raises
    ------
    NotFound, DamagedModel
        If there is no such version or it is damaged.
    """
    decision = filed_decision(models, version)
    checks: Sequence[Check] = absolute_checks(models.load(version), InUse.SIGNS)
    if decision is not None:
        checks = decision.checks
    return tuple(check for check in checks if not check.passed)


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
    models.attach(version, REPORT, _json(report))
    return True


def _json(data: Mapping[str, object]) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True) + "\n").encode()
