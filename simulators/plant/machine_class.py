"""A machine class as a plant file describes it: its components, its signals, its fault messages."""

from datetime import timedelta

from pydantic import Field

from foreworn.economics.cost_table import ComponentCost
from simulators.plant.part_of_file import Identity, Name, PartOfFile, Share
from simulators.plant.wear import AnyWearLaw


class Cost(PartOfFile):
    """What one component costs to maintain, in the plant's currency."""

    preventive: float = Field(ge=0.0, description="Labour, material and travel of a planned replacement. [currency]")
    failure: float = Field(ge=0.0, description="The same of a breakdown, with what it damages besides. [currency]")
    inspection: float | None = Field(
        None,
        ge=0.0,
        description="A visit that finds nothing; a quarter of `preventive` if left out. [currency]",
    )
    downtime_per_hour: float = Field(0.0, ge=0.0, description="What an hour of standstill costs. [currency/h]")
    planned_downtime_hours: float = Field(2.0, ge=0.0, description="Standstill of a planned replacement. [h]")
    unplanned_downtime_hours: float = Field(12.0, ge=0.0, description="Standstill from a breakdown to its end. [h]")
    labour_hours: float = Field(2.0, ge=0.0, description="The team's time for a planned replacement. [h]")

    def of_component(self) -> ComponentCost:
        """Return it as the rest of Foreworn knows it.

        Raises
        ------
        ConfigurationError
            If a failure costs no more than preventing it.
        """
        return ComponentCost(
            preventive=self.preventive,
            failure=self.failure,
            inspection=self.preventive / 4 if self.inspection is None else self.inspection,
            downtime_per_hour=self.downtime_per_hour,
            planned_downtime=timedelta(hours=self.planned_downtime_hours),
            unplanned_downtime=timedelta(hours=self.unplanned_downtime_hours),
            labour=timedelta(hours=self.labour_hours),
        )


class ComponentSpec(PartOfFile):
    """One component of a class: what wears, how, and what replacing it takes."""

    wear: AnyWearLaw = Field(description="The law by which it wears; `law` says which.")
    cost: Cost = Field(description="What maintaining it costs.")
    part: Identity | None = Field(
        None, description="The part that a replacement uses, by its id; none if it uses none."
    )
    mode: str = Field("", max_length=100, description="The failure mode; the law's own where empty.")
    visible_from: Share = Field(
        0.5, description="Damage, as a share of that at which it fails, from which a technician sees the wear. [0-1]"
    )
    restores: float = Field(
        1.0, gt=0.0, le=1.0, description="Share of the consumed life that a replacement restores: 1 is as good as new."
    )


class Symptom(PartOfFile):
    """How one component's damage d shows in a signal: rise * ((d - onset) / (1 - onset)) ^ shape above the onset."""

    rise: float = Field(description="What it adds at damage 1; may be negative. [unit of the signal]")
    onset: float = Field(0.3, ge=0.0, lt=1.0, description="The damage below which nothing shows. [0-1]")
    shape: float = Field(1.0, gt=0.0, le=10.0, description="1 rises evenly, 2 ever faster.")
    spread: float = Field(
        0.3, ge=0.0, le=2.0, description="How strength differs from life to life: standard deviation of its logarithm."
    )
    with_load: bool = Field(False, description="Whether it scales with the load, as pressure over a filter does.")


class SignalSpec(PartOfFile):
    """One quantity that machines of the class report."""

    unit: str = Field("", max_length=20, description="Its unit, empty for none.")
    label: str = Field("", max_length=80, description="What a person reads; the name where empty.")
    low: float | None = Field(None, description="What is physically possible at least. [unit of the signal]")
    high: float | None = Field(None, description="What is physically possible at most. [unit of the signal]")
    standing: float = Field(0.0, description="Its value while the machine stands still, at 20 °C. [unit of the signal]")
    running: float = Field(0.0, description="Its value running without load, at 20 °C. [unit of the signal]")
    per_load: float = Field(0.0, description="What full load adds, in proportion to the load. [unit of the signal]")
    per_load_squared: float = Field(
        0.0, description="What full load adds, in proportion to its square. [unit of the signal]"
    )
    per_kelvin: float = Field(0.0, description="What each kelvin of air above 20 °C adds. [unit of the signal/K]")
    noise: float = Field(0.0, ge=0.0, description="Standard deviation of a reading. [unit of the signal]")
    machine_spread: float = Field(
        0.0, ge=0.0, description="Constant differences between machines, as standard deviation. [unit of the signal]"
    )
    cadence_hours: float | None = Field(
        None, gt=0.0, description="Time between readings; each step where left out. [h]"
    )
    decimals: int = Field(3, ge=0, le=9, description="Decimals of a reading.")
    symptoms: dict[Name, Symptom] = Field({}, description="By component: how its damage shows here.")


class FaultMessage(PartOfFile):
    """A fault message that the machine's controller sends, sometimes before a failure and sometimes for nothing."""

    message: str = Field("", max_length=200, description="What it says.")
    severity: str = Field("warning", pattern="^(info|warning|error)$", description="`info`, `warning` or `error`.")
    component: Name | None = Field(None, description="The component whose damage brings it; none: only spurious.")
    from_damage: Share = Field(0.6, description="The damage from which it comes, as a share of that at failure. [0-1]")
    per_day: float = Field(1.0, ge=0.0, description="How many to expect at the point of failure, running. [1/d]")
    spurious_per_year: float = Field(1.0, ge=0.0, description="How many to expect for no reason, running. [1/a]")


class MachineClass(PartOfFile):
    """A kind of machine: components that wear, signals that show it, fault messages.

    - Inputs: load of the machine, temperature of the air and dust of its site.
    - States: consumed life of every component, hours run.
    - Outputs: the signals, and always `run_state` (running, standby, stopped, failed) and `hours_run` [h].
    - Events: one failure mode per component; the fault messages; `TRIP` when it fails.
    """

    like: Name | None = Field(
        None, description="A shipped class to begin with; what stands here is added to it or put in its place."
    )
    label: str = Field("", max_length=100, description="What a person reads; the name where empty.")
    components: dict[Name, ComponentSpec] = Field(min_length=1, description="What wears, by name.")
    signals: dict[Name, SignalSpec] = Field(min_length=1, description="What it reports, by name.")
    faults: dict[Identity, FaultMessage] = Field({}, description="What its controller says, by code.")
