"""Commands about trained models: which there are, what they rest on, and which is in use."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from foreworn import bootstrap, terminal
from foreworn.cli import models_screen
from foreworn.cli.actor import By, actor
from foreworn.errors import Conflict
from foreworn.settings import Settings

if TYPE_CHECKING:
    from models.registry import FolderModelStore

NOT_PROMOTED = 3
"""The exit code where a model is kept, and its checks keep it out of use."""

app = typer.Typer(no_args_is_help=True, help="Trained models: look at them, compare them, put one in use.")

Version = Annotated[str, typer.Argument(metavar="VERSION", help="A version, as `models list` names them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show every version that is kept, the oldest first, and which is in use.

    Failure models first; then anomaly detectors and models of remaining life, which training puts in use by itself.
    """
    from foreworn.clock import WallClock
    from foreworn.loop.model_versions import summaries
    from foreworn.loop.other_models import other_models

    settings = Settings()
    found = summaries(bootstrap.open_model_store(settings))
    others = other_models(bootstrap.open_detector_store(settings), bootstrap.open_life_store(settings))
    if as_json:
        _print_json([{"kind": "failure", **one.as_data()} for one in found] + [one.as_data() for one in others])
    else:
        models_screen.show_versions(found, WallClock().now())
        models_screen.show_others(others, WallClock().now())


@app.command()
def show(version: Version, as_json: AsJson = False) -> None:
    """Show what a version learned from and how, what it was worth, its files, and when it was in use.

    Every file is held against its SHA-256; one that is not what was written is named, with exit code 1.
    """
    from foreworn.loop.model_versions import version_record
    from foreworn.loop.other_models import other_model_record

    settings = Settings()
    models = bootstrap.open_model_store(settings)
    if _what_else(version, models) is None:
        record = version_record(models, version)
        print_it = models_screen.show_version
    else:
        stores = bootstrap.open_detector_store(settings), bootstrap.open_life_store(settings)
        record = other_model_record(*stores, version)
        print_it = models_screen.show_other
    if as_json:
        _print_json(record)
    else:
        print_it(record)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A version.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another version.")],
    as_json: AsJson = False,
) -> None:
    """Show where two versions differ: in data, features, settings and figures."""
    from foreworn.loop.model_versions import differences

    models = bootstrap.open_model_store(Settings())
    _check_forecasts_failures(models, first, second)
    found = differences(models, first, second)
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
    _check_forecasts_failures(models, version)
    failed = objections(models, version)
    if version == models.serving_version():
        _tell_in_use_already(models, version, as_json)
        return
    checks = [{"name": c.name, "passed": c.passed, "said": c.said, "binding": c.binding} for c in failed]
    if failed and not (anyway or "").strip():
        if as_json:
            _print_json({"version": version, "promoted": False, "failed": checks})
        else:
            models_screen.show_objections(version, failed)
        raise typer.Exit(NOT_PROMOTED)
    why = anyway.strip() if anyway and anyway.strip() else "asked for; it passed its checks"
    done = models.promote(version, by=by or actor(), why=why, checks=checks)
    _tell({"promoted": True, **done.as_data()}, as_json)


@app.command()
def rollback(
    why: Annotated[str, typer.Option(metavar="REASON", help="Why; it is written down.")] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Put the version in use again that was in use before; done again, the one before that."""
    done = bootstrap.open_model_store(Settings()).rollback(by=by or actor(), why=why)
    _tell(done.as_data(), as_json)


def _what_else(version: str, models: "FolderModelStore") -> str | None:
    """Return what a version tells that is no failure model; None where it is one, or is not kept at all."""
    from foreworn.loop.other_models import what_it_tells

    settings = Settings()
    if version in models.versions():
        return None
    return what_it_tells(bootstrap.open_detector_store(settings), bootstrap.open_life_store(settings), version)


def _check_forecasts_failures(models: "FolderModelStore", *versions: str) -> None:
    for version in versions:
        if (what := _what_else(version, models)) is not None:
            raise Conflict(f"{version} is no failure model, it tells {what}: training puts such in use by itself")


def _tell_in_use_already(models: "FolderModelStore", version: str, as_json: bool) -> None:
    """Say that nothing changed; as JSON, with how the version came in use, where that is written down."""
    if not as_json:
        terminal.err.print(f"{version} is in use already.", highlight=False)
        return
    came = next((one.as_data() for one in reversed(models.promotions()) if one.version == version), {})
    _print_json({"promoted": False, "in_use_already": True, "version": version, **came})


def _tell(promotion: dict[str, object], as_json: bool) -> None:
    if as_json:
        _print_json(promotion)
    else:
        models_screen.show_promotion(promotion)


def _print_json(answer: object) -> None:
    typer.echo(json.dumps(answer, indent=2))
