from datetime import timedelta

import numpy as np
import pytest

from models.failure.reasons import reasons, usual_ranges
from models.features import FeatureSet, MachineModel, WindowMean

FEATURES = FeatureSet((WindowMean("pressure", timedelta(hours=3)), MachineModel(("small", "large"))))
SMALL, LARGE = 0.0, 1.0
TRAINING = np.array(
    [
        *([pressure, SMALL] for pressure in np.linspace(5.0, 7.0, 101)),
        *([p, LARGE] for p in np.linspace(9.0, 11.0, 101)),
    ]
)


@pytest.mark.parametrize(
    ("model", "usual"),
    [
        pytest.param(SMALL, (5.1, 6.9), id="of its own model"),
        pytest.param(LARGE, (9.1, 10.9), id="not of another model"),
        pytest.param(np.nan, (5.2, 10.8), id="of all rows where the model is unknown"),
    ],
)
def test_what_is_usual_is_what_is_usual_for_the_machine_model(model: float, usual: tuple[float, float]) -> None:
    row, contributions = np.array([[9.5, model]]), np.array([[2.0, 0.1]])
    (found,) = reasons(FEATURES, usual_ranges(FEATURES, TRAINING), row, contributions)
    pressure = next(reason for reason in found if reason.source == "pressure")
    assert (pressure.usual_low, pressure.usual_high) == pytest.approx(usual, abs=0.06)
