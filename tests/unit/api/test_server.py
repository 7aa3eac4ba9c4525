"""Starting and stopping the server."""

import socket
import urllib.request

import pytest

from api.app import create_app
from api.server import ConsoleServer, serve
from api.services import ConsoleServices
from foreworn.errors import PortInUse


def test_it_answers_between_start_and_stop(services: ConsoleServices) -> None:
    with ConsoleServer(create_app(services), "127.0.0.1", 0) as server:
        with urllib.request.urlopen(f"{server.url}/v1/health", timeout=5) as answer:
            assert answer.status == 200
            assert "server" not in answer.headers
        port = server.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_stopping_twice_is_stopping_once(services: ConsoleServices) -> None:
    server = ConsoleServer(create_app(services), "127.0.0.1", 0)
    server.start()
    server.stop()
    server.stop()


def test_a_server_that_never_started_gives_its_port_back(services: ConsoleServices) -> None:
    first = ConsoleServer(create_app(services), "127.0.0.1", 0)
    first.stop()
    second = ConsoleServer(create_app(services), "127.0.0.1", first.port)
    second.stop()
    assert second.port == first.port


@pytest.mark.parametrize("start", [ConsoleServer, serve])
def test_a_port_that_is_taken_is_named_with_its_setting(services: ConsoleServices, start: type) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"127.0.0.1:{port} is already in use.*FOREWORN_API__PORT"):
            start(create_app(services), "127.0.0.1", port)
