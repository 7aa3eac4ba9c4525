"""Dashboards to Grafana, with the settings' stores as their data sources."""

from urllib.parse import urlsplit

from dashboards.push import Pushed, push
from dashboards.sources import InfluxSource, PostgresSource
from foreworn.errors import ConfigurationError
from foreworn.settings import Settings


def push_dashboards(settings: Settings) -> list[Pushed]:
    """Bring folder, data sources and dashboards into the Grafana that the settings name.

    Raises
    ------
    ConfigurationError
        If there is nobody to log in as, or a data source is missing that the settings do not describe.
    GrafanaUnavailable, GrafanaRefused
        If Grafana does not answer, or does not let us.
    """
    grafana = settings.grafana
    return push(grafana.url, _credential(settings), folder=grafana.folder, sources=_sources(settings))


def _credential(settings: Settings) -> str | tuple[str, str]:
    grafana = settings.grafana
    if grafana.token is not None:
        return grafana.token.get_secret_value()
    if grafana.user and grafana.password is not None:
        return grafana.user, grafana.password.get_secret_value()
    raise ConfigurationError(
        "nobody to log in to Grafana as: set FOREWORN_GRAFANA__TOKEN to a service account's token, or "
        "FOREWORN_GRAFANA__USER and FOREWORN_GRAFANA__PASSWORD"
    )


def _sources(settings: Settings) -> list[InfluxSource | PostgresSource]:
    """Return the data sources that the settings describe; the embedded stores cannot be asked by Grafana."""
    sources: list[InfluxSource | PostgresSource] = []
    telemetry = urlsplit(settings.store.telemetry)
    if telemetry.scheme in ("influx", "influxs") and settings.store.influx_token is not None:
        url = f"{'https' if telemetry.scheme == 'influxs' else 'http'}://{telemetry.netloc}"
        bucket, token = telemetry.path.strip("/"), settings.store.influx_token.get_secret_value()
        sources.append(InfluxSource(url, bucket, token))
    if settings.grafana.reader is not None:
        sources.append(PostgresSource.at(settings.grafana.reader.get_secret_value()))
    return sources
