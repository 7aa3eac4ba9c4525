"""Dashboards as the JSON that Grafana loads; what is generated is committed, so that Grafana needs no Python."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.fleet_today import fleet_today
from dashboards.machine import machine_dashboard
from dashboards.maintenance import maintenance
from dashboards.spare_parts import spare_parts

GENERATED = Path(__file__).parent / "generated"
DASHBOARDS: Mapping[str, Callable[[], Dashboard]] = {
    "fleet-today": fleet_today,
    "machine": machine_dashboard,
    "maintenance": maintenance,
    "spare-parts": spare_parts,
}
"""File names without `.json`, and what builds them."""


def rendered(name: str) -> str:
    """Return a dashboard's JSON; the same code gives the same text."""
    built = json.loads(json.dumps(DASHBOARDS[name]().build(), cls=JSONEncoder))
    for number, panel in enumerate(built["panels"], start=1):
        panel["id"] = number
    return json.dumps(built, indent=2, sort_keys=True) + "\n"


def generate(folder: Path = GENERATED) -> list[Path]:
    """Write every dashboard into `folder` and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in DASHBOARDS:
        file = folder / f"{name}.json"
        file.write_text(rendered(name), encoding="utf-8")
        files.append(file)
    return files
