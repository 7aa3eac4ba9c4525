"""What every benchmark writes: one JSON shape, one table, and what machine it ran on."""

import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

_SNAKE = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """One run of a benchmark.

    Parameters
    ----------
    benchmark, set
        Its name, and the data it ran on.
    protocol
        What was done, in sentences.
    figures
        Snake-case name -> number; intervals as `_low` and `_high`.
    seed
        Of everything drawn at random.
    machine
        What it ran on.
    peers
        By name of a peer, its figures on the same work in the same run.

    Raises
    ------
    ValueError
        If a figure's name is not snake case.
    """

    benchmark: str
    set: str
    protocol: str
    figures: Mapping[str, float | int]
    seed: int
    machine: str = field(default_factory=lambda: machine_description())
    peers: Mapping[str, Mapping[str, float | int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        strange = [name for name in self.figures if not _SNAKE.match(name)]
        if strange:
            raise ValueError(f"{strange[0]!r} is not a snake_case figure name")

    def write(self, file: Path) -> None:
        """Write it as JSON.

        Raises
        ------
        ValueError
            If a figure is not a finite number.
        """
        content = asdict(self) | {"figures": dict(self.figures), "peers": {k: dict(v) for k, v in self.peers.items()}}
        file.write_text(json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n")

    def show(self, console: Console | None = None, *, interval: str = "95 % interval") -> None:
        """Print protocol and figures; an interval, of the kind that is named, stands beside its figure."""
        console = console or Console()
        console.print(f"{self.benchmark} {self.set}: {self.protocol}", highlight=False)
        console.print(f"on {self.machine}, seed {self.seed}", highlight=False)
        table = Table("figure", "value", interval, *self.peers)
        table.columns[0].overflow = "fold"
        for column in table.columns[1:]:
            column.justify = "right"
        for name, value in self.figures.items():
            if name.endswith(("_low", "_high")) and re.sub(r"_(low|high)$", "", name) in self.figures:
                continue
            peers = [_shown(peer[name]) if name in peer else "" for peer in self.peers.values()]
            table.add_row(name, _shown(value), self._interval(name), *peers)
        console.print(table)

    def _interval(self, name: str) -> str:
        low, high = self.figures.get(f"{name}_low"), self.figures.get(f"{name}_high")
        return "" if low is None or high is None else f"{_shown(low)} .. {_shown(high)}"


def machine_description() -> str:
    """Return processor, cores, system and Python; never a host's name or a path."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def _shown(value: float | int) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
