"""What a person reads on the terminal: progress bars, tables, one-line errors."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

# Every command prints; what it prints is loaded by the command that has it.
if TYPE_CHECKING:
    from foreworn.demo import DemoResult
    from foreworn.fleet.history import RecordedFleet
    from foreworn.loop.replay_report import ReplayReport
    from models.failure import GradientBoostedFailureModel
    from simulators.plant import PlantFile

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


@contextmanager
def steps(what: str) -> Iterator[Callable[[str], None]]:
    """Tell what long work has come to, a line a step with the time since it began.

    Yields the function to call with each step. On a terminal the clock goes on below the lines.
    """
    begun = time.monotonic()

    def tell(step: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - begun), 60)
        err.print(f"{minutes:>3}:{seconds:02d}  {step}", highlight=False, soft_wrap=True)

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        progress.add_task(what, total=None)
        yield tell
    tell(f"{what}: done")


def show_replay(report: "ReplayReport", seconds: Mapping[str, float]) -> None:
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


def show_model(model: "GradientBoostedFailureModel", *, in_use: bool) -> None:
    """Print what a person asks about a model that was just trained."""
    told = model.describe()
    stands = "now in use" if in_use else "kept, not in use"
    names = ("component", "failures", "rows", "F1", "Brier skill", "caught")
    table = Table(*names, title=f"Failure model {model.version}, {stands}", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, part in sorted(model.components.items()):
        found = part.metrics
        figures = (_shown(found.get(k)) for k in ("failures", "rows", "inner_f1", "inner_brier_skill"))
        table.add_row(name, *figures, caught(found))
    if model.components:
        out.print(table)
    else:
        out.print(f"Failure model {model.version}, {stands}")
    first, last = (datetime.fromisoformat(str(told[name])) for name in ("trained_from", "trained_until"))
    out.print(f"Learned from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC; figures are of unseen inner folds.")
    for name, age in sorted(model.ages.items()):
        if name in model.unlearned:
            out.print(f"{name} is forecast by its {age.basis}: {model.unlearned[name]}")
    for name, why in model.components_left_out.items():
        out.print(f"No forecast for {name}: {why}")


def caught(metrics: Mapping[str, float]) -> str:
    """Return how many failures of unseen inner folds a component's alarms foretold, of how many.

    Examples
    --------
    >>> caught({"inner_failures": 26, "inner_caught": 24}), caught({})
    ('24 of 26', '-')
    """
    if "inner_failures" not in metrics:
        return "-"
    return f"{metrics['inner_caught']:,.0f} of {metrics['inner_failures']:,.0f}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts.

    Examples
    --------
    >>> counted(1, "machine"), counted(2_000, "entry", "entries")
    ('1 machine', '2,000 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


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
        Whether the console stays when the stretch is over.
    by_hand
        Whether the visitor is the planner.
    """

    def __init__(self, *, stays_open: bool, by_hand: bool) -> None:
        self._stays_open = stays_open
        self._by_hand = by_hand
        self._live = ExitStack()
        self._reached: Callable[[datetime], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.close()

    def simulating(self, file: "PlantFile", start: datetime, end: datetime) -> None:
        """Say that a year of the plant is being simulated."""
        machines = sum(1 for _ in file.machine_ids())
        err.print(f"{file.name}: {machines} machines, simulated. Everything below is made up but consistent.")
        self._reached = self._live.enter_context(time_bar("A year, run to failure", start, end))

    def simulated(self, time: datetime) -> None:
        """Say that the simulation of the past has come to `time`."""
        self._tell(time)

    def learning(self, past: "RecordedFleet") -> None:
        """Say that the past is being stored and learned from."""
        self._live.close()
        history = past.history
        err.print(f"{len(history.telemetry):,} samples and {len(history.failures)} failures to learn from")
        self._live.enter_context(waiting("Storing them and training"))

    def note(self, text: str) -> None:
        """Say what the plant's past was too little for."""
        err.print(f"Note: {text}", highlight=False)

    def console_open(self, link: str, start: datetime, end: datetime) -> None:
        """Say that the console answers at a link that works once, and [start, end) begins to pass."""
        self._live.close()
        err.print(f"Console: {link}   (this link logs you in once)", highlight=False, soft_wrap=True)
        err.print("  Today     what will fail, why, and what acting saves; orders appear within a minute")
        err.print("  Orders    a predicted failure becomes an order, gets its part, is done, and makes a label")
        err.print("  Parts     demand by source, stock, and what to buy")
        err.print("  Model     how often such probabilities came true")
        if self._by_hand:
            err.print(
                "You are the planner: approve on Today, schedule on the order. A day of the plant takes a minute."
            )
        self._reached = self._live.enter_context(time_bar("Live over MQTT", start, end))

    def reached(self, time: datetime) -> None:
        """Say that the plant has come to `time`."""
        self._tell(time)

    def timed(self, seconds: Mapping[str, float], span: timedelta) -> None:
        """Say where the wall time of the live stretch went."""
        self._live.close()
        show_seconds(seconds, span / timedelta(hours=1))

    def finished(self, result: "DemoResult") -> None:
        """Say that the stretch is over, and what it cost."""
        show_demo(result)
        if self._stays_open:
            err.print("The console stays open; Ctrl-C ends the demo.")

    def _tell(self, time: datetime) -> None:
        assert self._reached is not None
        self._reached(time)


_ACTED = {"model": "acting on the forecasts", "shuffled": "acting on shuffled forecasts"}


def show_demo(result: "DemoResult") -> None:
    """Print what acting on the forecasts cost beside other ways of keeping the same plant."""
    days = (result.end - result.start) / timedelta(days=1)
    table = Table(
        "way of keeping the plant", "failures", f"cost [{result.currency}]", title=f"{days:.0f} days, same luck"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("run to failure", str(result.failures_run_to_failure), f"{result.cost_run_to_failure:,.0f}")
    table.add_row("best age replacement", str(result.failures_age_replacement), f"{result.cost_age_replacement:,.0f}")
    acted = (
        "what you decided"
        if result.by_hand
        else "acting on the forecasts"
        if result.scores == "model"
        else "acting on shuffled forecasts"
    )
    table.add_row(acted, str(result.failures), f"{result.cost_policy:,.0f}")
    table.add_row("perfect foresight", "0", f"{result.cost_perfect:,.0f}")
    out.print(table)
    gap = (
        "There is no gap to close, because here perfect foresight is no cheaper than the best replacement age"
        if result.gap_closed is None
        else f"{100 * result.gap_closed:.0f} % of the gap from best age replacement to perfect foresight is closed"
    )
    out.print(
        f"{gap}: {result.failures_prevented} "
        f"failures prevented within two horizons, {result.replaced_early} worn components replaced earlier than that, "
        f"{result.false_orders} of {result.work_orders_completed} orders found nothing, {result.stockouts} stock-outs. "
        "Simulated; the best age was chosen in hindsight."
    )
    out.print(f"Peak memory {result.peak_memory_mib:,.0f} MiB.")
