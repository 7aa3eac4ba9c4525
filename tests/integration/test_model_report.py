"""A filed promotion report in a real browser: it shows itself, and is shut in."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from foreworn.loop.promotion_decision import REPORT_PAGE
from tests.integration.visiting import Home, running, visit
from tests.unit.api.promoted_models import REPORT_HTML, SECOND, promoted_models
from tests.unit.api.seeded_fleet import empty_services

pytestmark = pytest.mark.browser

ATTACK = b"<script>document.title = 'it ran'</script><img src='/assets/icon.svg' onerror=\"document.title = 'it ran'\">"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder: Path = tmp_path_factory.mktemp("models")
    models = promoted_models(folder)
    models.attach(SECOND, REPORT_PAGE, REPORT_HTML + ATTACK)
    with running(replace(empty_services(), models=models)) as home:
        yield home


@pytest.mark.parametrize("width", [1280, 740, 360])
def test_the_versions_fit_the_window(browser: Browser, console: Home, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    with closing(context) as window, visit(window, console, "/model", user="emil") as visited:
        assert visited.overflow == 0
        assert visited.errors == []


def test_a_report_is_shown_in_its_own_style_and_its_scripts_are_not_run(browser: Browser, console: Home) -> None:
    with closing(browser.new_context()) as window, visit(window, console, "/model", user="vera") as visited:
        page = visited.page
        page.get_by_role("link", name="promotion report").click()
        page.wait_for_url(f"**/model/{SECOND}/report")
        assert page.locator("p").inner_text() == "It caught 7 of 8."
        assert page.locator("p").evaluate("p => getComputedStyle(p).color") == "rgb(1, 2, 3)"
        assert page.title() == "report"
        assert page.evaluate("origin") == "null"
        assert [error for error in visited.errors if "Blocked script execution" in error]
