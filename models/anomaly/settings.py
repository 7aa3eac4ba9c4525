"""What can be chosen about an anomaly detector."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class AnomalySettings(BaseModel):
    """Settings of a subspace detector."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every: timedelta = Field(timedelta(hours=1), description="Training rows stand at whole multiples of this.")
    time_constant: timedelta = Field(
        timedelta(hours=6),
        description="After this time a value weighs 1/e in the smoothing. Longer is steadier and later.",
    )
    width: timedelta = Field(
        timedelta(hours=24), description="Values older than this weigh nothing; four time constants leave 2 % behind."
    )
    memory: timedelta = Field(
        timedelta(hours=3), description="How long what a machine said last counts as its present state."
    )
    false_alarm_rate: float = Field(
        0.002, gt=0, lt=0.5, description="Share of healthy rows above the threshold, on time that was held out."
    )
    retained: float = Field(0.9, gt=0, lt=1, description="Share of the variance that the principal components keep.")
    held_out: float = Field(
        0.3,
        gt=0,
        lt=1,
        description="The last share of the training samples; thresholds come from it, by a fit on those before.",
    )
    fewest_rows: int = Field(
        500, ge=50, description="Fewest healthy rows of a regime, to fit on and again to take the threshold from."
    )
    fewest_own_rows: int = Field(
        100, ge=2, description="From so many rows on a machine is compared with its own middle, below with its model's."
    )
    fewest_signals: float = Field(
        0.5, gt=0, le=1, description="Share of a regime's signals that a row needs; the rest is put in as expected."
    )
    before_failure: timedelta = Field(timedelta(days=7), description="Rows so long before a failure teach nothing.")
    after_failure: timedelta = Field(timedelta(days=1), description="Rows so long after a failure teach nothing.")
    after_maintenance: timedelta = Field(timedelta(days=1), description="Rows so long after maintenance teach nothing.")
    operating_time: str = Field("hours_run", description="The counter that stands while its machine stands.")
    standing_states: tuple[str, ...] = Field(
        ("standby", "stopped", "failed", "off", "idle"),
        description="States, in any case, of a machine that stands still.",
    )
    most_regimes: int = Field(
        8, ge=1, description="Most states, or levels of load, that one signal may make regimes of."
    )
    fewest_share: float = Field(
        0.05, gt=0, lt=0.5, description="A state or level with a smaller share of the samples is no regime."
    )
    separation: float = Field(
        5.0, gt=0, description="Ashman's D from which two levels of load are two; halves of a uniform spread have 3.5."
    )
    material: float = Field(
        0.1, ge=0, lt=1, description="Share of the greater of two neighbouring levels by which they differ at least."
    )
    fewest_switches: int = Field(
        10, ge=1, description="How often machines must change between two levels; wear and seasons do so once or twice."
    )
