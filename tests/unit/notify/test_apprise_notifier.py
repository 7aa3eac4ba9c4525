import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from foreworn.errors import ConfigurationError, StoreUnavailable
from foreworn.loop.outbox import Message
from foreworn.notify import AppriseNotifier

MESSAGE = Message("WO-1:2", "work_order", {"id": "WO-1", "state": "approved"}, datetime(2026, 1, 1, tzinfo=UTC))


class Webhook:
    def __init__(self, status: int) -> None:
        self.bodies: list[dict[str, object]] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"json://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(params=[200])
def webhook(request: pytest.FixtureRequest) -> Iterator[Webhook]:
    hook = Webhook(request.param)
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


def test_a_webhook_is_told_what_happened_under_its_key(webhook: Webhook) -> None:
    AppriseNotifier([webhook.address]).deliver(MESSAGE)
    told = json.loads(str(webhook.bodies[0]["message"]))
    assert told == {"key": "WO-1:2", "topic": "work_order", "id": "WO-1", "state": "approved"}


@pytest.mark.parametrize("webhook", [503], indirect=True)
def test_a_webhook_that_refuses_is_told_again_later(webhook: Webhook) -> None:
    with pytest.raises(StoreUnavailable):
        AppriseNotifier([webhook.address]).deliver(MESSAGE)
    assert len(webhook.bodies) == 1


def test_an_address_that_nobody_knows_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError, match="address 2") as refused:
        AppriseNotifier(["json://127.0.0.1/a", "nonsense://secret"])
    assert "secret" not in str(refused.value)
