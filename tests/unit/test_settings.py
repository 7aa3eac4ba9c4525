import os
from datetime import timedelta

import pytest
from pydantic import ValidationError

from foreworn.settings import BrokerKind, Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("FOREWORN_"):
            monkeypatch.delenv(name)


def test_a_variable_reaches_the_setting_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWORN_MQTT__BROKER", "external")
    monkeypatch.setenv("FOREWORN_SCORING__HORIZON", "PT12H")
    settings = Settings()
    assert settings.mqtt.broker is BrokerKind.EXTERNAL
    assert settings.scoring.horizon == timedelta(hours=12)


def test_a_group_may_be_given_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWORN_MQTT", '{"host": "broker", "port": 2883}')
    assert (Settings().mqtt.host, Settings().mqtt.port) == ("broker", 2883)


@pytest.mark.parametrize(
    ("name", "place", "told"),
    [
        pytest.param("FOREWORN_DATADIR", ("datadir",), "did you mean FOREWORN_DATA_DIR?", id="no group, misspelt"),
        pytest.param("FOREWORN_MQT__HOST", ("mqt", "host"), "did you mean FOREWORN_MQTT__HOST?", id="group misspelt"),
        pytest.param("FOREWORN_MQTT__HOTS", ("mqtt", "hots"), "did you mean FOREWORN_MQTT__HOST?", id="in a group"),
        pytest.param("foreworn_api__prot", ("api", "prot"), "did you mean FOREWORN_API__PORT?", id="small letters"),
        pytest.param("FOREWORN_QQQQ", ("qqqq",), "see the list in docs/reference/settings.md", id="like no setting"),
    ],
)
def test_a_variable_that_nobody_knows_is_an_error_that_names_the_closest(
    name: str, place: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "secret")
    with pytest.raises(ValidationError) as refused:
        Settings()
    (problem,) = refused.value.errors()
    assert problem["loc"] == place
    assert problem["msg"] == f"there is no such setting; {told}"
    assert "secret" not in str(refused.value)


def test_every_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWORN_ONE", "1")
    monkeypatch.setenv("FOREWORN_TWO", "2")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [problem["loc"] for problem in refused.value.errors()] == [("one",), ("two",)]


@pytest.mark.parametrize("name", ["FOREWORN_DATA", "TEST_INFLUXD", "FOREWORNX"])
def test_variables_of_others_are_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "anything")
    assert Settings() == Settings.model_validate({})
