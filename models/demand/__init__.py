"""Part demand: predicted failures, planned jobs, and the rest from past usage."""

from models.demand.demand_class import DemandClass, demand_class
from models.demand.history import HistoryDemand, history_demand
from models.demand.settings import UsageSettings
from models.demand.streams import (
    ComponentRisk,
    DemandPeriod,
    PlannedNeed,
    demand_forecasts,
    planned_demand,
    predicted_demand,
    remaining_demand,
)
from models.demand.usage import UsageRecord, UsageSeries, unexplained, usage_series

__all__ = [
    "ComponentRisk",
    "DemandClass",
    "DemandPeriod",
    "HistoryDemand",
    "PlannedNeed",
    "UsageRecord",
    "UsageSeries",
    "UsageSettings",
    "demand_class",
    "demand_forecasts",
    "history_demand",
    "planned_demand",
    "predicted_demand",
    "remaining_demand",
    "unexplained",
    "usage_series",
]
