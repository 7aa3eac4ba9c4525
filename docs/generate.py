"""`python -m docs.generate`: write the reference pages from the code they describe.

`tests/test_docs.py` holds that what is committed is what this writes.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from foreworn.settings import Settings
from simulators.plant.reference import plant_file_reference

REFERENCE = Path(__file__).parent / "reference"
_VALUES = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "FILE"}
_GENERATED = "<!-- Generated: python -m docs.generate -->"


def pages() -> dict[str, str]:
    """Return every reference page by file name."""
    return {
        "settings.md": settings_page(),
        "cli.md": cli_page(),
        "plant-file.md": plant_file_reference(),
    }


def settings_page() -> str:
    """Return the page of all settings."""
    lines = [
        _GENERATED,
        "",
        "# Settings",
        "",
        "Every setting is an environment variable. Durations are ISO 8601 (`PT30S`, `P1D`) or `HH:MM:SS`. A variable",
        "that begins with `FOREWORN_` and is not on this page is an error; `FOREWORN_DATA`, for benchmarks, is none.",
    ]
    for title, rows in _concerns(Settings, "FOREWORN"):
        lines += ["", f"## {title}", "", "| variable | type | default | meaning |", "|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def _concerns(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, list[str]]]:
    nested = {name: field for name, field in model.model_fields.items() if _is_concern(field)}
    separator = "_" if model is Settings else "__"
    rows = [
        _setting_row(f"{prefix}{separator}{name}".upper(), field)
        for name, field in model.model_fields.items()
        if name not in nested
    ]
    yield str(model.__doc__).splitlines()[0].rstrip("."), rows
    for name, field in nested.items():
        assert isinstance(field.annotation, type)
        yield from _concerns(field.annotation, f"{prefix}{separator}{name}")


def _is_concern(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _setting_row(variable: str, field: FieldInfo) -> str:
    return f"| `{variable}` | {_type(field)} | {_default(field.get_default())} | {_cell(str(field.description))} |"


def _type(field: FieldInfo) -> str:
    kinds = [
        a for a in (get_args(field.annotation) if _is_union(field) else (field.annotation,)) if a is not type(None)
    ]
    if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], Enum):
        return ", ".join(f"`{member.value}`" for member in kinds[0])
    names = {timedelta: "duration", Path: "path", SecretStr: "secret", str: "text", int: "integer", float: "number"}
    limits = [_limit(constraint) for constraint in field.metadata]
    return " or ".join(names.get(k, getattr(k, "__name__", str(k))) for k in kinds) + "".join(filter(None, limits))


def _is_union(field: FieldInfo) -> bool:
    return isinstance(field.annotation, UnionType)


def _limit(constraint: Any) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "at least", "max_length": "at most"}
    for name, sign in signs.items():
        if hasattr(constraint, name):
            return f", {sign} {getattr(constraint, name)}" + (" characters" if "length" in name else "")
    return ""


def _default(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, timedelta):
        return f"`{TypeAdapter(timedelta).dump_python(value, mode='json')}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    return f"`{value}`" if str(value) else "empty"


def cli_page() -> str:
    """Return the page of all commands."""
    import typer

    from foreworn.cli import app

    lines = [_GENERATED, "", "# Commands", ""]
    lines.append("`foreworn COMMAND --help` says the same on the terminal.")
    for path, command in commands(typer.main.get_command(app), "foreworn"):
        lines += ["", f"## {path}", "", _paragraph(command.help or ""), "", "```", _usage(path, command), "```"]
        rows = [_parameter_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            lines += ["", "| argument or option | default | meaning |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Return every command with the words that call it, groups before what is in them."""
    yield path, command
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from commands(inner, f"{path} {name}")


def _usage(path: str, command: Any) -> str:
    arguments = [_metavar(p) for p in command.params if p.param_type_name == "argument"]
    ending = ["COMMAND"] if getattr(command, "commands", None) else []
    return " ".join([path, *arguments, *(["[OPTIONS]"] if command.params else []), *ending])


def _metavar(parameter: Any) -> str:
    if parameter.metavar or parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(member.value for member in kind)
    return _VALUES[kind]


def _parameter_row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{_metavar(parameter)}`"
    else:
        value = "" if parameter.is_flag else f" {_metavar(parameter)}"
        name = ", ".join(f"`{option}{value}`" for option in (*parameter.opts, *parameter.secondary_opts))
    return f"| {name} | {_parameter_default(parameter)} | {_cell(_paragraph(parameter.help or ''))} |"


def _parameter_default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if parameter.default is None or parameter.default is False or callable(parameter.default):
        return ""
    return f"`{parameter.default}`" if not isinstance(parameter.default, list) else f"`{json.dumps(parameter.default)}`"


def _paragraph(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write every page."""
    REFERENCE.mkdir(exist_ok=True)
    for name, page in pages().items():
        (REFERENCE / name).write_text(page)


if __name__ == "__main__":
    main()
