"""From a TOML file to a plant; what is wrong is said with file, key and the nearest key there is."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from foreworn.errors import ConfigurationError
from simulators.plant.checks import problems
from simulators.plant.plant_file import PlantFile

_PLANTS = Path(__file__).parents[1] / "plants"
_TOLD_AT_ONCE = 10

Place = tuple[str | int, ...]


def shipped_plants() -> dict[str, Path]:
    """Return the plant files that come with the product, by name."""
    return {path.stem: path for path in sorted(_PLANTS.glob("*.toml"))}


def shipped_classes() -> dict[str, Path]:
    """Return the machine classes that come with the product, by name; a class of a plant may be `like` one."""
    return {path.stem: path for path in sorted((_PLANTS / "classes").glob("*.toml"))}


def read_plant(path: Path | str) -> PlantFile:
    """Return the plant that a file describes.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or does not describe a plant; the message names file and key.
    """
    file = Path(path)
    content = _with_shipped_classes(_table(file), file)
    try:
        plant = PlantFile.model_validate(content)
    except ValidationError as error:
        raise _refusal(file, [_sentence(e["loc"], e["type"], e["msg"], e["input"]) for e in error.errors()]) from error
    wrong = list(problems(plant))
    if wrong:
        raise _refusal(file, wrong)
    return plant


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(shipped_plants())
        raise ConfigurationError(
            f"{file}: cannot read this plant file ({error.strerror}); shipped plants are {known}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: this is no TOML file: {error}") from error


def _with_shipped_classes(content: dict[str, Any], file: Path) -> dict[str, Any]:
    classes = content.get("classes")
    if not isinstance(classes, dict):
        return content
    merged = {name: _like(name, table, file) for name, table in classes.items()}
    return {**content, "classes": merged}


def _like(name: str, table: Any, file: Path) -> Any:
    if not isinstance(table, dict) or not isinstance(table.get("like"), str):
        return table
    shipped = shipped_classes()
    if table["like"] not in shipped:
        raise _refusal(file, [f"classes.{name}.like: no shipped class {_unknown(table['like'], shipped)}"])
    return _merged(_table(shipped[table["like"]]), table)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one table over another; another law of wear replaces the whole of it."""
    if "law" in below and above.get("law", below["law"]) != below["law"]:
        return dict(above)
    both = dict(below)
    for key, value in above.items():
        old = below.get(key)
        both[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def _refusal(file: Path, wrong: list[str]) -> ConfigurationError:
    told = wrong[:_TOLD_AT_ONCE]
    if len(wrong) > len(told):
        told.append(f"and {len(wrong) - len(told)} more")
    return ConfigurationError("\n".join(f"{file}: {sentence}" for sentence in told))


def _sentence(place: Place, kind: str, message: str, given: object) -> str:
    if kind == "extra_forbidden":
        table, key = ".".join(_told(place[:-1])), str(place[-1])
        return f"{table + ': ' if table else ''}no key {_unknown(key, _keys_at(place[:-1]))}"
    told = f" (it is {given!r})" if isinstance(given, str | int | float) and not isinstance(given, bool) else ""
    if kind == "missing":
        message = "this key is missing"
    return f"{'.'.join(_told(place)) or 'the file'}: {message[0].lower()}{message[1:]}{told}"


def _unknown(key: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
    return f"{key!r}; {hint}"


def _told(place: Place) -> Iterator[str]:
    """Yield the place's keys as the file's author wrote them: without pydantic's tags."""
    annotation: Any = PlantFile
    for step in place:
        annotation, is_tag = _below(annotation, step)
        if not is_tag:
            yield str(step + 1) if isinstance(step, int) else step


def _keys_at(place: Place) -> dict[str, object]:
    annotation: Any = PlantFile
    for step in place:
        annotation, _ = _below(annotation, step)
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    return {field.alias or name: field for name, field in annotation.model_fields.items()}


def _below(annotation: Any, step: str | int) -> tuple[Any, bool]:
    """Return what stands below `annotation` at `step`, and whether the step is a tag rather than a key."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        by_key = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return (by_key[str(step)].annotation if step in by_key else None), False
    if get_origin(annotation) is dict:
        return get_args(annotation)[1], False
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], False
    for member in get_args(annotation):  # a union of laws, told apart by its tag
        if isinstance(member, type) and issubclass(member, BaseModel) and _tag(member) == step:
            return member, True
    members = [m for m in get_args(annotation) if m is not type(None)]
    return _below(members[0], step) if members else (None, False)


def _tag(model: type[BaseModel]) -> str | None:
    law = model.model_fields.get("law")
    return None if law is None else str(get_args(law.annotation)[0])
