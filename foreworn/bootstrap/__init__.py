"""The composition root: settings become wired objects. The only place that knows the adapters."""

from api.server import check_port
from foreworn.bootstrap.collecting import Collecting, CollectorKind, reach, running_collector
from foreworn.bootstrap.grafana import push_dashboards
from foreworn.bootstrap.loading import load
from foreworn.bootstrap.platform import Platform, running_platform
from foreworn.bootstrap.quarantine import QuarantineDesk, opened_quarantine
from foreworn.bootstrap.replays import for_replay, own_broker, start_afresh
from foreworn.bootstrap.stores import Stores, open_detector_store, open_model_store, open_stores, open_telemetry
from foreworn.loop.day_one import assumed_costs
from foreworn.storage.day_one import check_day_one, read_day_one, write_day_one_templates
from foreworn.storage.history import check_history, read_azure_pdm, read_history, write_history, write_templates
from foreworn.storage.history.telemetry import has_telemetry

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
    "write_day_one_templates",
    "write_history",
    "write_templates",
]
