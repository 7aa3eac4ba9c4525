"""What a machine's page says each forecast rests on."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from api.console.failure_odds import _bases
from api.reading.fleet_state import FleetState
from foreworn.health.forecast import Forecast, Reason
from tests.unit.api.seeded_fleet import NOW

SILENT = "age alone, as 84% of its signs fell silent: 27 failures on record, a Weibull life with a shape fitted to them"


@pytest.mark.parametrize(
    ("component", "version", "feature", "basis"),
    [
        pytest.param("seal", "v1", "pressure mean 24 h", "signs", id="by its signs"),
        pytest.param("seal", "v1", SILENT, SILENT, id="by age, for its signals fell silent"),
        pytest.param("seal", "v0", SILENT, "", id="by a model that is in use no more"),
        pytest.param(
            "motor", "v1", "age alone: 3 failures", "age alone: 3 failures; 10 are needed", id="never learned"
        ),
    ],
)
def test_a_forecast_rests_on_what_it_says_itself_where_its_signs_were_learned(
    component: str, version: str, feature: str, basis: str
) -> None:
    told = {"basis": {"seal": "signs", "motor": "age alone: 3 failures; 10 are needed"}}
    fleet = cast("FleetState", SimpleNamespace(model=SimpleNamespace(version="v1", describe=lambda: told)))
    reason = Reason(component, feature, 480.0, None, None, 0.1)
    said = Forecast("m1", component, NOW, timedelta(days=1), 0.1, version, NOW, reasons=(reason,))
    assert _bases(fleet)(said) == basis
