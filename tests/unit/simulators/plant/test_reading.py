import re
from collections.abc import Callable
from pathlib import Path

import pytest

from foreworn.errors import ConfigurationError
from simulators.plant import read_plant, shipped_classes, shipped_plants
from tests.unit.simulators.plant.conftest import SMALL

Write = Callable[[str], Path]


@pytest.mark.parametrize("name", shipped_plants())
def test_every_shipped_plant_can_be_read(name: str) -> None:
    plant = read_plant(shipped_plants()[name])
    for model, component, _ in plant.components():
        cost = plant.costs.of(model, component)
        assert not cost.assumed
        assert 3.0 <= cost.breakdown / cost.planned <= 12.0


def test_three_classes_are_shipped() -> None:
    assert set(shipped_classes()) == {"centrifugal_pump", "blower", "screen"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("seed = 3", "sead = 3", "no key 'sead'; did you mean 'seed'?", id="a typo in the head"),
        pytest.param(
            "per_load = 5",
            "per_laod = 5",
            "classes.fan.signals.differential_pressure: no key 'per_laod'; did you mean 'per_load'?",
            id="a typo in a signal",
        ),
        pytest.param(
            'law = "filter_clogging", life_days',
            'law = "filter_clogging", life_dais',
            "classes.fan.components.filter.wear: no key 'life_dais'; did you mean 'life_days'?",
            id="a typo in a law",
        ),
        pytest.param('"filter_clogging"', '"filter_cloging"', "'filter_cloging'", id="an unknown law"),
        pytest.param(
            "count = 2", "cuont = 2", "sites.1.machines.1: no key 'cuont'; did you mean 'count'?", id="a list"
        ),
        pytest.param("count = 2", "count = 0", "sites.1.machines.1.count: input should be greater", id="zero machines"),
        pytest.param("preventive = 120", "preventive = -1", "filter.cost.preventive: ", id="a negative cost"),
        pytest.param("preventive = 120, ", "", "filter.cost.preventive: this key is missing", id="a missing cost"),
        pytest.param(
            "preventive = 120", "preventive = 5e3", "filter.cost: a failure costs", id="a failure that is cheap"
        ),
        pytest.param("lead_time_days = 3", "", "parts.1.lead_time_days: this key is missing", id="no lead time"),
        pytest.param('part = "filter-g4"', 'part = "filter-g5"', "did you mean 'filter-g4'?", id="an unknown part"),
        pytest.param("symptoms.bearing", "symptoms.baering", "did you mean 'bearing'?", id="an unknown component"),
        pytest.param('component = "filter"', 'component = "fitler"', "did you mean 'filter'?", id="a fault of nobody"),
        pytest.param('class = "fan"', 'class = "fam"', "no class 'fam'; did you mean 'fan'?", id="an unknown class"),
        pytest.param('load = "day"', 'load = "days"', "no load 'days'; did you mean 'day'?", id="an unknown load"),
        pytest.param('sites = ["hall"]', 'sites = ["hell"]', "no site 'hell'", id="a crew that works nowhere"),
        pytest.param("[classes.fan]\n", '[classes.fan]\nlike = "blowr"\n', "did you mean 'blower'?", id="like nothing"),
        pytest.param("cadence_hours = 4", "cadence_hours = 1.5", "no multiple of the step", id="a broken cadence"),
        pytest.param("seed = 3", "step_hours = 7", "does not divide a day", id="a step that does not fit a day"),
        pytest.param("0, 0, 0, 0]", "0, 0, 0]", "loads.day.by_hour: ", id="a day of 23 hours"),
        pytest.param("running = 2", "running = nan", "vibration_rms.running: ", id="not a number"),
        pytest.param("signals.vibration_rms", "signals.hours_run", "every machine has this already", id="a taken name"),
        pytest.param("seed = 3", "seed = ", "this is no TOML file", id="broken TOML"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(write: Write, old: str, new: str, told: str) -> None:
    path = write(SMALL.replace(old, new))
    with pytest.raises(ConfigurationError, match=re.escape(told)) as refused:
        read_plant(path)
    assert str(refused.value).startswith(str(path))


def test_two_sites_of_one_name_are_refused(write: Write) -> None:
    again = '\n[[sites]]\nid = "hall"\nmachines = [{ class = "fan", count = 1, load = "day", prefix = "other" }]\n'
    with pytest.raises(ConfigurationError, match="sites: 'hall' is there twice"):
        read_plant(write(SMALL + again))


def test_a_missing_file_says_which_plants_are_shipped(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="shipped plants are bottling_hall, pumping_stations"):
        read_plant(tmp_path / "nowhere.toml")


def test_a_class_like_a_shipped_one_keeps_what_it_does_not_change(write: Write) -> None:
    cost = "cost = { preventive = 1, failure = 9 }"
    text = f"""
        name = "one pump"
        [loads.all_day]
        by_hour = [{", ".join(["0.8"] * 24)}]
        [classes.pump]
        like = "centrifugal_pump"
        components.bearing = {{ {cost}, wear.life_days = 7 }}
        components.seal = {{ {cost}, wear = {{ law = "chance_failure", life_days = 9 }} }}
        components.winding = {{ {cost} }}
        [[sites]]
        id = "here"
        machines = [{{ class = "pump", count = 1, load = "all_day" }}]
    """
    components = read_plant(write(text)).classes["pump"].components
    assert (components["bearing"].wear.law, components["bearing"].wear.life_days) == ("bearing_wear", 7)
    assert components["seal"].wear.model_dump() == {"law": "chance_failure", "life_days": 9}
    assert components["winding"].wear.law == "winding_ageing"
