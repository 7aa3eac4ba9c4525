"""Settings for a replay: a data folder and a broker of its own, so that it touches nothing that is live."""

from datetime import timedelta

from foreworn.data_folder import empty_data_folder
from foreworn.settings import BrokerKind, NotifySettings, Settings
from ingestion.broker.mosquitto import end_orphan
from ingestion.broker.starting import free_port


def for_replay(
    settings: Settings, store: str | None = None, *, operations: str | None = None, name: str = "replay"
) -> Settings:
    """Return settings for one replay: a data folder of its own, a broker nobody else speaks to, no waits.

    What is replayed or simulated is told to nobody.

    Parameters
    ----------
    settings
        What the user set; an external broker they name is used as it is.
    store
        The telemetry store's address; None: a DuckDB file in the replay's folder.
    operations
        The operations store's address, which ought to be empty; None: an SQLite file in the replay's folder.
    name
        The replay's folder in the data folder.
    """
    address = {
        "telemetry": store or "duckdb:///telemetry.duckdb",
        "operations": operations or "sqlite:///operations.sqlite",
    }
    return own_broker(
        settings.model_copy(
            update={
                "data_dir": settings.data_dir / name,
                "store": settings.store.model_copy(update=address),
                "notify": NotifySettings(),
                "ingestion": settings.ingestion.model_copy(update={"ack_interval": timedelta(0)}),
            }
        )
    )


def start_afresh(settings: Settings) -> None:
    """Remove what an earlier run left in a data folder that we hold, a broker that still runs there included."""
    end_orphan(settings.data_dir / "broker")
    empty_data_folder(settings.data_dir)


def own_broker(settings: Settings) -> Settings:
    """Return settings with a broker on a free port, unless the user brings their own."""
    if settings.mqtt.broker is BrokerKind.EXTERNAL:
        return settings
    return settings.model_copy(update={"mqtt": settings.mqtt.model_copy(update={"port": free_port()})})
