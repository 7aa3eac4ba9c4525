"""What is known of each kept failure model: for a list, for one of them, and where two differ."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from foreworn.errors import DamagedModel
from foreworn.loop.promotion_decision import filed_decision
from foreworn.loop.report_headline import filed_headline
from foreworn.loop.unseen_figures import Metrics, median_slope, overall_skill

if TYPE_CHECKING:
    from foreworn.loop.kept_models import KeptModels

_DATA: Final = (
    "trained_from",
    "trained_until",
    "rows",
    "fingerprint",
    "machine_models",
    "basis",
    "left_out",
)
_SETTINGS: Final = ("horizon_h", "horizons_h", "library", "settings")


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """One version in a line.

    Parameters
    ----------
    version, in_use, saved_at
        Which, whether it is in use, and when it was kept.
    damage
        Why it cannot be read; then nothing else is known.
    trained_until, rows, failures
        Up to where it learned, from how many rows, and from how many failures of components whose signs it learned.
    brier_skill, calibration_slope
        On unseen inner folds, over all components; None where they could not be measured.
    """

    version: str
    in_use: bool
    saved_at: datetime
    damage: str | None = None
    trained_until: datetime | None = None
    rows: int | None = None
    failures: int | None = None
    brier_skill: float | None = None
    calibration_slope: float | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        until = None if self.trained_until is None else self.trained_until.isoformat()
        return asdict(self) | {"saved_at": self.saved_at.isoformat(), "trained_until": until}


def summaries(models: "KeptModels") -> list[VersionSummary]:
    """Return every version, oldest first; one that cannot be read says why."""
    serving = models.serving_version()
    return [_summary(models, version, in_use=version == serving) for version in models.versions()]


def _summary(models: "KeptModels", version: str, *, in_use: bool) -> VersionSummary:
    saved = models.saved_at(version)
    try:
        told: Mapping[str, Any] = models.describe(version)
    except DamagedModel as damage:
        return VersionSummary(version, in_use, saved, damage=damage.problem)
    metrics = _metrics(told)
    return VersionSummary(
        version,
        in_use,
        saved,
        trained_until=datetime.fromisoformat(told["trained_until"]) if "trained_until" in told else None,
        rows=told.get("rows"),
        failures=sum(int(own["failures"]) for own in metrics.values() if "failures" in own),
        brier_skill=overall_skill(metrics),
        calibration_slope=median_slope(metrics),
    )


def _metrics(told: Mapping[str, Any]) -> Metrics:
    found: Metrics = told.get("metrics", {})
    return found


def version_record(models: "KeptModels", version: str) -> dict[str, Any]:
    """Return all that is kept of a version, as JSON-able values.

    Raises
    ------
    NotFound, DamagedModel
        If there is no such version, or any of its files is not what was written; the message names the file.
    """
    files, told = models.seals(version), models.describe(version)
    decision, reported = filed_decision(models, version), filed_headline(models, version)
    return {
        "version": version,
        "in_use": version == models.serving_version(),
        "saved_at": models.saved_at(version).isoformat(),
        **told,
        "brier_skill": overall_skill(_metrics(told)),
        "calibration_slope": median_slope(_metrics(told)),
        "files": files,
        "decision": None if decision is None else decision.as_data(),
        "report": None if reported is None else reported.as_data(),
        "promotions": [one.as_data() for one in models.promotions() if version in (one.version, one.replaced)],
        "attachments": {
            name: {"sha256": filed.sha256, "size": filed.size, "time": filed.time.isoformat()}
            for name, filed in models.attachments(version).items()
        },
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that two versions do not have in common; None where one of them has it not.

    Parameters
    ----------
    group
        `data`, `features`, `settings` or `figures`.
    name, first, second
        What, and what either has.
    """

    group: str
    name: str
    first: Any
    second: Any


def differences(models: "KeptModels", first: str, second: str) -> list[Difference]:
    """Return where two versions differ: what they learned from, what they read, how, and what they were worth.

    Raises
    ------
    NotFound, DamagedModel
        If there is no such version or it is damaged.
    """
    told = [_told(models.describe(version)) for version in (first, second)]
    keys = [*told[0], *(key for key in told[1] if key not in told[0])]
    order = {group: place for place, group in enumerate(("data", "features", "settings", "figures"))}
    return [
        Difference(*key, told[0].get(key), told[1].get(key))
        for key in sorted(keys, key=lambda key: order[key[0]])
        if told[0].get(key) != told[1].get(key)
    ]


def _told(told: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Return a model's description as flat names by group."""
    found: dict[tuple[str, str], Any] = {}
    for group, names in (("data", _DATA), ("settings", _SETTINGS)):
        for name in names:
            found |= {(group, key): value for key, value in _flat(name, told[name])}
    found |= {("features", name): True for name in told["features"]}
    found[("figures", "threshold")] = told["threshold"]
    found[("figures", "brier_skill")] = overall_skill(_metrics(told))
    found[("figures", "calibration_slope")] = median_slope(_metrics(told))
    found |= {("figures", key): value for key, value in _flat("", told["metrics"])}
    return found


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield name.removeprefix("settings."), value
        return
    for key, part in value.items():
        yield from _flat(f"{name}.{key}" if name else key, part)
