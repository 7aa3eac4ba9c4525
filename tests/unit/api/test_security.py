"""Who is answered, and what every answer carries."""

import pytest

from api.app import create_app
from api.services import ConsoleServices
from tests.unit.api.browsing import Client


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("localhost:8600", 200, id="localhost is us"),
        pytest.param("127.0.0.1:8600", 200, id="so is the loopback address"),
        pytest.param("[::1]:8600", 200, id="also in IPv6"),
        pytest.param("192.168.1.20:8600", 200, id="a literal address cannot be rebound"),
        pytest.param("evil.example:8600", 421, id="a name of somebody else's may be"),
        pytest.param("127.0.0.1.evil.example", 421, id="a name that begins like an address is a name"),
        pytest.param("", 421, id="no host is nobody"),
        pytest.param("[::1", 421, id="a broken host is nobody"),
    ],
)
def test_only_our_own_hosts_are_answered(client: Client, host: str, status: int) -> None:
    for path in ("/v1/health", "/"):
        assert client.get(path, Host=host).status_code == status


def test_a_name_we_were_told_is_ours(services: ConsoleServices) -> None:
    client = Client(create_app(services, host_names=["Foreworn.plant.example"]))
    assert client.get("/v1/health", Host="foreworn.plant.example").status_code == 200


@pytest.mark.parametrize("path", ["/", "/devices", "/v1/machines", "/v1/machines/nope", "/nowhere"])
def test_scripts_and_styles_come_from_us_alone(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_a_page_with_charts_lets_plotly_set_styles_but_runs_no_other_script(client: Client) -> None:
    policy = client.get("/machines/Pump-07").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
