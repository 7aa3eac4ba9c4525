"""Commands that show the platform elsewhere."""

import typer

from foreworn import terminal
from foreworn.bootstrap import push_dashboards
from foreworn.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Dashboards for Grafana.")


@app.command("push")
def dashboards_push() -> None:
    """Bring folder, data sources and dashboards into Grafana, FOREWORN_GRAFANA__URL; done again, nothing changes."""
    for pushed in push_dashboards(Settings()):
        terminal.out.print(f"{pushed.did:>8}  {pushed.kind}  {pushed.title}  {pushed.url}", highlight=False)
