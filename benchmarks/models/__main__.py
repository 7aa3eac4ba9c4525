"""`python -m benchmarks.models SET --data DIR`: exit code 1 says that something is wrong, and what."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.models import azure
from foreworn.errors import ForewornError


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
        action="store_true",
        help="also forecast with the test part's failures permuted; fail unless the forecasts are byte-identical",
    )
    options.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one set and return the exit code."""
    chosen = parser().parse_args(arguments)
    split = azure.Split(chosen.train_until, chosen.test_from, chosen.test_to)
    try:
        history = azure.read(chosen.data)
        report = azure.measure(history, split, only_without_events=chosen.without_events)
        report.show()
        if chosen.json is not None:
            report.write(chosen.json)
        if chosen.permute_test_labels:
            variant = azure.WITHOUT_EVENTS if chosen.without_events else azure.PLAIN
            return 0 if azure.permutation_changes_nothing(history, split, variant) else 1
    except (ForewornError, OSError) as problem:
        print(f"benchmarks.models: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
