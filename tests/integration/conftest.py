"""The browser that the console is looked at with; it ends with its module: its event loop is in the way of others."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.servers import programme


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = programme("chromium", "TEST_CHROMIUM", "/usr/bin")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--no-first-run"]
        )
        yield started
        started.close()
