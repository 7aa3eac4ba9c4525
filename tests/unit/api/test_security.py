"""Who is answered, and what every answer carries."""

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from api.app import create_app
from api.security import LARGEST_BODY, LimitedBody
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


def test_a_request_that_brings_too_much_is_refused_before_it_is_read(paula: Client) -> None:
    long = {"reason": "x" * LARGEST_BODY}
    answer = paula.change("POST", "/v1/work-orders/WO-1/approve", long, If_Match='"1"')
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_that_is_longer_than_it_tells_is_not_read_to_its_end() -> None:
    read: list[int] = []

    async def reader(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            read.append(len((await receive())["body"]))

    async def endless() -> Message:
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    async def unheard(message: Message) -> None:
        raise AssertionError(message)

    with pytest.raises(HTTPException, match="413"):
        asyncio.run(LimitedBody(reader, largest=1000)({"type": "http", "headers": [], "path": "/"}, endless, unheard))
    assert sum(read) <= 1000
