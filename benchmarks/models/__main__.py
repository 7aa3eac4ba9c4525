"""`python -m benchmarks.models SET --data DIR`: exit code 1 says that something is wrong, and what."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.models import azure, cmapss, cmapss_decision, plant_decision
from benchmarks.report import BenchmarkReport
from foreworn.errors import ForewornError
from foreworn.fleet.history import FleetHistory
from foreworn.loop.pricing import PricingSettings
from simulators.plant import read_plant, shipped_plants


def instant(text: str) -> datetime:
    """Return an RFC 3339 time or a date; UTC where no zone is given."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write 2015-08-01 or 2015-08-01T06:00Z") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.models", description="Measure models on public sets.")
    sets = command.add_subparsers(dest="set", required=True)
    options = sets.add_parser("azure", help="Microsoft's predictive-maintenance sample: failure forecasts")
    options.add_argument("--data", type=Path, required=True, help="the folder that holds azure_pdm/")
    options.add_argument("--train-until", type=instant, default=azure.TRAIN_UNTIL, help="learn from what lies before")
    options.add_argument("--test-from", type=instant, default=azure.TEST_FROM, help="judge rows from this time on")
    options.add_argument("--test-to", type=instant, help="judge rows before this time; the record's end if left out")
    options.add_argument("--without-events", action="store_true", help="only the variant without event features")
    options.add_argument(
        "--permute-test-labels",
        nargs="?",
        const="first",
        choices=("first", "all"),
        help="also forecast with the test part's failures permuted; fail unless the forecasts are byte-identical. Only "
        "the first variant, or all of them: each is trained twice more",
    )
    options.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
    _add_cmapss(sets)
    _add_plant_decision(sets)
    return command


def _add_cmapss(sets: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    about = {
        "cmapss": "NASA's turbofan engines: remaining life at the last cycle of each test engine",
        "cmapss-decision": "NASA's turbofan engines: what acting on remaining life is worth",
    }
    for name, text in about.items():
        options = sets.add_parser(name, help=text)
        options.add_argument("--data", type=Path, required=True, help="the folder that holds cmapss/")
        options.add_argument("--subset", default="FD001", help="FD001, or another of the same form")
        options.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
        if name == "cmapss":
            options.add_argument(
                "--permute-test-labels",
                action="store_true",
                help="also forecast beside permuted true lives; fail unless the forecasts are byte-identical",
            )


def _add_plant_decision(sets: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    options = sets.add_parser("plant-decision", help="simulated plants: what acting on failure forecasts costs there")
    options.add_argument("--plant", default="pumping_stations", help="a shipped plant, or a plant file")
    options.add_argument("--plants", type=int, default=5, help="how many, each with a seed of its own")
    options.add_argument("--seed", type=int, default=1, help="the first plant's seed")
    options.add_argument("--days", type=int, default=180, help="how long each is kept by the orders")
    options.add_argument("--lead-days", type=float, default=3.0, help="from an order to the work done")
    options.add_argument("--sensitivity", type=int, default=1, help="on how many plants the model is made worse too")
    options.add_argument("--jobs", type=int, default=1, help="plants at the same time")
    options.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one set and return the exit code."""
    chosen = parser().parse_args(arguments)
    try:
        return 0 if SETS[chosen.set](chosen) else 1
    except (ForewornError, OSError) as problem:
        print(f"benchmarks.models: {problem}", file=sys.stderr)
        return 1


def _azure(chosen: argparse.Namespace) -> bool:
    split = azure.Split(chosen.train_until, chosen.test_from, chosen.test_to)
    history = azure.read(chosen.data)
    _tell(azure.measure(history, split, only_without_events=chosen.without_events), chosen.json)
    measured = (azure.WITHOUT_EVENTS,) if chosen.without_events else azure.VARIANTS
    held = {None: (), "first": measured[:1], "all": measured}[chosen.permute_test_labels]
    blind = [_is_blind(history, split, variant, f"{len(held)} of {len(measured)}") for variant in held]
    return all(blind)


def _is_blind(history: FleetHistory, split: azure.Split, variant: azure.Variant, of: str) -> bool:
    print(f"permuted test labels, {of} variants: {variant.suffix.removeprefix('_').replace('_', ' ') or 'with events'}")
    return azure.permutation_changes_nothing(history, split, variant)


def _cmapss(chosen: argparse.Namespace) -> bool:
    folder = cmapss.folder_of(chosen.data)
    trained, told = cmapss.run(folder, chosen.subset)
    _tell(cmapss.report(trained, told, folder, chosen.subset), chosen.json)
    return not chosen.permute_test_labels or cmapss.permutation_changes_nothing(told, folder, chosen.subset)


def _cmapss_decision(chosen: argparse.Namespace) -> bool:
    _tell(cmapss_decision.measure(cmapss.folder_of(chosen.data), chosen.subset), chosen.json)
    return True


def _plant_decision(chosen: argparse.Namespace) -> bool:
    settings = PricingSettings(
        lead=timedelta(days=chosen.lead_days),
        look=plant_decision.LOOK,
        every=timedelta(hours=12),
        grid=timedelta(hours=12),
        settling=plant_decision.SETTLING,
        least_saving=plant_decision.LEAST_SAVING,
        fewest_failures=plant_decision.FEWEST_FAILURES,
    )
    file = read_plant(shipped_plants().get(chosen.plant, Path(chosen.plant)))
    report = plant_decision.measure(
        file,
        name=Path(chosen.plant).stem,
        plants=chosen.plants,
        seed=chosen.seed,
        days=chosen.days,
        settings=settings,
        sensitivity=chosen.sensitivity,
        jobs=chosen.jobs,
    )
    _tell(report, chosen.json)
    return True


SETS: Final[dict[str, Callable[[argparse.Namespace], bool]]] = {
    "azure": _azure,
    "cmapss": _cmapss,
    "cmapss-decision": _cmapss_decision,
    "plant-decision": _plant_decision,
}


def _tell(report: BenchmarkReport, file: Path | None) -> None:
    report.show()
    if file is not None:
        report.write(file)


if __name__ == "__main__":
    sys.exit(main())
