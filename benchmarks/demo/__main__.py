"""`python -m benchmarks.demo pumping_stations`: what acting on the forecasts costs, over many seeds of a plant."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import numpy as np

from benchmarks.report import BenchmarkReport
from foreworn.demo.result import PROTOCOL

RESAMPLES: Final = 10_000
_SEED: Final = 20260105
_COSTS = ("cost_policy", "cost_age_replacement", "cost_run_to_failure", "cost_perfect")
_COUNTS = ("failures", "failures_prevented", "replaced_early", "false_orders", "work_orders_completed", "stockouts")

Result = Mapping[str, Any]


def measure(plant: str, seeds: Sequence[int], *, days: int, shuffled: int, jobs: int, results: Path) -> BenchmarkReport:
    """Run the demo for every seed, and for the first `shuffled` of them with scores that know nothing.

    Each run's result is kept in the folder `results`; what is there is not run again.
    """
    runs = [(seed, "model") for seed in seeds] + [(seed, "shuffled") for seed in seeds[:shuffled]]
    with ThreadPoolExecutor(jobs) as workers:
        found = list(workers.map(lambda run: _run(plant, run[0], run[1], days, results), runs))
    protocol = f"{len(seeds)} seeds, {days} days live after a year of run to failure. {PROTOCOL}"
    peers = {"shuffled": figures(found[len(seeds) :])} if shuffled else {}
    return BenchmarkReport("demo", plant, protocol, figures(found[: len(seeds)]), _SEED, peers=peers)


def figures(results: Sequence[Result]) -> dict[str, float | int]:
    """Return means over the seeds, how often the policy was cheaper than the best age, and the gap with its interval.

    The interval is a bootstrap over seeds, 95 %.
    """
    gaps = np.array([float(result["gap_closed"]) for result in results])
    dice = np.random.default_rng(_SEED)
    means = dice.choice(gaps, (RESAMPLES, len(gaps))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "seeds": len(results),
        "seeds_below_age_replacement": sum(r["cost_policy"] < r["cost_age_replacement"] for r in results),
        "gap_closed": float(gaps.mean()),
        "gap_closed_low": float(low),
        "gap_closed_high": float(high),
        "gap_closed_worst": float(gaps.min()),
        **{name: fmean(float(r[name]) for r in results) for name in (*_COSTS, *_COUNTS)},
        "peak_memory_mib": max(float(r["peak_memory_mib"]) for r in results),
    }


def _run(plant: str, seed: int, scores: str, days: int, results: Path) -> Result:
    """Run the demo in a process of its own, as a user would."""
    kept = results / f"{Path(plant).stem}-{days}-{seed}-{scores}.json"
    if kept.exists():
        known: Result = json.loads(kept.read_text())
        return known
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        call = ["--once", "--plant", plant, "--seed", str(seed), "--days", str(days), "--scores", scores]
        subprocess.run(
            [sys.executable, "-c", "from foreworn.cli import main; main()", "demo", *call, "--json", str(file)],
            env=_environment(folder),
            check=True,
            capture_output=True,
        )
        kept.write_text(file.read_text())
    result: Result = json.loads(kept.read_text())
    print(f"seed {seed}, {scores}: gap closed {result['gap_closed']:.2f}, {result['failures']} failures", flush=True)
    return result


def _environment(folder: str) -> dict[str, str]:
    return {**os.environ, "FOREWORN_DATA_DIR": folder, "FOREWORN_API__PORT": "0", "OMP_NUM_THREADS": "1"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and return the exit code."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.demo", description="Price acting on the forecasts.")
    command.add_argument("plant", nargs="?", default="pumping_stations", help="a shipped plant, or a plant file")
    command.add_argument("--seeds", type=int, default=10, help="how many, counted from --first")
    command.add_argument("--first", type=int, default=1, help="the first seed")
    command.add_argument("--days", type=int, default=180, help="how long the plant lives over MQTT")
    command.add_argument("--shuffled", type=int, default=2, help="on how many seeds the scores are shuffled too")
    command.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    command.add_argument("--results", type=Path, metavar="DIR", help="keep each run's result; what is there is not run")
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
    chosen = command.parse_args(arguments)
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            results = chosen.results or Path(scratch)
            results.mkdir(parents=True, exist_ok=True)
            report = measure(
                chosen.plant, seeds, days=chosen.days, shuffled=chosen.shuffled, jobs=chosen.jobs, results=results
            )
    except subprocess.CalledProcessError as problem:
        print(f"benchmarks.demo: {problem.stderr.decode(errors='replace')}", file=sys.stderr)
        return 1
    report.show()
    if chosen.json is not None:
        report.write(chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
