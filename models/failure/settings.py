"""What can be chosen about a failure model; the defaults were chosen on inner folds of time."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FailureModelSettings(BaseModel):
    """Settings of a failure model of gradient-boosted hazards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: timedelta = Field(timedelta(hours=3), description="Training rows stand at whole multiples of this.")
    with_events: bool = Field(True, description="Whether counts of events are among the features.")
    with_templates: bool = Field(
        False,
        description="Whether events are also counted by their texts, and lines of operation logs by theirs: templates "
        "are mined from those of the training time and kept with the model; texts that fit none are counted as such.",
    )
    replaced_before_failure: Literal["left_out", "survived"] = Field(
        "left_out",
        description="What a row teaches whose component was replaced preventively within the horizon: nothing, "
        "because nobody knows what would have happened, or that it survived.",
    )
    curve: tuple[timedelta, ...] = Field(
        (timedelta(days=1), timedelta(days=2), timedelta(days=4), timedelta(days=7), timedelta(days=14)),
        description="Where the intervals end that hazards are learned of, the model's horizon besides.",
    )
    step_window: timedelta | None = Field(
        None,
        description="How far back each signal's last step is looked for, when and how large; none where left out. "
        "It lengthens what a live row looks back on.",
    )
    without_plan: bool = Field(
        False, description="Whether features that carry the calendar of the maintenance plan are left out."
    )
    trees: int = Field(200, ge=1, description="Trees per component.")
    leaves: int = Field(8, ge=2, description="Most leaves of a tree.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="Weight of each tree.")
    fewest_rows_in_leaf: int = Field(100, ge=1, description="Fewest training rows in a leaf.")
    leaf_shrinkage: float = Field(5.0, ge=0, description="L2 penalty on the leaves' values.")
    feature_share: float = Field(0.5, gt=0, le=1, description="Share of the features that each tree may use.")
    seed: int = Field(20150101, ge=0, description="Seed of the trees' choice of features.")
    inner_folds: int = Field(
        3, ge=1, description="How many folds of the training rows calibration and thresholds rest on."
    )
    inner_folds_by: Literal["time", "machine"] = Field(
        "time",
        description="What those folds are: later stretches of the training time, as a fleet's own future is; or groups "
        "of its machines, as machines that the model has not seen are. Where all machines began together, the later "
        "stretches hold old ones only, and what is calibrated there does not hold for young ones.",
    )
    first_fold_from: float = Field(
        0.4, gt=0, lt=1, description="Where in the training time the first of those stretches begins, as a share."
    )
    fewest_failures: int = Field(
        10, ge=2, description="A component with fewer failures in the training time is forecast by its age alone."
    )
    most_silent: float = Field(
        0.2,
        ge=0,
        le=1,
        description="How much of what a component's trees gained in training may come from signals that are silent "
        "now, though machines of the model always had them. Where it is more, the component is forecast by its age.",
    )
    notice: timedelta = Field(
        timedelta(hours=12), description="Notice that counts as caught when the alarm threshold is chosen."
    )
    missed_weight: float = Field(
        10.0, gt=0, description="How many false alarms a failure without that notice weighs as much as, there."
    )
    threads: int = Field(1, ge=1, description="Threads of one training; results are the same only for the same number.")

    @model_validator(mode="after")
    def _machines_need_two_folds(self) -> Self:
        if self.inner_folds_by == "machine" and self.inner_folds < 2:
            raise ValueError("inner_folds is at least 2 by machine: each fold is foretold by the other machines")
        return self

    def for_unseen_machines(self) -> "FailureModelSettings":
        """Return the same, calibrated on machines that the trees have not seen.

        For judging a model by machines that it was trained without, on record of times that it knows.
        """
        folds = max(self.inner_folds, 2)
        return self.model_copy(update={"inner_folds_by": "machine", "inner_folds": folds})
