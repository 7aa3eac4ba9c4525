"""What the single tables of a plant file cannot know: whether they fit together."""

from collections import Counter
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from foreworn.errors import ConfigurationError
from simulators.plant.machine_class import MachineClass
from simulators.plant.plant_file import PlantFile

RESERVED_SIGNALS = ("hours_run", "run_state", "time", "machine", "device")
RESERVED_CODES = ("TRIP",)


def problems(plant: PlantFile) -> Iterator[str]:
    """Yield a sentence for everything in a plant file that does not fit together."""
    yield from _step(plant)
    yield from _twice(plant)
    for name, machine_class in plant.classes.items():
        yield from _class(f"classes.{name}", machine_class, plant)
    yield from _signals_agree(plant)
    yield from _sites(plant)
    yield from _crews(plant)


def _step(plant: PlantFile) -> Iterator[str]:
    per_day = 24.0 / plant.step_hours
    if abs(per_day - round(per_day)) > 1e-9 or abs(plant.step_hours * 3600 - round(plant.step_hours * 3600)) > 1e-6:
        yield f"step_hours: {plant.step_hours:g} h does not divide a day into steps of whole seconds; try 1 or 0.25"


def _twice(plant: PlantFile) -> Iterator[str]:
    machines = [machine for machine, _, _ in plant.machine_ids()]
    kinds = {
        "sites": [site.id for site in plant.sites],
        "parts": [part.id for part in plant.parts],
        "crews": [crew.id for crew in plant.crews],
        "sites.machines": machines,
    }
    for kind, ids in kinds.items():
        for name in [name for name, count in Counter(ids).items() if count > 1]:
            yield f"{kind}: {name!r} is there twice; give one of them another name"
    for machine in [m for m in machines if len(m) > 100]:
        yield f"sites.machines: {machine!r} is longer than 100 characters; shorten the site's id or the prefix"


def _class(place: str, machine_class: MachineClass, plant: PlantFile) -> Iterator[str]:
    parts = [part.id for part in plant.parts]
    for name, component in machine_class.components.items():
        if component.part is not None and component.part not in parts:
            yield f"{place}.components.{name}.part: no part {_unknown(component.part, parts)}"
        try:
            component.cost.of_component()
        except ConfigurationError as error:
            yield f"{place}.components.{name}.cost: {error}"
    yield from _signals(place, machine_class, plant)
    for code, fault in machine_class.faults.items():
        if fault.component is not None and fault.component not in machine_class.components:
            yield f"{place}.faults.{code}.component: no component {_unknown(fault.component, machine_class.components)}"
        if code in RESERVED_CODES:
            yield f"{place}.faults.{code}: this code is sent at every failure; choose another"


def _signals(place: str, machine_class: MachineClass, plant: PlantFile) -> Iterator[str]:
    for name, signal in machine_class.signals.items():
        at = f"{place}.signals.{name}"
        if name in RESERVED_SIGNALS:
            yield f"{at}: every machine has this already; choose another name"
        if signal.low is not None and signal.high is not None and signal.low >= signal.high:
            yield f"{at}: low {signal.low:g} is not below high {signal.high:g}"
        steps = 1.0 if signal.cadence_hours is None else signal.cadence_hours / plant.step_hours
        if steps < 1.0 or abs(steps - round(steps)) > 1e-9:
            yield f"{at}.cadence_hours: {signal.cadence_hours:g} h is no multiple of the step, {plant.step_hours:g} h"
        for component in signal.symptoms:
            if component not in machine_class.components:
                yield f"{at}.symptoms: no component {_unknown(component, machine_class.components)}"


def _signals_agree(plant: PlantFile) -> Iterator[str]:
    units: dict[str, tuple[str, str]] = {}
    for name, machine_class in plant.classes.items():
        for signal, spec in machine_class.signals.items():
            first, unit = units.setdefault(signal, (name, spec.unit))
            if unit != spec.unit:
                yield (
                    f"classes.{name}.signals.{signal}: its unit is {spec.unit!r} here and {unit!r} in class {first}; "
                    "give one of them another name"
                )


def _sites(plant: PlantFile) -> Iterator[str]:
    for number, site in enumerate(plant.sites, start=1):
        for place, group in enumerate(site.machines, start=1):
            at = f"sites.{number}.machines.{place}"
            if group.machine_class not in plant.classes:
                yield f"{at}.class: no class {_unknown(group.machine_class, plant.classes)}"
            if group.load not in plant.loads:
                yield f"{at}.load: no load {_unknown(group.load, plant.loads)}"


def _crews(plant: PlantFile) -> Iterator[str]:
    sites = [site.id for site in plant.sites]
    for number, crew in enumerate(plant.crews, start=1):
        if crew.to_hour <= crew.from_hour:
            yield f"crews.{number}.to_hour: {crew.to_hour} is not after from_hour {crew.from_hour}"
        for site in crew.sites:
            if site not in sites:
                yield f"crews.{number}.sites: no site {_unknown(site, sites)}"


def _unknown(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    return f"{name!r}; {hint}"
