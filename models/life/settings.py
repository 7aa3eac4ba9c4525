"""What can be chosen about a model of remaining life; the defaults were chosen on folds of training units."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

HOURS = "hours"


class LifeModelSettings(BaseModel):
    """Settings of a gradient-boosted model of remaining life."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str = Field(HOURS, description="What life is told in: hours, or the name of a counter that grows with use.")
    operating_settings: tuple[str, ...] = Field(
        (), description="Signals that say how a machine is run; their levels make the operating regimes."
    )
    leave_out: tuple[str, ...] = Field((), description="Signals that are not to be read.")
    cap: float = Field(
        125.0,
        gt=0,
        description="The expected life is told up to here: long before a failure nothing shows how long it will be.",
    )
    step: timedelta = Field(
        timedelta(hours=1), description="What windows are counted in: 5 to 80 of it; about a hundredth of a life."
    )
    every: timedelta = Field(timedelta(hours=1), description="Each machine's latest sample in each of these is a row.")
    warm_up: timedelta = Field(timedelta(hours=5), description="How old a life must be for its rows to teach.")
    with_long_history: bool = Field(True, description="Whether windows of more than 20 steps are among the features.")
    with_similar_lives: bool = Field(True, description="Whether shapes of past lives are among the features.")
    with_course_of_wear: bool = Field(
        True, description="Whether what exponential wear, as past lives had it, says of the end is among the features."
    )
    library_every: int = Field(2, ge=1, description="Of the rows of past lives, each so-manieth is kept as a shape.")
    nearest: int = Field(30, ge=2, description="How many past shapes a row is compared with.")
    learn_up_to: float | None = Field(
        None,
        gt=0,
        description="Rows with more life left than this do not teach; for fleets that are asked about late in life.",
    )
    trees: int = Field(500, ge=1, description="Trees of each seed for the expected life.")
    seeds: int = Field(3, ge=1, description="Of how many seeds trees are grown and averaged for the expected life.")
    quantile_trees: int = Field(250, ge=1, description="Trees for each of p10, p50 and p90.")
    leaves: int = Field(15, ge=2, description="Most leaves of a tree.")
    learning_rate: float = Field(0.03, gt=0, le=1, description="Weight of each tree.")
    fewest_rows_in_leaf: int = Field(300, ge=1, description="Fewest training rows in a leaf.")
    leaf_shrinkage: float = Field(5.0, ge=0, description="L2 penalty on the leaves' values.")
    feature_share: float = Field(0.2, gt=0, le=1, description="Share of the features that each tree may use.")
    row_share: float = Field(0.5, gt=0, le=1, description="Share of the rows that each tree is grown on.")
    seed: int = Field(20080101, ge=0, description="Seed of the folds and of the trees' choices.")
    folds: int = Field(5, ge=2, description="Folds of machines that intervals and metrics rest on.")
    fewest_lives: int = Field(
        10, ge=4, description="A component with fewer lives that ended in failure is not learned."
    )
    calibrate_up_to: float = Field(
        150.0, gt=0, description="Intervals are calibrated on rows with at most this much life left."
    )
    threads: int = Field(1, ge=1, description="Threads of one training; results are the same only for the same number.")
