"""A plant that really wears: read from a file, run step by step, judged by its own truth.

`simulators/plant/README.md` says how to write a plant and by which laws its components wear.
"""

from simulators.plant.plant import Plant
from simulators.plant.plant_file import PlantFile
from simulators.plant.policies import (
    Ledger,
    Priced,
    age_replacement,
    best_age_replacement,
    perfect_foresight,
    run_to_failure,
)
from simulators.plant.practice import RUN_TO_FAILURE, Practice
from simulators.plant.reading import read_plant, shipped_classes, shipped_plants
from simulators.plant.simulate import Simulated, Truth, simulate, write_truth

__all__ = [
    "RUN_TO_FAILURE",
    "Ledger",
    "Plant",
    "PlantFile",
    "Practice",
    "Priced",
    "Simulated",
    "Truth",
    "age_replacement",
    "best_age_replacement",
    "perfect_foresight",
    "read_plant",
    "run_to_failure",
    "shipped_classes",
    "shipped_plants",
    "simulate",
    "write_truth",
]
