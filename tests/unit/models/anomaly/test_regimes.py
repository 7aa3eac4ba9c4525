import numpy as np
import pyarrow as pa
import pytest

from models.anomaly.regimes import UNKNOWN, LevelSplit, Regimes, StateSplit, choose_regimes
from models.anomaly.sample_line import SampleLine
from models.anomaly.settings import AnomalySettings
from models.features import RowIndex
from models.features.window import Values
from tests.unit.models.small_fleet import HOUR, at

SETTINGS = AnomalySettings()
HOURS = np.arange(2_000)
draw = np.random.default_rng(3)


def line(*, rows: tuple[float, ...] = (0,), **columns: pa.Array) -> SampleLine:
    count = len(next(iter(columns.values())))
    time = pa.array([at(h) for h in range(count)], pa.timestamp("ms", tz="UTC"))
    telemetry = pa.table({"time": time, "machine": pa.array(["m"] * count), **columns})
    return SampleLine(telemetry, RowIndex.of([("m", at(h)) for h in rows]), 30 * HOUR)


def chosen(**columns: Values) -> list[str]:
    told = line(**{name: pa.array(values) for name, values in columns.items()})
    return [split.signal for split in choose_regimes(told, np.ones(len(HOURS), dtype=bool), SETTINGS).splits]


LOAD = np.where(HOURS // 12 % 2, 80.0, 40.0) + draw.normal(size=len(HOURS))


def test_the_setting_comes_first_and_what_answers_to_it_makes_no_more_regimes() -> None:
    answer = 2 * LOAD + 4 * draw.normal(size=len(HOURS))
    assert chosen(answer=answer, load=LOAD) == ["load"]


def test_two_settings_of_their_own_are_both_regimes() -> None:
    other = np.where(HOURS // 30 % 2, 9.0, 3.0) + 0.1 * draw.normal(size=len(HOURS))
    assert set(chosen(other=other, load=LOAD)) == {"other", "load"}


@pytest.mark.parametrize(
    ("values", "regimes"),
    [
        pytest.param(draw.integers(0, 2, len(HOURS)) * 0.33, [], id="a coarse sensor that noise throws to and fro"),
        pytest.param((HOURS // 12 % 2) * 0.33, ["signal"], id="a valve that stays where it is put"),
        pytest.param((HOURS > 900) * 40.0 + draw.normal(size=len(HOURS)), [], id="a step that is never taken back"),
    ],
)
def test_only_what_machines_go_to_and_fro_between_and_stay_on_is_a_regime(values: Values, regimes: list[str]) -> None:
    assert chosen(signal=values) == regimes


def test_a_text_that_names_too_many_things_is_no_regime() -> None:
    told = line(message=pa.array([f"batch {h // 100}" for h in HOURS]))
    assert choose_regimes(told, np.ones(len(HOURS), dtype=bool), SETTINGS) == Regimes()


REGIMES = Regimes((StateSplit("duty", ("boost", "eco")), LevelSplit("load", (10.0, 20.0))))


def test_every_combination_is_a_regime_with_a_name() -> None:
    assert [REGIMES.label(code) for code in range(6)] == [
        "duty boost, load below 10",
        "duty boost, load 10 to 20",
        "duty boost, load from 20",
        "duty eco, load below 10",
        "duty eco, load 10 to 20",
        "duty eco, load from 20",
    ]
    assert Regimes().label(0) == "any"
    assert Regimes.from_data(REGIMES.as_data()) == REGIMES


@pytest.mark.parametrize(
    ("hour", "code"),
    [
        pytest.param(0, 4, id="said at this moment"),
        pytest.param(2.9, 4, id="said a moment ago"),
        pytest.param(3, UNKNOWN, id="said too long ago"),
        pytest.param(11, UNKNOWN, id="a state that nobody has seen"),
    ],
)
def test_the_last_word_tells_the_regime_for_a_while(hour: float, code: int) -> None:
    duty = pa.array(["eco"] + [None] * 9 + ["strange"])
    told = line(rows=(hour,), duty=duty, load=pa.array([15.0] + [None] * 9 + [15.0]))
    assert REGIMES.codes(told, told.row_place, SETTINGS).tolist() == [code]
