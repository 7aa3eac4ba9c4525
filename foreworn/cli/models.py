"""Commands about trained failure models: which there are, what they rest on, and which is in use."""

import json
from typing import Annotated

import typer

from foreworn import bootstrap, terminal
from foreworn.cli import models_screen
from foreworn.cli.actor import By, actor
from foreworn.settings import Settings

NOT_PROMOTED = 3
"""The exit code where a model is kept, and its checks keep it out of use."""

app = typer.Typer(no_args_is_help=True, help="Trained failure models: look at them, compare them, put one in use.")

Version = Annotated[str, typer.Argument(metavar="VERSION", help="A version, as `models list` names them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show every version that is kept, the oldest first, and which is in use."""
    from foreworn.clock import WallClock
    from foreworn.loop.model_versions import summaries

    found = summaries(bootstrap.open_model_store(Settings()))
    if as_json:
        _print_json([one.as_data() for one in found])
    else:
        models_screen.show_versions(found, WallClock().now())


@app.command()
def show(version: Version, as_json: AsJson = False) -> None:
    """Show what a version learned from and how, what it was worth, its files, and when it was in use.

    Every file is held against its SHA-256; one that is not what was written is named, with exit code 1.
    """
    from foreworn.loop.model_versions import version_record

    record = version_record(bootstrap.open_model_store(Settings()), version)
    if as_json:
        _print_json(record)
    else:
        models_screen.show_version(record)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A version.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another version.")],
    as_json: AsJson = False,
) -> None:
    """Show where two versions differ: in data, features, settings and figures."""
    from foreworn.loop.model_versions import differences

    found = differences(bootstrap.open_model_store(Settings()), first, second)
    if as_json:
        _print_json(
            {
                "first": first,
                "second": second,
                "differences": [
                    {"group": d.group, "name": d.name, "first": d.first, "second": d.second} for d in found
                ],
            }
        )
    else:
        models_screen.show_differences(first, second, found)


@app.command()
def promote(
    version: Version,
    anyway: Annotated[
        str | None, typer.Option(metavar="REASON", help="Put it in use although its checks failed, for this reason.")
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Put a kept version in use; a running platform forecasts with it from its next turn on.

    Where checks failed when it was trained, it takes a reason, which is written down, or the exit code is 3.
    """
    from foreworn.loop.promotion import objections

    models = bootstrap.open_model_store(Settings())
    failed = objections(models, version)
    if version == models.serving_version():
        terminal.err.print(f"{version} is in use already.", highlight=False)
        return
    if failed and not (anyway or "").strip():
        models_screen.show_objections(version, failed)
        raise typer.Exit(NOT_PROMOTED)
    why = anyway.strip() if anyway and anyway.strip() else "asked for; it passed its checks"
    checks = [{"name": c.name, "passed": c.passed, "said": c.said, "binding": c.binding} for c in failed]
    done = models.promote(version, by=by or actor(), why=why, checks=checks)
    _tell(done.as_data(), as_json)


@app.command()
def rollback(
    why: Annotated[str, typer.Option(metavar="REASON", help="Why; it is written down.")] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Put the version in use again that was in use before; done again, the one before that."""
    done = bootstrap.open_model_store(Settings()).rollback(by=by or actor(), why=why)
    _tell(done.as_data(), as_json)


def _tell(promotion: dict[str, object], as_json: bool) -> None:
    if as_json:
        _print_json(promotion)
    else:
        models_screen.show_promotion(promotion)


def _print_json(answer: object) -> None:
    typer.echo(json.dumps(answer, indent=2))
