"""`python -m benchmarks.scoring`: what scoring costs, beside the bare boosters and beside pandas."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.report import BenchmarkReport
from benchmarks.scoring.fleet import FleetPlan, fleet
from benchmarks.scoring.from_features import against_predict
from benchmarks.scoring.from_samples import against_pandas
from benchmarks.scoring.live_hour import score
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train

PARTS: Final = ("predict", "pandas", "day", "hour")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Parameters
    ----------
    learned
        The record that the model is trained on.
    trees
        Per hazard.
    machines
        From features to stored forecasts.
    year
        The record that windows are computed from.
    day, hour
        The fleets of a day that is caught up and of a live hour: their look-back and the hours that come due.
    """

    learned: FleetPlan
    trees: int
    machines: int
    year: FleetPlan
    day: FleetPlan
    hour: FleetPlan


FULL: Final = Size(
    learned=FleetPlan(machines=60, days=90, failures_per_year=8),
    trees=200,
    machines=100_000,
    year=FleetPlan(machines=100, days=365),
    day=FleetPlan(machines=1_000, days=2, every_minutes=10, seed=3),
    hour=FleetPlan(machines=10_000, days=1, every_minutes=10, seed=4),
)
SHORT: Final = Size(
    learned=FleetPlan(machines=12, days=40, failures_per_year=20),
    trees=5,
    machines=2_000,
    year=FleetPlan(machines=5, days=60),
    day=FleetPlan(machines=20, days=2, seed=3),
    hour=FleetPlan(machines=200, days=1, seed=4),
)
PROTOCOL: Final = (
    "A made-up fleet: four signals and four components, whose failures show in a signal for two days; a model with the "
    "default settings, features and intervals ({trees} trees a hazard, {boosters} hazards), trained on {learned} "
    "machines and {days:g} days of it. CPU seconds of this process, all threads; LightGBM has one; {turns} turns after "
    "a warm-up, contenders alternating, medians, _low and _high the least and the greatest turn, ratios within a turn. "
    "predict: {machines:,} machines, their features in a matrix; 'stored' computes calibrated probabilities of four "
    "components within 24 h, builds the table, has the store check it, and merges it by identity into a DuckDB file in "
    "one committed transaction, without contributions and without the verdict board; 'predict' calls the bare boosters "
    "of those components and intervals on the same matrix; _all_intervals: the same with a horizon of 14 days, for "
    "which every interval's booster is needed; that all forecasts are stored is checked afterwards. pandas: mean and "
    "spread of four signals over 3 h and 24 h for {year} machines and {year_days:g} days of hourly samples, rows every "
    "3 h; Foreworn from Arrow tables, pandas from a frame that is ready, by time-based rolling mean and std and a mask "
    "for the rows; ratio_vs_pandas: a loop over machines; _groupby: groupby.rolling; _one_line: one rolling over all "
    "machines behind each other, further apart than any window, the way that Foreworn lays them out; these compute a "
    "window at every sample, three times as many as are asked for, because pandas takes time-based windows at no other "
    "times; _step: a loop over machines and windows of 3 and 24 samples, at every third only, possible because "
    "the samples are regular; _step_one_line: all machines behind each other, at every third only, with the windows' "
    "bounds found by searchsorted and given to rolling; all are compared "
    "value by value first (10^-9 of the signal's largest value); "
    "default_features: all features of the default set; peak_mib: the most that Python, NumPy and Arrow held at once "
    "beyond the input. day "
    "and hour: foreworn.loop.scoring itself over DuckDB and SQLite, {day} machines whose 24 hours come due at once "
    "and {hour:,} machines at one hour, samples every {every} minutes, look-back 24 h; from when the clock passes the "
    "hour until all forecasts are stored and all verdicts, with contributions, curve and reasons for people, are on "
    "the board; once each; stages do not overlap"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and return the exit code."""
    chosen = _command().parse_args(arguments)
    report = measure(SHORT if chosen.short else FULL, chosen.turns, chosen.parts, print)
    report.show(Console(width=140), interval="least .. greatest turn")
    if chosen.json is not None:
        report.write(chosen.json)
    return 0


def _command() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m benchmarks.scoring", description="Measure what scoring costs.")
    command.add_argument("--short", action="store_true", help="small fleets and few trees: that it runs, not how fast")
    command.add_argument("--turns", type=int, default=5, help="of every contender; 5")
    command.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure only these")
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
    return command


def measure(size: Size, turns: int, parts: Sequence[str], tell: Callable[[str], None]) -> BenchmarkReport:
    """Measure some parts and return the report."""
    figures: dict[str, float | int] = {}
    model = _trained(size)
    with tempfile.TemporaryDirectory(prefix="foreworn-scoring-") as folder:
        for part in parts:
            tell(f"-- {part}")
            figures |= _part(part, size, model, turns, Path(folder))
    return BenchmarkReport("scoring", "made_up", _protocol(size, model, turns), figures, seed=size.learned.seed)


def _part(
    part: str, size: Size, model: GradientBoostedFailureModel, turns: int, folder: Path
) -> dict[str, float | int]:
    match part:
        case "predict":
            return against_predict(model, size.machines, turns, folder)
        case "pandas":
            return against_pandas(size.year, turns)
        case "day":
            return score(model, size.day, 24, folder / part).figures("caught_up_day")
        case _:
            return score(model, size.hour, 1, folder / part).figures("live_hour")


def _trained(size: Size) -> GradientBoostedFailureModel:
    settings = FailureModelSettings(trees=size.trees)
    return train(fleet(size.learned), until=size.learned.end, settings=settings)


def _protocol(size: Size, model: GradientBoostedFailureModel, turns: int) -> str:
    return PROTOCOL.format(
        trees=size.trees,
        boosters=sum(len(part.periods) for part in model.components.values()),
        learned=size.learned.machines,
        days=size.learned.days,
        turns=turns,
        machines=size.machines,
        year=size.year.machines,
        year_days=size.year.days,
        day=size.day.machines,
        hour=size.hour.machines,
        every=size.hour.every_minutes,
    )


if __name__ == "__main__":
    sys.exit(main())
