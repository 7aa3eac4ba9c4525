"""Commands that show the platform elsewhere."""

import typer

from foreworn import bootstrap, terminal
from foreworn.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Dashboards for Grafana.")


@app.command("push")
def dashboards_push() -> None:
    """Bring folder, data sources and dashboards into Grafana, FOREWORN_GRAFANA__URL; done again, nothing changes."""
    for pushed in bootstrap.push_dashboards(Settings()):
        terminal.out.print(f"{pushed.did:>8}  {pushed.kind}  {pushed.title}  {pushed.url}", highlight=False)
