"""A simulated fleet's past, to train on what the golden history is then scored by."""

from datetime import UTC, datetime, timedelta

from foreworn.fleet.history import RecordedFleet
from simulators.golden.dice import Dice
from simulators.golden.fates import RandomFate
from simulators.golden.plant import Resident, live, pump_machine
from simulators.golden.pump import CP_100, CP_200, Pump
from simulators.golden.script import START

UNSEEN = timedelta(days=60)
"""Lived through before the record begins, so that components are of all ages when it does."""


def training_fleet(*, machines: int = 30, days: int = 120, seed: int = 7) -> RecordedFleet:
    """Return the simulated past of a fleet of the golden history's two pump models, up to its first hour.

    The physics is that of `simulators.golden.pump`; lives, rests and disturbances come by chance
    (`RandomFate`). It is made in memory, and is no measurement of any real machine.

    Parameters
    ----------
    machines
        How many pumps, of both models in turn.
    days
        How many days are recorded.
    seed
        The same seed gives the same fleet.
    """
    residents = [_resident(number, seed) for number in range(1, machines + 1)]
    return live(residents, START - timedelta(days=days), START, unseen=UNSEEN).fleet(residents)


def _resident(number: int, seed: int) -> Resident:
    name = f"train-{number:03d}"
    dice = Dice(f"{seed}/{name}")
    model = CP_100 if number % 2 else CP_200
    installed_at = datetime(int(dice.uniform(2015, 2025)), 1, 1, tzinfo=UTC)
    pump = Pump(model, RandomFate(dice), dice, hours_run=int(dice.uniform(4_000, 60_000)))
    return Resident(pump_machine(name, model, "works", installed_at), model, pump, name)
