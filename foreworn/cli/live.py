"""Commands that run the platform: live, as a demo, or on a simulated plant."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from foreworn import bootstrap, terminal
from foreworn.cli.folders import show_fleet, write_json
from foreworn.cli.options import JsonFile, PlantOption, factor, time_option
from foreworn.settings import Settings

if TYPE_CHECKING:
    from simulators.plant import PlantFile

app = typer.Typer()


@app.command()
def up() -> None:
    """Run the whole loop live: broker, collector, store, scoring, API and console.

    Ports, stores and all else are environment variables, such as FOREWORN_API__PORT: docs/reference/settings.md.
    """
    from foreworn.live import run_live

    settings = Settings()

    def told(platform: "bootstrap.Platform") -> None:
        broker, api = platform.broker, platform.settings.api
        terminal.err.print(f"MQTT on {broker.host}:{broker.port} ({broker.kind}), data in {settings.data_dir}")
        if platform.stores.models.serving() is None:
            terminal.err.print("No model serves yet: readings are stored; `foreworn train DIR --until TIME` makes one.")
        link = platform.first_link(f"http://{api.host}:{api.port}")
        terminal.err.print(f"Console: {link}   (Ctrl-C stops)", highlight=False, soft_wrap=True)

    run_live(settings, on_start=told)


@app.command()
def demo(
    plant: PlantOption = "pumping_stations",
    seed: Annotated[int | None, typer.Option(min=0, help="The plant's luck; the file's own if left out.")] = None,
    days: Annotated[int, typer.Option(min=7, max=730, help="How many days it lives over MQTT.")] = 180,
    once: Annotated[bool, typer.Option(help="End when they are over instead of leaving the console open.")] = False,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="You are the planner: orders wait for your approval and schedule.")
    ] = False,
    day_seconds: Annotated[
        float | None,
        typer.Option("--day-seconds", min=0, help="Least seconds a plant's day takes; by hand 60, once 0, else 2."),
    ] = None,
    scores: Annotated[
        Literal["model", "shuffled"],
        typer.Option(
            metavar="model|shuffled", help="Act on the model's scores, or on the same given to the wrong machines."
        ),
    ] = "model",
    json_file: JsonFile = None,
) -> None:
    """Simulate a plant, learn from its year, let it live over MQTT, act on the forecasts, and price that."""
    from foreworn.demo import DemoPlan, Scores, demo_settings, run_demo

    settings = bootstrap.for_replay(Settings(), name="demo")
    if day_seconds is None:
        day_seconds = 0.0 if once else 60.0 if by_hand else 2.0
    plan = DemoPlan(
        _plant(plant),
        seed,
        timedelta(days=days),
        Scores(scores),
        # A proposal that is approved at once is one that no visitor sees.
        patience=timedelta(0) if once else timedelta(days=1),
        day=timedelta(seconds=day_seconds),
        by_hand=by_hand,
    )
    stay = threading.Event()
    with terminal.DemoScreen(stays_open=not once, by_hand=by_hand) as audience:
        result = run_demo(
            demo_settings(settings),
            plan,
            audience,
            leave_open=(lambda: None) if once else lambda: _until_interrupted(stay),
        )
    write_json(json_file, result.as_json())


def _plant(named: str) -> "PlantFile":
    """Return a plant by the name it comes with, or from a file."""
    from simulators.plant import read_plant, shipped_plants

    shipped = shipped_plants()
    return read_plant(shipped.get(named, Path(named)))


@app.command()
def simulate(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Where to write the fleet history and its truth; in the data folder if left out."),
    ] = None,
    plant: PlantOption = "pumping_stations",
    seed: Annotated[int | None, typer.Option(min=0, help="The plant's luck; the file's own if left out.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days to simulate.")] = 365,
    start: Annotated[datetime | None, time_option("--from", help="When it begins.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Also publish it over MQTT, as its devices would.")
    ] = False,
    speed: Annotated[
        float | None, typer.Option(parser=factor, metavar="N|max", help="Simulated seconds a second, with --publish.")
    ] = None,
) -> None:
    """Simulate a plant that wears, run to failure, and write its history and its truth."""
    from foreworn.storage.history.whole_folder import check_vacant
    from simulators.fleet_publisher import publish_fleet
    from simulators.plant import Plant, read_plant, shipped_plants, write_truth
    from simulators.plant import simulate as run_simulation

    begin = start or datetime(2025, 1, 1, tzinfo=UTC)
    shipped = shipped_plants()
    file = shipped.get(plant, Path(plant))
    target = folder or Settings().data_dir / "simulated" / file.stem
    check_vacant(target)
    simulated_plant = Plant(read_plant(file), begin, seed)
    span = timedelta(days=days)
    with terminal.time_bar("Simulating", begin, begin + span) as reached:
        result = run_simulation(simulated_plant, span, on_progress=reached)
    target.parent.mkdir(parents=True, exist_ok=True)
    bootstrap.write_history(result.fleet, target)
    write_truth(result, file, target)
    show_fleet(result.fleet, target)
    if publish:
        with terminal.time_bar("Publishing", begin, begin + span) as reached:
            sent = publish_fleet(result.fleet, Settings().mqtt, begin, begin + span, speed=speed, on_step=reached)
        terminal.out.print(f"{sent:,} messages published and acknowledged by the broker")


def _until_interrupted(stay: threading.Event) -> None:
    try:
        stay.wait()
    except KeyboardInterrupt:
        return
