"""The access list, and what stands in the files it is made of."""

import re
from pathlib import Path

import pytest

from foreworn.errors import ConfigurationError
from ingestion.broker.access import access_list, check_certifiable, read_gateways

DEPLOY = Path(__file__).parents[4] / "deploy"


def test_a_gateway_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "gateways.toml"
    file.write_text('[gateways]\nedge-1 = ["pump-7", "pump 8"]\n"édge 2" = ["pump-9"]\n')
    assert read_gateways(file) == {"edge-1": ["pump-7", "pump 8"], "édge 2": ["pump-9"]}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("[gateways", "gateways.toml: Expected", id="no TOML"),
        pytest.param('[gateway]\nedge-1 = ["pump-7"]', "gateway is unknown", id="another table"),
        pytest.param('gateways = ["pump-7"]', "must be a table", id="a list instead of a table"),
        pytest.param('[gateways]\nedge-1 = "pump-7"', "must have a list", id="a device instead of a list"),
        pytest.param("[gateways]\nedge-1 = []", "at least one device", id="no device"),
        pytest.param("[gateways]\nedge-1 = [7]", "must have a list", id="a number as a device"),
        pytest.param('[gateways]\nedge-1 = ["+"]', r"device of 'edge-1' '\+'", id="a wildcard as a device"),
        pytest.param('[gateways]\nedge-1 = ["a\\nuser x"]', "control character", id="a line break in a device"),
        pytest.param('[gateways]\n"a/b" = ["pump-7"]', "gateway 'a/b'", id="a slash in a gateway"),
        pytest.param('[gateways]\nforeworn-platform = ["pump-7"]', "platform's own", id="the platform as a gateway"),
    ],
)
def test_a_gateway_file_that_is_wrong_is_refused(text: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "gateways.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=complaint):
        read_gateways(file)


@pytest.mark.parametrize(
    "identity",
    [
        *("", "+", "a#", "a/b", "$SYS", "a\x00b", "a\nb", "a\x85b", " a", "a ", "a\u2003"),
        *("foreworn-platform", "foreworn-collector", "x" * 65, "é" * 33, "\udcff"),
    ],
)
def test_what_no_certificate_may_name_is_refused(identity: str) -> None:
    with pytest.raises(ConfigurationError, match="device"):
        check_certifiable(identity, "device")


@pytest.mark.parametrize("identity", ["pump-7", "pump 7", "x" * 64, "é" * 32, "泵", "foreworn"])
def test_what_a_certificate_may_name_is_taken(identity: str) -> None:
    check_certifiable(identity, "device")


def test_a_device_on_a_list_twice_is_listed_once() -> None:
    assert access_list({"edge-1": ["pump-7", "pump-7"]}) == access_list({"edge-1": ["pump-7"]})


def test_the_deployed_access_list_is_what_is_written_without_gateways() -> None:
    assert (DEPLOY / "mosquitto/acl").read_text() == access_list({})


def test_every_file_of_the_deployed_configuration_lies_in_a_folder_that_is_mounted() -> None:
    mounted = re.findall(r"^ +- [./\w]+:(/mosquitto/\w+)(?::ro)?$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE)
    assert len(mounted) == 3
    named = re.findall(r"^\w+ (/.+)$", (DEPLOY / "mosquitto/mosquitto.conf").read_text(), re.MULTILINE)
    assert len(named) == 10
    assert [file for file in named if not any(Path(file).is_relative_to(folder) for folder in mounted)] == []
