"""The port to failure models: trained on a fleet's past, asked for forecasts, kept by version."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import Forecast
from foreworn.health.scored_rows import ScoredRows


class FailureModel(Protocol):
    """A trained model: per component the probability of failing within any horizon, and within its own unless asked."""

    @property
    def version(self) -> str:
        """The version its forecasts carry; the same data, features and settings give the same one."""
        ...

    @property
    def horizon(self) -> timedelta:
        """How far its forecasts look."""
        ...

    @property
    def horizons(self) -> tuple[timedelta, ...]:
        """At which horizons the curve of its forecasts is told, rising; its own horizon is one of them."""
        ...

    @property
    def threshold(self) -> float:
        """The probability from which a forecast is an alarm, chosen on inner folds of the training time."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How much telemetry, events and log lines before a row its features need."""
        ...

    @property
    def reads_logs(self) -> bool:
        """Whether its features read lines of operation logs; a history for any other model need not hold them."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Return what a person asks about the model, as JSON-able values.

        Keys that are read by name where present: `trained_from`, `trained_until` (RFC 3339), `rows` (int),
        `components` and `features` (lists of names), `left_out` (component -> why it has no forecast), and
        `metrics` (component -> {name -> number}, measured on inner folds of the training time).
        """
        ...

    def score(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime) -> ScoredRows:
        """Return what `forecast` says of the rows at the model's own horizon: as a table, and as objects where asked.

        Reasons take longer than probabilities, so they are found only for the forecasts that are asked for as objects.
        """
        ...

    def forecast(
        self,
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        *,
        issued_at: datetime,
        horizons: Sequence[timedelta] | None = None,
    ) -> list[Forecast]:
        """Return a forecast, with reasons and curve, per row (machine, time), component of that machine, and horizon.

        At the model's own horizon unless others are asked for. Of one row and component, a longer horizon never has the
        lower probability.

        `history` holds at least `lookback` of telemetry and events before each row and all maintenance, and of log
        lines where they are read; what is stamped after a row never changes that row's forecast.
        """
        ...


class FailureModelStore(Protocol):
    """Keeps trained models by version."""

    def load(self, version: str) -> FailureModel:
        """Return a model.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        ...

    def versions(self) -> list[str]:
        """Return all versions, oldest first."""
        ...

    def serving(self) -> FailureModel | None:
        """Return the model that is in use, or None before one was trained."""
        ...

    def serve(self, version: str) -> None:
        """Put a version in use."""
        ...
