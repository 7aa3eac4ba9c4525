"""How long components last, and how likely they fail by when, on a machine's page."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from api.app import create_app
from api.services import ConsoleServices
from foreworn.errors import DamagedModel
from foreworn.health.forecast import Forecast
from foreworn.spares.part import Part, PartUse
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.seeded_fleet import DAY, NOW, StubLifeModel, StubLifeModels, StubModel, StubModels, seeded_services

BASIS = {"bearing": "signs", "seal": "age alone: 4 failures on record; too few to learn signs from"}


class TellingModel(StubModel):
    """A model that says what its forecasts rest on."""

    def describe(self) -> dict[str, object]:
        return {**super().describe(), "basis": BASIS}


@pytest.fixture(scope="module")
def services() -> ConsoleServices:
    seeded = seeded_services(machines=7, days=1)
    seeded.verdicts.post([replace(f, curve=_curve(f)) for f in seeded.verdicts.latest()])
    with seeded.operations.transaction() as tx:
        for part, days in (("6204", 7), ("seal-40", 21), ("grease", 1)):
            tx.parts.put(Part(part, part, 12.5, timedelta(days=days)))
        tx.parts.put_use(PartUse("px-200", "seal", "seal-40", 1))
        tx.parts.put_use(PartUse("px-200", "seal", "grease", 1))
        tx.parts.put_use(PartUse("*", "bearing", "6204", 2))
    return replace(seeded, models=StubModels(TellingModel()))


def _curve(forecast: Forecast) -> tuple[tuple[timedelta, float], ...]:
    return tuple((n * DAY, 1 - (1 - forecast.probability) ** (n**0.5)) for n in (1, 2, 7, 14))


@pytest.fixture(scope="module")
def text(services: ConsoleServices) -> str:
    return words(Client(create_app(services)).get("/machines/Pump-07").text)


def asked(services: ConsoleServices, machine: str = "Pump-07", **other: object) -> str:
    return words(Client(create_app(replace(services, **other))).get(f"/machines/{machine}").text)  # type: ignore[arg-type]


def test_the_odds_stand_by_horizon_and_by_the_lead_time_of_the_slowest_part(text: str) -> None:
    assert "bearing 24 h 62 % 2 d 75 % 7 d 92 % 14 d 97 % before a part ordered now is here 92 % in 7 d, 6204" in text
    # beyond the 14 d that were forecast the last interval's risk goes on
    assert "before a part ordered now is here ≈ 92 % in 21 d, seal-40" in text
    assert "filter 24 h <1 % 2 d <1 % 7 d <1 % 14 d <1 % no part on file" in text
    assert "Beyond 14 d as if the risk stayed" in text


def test_what_a_forecast_rests_on_is_said_and_age_alone_is_marked(text: str) -> None:
    assert "6204 what its signals show" in text
    assert "◇ no signs age alone: 4 failures on record; too few to learn signs from" in text
    assert "no part on file not said by the model in use" in text


def test_a_forecast_of_another_model_is_not_explained_by_the_one_in_use(services: ConsoleServices) -> None:
    newer = asked(services, models=StubModels(TellingModel(version="gb-next")))
    assert "what its signals show" not in newer
    assert "◇ no signs" not in newer


def test_the_life_left_is_told_with_interval_unit_dates_and_what_taught_it(text: str) -> None:
    assert "bearing 31 days (12 to 60) It fails about 2 Apr 2026" in text
    held = "Such intervals held in 81 % of cases on machines that the model had not seen; the aim is 80 %."
    assert f"between 14 Mar 2026 and 1 May 2026. {held} Learned from 34 lives that ended in a failure." in text
    assert "Told once a day; rests on data to 00:00 today, 6 h ago." in text


def test_doubts_are_said_an_unseen_regime_work_since_and_lives_cut_short(text: str) -> None:
    assert "filter 79 days (60 to 108)" in text
    assert "It was worked on last Wed 06:00, after this was told: this is about the one before." in text
    assert "Its last load lies outside of every operating regime that training saw." in text
    assert "Learned from 11 lives that ended in a failure; 90 more were ended before, so it may last longer" in text


def test_reasons_say_how_much_they_shorten_or_lengthen_the_life(text: str) -> None:
    assert "Why bearing lasts 31 days (12 to 60)" in text
    level = "vibration against its normal, level 90 h now 3.2 × its spread usual −1.1 to 1.4 × its spread above usual"
    assert f"{level} ▲ 8 days shorter" in text
    assert "how long it has been in now 21 d usual 2.5 to 125 d as usual ▽ 33 hours longer" in text


def test_a_component_without_a_life_says_why(services: ConsoleServices) -> None:
    other = asked(services, "Pump-01")
    assert "bearing – Not told yet by model life-5c1e: it tells it once a day, at midnight, UTC." in other
    assert "seal – Not told: no model of its life is in use." in other


def test_without_any_model_the_page_says_how_to_get_one(services: ConsoleServices) -> None:
    nothing = asked(services, "Pump-01", life_models=StubLifeModels())
    assert (
        "No model of remaining life is in use. foreworn train learns one of each component of which enough" in nothing
    )
    assert "it is not in use any more" not in nothing


def test_what_was_told_stands_when_its_model_is_gone_another_or_damaged(services: ConsoleServices) -> None:
    gone = asked(services, life_models=StubLifeModels())
    assert "31 days (12 to 60)" in gone
    assert "Model life-5c1e, which said so, is not in use any more." in gone
    newer = asked(services, life_models=StubLifeModels([StubLifeModel(version="life-new")]))
    assert "Model life-5c1e said so; life-new, in use now, tells it at midnight, UTC." in newer
    assert "Such intervals aim to hold in 80 % of cases; how often those of its model did is not known here" in newer
    damage = DamagedModel(Path("lives/bearing/life-5c1e"), "life.json does not match its checksum")
    damaged = asked(services, life_models=StubLifeModels(damage=damage))
    assert "◆ The models of remaining life cannot be read" in damaged
    assert "not in use" not in damaged
    assert "gear – Not told: the models cannot be read." in damaged
    assert "31 days (12 to 60)" in damaged


def test_a_life_told_long_ago_says_so(services: ConsoleServices) -> None:
    (bearing, _) = services.lives.latest(machine="Pump-07")
    services.lives.post([replace(bearing, machine="Pump-02", time=NOW - 3 * DAY)])
    assert "Nothing newer was told than what rests on data to last Fri 06:00." in asked(services, "Pump-02")
