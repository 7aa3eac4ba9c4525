"""The command that puts a load on a broker."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from foreworn import terminal
from foreworn.cli.options import in_a_folder
from foreworn.errors import ConfigurationError
from foreworn.settings import Settings
from simulators.load import LoadFormat, LoadGenerator, LoadPlan, LoadReport, write_fleet

app = typer.Typer()


@app.command("load")
def load(
    devices: Annotated[int, typer.Option(help="How many devices speak.")] = 200,
    connections: Annotated[int, typer.Option(help="Over how many connections.")] = 8,
    rate: Annotated[
        float, typer.Option(help="Messages a second over all of them; 0: as many as the broker takes.")
    ] = 5000,
    form: Annotated[LoadFormat, typer.Option("--format", help="How a message carries its readings.")] = LoadFormat.JSON,
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
        format=form,
        batch=batch,
        signals=signals,
        seed=seed,
        site=site,
        first_seq=first_seq,
        wants_ack=wants_ack,
    )
    if fleet is not None:
        write_fleet(fleet, plan)
        typer.echo(f"{devices} machines are in {fleet}; make them known with: foreworn import load {fleet}")
    else:
        _send(plan, ledger)


def _send(plan: LoadPlan, file: Path | None) -> None:
    generator = LoadGenerator(plan)
    report = generator.run()
    if file is not None:
        generator.ledger().save(file)
    terminal.show_figures("Load", {name: f"{value:,.1f}" for name, value in report.figures().items()})
    missing = _missing(plan, report)
    if missing:
        terminal.err.print(f"{missing:,} of {report.progress.sent:,} messages are not acknowledged", highlight=False)
        raise typer.Exit(1)


def _missing(plan: LoadPlan, report: LoadReport) -> int:
    progress = report.progress
    return progress.sent - (progress.confirmed if plan.wants_ack else progress.acknowledged)
