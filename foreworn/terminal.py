"""What a person reads on the terminal: progress bars, tables, one-line errors."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from foreworn.fleet.history import RecordedFleet
from foreworn.loop.replay_report import ReplayReport
from foreworn.replay import Replayed
from models.failure import GradientBoostedFailureModel

# No markup: what is printed holds file names, columns and payloads of others, square brackets included.
out = Console(markup=False)
err = Console(stderr=True, markup=False)


@contextmanager
def time_bar(what: str, start: datetime, end: datetime) -> Iterator[Callable[[datetime], None]]:
    """Show how far a stretch of time has been worked through; yields the function to call with the time reached."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(what, total=(end - start).total_seconds(), at="")

        def reached(time: datetime) -> None:
            progress.update(task, completed=(time - start).total_seconds(), at=f"{time:%Y-%m-%d %H:%M}")

        yield reached
        reached(end)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show that something of unknown length is being done."""
    with err.status(what):
        yield
    err.print(f"{what}: done")


def show_replay(report: ReplayReport, seconds: Mapping[str, float]) -> None:
    """Print a replay's report and where its time went."""
    figures = report.figures()
    table = Table("figure", "value", title=f"Replay {report.start:%Y-%m-%d %H:%M} to {report.end:%Y-%m-%d %H:%M} UTC")
    table.columns[1].justify = "right"
    for name, value in figures.items():
        table.add_row(name, _shown(value))
    out.print(table)
    reliability = Table("forecast said", "came true", "forecasts", title="How often such a probability came true")
    for column in reliability.columns:
        column.justify = "right"
    for band in report.reliability():
        if band["forecasts"]:
            said, came_true = band["mean_probability"], band["failed_share"]
            reliability.add_row(f"{said:.1%}", f"{came_true:.1%}", f"{band['forecasts']:,}")
    out.print(reliability)
    show_seconds(seconds, report.hours)


def show_seconds(seconds: Mapping[str, float], hours: float) -> None:
    """Print the wall time of each stage and the replayed hours a second."""
    total = sum(seconds.values())
    parts = ", ".join(f"{stage} {spent:.1f} s" for stage, spent in seconds.items())
    out.print(f"{hours:,.0f} hours in {total:.1f} s ({hours / total:,.0f} hours a second): {parts}")


def show_figures(title: str, figures: Mapping[str, object]) -> None:
    """Print named figures as a table."""
    table = Table("figure", "value", title=title)
    table.columns[1].justify = "right"
    for name, value in figures.items():
        table.add_row(name, _shown(value))
    out.print(table)


def show_model(model: GradientBoostedFailureModel) -> None:
    """Print what a person asks about a model that was just put in use."""
    told = model.describe()
    table = Table("component", "failures", "rows", "F1", "Brier skill", title=f"Model {model.version}, now in use")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, part in sorted(model.components.items()):
        found = part.metrics
        table.add_row(name, *(_shown(found.get(k)) for k in ("failures", "rows", "inner_f1", "inner_brier_skill")))
    out.print(table)
    out.print(
        f"Learned from {told['trained_from']} to {told['trained_until']}; F1 and skill are of unseen inner folds."
    )
    for name, why in model.components_left_out.items():
        out.print(f"No forecast for {name}: {why}")


def fail(problem: Exception) -> None:
    """Print one line that a person can act on."""
    err.print(Text("foreworn:", "bold red"), str(problem), soft_wrap=True, highlight=False)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return "unknown" if value is None else str(value)


class DemoScreen:
    """Tells a visitor on the terminal how the demo goes on.

    Parameters
    ----------
    stays_open
        Whether the console stays when the replay is over.
    """

    def __init__(self, *, stays_open: bool) -> None:
        self._stays_open = stays_open
        self._live = ExitStack()
        self._reached: Callable[[datetime], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.close()

    def training(self, fleet: RecordedFleet) -> None:
        """Say that training on a simulated fleet begins."""
        history = fleet.history
        err.print(
            f"Training on a simulated fleet: {len(history.machines)} machines, {len(history.telemetry):,} samples, "
            f"{len(history.failures)} failures"
        )

    def console_open(self, url: str, start: datetime, end: datetime) -> None:
        """Say that the console answers and the replay of [start, end) begins."""
        err.print(f"Console: {url}/   (look at it while the four weeks pass)")
        self._reached = self._live.enter_context(time_bar("Replaying", start, end))

    def reached(self, time: datetime) -> None:
        """Say that the replay has come to `time`."""
        assert self._reached is not None
        self._reached(time)

    def finished(self, replayed: Replayed) -> None:
        """Say that the replay is over, and what it showed."""
        self._live.close()
        show_replay(replayed.report, replayed.stopwatch.seconds)
        if self._stays_open:
            err.print("The console stays open; Ctrl-C ends the demo.")
