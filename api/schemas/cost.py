"""The cost table."""

from datetime import timedelta
from typing import Self

from pydantic import Field

from api.schemas.answer import Answer
from api.schemas.request import Hours, Money, Name, Request, hours
from foreworn.economics.cost_table import ComponentCost, CostTable


class CostFields(Answer):
    """What one component of a machine model costs; `*` stands for any."""

    machine_model: Name
    component: Name
    preventive: Money = Field(description="A planned replacement. [currency]")
    failure: Money = Field(description="A breakdown, with what it damages besides. [currency]")
    inspection: Money = Field(description="A visit that finds nothing. [currency]")
    downtime_per_hour: Money = Field(description="An hour of standstill. [currency/h]")
    planned_downtime_h: Hours = Field(description="Standstill of a planned replacement. [h]")
    unplanned_downtime_h: Hours = Field(description="Standstill of a breakdown. [h]")
    labour_h: Hours = Field(description="The team's time of the planned job. [h]")


class CostAnswer(CostFields):
    """One row of the table."""

    assumed: bool = Field(description="Whether this is a default that nobody has confirmed.")

    @classmethod
    def of(cls, model: str, component: str, cost: ComponentCost) -> Self:
        """Return the answer for one row."""
        return cls(
            machine_model=model,
            component=component,
            preventive=cost.preventive,
            failure=cost.failure,
            inspection=cost.inspection,
            downtime_per_hour=cost.downtime_per_hour,
            planned_downtime_h=_hours(cost.planned_downtime),
            unplanned_downtime_h=_hours(cost.unplanned_downtime),
            labour_h=_hours(cost.labour),
            assumed=cost.assumed,
        )


class CostsAnswer(Answer):
    """The cost table; where two rows fit, the more exact one counts."""

    currency: str = Field(description="ISO 4217 code of all money.")
    rows: list[CostAnswer] = Field(description="What people have given, by machine model and component.")
    otherwise: CostAnswer = Field(description="What is assumed where nobody has said.")

    @classmethod
    def of(cls, table: CostTable) -> Self:
        """Return the answer for the table."""
        return cls(
            currency=table.currency,
            rows=[CostAnswer.of(*key, cost) for key, cost in sorted(table.rows.items())],
            otherwise=CostAnswer.of("*", "*", CostTable().of("*", "*")),
        )


class NewCost(CostFields, Request):
    """One row, as somebody gives it."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is about."""
        return self.machine_model, self.component

    @property
    def cost(self) -> ComponentCost:
        """What it says.

        Raises
        ------
        ConfigurationError
            If a failure costs no more than preventing it.
        """
        return ComponentCost(
            preventive=self.preventive,
            failure=self.failure,
            inspection=self.inspection,
            downtime_per_hour=self.downtime_per_hour,
            planned_downtime=hours(self.planned_downtime_h),
            unplanned_downtime=hours(self.unplanned_downtime_h),
            labour=hours(self.labour_h),
        )


class NewCosts(Request):
    """Rows to add, or to put in the place of those about the same."""

    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code of all money; it is everybody's.")
    rows: list[NewCost] = Field(max_length=1000)


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600
