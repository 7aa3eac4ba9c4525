"""The console in a real browser: wide and narrow, light and dark, with and without script."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.app import create_app
from api.server import ConsoleServer
from tests.servers import programme
from tests.unit.api.seeded_fleet import StubModels, empty_services, seeded_services, with_store_away

pytestmark = pytest.mark.browser

Scheme = Literal["dark", "light"]
PATHS = (
    *("/", "/?show=all", "/machines/Pump-07", "/machines/Pump-07?days=30", "/machines/nope"),
    *("/devices", "/devices/gw-Pump-09", "/quarantine", "/model"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = programme("chromium", "TEST_CHROMIUM", "/usr/bin")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--no-first-run"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def console() -> Iterator[str]:
    with ConsoleServer(create_app(seeded_services()), "127.0.0.1", 0) as server:
        yield server.url


@dataclass
class Visit:
    """A page that notes what went wrong on it, and what it loaded from elsewhere."""

    page: Page
    home: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda r: None if r.url.startswith(self.home) else self.strangers.append(r.url))
        self.page.goto(self.home + path, wait_until="load")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def visit(
    browser: Browser, home: str, path: str, *, width: int = 1280, scheme: Scheme = "light", script: bool = True
) -> Visit:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=script
    )
    context.set_default_timeout(20_000)
    visited = Visit(context.new_page(), home)
    visited.open(path)
    return visited


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_its_window_and_stays_at_home(
    browser: Browser, console: str, path: str, width: int, scheme: Scheme
) -> None:
    visited = visit(browser, console, path, width=width, scheme=scheme)
    if path.startswith("/machines/Pump"):
        visited.page.wait_for_selector("html[data-charts=drawn]")
    assert visited.overflow == 0
    assert visited.strangers == []
    # The browser itself reports the page that is not there.
    assert [e for e in visited.errors if "404" not in e] == []
    visited.page.context.close()


def test_script_turns_pictures_into_charts_that_follow_the_colour_scheme(browser: Browser, console: str) -> None:
    visited = visit(browser, console, "/machines/Pump-07")
    page = visited.page
    page.wait_for_selector("html[data-charts=drawn]")
    assert page.locator("figure .js-plotly-plot").count() == 5
    assert page.locator("figure svg.picture").count() == 0
    colour = "getComputedStyle(document.querySelector('figure .scatterlayer .js-line')).stroke"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{colour} !== {light!r}")
    page.context.close()


def test_without_script_the_pictures_stay_and_the_filters_work(browser: Browser, console: str) -> None:
    visited = visit(browser, console, "/machines/Pump-07", script=False)
    assert visited.page.locator("figure svg.picture").count() == 5
    assert visited.page.locator("figure svg.picture").first.bounding_box() is not None
    visited.page.goto(f"{console}/")
    visited.page.select_option("select[name=state]", "silent")
    visited.page.click("form.filters button")
    assert "state=silent" in visited.page.url
    assert visited.page.locator("a.subject").all_inner_texts() == ["Pump-33 · bearing", "Pump-40 · filter"]
    visited.page.context.close()


def test_on_a_phone_the_subject_comes_first_and_targets_fit_a_thumb(browser: Browser, console: str) -> None:
    visited = visit(browser, console, "/", width=360)
    subject = visited.page.locator("a.subject").first.bounding_box()
    chance = visited.page.locator("td.chance").first.bounding_box()
    assert subject is not None
    assert chance is not None
    assert subject["y"] < chance["y"]
    assert subject["height"] >= 44
    visited.page.context.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("state", ["empty", "no model", "store away"])
def test_empty_and_broken_states_fit_too(browser: Browser, state: str, width: int) -> None:
    seeded = seeded_services(machines=7, days=2)
    services = {
        "empty": empty_services(),
        "no model": replace(seeded, models=StubModels(None)),
        "store away": with_store_away(seeded),
    }[state]
    with ConsoleServer(create_app(services), "127.0.0.1", 0) as server:
        for path in ("/", "/devices", "/model"):
            visited = visit(browser, server.url, path, width=width)
            assert visited.overflow == 0
            assert visited.errors == []
            visited.page.context.close()
