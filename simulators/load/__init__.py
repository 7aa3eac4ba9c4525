"""A load generator: many devices over a few connections, every value known from a seed, every message in a ledger."""

from simulators.load.fleet import load_machines, load_signals, write_fleet
from simulators.load.generator import LoadGenerator
from simulators.load.ledger import Ledger
from simulators.load.plan import LoadFormat, LoadPlan
from simulators.load.report import COUNTS, LoadProgress, LoadReport

__all__ = [
    "COUNTS",
    "Ledger",
    "LoadFormat",
    "LoadGenerator",
    "LoadPlan",
    "LoadProgress",
    "LoadReport",
    "load_machines",
    "load_signals",
    "write_fleet",
]
