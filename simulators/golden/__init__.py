"""The golden history: three simulated pumps over four weeks, with everything that goes wrong on a wire.

`python -m simulators.golden` writes it; `folder()` is where it ships; `training_fleet()` makes the past
of a larger fleet of the same pumps.
"""

from simulators.golden.place import folder
from simulators.golden.training import training_fleet

__all__ = ["folder", "training_fleet"]
