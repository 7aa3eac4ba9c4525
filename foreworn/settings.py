"""Every setting, one class per concern.

Built once in `foreworn.cli` and passed down. Environment variables are `FOREWORN_` plus the path with
`__` between, such as `FOREWORN_MQTT__HOST=broker`; a name nobody knows is an error.
"""

import difflib
import os
from collections.abc import Iterator
from datetime import time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX, BETWEEN = "FOREWORN_", "__"
NOT_SETTINGS = frozenset({"FOREWORN_DATA"})
"""Variables that begin like settings and are none: where benchmarks find their data sets."""


class _Concern(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BrokerKind(StrEnum):
    """Where the MQTT broker comes from."""

    AUTO = "auto"
    """`mosquitto` where it is on PATH, otherwise the embedded one."""
    MOSQUITTO = "mosquitto"
    EMBEDDED = "embedded"
    EXTERNAL = "external"


class UnknownDevices(StrEnum):
    """What happens to a device that the registry does not know."""

    QUARANTINE = "quarantine"
    """Kept with the reason, so that they can be replayed once the device is attached to a machine."""
    REFUSE = "refuse"
    """Acknowledged, counted and let go: strangers cannot fill the quarantine."""
    REGISTER = "register"
    """Made known as a machine of its own."""


class MqttSettings(_Concern):
    """The broker, and how the collector speaks to it."""

    broker: BrokerKind = Field(
        BrokerKind.AUTO, description="Who provides the broker: start mosquitto, the embedded one, or neither."
    )
    host: str = Field("127.0.0.1", description="The broker's host name or address.")
    port: int = Field(1883, ge=1, le=65535, description="The broker's TCP port.")
    username: str = Field("", description="The name to log in with; empty logs in without.")
    password: SecretStr | None = Field(None, description="The password to log in with.")
    client_id: str = Field(
        "foreworn-collector",
        min_length=1,
        max_length=64,
        description="The collector's client id; its persistent session hangs on it.",
    )
    keep_alive: timedelta = Field(
        timedelta(seconds=30), description="Silence after which the broker is asked whether it lives."
    )
    in_flight: int = Field(
        20_000, ge=1, le=65535, description="Messages a broker may send before it waits for acknowledgements."
    )
    tls: bool = Field(False, description="Speak TLS to the broker.")
    tls_ca: Path | None = Field(
        None, description="PEM file of the authority that signed the broker's certificate; the system's where empty."
    )
    tls_certificate: Path | None = Field(None, description="PEM file of our own certificate, for brokers that ask.")
    tls_key: Path | None = Field(None, description="PEM file of its key.")

    @field_validator("tls_ca", "tls_certificate", "tls_key", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        """Take a variable that is set to nothing for one that is not set: as a path it would be the folder `.`."""
        return None if value == "" else value


class IngestionSettings(_Concern):
    """What the collector accepts."""

    unknown_devices: UnknownDevices = Field(
        UnknownDevices.QUARANTINE, description="What happens to a device that the registry does not know."
    )
    largest_payload: int = Field(1_048_576, ge=1024, description="Bytes; a larger message is quarantined.")
    queue_bytes: int = Field(
        67_108_864,
        ge=1_048_576,
        description="Bytes received and not yet durable; when there are more, nothing is read from the broker. At most "
        "about 8 MiB of them are decoded and committed at a time, which takes five to ten times as much memory "
        "meanwhile: plan for this setting and another 80 MiB.",
    )
    spool_bytes: int | None = Field(
        None, ge=1_048_576, description="Bytes the spool's file may take; empty: as much as its disk has."
    )
    quarantine_bytes: int = Field(
        1_073_741_824, ge=1_048_576, description="Bytes of refused messages that are kept; the oldest go first."
    )
    quarantine_age: timedelta = Field(timedelta(days=30), description="How long a refused message is kept at most.")
    future_tolerance: timedelta = Field(
        timedelta(minutes=10), description="How far ahead of the platform's clock a device's clock may be."
    )
    ack_interval: timedelta = Field(
        timedelta(seconds=1), description="Least time between two acknowledgements to one device that wants them."
    )
    retry_longest: timedelta = Field(
        timedelta(seconds=30), description="Longest pause between two attempts to reach a store that is down."
    )


class StoreSettings(_Concern):
    """Where telemetry and operations data are kept."""

    telemetry: str = Field(
        "duckdb:///telemetry.duckdb",
        description="`duckdb:///FILE` (relative to the data folder, or absolute), "
        "`influx://HOST:PORT/BUCKET?org=ORG`, or `memory://`.",
    )
    influx_token: SecretStr | None = Field(None, description="InfluxDB's API token.")
    influx_timeout: timedelta = Field(
        timedelta(seconds=30), description="How long one call to InfluxDB may take before it counts as unavailable."
    )
    operations: str = Field(
        "sqlite:///operations.sqlite", description="SQLAlchemy address; SQLite files are relative to the data folder."
    )


class ScoringSettings(_Concern):
    """When machines are scored, and how far forecasts look."""

    horizon: timedelta = Field(
        timedelta(hours=24), description="A forecast is the probability of failing within this time."
    )
    every: timedelta = Field(timedelta(hours=1), description="Machines are scored at whole multiples of this.")
    allowed_lateness: timedelta = Field(
        timedelta(0), description="How far a device's readings may be out of order before its hour is scored."
    )
    idle_timeout: timedelta = Field(
        timedelta(hours=2), description="A machine silent for longer is scored on what is known."
    )
    catch_up: timedelta = Field(
        timedelta(days=7), description="After an absence, hours up to this long ago are scored; older ones are not."
    )
    templates: bool = Field(
        False,
        description="Whether `foreworn train` also learns from what devices say in words: templates of event texts and "
        "log lines become features, which `foreworn backtest` then judges.",
    )
    remaining_life: bool = Field(
        True,
        description="Whether `foreworn train` also learns how long components last, which makes it take about half "
        "as long again, and whether `foreworn up` tells it at midnight, UTC, of those it has learned.",
    )


class PlanningSettings(_Concern):
    """When decisions are prepared, and how small a saving is worth a visit."""

    propose_every: timedelta = Field(
        timedelta(hours=1), description="Work orders are proposed at whole multiples of this."
    )
    least_saving: float = Field(
        0.0,
        ge=0,
        description="An order is proposed only if it is expected to save more than this, in the currency "
        "of the cost table.",
    )
    replenish_at: timedelta = Field(
        timedelta(hours=5), description="Time of day, in UTC, at which part demand is forecast and stock is reviewed."
    )
    plan_ahead: timedelta = Field(
        timedelta(days=14), description="How long before a maintenance plan comes due its work order is proposed."
    )
    work_from: time = Field(time(6), description="When planned work can begin on a working day, in UTC.")
    work_to: time = Field(time(18), description="Until when it can begin.")
    work_days: tuple[int, ...] = Field(
        (0, 1, 2, 3, 4, 5, 6), min_length=1, description="Working days, Monday is 0, as a JSON list."
    )
    settling: timedelta = Field(
        timedelta(days=1),
        description="How long after a replacement forecasts of the component are not acted on: their windows still "
        "hold what the old one did.",
    )
    stock_place: str = Field("main", min_length=1, description="The store that orders take their parts from.")


class NotifySettings(_Concern):
    """Who is told of work orders besides the console."""

    addresses: tuple[SecretStr, ...] = Field(
        (), description='Apprise addresses as a JSON list, such as `["json://host/path"]`; they may hold passwords.'
    )


class GrafanaSettings(_Concern):
    """The Grafana that dashboards are pushed to, and the reader it asks the operations store as."""

    url: str = Field("http://127.0.0.1:3000", description="Where Grafana answers.")
    token: SecretStr | None = Field(None, description="A service account's token; or give user and password.")
    user: str = Field("", description="The user to log in as where there is no token.")
    password: SecretStr | None = Field(None, description="The user's password.")
    folder: str = Field("Foreworn", min_length=1, description="The folder that the dashboards go to.")
    reader: SecretStr | None = Field(
        None,
        description="PostgreSQL address of a role that may only read what dashboards show, "
        "`postgresql://grafana:PASSWORD@HOST:PORT/DATABASE`; needed to make the data source.",
    )


class ApiSettings(_Concern):
    """Where the API and the console listen, and what they are called."""

    host_names: tuple[str, ...] = Field(
        (),
        description="Names the console answers to besides localhost and addresses, as a JSON list, such as "
        '`["maintenance.example"]`: those of a proxy in front of it.',
    )
    host: str = Field("127.0.0.1", description="Address to listen on; loopback unless you say otherwise.")
    port: int = Field(8600, ge=0, le=65535, description="TCP port of API and console; 0 takes any free one.")


class Settings(BaseSettings):
    """All settings of one Foreworn process.

    Raises
    ------
    ValidationError
        If a value is wrong, or the environment names a setting that there is not.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=BETWEEN, frozen=True, extra="forbid")

    data_dir: Path = Field(Path("var"), description="Folder for everything Foreworn writes: stores, spool, models.")
    mqtt: MqttSettings = Field(default_factory=MqttSettings, description="The broker.")
    ingestion: IngestionSettings = Field(default_factory=IngestionSettings, description="What the collector accepts.")
    store: StoreSettings = Field(default_factory=StoreSettings, description="Where data is kept.")
    scoring: ScoringSettings = Field(default_factory=ScoringSettings, description="When machines are scored.")
    planning: PlanningSettings = Field(default_factory=PlanningSettings, description="When decisions are prepared.")
    notify: NotifySettings = Field(default_factory=NotifySettings, description="Who is told of work orders.")
    grafana: GrafanaSettings = Field(default_factory=GrafanaSettings, description="Where dashboards are shown.")
    api: ApiSettings = Field(default_factory=ApiSettings, description="Where the API and the console listen.")

    @model_validator(mode="before")
    @classmethod
    def _know_every_variable(cls, values: Any) -> Any:
        """Refuse what pydantic-settings would pass over: variables with our prefix that are no settings."""
        ours = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)} - NOT_SETTINGS
        known = set(_names(cls))
        unknown = sorted({name.removeprefix(PREFIX) for name in ours} - known)
        if unknown:
            raise ValidationError.from_exception_data(cls.__name__, [_unknown(name, known) for name in unknown])
        return values


def _names(concern: type[BaseModel]) -> Iterator[str]:
    """Yield the variables of a concern and of those in it, without the prefix; a group may be given whole, as JSON."""
    for name, field in concern.model_fields.items():
        yield name.upper()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{name.upper()}{BETWEEN}{inner}" for inner in _names(field.annotation))


def _unknown(name: str, known: set[str]) -> InitErrorDetails:
    alike = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"did you mean {PREFIX}{alike[0]}?" if alike else "see the list in docs/reference/settings.md"
    problem = PydanticCustomError("unknown_setting", "there is no such setting; {hint}", {"hint": hint})
    return InitErrorDetails(type=problem, loc=tuple(name.lower().split(BETWEEN)), input=None)
