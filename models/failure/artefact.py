"""A failure model as a folder: LightGBM's own text, and one JSON file with a schema version. Never a pickle."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from lightgbm.basic import LightGBMError

from foreworn.errors import DamagedModel
from models import cards
from models.failure.booster import Booster
from models.failure.calibrator import Calibrator
from models.failure.component_model import ComponentModel
from models.failure.gradient_boosted import GradientBoostedFailureModel, Provenance
from models.failure.reasons import UsualRange
from models.failure.settings import FailureModelSettings
from models.features import FeatureSet
from models.features.row_index import span_ms

SCHEMA_VERSION: Final = 2
CARD: Final = cards.FAILURE_MODEL


def write_model(model: GradientBoostedFailureModel, folder: Path) -> None:
    """Write the model's files into an empty folder; the same model gives the same bytes."""
    components = []
    for number, (name, part) in enumerate(sorted(model.components.items())):
        trees = part.booster.text().encode()
        file = f"trees-{number}.txt"
        (folder / file).write_bytes(trees)
        components.append(
            {
                "component": name,
                "trees": file,
                "sha256": hashlib.sha256(trees).hexdigest(),
                "calibrator": {"a": part.calibrator.a, "b": part.calibrator.b, "c": part.calibrator.c},
                "threshold": part.threshold,
                "base_rate": part.base_rate,
                "metrics": dict(part.metrics),
            }
        )
    card = _card(model) | {"components": components}
    cards.write_card(card, folder, CARD)


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
        "components_left_out": dict(model.components_left_out),
        "trained_from": origin.trained_from.isoformat(),
        "trained_until": origin.trained_until.isoformat(),
        "rows": origin.rows,
        "fingerprint": origin.fingerprint,
        "library": origin.library,
        "settings": origin.settings.model_dump(mode="json"),
    }


def _component(part: dict[str, Any], folder: Path) -> ComponentModel:
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
    return ComponentModel(
        component=part["component"],
        booster=booster,
        calibrator=Calibrator(**part["calibrator"]),
        threshold=part["threshold"],
        base_rate=part["base_rate"],
        metrics=part["metrics"],
    )


def _model(card: dict[str, Any], components: dict[str, ComponentModel]) -> GradientBoostedFailureModel:
    return GradientBoostedFailureModel(
        version=card["version"],
        horizon=timedelta(milliseconds=card["horizon_ms"]),
        threshold=card["threshold"],
        features=FeatureSet.from_data(card["features"]),
        usual=tuple(tuple(UsualRange(low, high) for low, high in own) for own in card["usual"]),
        components=components,
        components_left_out=card["components_left_out"],
        provenance=Provenance(
            trained_from=datetime.fromisoformat(card["trained_from"]),
            trained_until=datetime.fromisoformat(card["trained_until"]),
            rows=card["rows"],
            fingerprint=card["fingerprint"],
            library=card["library"],
            settings=FailureModelSettings.model_validate(card["settings"]),
        ),
    )
