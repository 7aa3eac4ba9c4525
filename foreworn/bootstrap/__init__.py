"""The composition root: settings become wired objects. The only place that knows the adapters.

A name is imported when it is first asked for: who collects does not load what scores, and who looks at the quarantine
does not load the console.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.server import check_port
    from foreworn.bootstrap.collecting import Collecting, reach, running_collector
    from foreworn.bootstrap.collector_kind import CollectorKind
    from foreworn.bootstrap.grafana import push_dashboards
    from foreworn.bootstrap.loading import load
    from foreworn.bootstrap.model_stores import open_detector_store, open_life_store, open_model_store
    from foreworn.bootstrap.platform import Platform, running_platform
    from foreworn.bootstrap.quarantine import QuarantineDesk, opened_quarantine
    from foreworn.bootstrap.replays import for_replay, own_broker, start_afresh
    from foreworn.bootstrap.stopping import stop_on_signal
    from foreworn.bootstrap.stores import Stores, open_stores, open_telemetry
    from foreworn.loop.day_one import assumed_costs
    from foreworn.storage.day_one import check_day_one, read_day_one, write_day_one_templates
    from foreworn.storage.history import check_history, read_azure_pdm, read_history, write_history, write_templates
    from foreworn.storage.history.telemetry import has_telemetry

_PLACES = {
    "api.server": ("check_port",),
    "foreworn.bootstrap.collecting": ("Collecting", "reach", "running_collector"),
    "foreworn.bootstrap.collector_kind": ("CollectorKind",),
    "foreworn.bootstrap.grafana": ("push_dashboards",),
    "foreworn.bootstrap.loading": ("load",),
    "foreworn.bootstrap.model_stores": ("open_detector_store", "open_life_store", "open_model_store"),
    "foreworn.bootstrap.platform": ("Platform", "running_platform"),
    "foreworn.bootstrap.quarantine": ("QuarantineDesk", "opened_quarantine"),
    "foreworn.bootstrap.replays": ("for_replay", "own_broker", "start_afresh"),
    "foreworn.bootstrap.stopping": ("stop_on_signal",),
    "foreworn.bootstrap.stores": ("Stores", "open_stores", "open_telemetry"),
    "foreworn.loop.day_one": ("assumed_costs",),
    "foreworn.storage.day_one": ("check_day_one", "read_day_one", "write_day_one_templates"),
    "foreworn.storage.history": (
        "check_history",
        "read_azure_pdm",
        "read_history",
        "write_history",
        "write_templates",
    ),
    "foreworn.storage.history.telemetry": ("has_telemetry",),
}
_PLACE = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "Collecting",
    "CollectorKind",
    "Platform",
    "QuarantineDesk",
    "Stores",
    "assumed_costs",
    "check_day_one",
    "check_history",
    "check_port",
    "for_replay",
    "has_telemetry",
    "load",
    "open_detector_store",
    "open_life_store",
    "open_model_store",
    "open_stores",
    "open_telemetry",
    "opened_quarantine",
    "own_broker",
    "push_dashboards",
    "reach",
    "read_azure_pdm",
    "read_day_one",
    "read_history",
    "running_collector",
    "running_platform",
    "start_afresh",
    "stop_on_signal",
    "write_day_one_templates",
    "write_history",
    "write_templates",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_PLACE[name]), name)
    return found
