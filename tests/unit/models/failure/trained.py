"""Models of the wearing fleet, trained once for all tests."""

from functools import cache

from foreworn.fleet.history import FleetHistory
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train
from tests.unit.models.small_fleet import at, wearing_fleet

SMALL = FailureModelSettings(trees=30, fewest_rows_in_leaf=10, feature_share=1.0)
UNTIL = at(40 * 24)


def fleet() -> FleetHistory:
    return wearing_fleet(machines=12, days=60)


@cache
def model() -> GradientBoostedFailureModel:
    return train(fleet(), until=UNTIL, settings=SMALL)
