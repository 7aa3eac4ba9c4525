"""The reference page of the plant file, written from the models that read it."""

from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from simulators.plant.machine_class import ComponentSpec, Cost, FaultMessage, MachineClass, SignalSpec, Symptom
from simulators.plant.plant_file import BadData, PlantFile
from simulators.plant.reading import shipped_classes, shipped_plants
from simulators.plant.supplies import CrewSpec, PartSpec
from simulators.plant.surroundings import Load, MachineGroup, SiteSpec, Weather
from simulators.plant.wear import LAWS

_TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The file itself", PlantFile),
    ("[weather]", Weather),
    ("[bad_data]", BadData),
    ("[loads.NAME]", Load),
    ("[classes.NAME]", MachineClass),
    ("[classes.NAME.components.COMPONENT]", ComponentSpec),
    ("[classes.NAME.components.COMPONENT.cost]", Cost),
    ("[classes.NAME.signals.SIGNAL]", SignalSpec),
    ("[classes.NAME.signals.SIGNAL.symptoms.COMPONENT]", Symptom),
    ("[classes.NAME.faults.CODE]", FaultMessage),
    ("[[parts]]", PartSpec),
    ("[[crews]]", CrewSpec),
    ("[[sites]]", SiteSpec),
    ("[[sites.machines]]", MachineGroup),
)
_WEAR = "[classes.NAME.components.COMPONENT.wear]"
_WORDS = {str: "text", int: "integer", float: "number", bool: "true or false"}
_SIGNS = ((Ge, "ge", "at least"), (Gt, "gt", "above"), (Le, "le", "at most"), (Lt, "lt", "below"))


def plant_file_reference() -> str:
    """Return `docs/reference/plant-file.md`: every table and key that a plant file may hold."""
    lines = [
        "<!-- Generated: python -m docs.generate -->",
        "",
        "# The plant file",
        "",
        "A plant file is TOML. A key that is not on this page is an error. `simulators/plant/README.md` says how to",
        "write one, and gives the laws of wear with their formulas and sources.",
        "",
        f"Shipped plants: {_listed(shipped_plants())}. Shipped classes, for `like`: {_listed(shipped_classes())}.",
    ]
    for title, model in _TABLES:
        lines += _section(title, model)
    for law in LAWS:
        name = get_args(law.model_fields["law"].annotation)[0]
        lines += _section(f'{_WEAR} with law = "{name}"', law)
    return "\n".join(lines) + "\n"


def _listed(names: dict[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _section(title: str, model: type[BaseModel]) -> Iterator[str]:
    yield from ("", f"## `{title}`" if title.startswith("[") else f"## {title}", "")
    yield from (str(model.__doc__).splitlines()[0].replace(" [1]_", ""), "")
    yield from ("| key | type | unit | default | description |", "|---|---|---|---|---|")
    for name, field in model.model_fields.items():
        text, unit = _split_unit(field.description or "")
        yield f"| `{field.alias or name}` | {_kind(field)} | {unit} | {_default(field)} | {text} |"


def _split_unit(description: str) -> tuple[str, str]:
    """Split "Length of a step. [h]" into its sentence and its unit."""
    if description.endswith("]") and " [" in description:
        text, _, unit = description.rpartition(" [")
        return text, unit[:-1]
    return description, ""


def _kind(field: FieldInfo) -> str:
    word = _word(field.annotation)
    limits = [
        f"{said} {_number(getattr(limit, key))}"
        for limit in [*field.metadata, *_inner_metadata(field.annotation)]
        for sign, key, said in _SIGNS
        if isinstance(limit, sign)
    ]
    if any(isinstance(limit, MinLen) and limit.min_length == 1 for limit in field.metadata) and "text" not in word:
        limits.append("at least one")
    lengths = {limit.min_length for limit in field.metadata if isinstance(limit, MinLen)}
    most = {limit.max_length for limit in field.metadata if isinstance(limit, MaxLen)}
    if lengths & most:
        limits.append(f"exactly {max(lengths & most)}")
    return ", ".join([word, *limits])


def _word(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in _WORDS:
        return _WORDS[annotation]
    if origin is dict:
        return f"tables by name: {_word(inner[1])}"
    if origin is tuple:
        return f"list of {_word(inner[0])}"
    if isinstance(annotation, type):
        return "table" if issubclass(annotation, BaseModel) else annotation.__name__
    members = [member for member in inner if member is not NoneType]
    if members and all(isinstance(member, str) for member in members):
        return " or ".join(f"`{member}`" for member in members)
    return _word(members[0]) if members else "text"


def _inner_metadata(annotation: Any) -> list[Any]:
    """Return the limits of what stands in a list or may be left out."""
    found: list[Any] = list(getattr(annotation, "__metadata__", ()))
    for member in get_args(annotation):
        found += [m for m in getattr(member, "__metadata__", ()) if isinstance(m, Ge | Gt | Le | Lt)]
        found += [
            limit
            for info in getattr(member, "__metadata__", ())
            if isinstance(info, FieldInfo)
            for limit in info.metadata
        ]
    return [limit for limit in found if not isinstance(limit, FieldInfo)]


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "as below"
    if value in ("", (), {}):
        return "empty"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f"{item:g}" for item in value) + "]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
