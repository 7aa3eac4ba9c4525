"""The people of a simulated plant: planner, technicians and storekeeper, who work with the platform as real ones do."""

from simulators.people.accounts import Accounts
from simulators.people.furnishing import furnish
from simulators.people.planner import Planner
from simulators.people.storekeeper import Storekeeper
from simulators.people.technicians import Technicians

__all__ = ["Accounts", "Planner", "Storekeeper", "Technicians", "furnish"]
