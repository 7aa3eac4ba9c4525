"""Failure models."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field

from api.instants import Instant
from api.reading.model_record import VersionState
from api.schemas.answer import Answer, PageAnswer
from foreworn.health.failure_model import FailureModel
from foreworn.loop.promotion_decision import PromotionDecision
from models.promotion_journal import Promotion
from models.version_archive import Filed


class ServingModel(Answer):
    """The model in use."""

    version: str
    horizon_h: float = Field(description="How far its forecasts look. [h]")
    threshold: float = Field(description="The probability from which a forecast is an alarm, 0 to 1.")
    lookback_h: float = Field(description="How much telemetry before a row it needs. [h]")
    description: dict[str, Any] = Field(description="What the model says about itself: training time, features, ...")

    @classmethod
    def of(cls, model: FailureModel) -> Self:
        """Return the answer for the serving model."""
        return cls(
            version=model.version,
            horizon_h=model.horizon.total_seconds() / 3600,
            threshold=model.threshold,
            lookback_h=model.lookback.total_seconds() / 3600,
            description=dict(model.describe()),
        )


class CheckAnswer(Answer):
    """One thing that a model was held against."""

    name: str
    passed: bool
    said: str = Field(description="The figures in a sentence.")
    binding: bool = Field(description="Whether failing it keeps a model out of use.")


class DecisionAnswer(Answer):
    """Whether a version was put in use when it was trained, and why."""

    promoted: bool
    why: str = Field(description="The outcome in a sentence.")
    against: str | None = Field(description="The version that was in use; null where none was that could be read.")
    checks: list[CheckAnswer]

    @classmethod
    def of(cls, decision: PromotionDecision) -> Self:
        """Return the answer for a decision."""
        return cls.model_validate(decision, from_attributes=True)


class VersionAnswer(Answer):
    """One version in a line."""

    version: str
    in_use: bool
    saved_at: Instant = Field(description="When it was first kept.")
    damage: str | None = Field(description="Why it cannot be read; then its figures are null.")
    archive_trouble: str | None = Field(description="Why what is filed with it cannot be read.")
    trained_until: Instant | None
    rows: int | None = Field(description="How many rows it learned from.")
    failures: int | None = Field(description="Failures of the components whose signs it learned.")
    brier_skill: float | None = Field(description="On unseen inner folds, over all components.")
    calibration_slope: float | None = Field(description="The components' median on unseen inner folds.")
    decision: DecisionAnswer | None = Field(description="Null where none was filed with it.")
    reported: bool = Field(description="Whether a promotion report is filed with it.")

    @classmethod
    def of(cls, state: VersionState, **more: object) -> Self:
        """Return the answer for a version; `more` is what a subclass tells besides."""
        told: dict[str, object] = {
            **state.summary.as_data(),
            "archive_trouble": state.trouble or None,
            "decision": None if state.decision is None else DecisionAnswer.of(state.decision),
            "reported": state.reported,
            **more,
        }
        return cls.model_validate(told)


class PromotionAnswer(Answer):
    """A change of the version in use."""

    time: Instant
    kind: str = Field(description="`promoted`, or `rolled_back` where the version before came back.")
    version: str = Field(description="What was in use from then on.")
    replaced: str | None = Field(description="What was until then; null where nothing was.")
    by: str
    why: str

    @classmethod
    def of(cls, promotion: Promotion) -> Self:
        """Return the answer for a line of the journal."""
        return cls.model_validate(promotion, from_attributes=True)


class FiledAnswer(Answer):
    """Something that is filed with a version."""

    sha256: str
    size: int = Field(description="[B]")
    time: Instant = Field(description="When it was filed.")


class VersionRecord(VersionAnswer):
    """All that is kept of a version."""

    description: dict[str, Any] = Field(description="What the model says about itself: training time, features, ...")
    files: dict[str, str] = Field(description="The SHA-256 of every file that the model consists of, by name.")
    attachments: dict[str, FiledAnswer] = Field(description="What is filed with it, by name.")
    promotions: list[PromotionAnswer] = Field(description="When it came in use or left it, oldest first.")

    @classmethod
    def told(
        cls,
        state: VersionState,
        *,
        description: Mapping[str, object],
        files: Mapping[str, str],
        attachments: Mapping[str, Filed],
        promotions: list[Promotion],
    ) -> Self:
        """Return the answer for one version."""
        return cls.of(
            state,
            description=dict(description),
            files=dict(files),
            attachments={
                name: FiledAnswer.model_validate(filed, from_attributes=True) for name, filed in attachments.items()
            },
            promotions=[PromotionAnswer.of(one) for one in promotions],
        )


class ModelsAnswer(PageAnswer):
    """The versions, and the one in use."""

    serving: ServingModel | None = Field(description="Null before one was put in use, and while it cannot be read.")
    serving_version: str | None = Field(description="The version in use, whether or not it can be read.")
    serving_trouble: str | None = Field(description="Why the version in use cannot be read.")
    versions: list[str] = Field(description="All versions, oldest first.")
    items: list[VersionAnswer] = Field(description="A page of them, oldest first.")
