"""What is written down about failure models: which serves since when, what each version was held against."""

from dataclasses import dataclass

from api.services import ConsoleServices
from foreworn.errors import DamagedModel
from foreworn.loop.kept_models import KeptModels
from foreworn.loop.model_versions import VersionSummary, summaries
from foreworn.loop.promotion_decision import REPORT_PAGE, Check, PromotionDecision, filed_decision
from foreworn.loop.report_headline import Headline, filed_headline
from models.promotion_journal import Promotion, served_before


@dataclass(frozen=True, slots=True)
class VersionState:
    """One kept version.

    Parameters
    ----------
    summary
        Its line in a list.
    decision
        What it was held against when it was trained; None where that was not filed.
    reported
        Whether the page of its promotion report is filed with it.
    trouble
        Why what is filed with it cannot be read; empty where it can.
    headline
        What its report says in a line; None where none is filed.
    """

    summary: VersionSummary
    decision: PromotionDecision | None
    reported: bool
    trouble: str = ""
    headline: Headline | None = None


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """All versions, and how the one in use came there.

    Parameters
    ----------
    serving
        The version in use, whether or not it can be read.
    versions, promotions
        All of them, the newest first. A store of a release without a journal has no promotions.
    trouble
        Why the journal cannot be read; empty where it can.
    """

    serving: str | None
    versions: tuple[VersionState, ...]
    promotions: tuple[Promotion, ...]
    trouble: str = ""

    @property
    def put_in_use(self) -> Promotion | None:
        """How the version in use came there; None where that was not written down."""
        return next((one for one in self.promotions if one.version == self.serving), None)

    @property
    def before(self) -> str | None:
        """The version that a rollback would put in use."""
        return None if self.serving is None else served_before(reversed(self.promotions), self.serving)

    @property
    def checked(self) -> bool:
        """Whether it is known what the version in use was held against."""
        return bool(self._checks)

    @property
    def all_judged(self) -> bool:
        """Whether there was something to judge each of those checks by."""
        return all(check.judged for check in self._checks)

    @property
    def headline(self) -> Headline | None:
        """What the report of the version in use says in a line; None where none is filed."""
        return next((one.headline for one in self.versions if one.summary.in_use), None)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that the version in use failed, binding or not."""
        return tuple(check for check in self._checks if not check.passed)

    @property
    def _checks(self) -> tuple[Check, ...]:
        decision = next((one.decision for one in self.versions if one.summary.in_use), None)
        if decision is not None:
            return decision.checks
        noted = self.put_in_use.checks if self.put_in_use is not None else ()
        return tuple(Check(str(one["name"]), bool(one["passed"]), str(one["said"])) for one in noted)

    def left(self, version: str) -> Promotion | None:
        """Return what last took a version out of use; None where it serves, or never did as far as is written down."""
        if version == self.serving:
            return None
        return next((one for one in self.promotions if one.replaced == version and one.version != version), None)


def model_record(services: ConsoleServices) -> ModelRecord:
    """Read what is kept of all versions; one that is damaged says so, and hides no other."""
    models = services.models
    try:
        promotions, trouble = tuple(reversed(models.promotions())), ""
    except DamagedModel as damage:
        promotions, trouble = (), str(damage)
    versions = tuple(version_state(models, summary) for summary in reversed(summaries(models)))
    return ModelRecord(models.serving_version(), versions, promotions, trouble)


def version_state(models: KeptModels, summary: VersionSummary) -> VersionState:
    """Return what is filed with a version, beside its summary."""
    version = summary.version
    try:
        reported = REPORT_PAGE in models.attachments(version)
        decision, headline = filed_decision(models, version), filed_headline(models, version)
        return VersionState(summary, decision, reported, headline=headline)
    except DamagedModel as damage:
        return VersionState(summary, None, reported=False, trouble=str(damage))
