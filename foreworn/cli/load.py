"""The command that puts a load on a broker."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from foreworn import terminal
from foreworn.cli.options import in_a_folder
from foreworn.errors import ConfigurationError
from foreworn.settings import Settings

if TYPE_CHECKING:
    from simulators.load import LoadPlan, LoadReport

app = typer.Typer()


@app.command("load")
def load(
    devices: Annotated[int, typer.Option(help="How many devices speak.")] = 200,
    connections: Annotated[int, typer.Option(help="Over how many connections.")] = 8,
    rate: Annotated[
        float, typer.Option(help="Messages a second over all of them; 0: as many as the broker takes.")
    ] = 5000,
    form: Annotated[
        Literal["json", "lines"],
        typer.Option("--format", metavar="json|lines", help="How a message carries its readings."),
    ] = "json",
    batch: Annotated[int, typer.Option(help="Readings in a message.")] = 1,
    signals: Annotated[int, typer.Option(help="Values in a reading.")] = 6,
    seconds: Annotated[float, typer.Option(help="How long to send.")] = 30.0,
    seed: Annotated[int, typer.Option(help="What the values hang on.")] = 1,
    first_seq: Annotated[
        int, typer.Option(help="First sequence number of every device; go on where an earlier load ended.")
    ] = 1,
    site: Annotated[str, typer.Option(help="The site in the topics.")] = "load",
    wants_ack: Annotated[
        bool, typer.Option("--wants-ack", help="Wait for the platform's acknowledgement, not only for the broker's.")
    ] = False,
    fleet: Annotated[
        Path | None, typer.Option(help="Send nothing: write machines and signals here, for foreworn import load.")
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option(callback=in_a_folder, help="Write what was sent and acknowledged to this .npz file.")
    ] = None,
) -> None:
    """Put a load of many devices on the broker at FOREWORN_MQTT__HOST, and say how it was acknowledged."""
    from simulators.load import LoadFormat, LoadPlan, write_fleet

    mqtt = Settings().mqtt
    if mqtt.tls:
        raise ConfigurationError("the load generator does not speak TLS: give the broker a plain listener for it")
    plan = LoadPlan(
        host=mqtt.host,
        port=mqtt.port,
        username=mqtt.username,
        password="" if mqtt.password is None else mqtt.password.get_secret_value(),
        devices=devices,
        connections=connections,
        rate=rate or None,
        duration=timedelta(seconds=seconds),
        format=LoadFormat(form),
        batch=batch,
        signals=signals,
        seed=seed,
        site=site,
        first_seq=first_seq,
        wants_ack=wants_ack,
    )
    if fleet is not None:
        write_fleet(fleet, plan)
        typer.echo(
            f"{terminal.counted(devices, 'machine')} written to {fleet}; make known with: foreworn import load {fleet}"
        )
    else:
        _send(plan, ledger)


def _send(plan: "LoadPlan", file: Path | None) -> None:
    from simulators.load import LoadGenerator

    generator = LoadGenerator(plan)
    report = generator.run()
    ledger = generator.ledger()
    if file is not None:
        ledger.save(file)
    terminal.show_figures("Load", _figures(plan, report))
    terminal.out.print(f"To go on from here with the same devices: --first-seq {ledger.next_seq}", highlight=False)
    missing = _missing(plan, report)
    if missing:
        terminal.err.print(f"{missing:,} of {report.progress.sent:,} messages are not acknowledged", highlight=False)
        raise typer.Exit(1)


def _figures(plan: "LoadPlan", report: "LoadReport") -> dict[str, str]:
    """Return what to print: counts whole, and what the platform confirmed only where it was asked to."""
    from simulators.load import COUNTS

    return {
        name: f"{value:,.0f}" if name in COUNTS else f"{value:,.1f}"
        for name, value in report.figures().items()
        if name != "confirmed" or plan.wants_ack
    }


def _missing(plan: "LoadPlan", report: "LoadReport") -> int:
    progress = report.progress
    return progress.sent - (progress.confirmed if plan.wants_ack else progress.acknowledged)
