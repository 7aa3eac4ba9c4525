"""A failure model as a folder: LightGBM's own text, and one JSON file with a schema version. Never a pickle."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from lightgbm.basic import LightGBMError

from foreworn.economics.weibull_life import WeibullLife
from foreworn.errors import DamagedModel
from models import cards
from models.failure.age_model import AgeModel
from models.failure.booster import Booster
from models.failure.calibrator import calibrator_from_data
from models.failure.component_model import ComponentModel, PeriodModel
from models.failure.gradient_boosted import GradientBoostedFailureModel, Provenance
from models.failure.periods import Period
from models.failure.reasons import UsualRange
from models.failure.settings import FailureModelSettings
from models.failure.silence import SignalsHeard
from models.features import FeatureSet
from models.features.row_index import span_ms

SCHEMA_VERSION: Final = 5
CARD: Final = cards.FAILURE_MODEL


def write_model(model: GradientBoostedFailureModel, folder: Path) -> None:
    """Write the model's files into an empty folder; the same model gives the same bytes."""
    components = []
    for number, (name, part) in enumerate(sorted(model.components.items())):
        periods = [_write_period(own, folder, f"trees-{number}-{k}.txt") for k, own in enumerate(part.periods)]
        components.append(
            {
                "component": name,
                "periods": periods,
                "threshold": part.threshold,
                "base_rate": part.base_rate,
                "metrics": dict(part.metrics),
            }
        )
    card = _card(model) | {"components": components}
    cards.write_card(card, folder, CARD)


def _write_period(part: PeriodModel, folder: Path, file: str) -> dict[str, Any]:
    trees = part.booster.text().encode()
    (folder / file).write_bytes(trees)
    return {
        "start_ms": span_ms(part.period.start),
        "end_ms": span_ms(part.period.end),
        "trees": file,
        "sha256": hashlib.sha256(trees).hexdigest(),
        "calibrator": part.calibrator.as_data(),
        "base_rate": part.base_rate,
    }


def read_model(folder: Path) -> GradientBoostedFailureModel:
    """Read a model back.

    Raises
    ------
    DamagedModel
        If a file is missing, is not what was written, or is of a schema that this release cannot read.
    """
    card = cards.read_card(folder, CARD, SCHEMA_VERSION)
    return _model(card, {part["component"]: _component(part, folder) for part in card["components"]})


def _card(model: GradientBoostedFailureModel) -> dict[str, Any]:
    origin = model.provenance
    return {
        "schema_version": SCHEMA_VERSION,
        "version": model.version,
        "horizon_ms": span_ms(model.horizon),
        "threshold": model.threshold,
        "features": model.features.as_data(),
        "usual": [[[usual.low, usual.high] for usual in own] for own in model.usual],
        "heard": model.heard.as_data(),
        "ages": [
            {
                "component": name,
                "shape": age.life.shape,
                "scale": age.life.scale,
                "failures": age.life.failures,
                "assumed": age.life.assumed,
                "since_ms": age.since_ms,
            }
            for name, age in sorted(model.ages.items())
        ],
        "models_seen": sorted(model.models_seen),
        "unlearned": dict(model.unlearned),
        "horizons_ms": [span_ms(horizon) for horizon in model.horizons],
        "trained_from": origin.trained_from.isoformat(),
        "trained_until": origin.trained_until.isoformat(),
        "rows": origin.rows,
        "fingerprint": origin.fingerprint,
        "library": origin.library,
        "settings": origin.settings.model_dump(mode="json"),
    }


def _component(part: dict[str, Any], folder: Path) -> ComponentModel:
    return ComponentModel(
        component=part["component"],
        periods=tuple(_period(own, folder) for own in part["periods"]),
        threshold=part["threshold"],
        base_rate=part["base_rate"],
        metrics=part["metrics"],
    )


def _period(part: dict[str, Any], folder: Path) -> PeriodModel:
    try:
        trees = (folder / part["trees"]).read_bytes()
    except OSError as problem:
        raise DamagedModel(folder, f"{part['trees']} cannot be read: {problem.strerror}") from problem
    if hashlib.sha256(trees).hexdigest() != part["sha256"]:
        raise DamagedModel(folder, f"{part['trees']} does not match its checksum")
    try:
        booster = Booster.from_text(trees.decode())
    except LightGBMError as problem:
        raise DamagedModel(folder, f"LightGBM cannot read {part['trees']}: {problem}") from problem
    return PeriodModel(
        period=Period(timedelta(milliseconds=part["start_ms"]), timedelta(milliseconds=part["end_ms"])),
        booster=booster,
        calibrator=calibrator_from_data(part["calibrator"]),
        base_rate=part["base_rate"],
    )


def _age(data: dict[str, Any]) -> AgeModel:
    life = WeibullLife(data["shape"], data["scale"], data["failures"], data["assumed"])
    return AgeModel(data["component"], life, data["since_ms"])


def _model(card: dict[str, Any], components: dict[str, ComponentModel]) -> GradientBoostedFailureModel:
    return GradientBoostedFailureModel(
        version=card["version"],
        horizon=timedelta(milliseconds=card["horizon_ms"]),
        threshold=card["threshold"],
        features=FeatureSet.from_data(card["features"]),
        usual=tuple(tuple(UsualRange(low, high) for low, high in own) for own in card["usual"]),
        heard=SignalsHeard.from_data(card["heard"]),
        components=components,
        ages={data["component"]: _age(data) for data in card["ages"]},
        models_seen=frozenset(card["models_seen"]),
        unlearned=card["unlearned"],
        horizons=tuple(timedelta(milliseconds=ms) for ms in card["horizons_ms"]),
        provenance=Provenance(
            trained_from=datetime.fromisoformat(card["trained_from"]),
            trained_until=datetime.fromisoformat(card["trained_until"]),
            rows=card["rows"],
            fingerprint=card["fingerprint"],
            library=card["library"],
            settings=FailureModelSettings.model_validate(card["settings"]),
        ),
    )
