"""`python -m benchmarks [--short]`: every benchmark in turn, on the data that `FOREWORN_DATA` names."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import benchmarks.models.__main__ as models
import benchmarks.replay.__main__ as replay


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them all and return the first exit code that is not 0."""
    command = argparse.ArgumentParser(prog="python -m benchmarks", description="Run every benchmark.")
    command.add_argument("--short", action="store_true", help="three replayed days instead of a month")
    command.add_argument("--data", type=Path, default=os.environ.get("FOREWORN_DATA"), help="the folder of the sets")
    chosen = command.parse_args(arguments)
    if chosen.data is None:
        print("benchmarks: name the folder of the data sets with FOREWORN_DATA or --data", file=sys.stderr)
        return 1
    data = str(chosen.data)
    return models.main(["azure", "--data", data]) or replay.main(
        ["azure", "--data", data, "--days", "3" if chosen.short else "31"]
    )


if __name__ == "__main__":
    sys.exit(main())
