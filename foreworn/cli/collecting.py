"""The command that only collects: a role of a server installation."""

from typing import TYPE_CHECKING, Annotated

import typer

from foreworn import terminal
from foreworn.bootstrap.collector_kind import CollectorKind
from foreworn.settings import Settings

if TYPE_CHECKING:
    from foreworn.bootstrap import Collecting

app = typer.Typer()


@app.command()
def collect(
    collector: Annotated[
        CollectorKind, typer.Option(help="How messages are read: many at a time, or one by one to compare with.")
    ] = CollectorKind.BULK,
) -> None:
    """Take readings in from the broker and bring them to the telemetry store; score and serve nothing.

    The broker and the stores are environment variables: docs/reference/settings.md.
    """
    from foreworn.collect import run_collect

    settings = Settings()

    def told(collecting: "Collecting") -> None:
        broker = collecting.broker
        terminal.err.print(
            f"Collecting from {broker.host}:{broker.port} ({broker.kind}), data in {settings.data_dir} (Ctrl-C stops)",
            highlight=False,
            soft_wrap=True,
        )

    run_collect(settings, on_start=told, kind=collector)
