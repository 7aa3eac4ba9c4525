"""What acting on forecasts is worth: the figures, and how they change when the world or the model does."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The same lives under other terms, or with a model made worse on purpose.

    Parameters
    ----------
    what, value
        What was changed, and to what.
    gap_closed, failures
        What was left of it then; NaN where age replacement and foresight cost the same.
    """

    what: str
    value: str
    gap_closed: float
    failures: int


@dataclass(frozen=True, slots=True)
class Priced:
    """What acting on a failure model costs beside other ways of keeping the same machines.

    Parameters
    ----------
    currency
        ISO 4217 code.
    subject
        What was priced, in words.
    units, lives
        How many machines, and lives of their components that ended in a failure.
    failures, preventive
        How many of the lives failed, and were replaced before, by policy.
    cost_per_1000h
        Of one machine, by policy: run_to_failure, best_age, model, perfect, and best_age_in_hindsight.
    gap_closed, gap_closed_low, gap_closed_high
        The share of the way from best age to perfect foresight, with its 95 % interval; NaN where there is no way.
    gap_closed_against_age_in_hindsight
        The same against the one age per kind that would have been cheapest for these very lives.
    by_component
        By kind: lives, failures of the model's policy, and gap closed.
    sensitivity
        The same under other terms.
    protocol
        How it was measured, in sentences.
    """

    currency: str
    subject: str
    units: int
    lives: int
    failures: Mapping[str, int]
    preventive: Mapping[str, int]
    cost_per_1000h: Mapping[str, float]
    gap_closed: float
    gap_closed_low: float
    gap_closed_high: float
    gap_closed_against_age_in_hindsight: float
    by_component: Mapping[str, Mapping[str, float | int | None]]
    sensitivity: tuple[Sensitivity, ...]
    protocol: str

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-able values; None where a share is of nothing."""
        return {
            "currency": self.currency,
            "subject": self.subject,
            "units": self.units,
            "lives": self.lives,
            "failures": dict(self.failures),
            "preventive": dict(self.preventive),
            "cost_per_1000h": dict(self.cost_per_1000h),
            "gap_closed": _known(self.gap_closed),
            "gap_closed_low": _known(self.gap_closed_low),
            "gap_closed_high": _known(self.gap_closed_high),
            "gap_closed_against_age_in_hindsight": _known(self.gap_closed_against_age_in_hindsight),
            "by_component": {kind: dict(figures) for kind, figures in self.by_component.items()},
            "sensitivity": [
                {"what": s.what, "value": s.value, "gap_closed": _known(s.gap_closed), "failures": s.failures}
                for s in self.sensitivity
            ],
            "protocol": self.protocol,
        }


def _known(share: float) -> float | None:
    return None if math.isnan(share) else share
