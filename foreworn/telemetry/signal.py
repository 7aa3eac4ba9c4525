"""What a signal is: its name, unit, type, range and cadence, per machine model."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from foreworn.errors import ConfigurationError, NotFound

SignalValue = float | int | str
LARGEST_INTEGER = 2**63 - 1


class SignalType(StrEnum):
    """How a signal's values behave."""

    FLOAT = "float"
    INTEGER = "integer"
    """Exact to 2^63."""
    STATE = "state"
    """A text from a list."""
    COUNTER = "counter"
    """Monotone but for known resets: hours run, cycles."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One quantity that machines of one model report.

    Parameters
    ----------
    name
        What the wire and the store call it: snake_case, from `docs/nomenclature.md` where it fits.
    unit
        The unit of its values, empty where the source publishes none.
    type
        How its values behave.
    low, high
        What is physically possible, in `unit`; outside is quarantined. None: no limit.
    states
        The texts a state signal may take.
    cadence
        How often a healthy device reports it.
    label
        What a person reads; the name where empty.
    sent_unit
        The unit that devices send it in, where that is not `unit`: values are converted as they come in, and
        `low` and `high` hold for what comes out. Only for floats.
    most_per_second
        The fastest it can change, in `unit` per second; a faster jump is quarantined. None: no limit.
    """

    name: str
    unit: str = ""
    type: SignalType = SignalType.FLOAT
    low: float | None = None
    high: float | None = None
    states: tuple[str, ...] = ()
    cadence: timedelta = timedelta(hours=1)
    label: str = ""
    sent_unit: str = ""
    most_per_second: float | None = None


class SignalCatalogue:
    """Every signal of every machine model; the key is (machine model, signal).

    A model of `"*"` speaks for all models that have no entry of their own. One name has one type and
    one unit everywhere, because the telemetry store keeps one field per name; ranges may differ.

    Raises
    ------
    ConfigurationError
        If two models give the same name different types or units.

    Examples
    --------
    >>> catalogue = SignalCatalogue({"*": [Signal("vibration_rms", "mm/s", low=0.0)]})
    >>> catalogue.find("pump-x", "vibration_rms").unit
    'mm/s'
    """

    def __init__(self, models: dict[str, Iterable[Signal]]) -> None:
        self._models = {model: {s.name: s for s in signals} for model, signals in models.items()}
        self._by_name: dict[str, Signal] = {}
        for model, signals in self._models.items():
            for signal in signals.values():
                first = self._by_name.setdefault(signal.name, signal)
                if (first.type, first.unit) != (signal.type, signal.unit):
                    raise ConfigurationError(
                        f"signal {signal.name!r} of model {model!r} is {signal.type} [{signal.unit}], but "
                        f"{first.type} [{first.unit}] elsewhere: give one of them another name"
                    )

    def find(self, model: str, name: str) -> Signal | None:
        """Return the signal `name` of machine model `model`, or None."""
        return self.of_model(model).get(name)

    def of_model(self, model: str) -> dict[str, Signal]:
        """Return the signals of one machine model by name."""
        return self._models.get(model) or self._models.get("*", {})

    def by_name(self, name: str) -> Signal:
        """Return any model's signal of this name: type and unit are the same for all.

        Raises
        ------
        NotFound
            If no model has such a signal.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise NotFound("signal", name, known=sorted(self._by_name)) from None

    @property
    def models(self) -> tuple[str, ...]:
        """The machine models that have an entry, sorted."""
        return tuple(sorted(self._models))

    @property
    def names(self) -> tuple[str, ...]:
        """All signal names, sorted."""
        return tuple(sorted(self._by_name))

    def __iter__(self) -> Iterator[tuple[str, Signal]]:
        """Iterate over (machine model, signal), sorted."""
        for model in self.models:
            for name in sorted(self._models[model]):
                yield model, self._models[model][name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SignalCatalogue) and self._models == other._models

    __hash__ = None  # type: ignore[assignment]
