"""Signals that another process registers while this one runs, and how the telemetry store learns of them."""

import logging

from foreworn.bootstrap.stores import TelemetryAndForecasts
from foreworn.errors import ConfigurationError
from foreworn.fleet.registry import FleetRegistry
from foreworn.telemetry.signal import SignalCatalogue

_log = logging.getLogger(__name__)


class NewSignals:
    """Gives a telemetry store the registry's catalogue where that has changed since the last call.

    The collector hears of new signals from the registry within a second; the store is asked to keep them before
    anybody has told it of them.

    Parameters
    ----------
    registry
        Has the catalogue.
    store
        Is told of it.
    """

    def __init__(self, registry: FleetRegistry, store: TelemetryAndForecasts) -> None:
        self._registry = registry
        self._store = store
        self._told: SignalCatalogue | None = None

    def __call__(self) -> bool:
        """Tell the store of the present catalogue; return whether it is another than last time.

        A catalogue that the store cannot go by is an error in the log: it goes on by the one it has, and refuses
        the rest.

        Raises
        ------
        StoreUnavailable
            If the registry cannot answer.
        """
        catalogue = self._registry.catalogue()
        if catalogue == self._told:
            return False
        self._told = catalogue
        try:
            self._store.use(catalogue)
        except ConfigurationError as error:
            _log.error("new signals cannot be stored: %s", error)
            return False
        return True
