"""An anomaly detector as a folder: one JSON file with a schema version and a checksum. Never a pickle."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from models import cards
from models.anomaly.detector import ModelWatch, Provenance, SubspaceDetector
from models.anomaly.regime_model import RegimeModel
from models.anomaly.regimes import Regimes
from models.anomaly.score_distribution import ScoreDistribution
from models.anomaly.settings import AnomalySettings
from models.anomaly.subspace import PrincipalSubspace

SCHEMA_VERSION: Final = 1
CARD: Final = cards.DETECTOR

_ARRAYS = ("centre", "scale", "usual_low", "usual_high")
_NUMBERS = ("hotelling_limit", "residual_limit", "threshold", "stranger_threshold", "rows")


def write_detector(detector: SubspaceDetector, folder: Path) -> None:
    """Write the detector's file into an empty folder; the same detector gives the same bytes."""
    card = _card(detector)
    cards.write_card(card, folder, CARD)


def read_detector(folder: Path) -> SubspaceDetector:
    """Read a detector back; it scores the same, to the last bit.

    Raises
    ------
    DamagedModel
        If the file is missing, is not what was written, or is of a schema that this release cannot read.
    """
    card = cards.read_card(folder, CARD, SCHEMA_VERSION)
    return _detector(card)


def _card(detector: SubspaceDetector) -> dict[str, Any]:
    origin = detector.provenance
    return {
        "schema_version": SCHEMA_VERSION,
        "version": detector.version,
        "watches": {model: _watch_as_data(watch) for model, watch in detector.watches.items()},
        "models_left_out": dict(detector.models_left_out),
        "trained_from": origin.trained_from.isoformat(),
        "trained_until": origin.trained_until.isoformat(),
        "rows": origin.rows,
        "not_healthy": origin.not_healthy,
        "fingerprint": origin.fingerprint,
        "settings": origin.settings.model_dump(mode="json"),
    }


def _detector(card: Mapping[str, Any]) -> SubspaceDetector:
    return SubspaceDetector(
        version=card["version"],
        watches={model: _watch(data) for model, data in card["watches"].items()},
        models_left_out=card["models_left_out"],
        provenance=Provenance(
            trained_from=datetime.fromisoformat(card["trained_from"]),
            trained_until=datetime.fromisoformat(card["trained_until"]),
            rows=card["rows"],
            not_healthy=card["not_healthy"],
            fingerprint=card["fingerprint"],
            settings=AnomalySettings.model_validate(card["settings"]),
        ),
    )


def _watch_as_data(watch: ModelWatch) -> dict[str, Any]:
    return {
        "regimes": watch.regimes.as_data(),
        "parts": [{"code": code} | _part_as_data(part) for code, part in watch.parts.items()],
        "otherwise": None if watch.otherwise is None else _part_as_data(watch.otherwise),
        "left_out": dict(watch.left_out),
    }


def _watch(data: Mapping[str, Any]) -> ModelWatch:
    parts = {part["code"]: _part(part) for part in data["parts"]}
    otherwise = None if data["otherwise"] is None else _part(data["otherwise"])
    return ModelWatch(Regimes.from_data(data["regimes"]), parts, otherwise, data["left_out"])


def _part_as_data(part: RegimeModel) -> dict[str, Any]:
    return {
        "label": part.label,
        "signals": list(part.signals),
        "own_centre": {machine: centre.tolist() for machine, centre in part.own_centre.items()},
        "loadings": part.subspace.loadings.tolist(),
        "variances": part.subspace.variances.tolist(),
        "covariance": part.subspace.covariance.tolist(),
        "familiar": _distribution_as_data(part.familiar),
        "stranger": _distribution_as_data(part.stranger),
        **{name: getattr(part, name).tolist() for name in _ARRAYS},
        **{name: getattr(part, name) for name in _NUMBERS},
    }


def _part(data: Mapping[str, Any]) -> RegimeModel:
    arrays: dict[str, Any] = {name: np.array(data[name]) for name in _ARRAYS}
    numbers: dict[str, Any] = {name: data[name] for name in _NUMBERS}
    return RegimeModel(
        label=data["label"],
        signals=tuple(data["signals"]),
        own_centre={machine: np.array(centre) for machine, centre in data["own_centre"].items()},
        subspace=PrincipalSubspace(*(np.array(data[name]) for name in ("loadings", "variances", "covariance"))),
        familiar=_distribution(data["familiar"]),
        stranger=_distribution(data["stranger"]),
        **arrays,
        **numbers,
    )


def _distribution_as_data(scores: ScoreDistribution) -> dict[str, Any]:
    return {"knots": scores.knots.tolist(), "shape": scores.shape, "scale": scores.scale, "rows": scores.rows}


def _distribution(data: Mapping[str, Any]) -> ScoreDistribution:
    return ScoreDistribution(np.array(data["knots"]), data["shape"], data["scale"], data["rows"])
