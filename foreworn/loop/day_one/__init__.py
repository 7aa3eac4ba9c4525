"""The first day: what somebody tells the platform of their plant, checked, then entered whole or not at all."""

from foreworn.loop.day_one.day_one import CostLine, Count, DayOne, Line, OpenOrder
from foreworn.loop.day_one.use_case import Entered, assumed_costs, check, enter

__all__ = ["CostLine", "Count", "DayOne", "Entered", "Line", "OpenOrder", "assumed_costs", "check", "enter"]
