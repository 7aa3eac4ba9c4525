"""The console in a real browser: wide and narrow, light and dark, with and without script."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from api.app import create_app
from api.server import ConsoleServer
from foreworn.clock import ManualClock
from tests.integration.visiting import ALONE, Home, running, visit, without_script
from tests.unit.api.browsing import ADMIN
from tests.unit.api.seeded_fleet import DAY, NOW, StubModels, empty_services, seeded_services, with_store_away

pytestmark = pytest.mark.browser

PATHS = (
    *("/", "/?show=all", "/machines/Pump-07", "/machines/Pump-07?days=30", "/machines/nope"),
    *("/devices", "/devices/gw-Pump-09", "/quarantine", "/model"),
)


CONTRASTS = """() => {
    const style = getComputedStyle(document.documentElement);
    const light = (name) => {
        const parts = style.getPropertyValue(name).trim().slice(1).match(/../g).map((h) => parseInt(h, 16) / 255);
        const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const ratio = (a, b) => Math.max(a / b, b / a);
    const words = ["--ink", "--quiet", "--accent", "--alarm"];
    return Object.fromEntries(words.map((name) => [name, ratio(light(name), light("--paper"))]));
}"""
"""Contrast of each colour of words to the paper, as WCAG 2.1 defines it; 4.5 is its least for text."""


@pytest.fixture(scope="module")
def console() -> Iterator[Home]:
    with running(seeded_services()) as home:
        yield home


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[Mapping[int, BrowserContext]]:
    """A wide and a narrow window; all pages of one share what the browser keeps."""
    contexts = {width: browser.new_context(viewport={"width": width, "height": 800}) for width in (1280, 360)}
    for context in contexts.values():
        context.set_default_timeout(20_000)
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_its_window_and_stays_at_home(
    windows: Mapping[int, BrowserContext], console: Home, path: str, width: int
) -> None:
    with visit(windows[width], console, path) as visited:
        if path.startswith("/machines/Pump"):
            visited.page.wait_for_selector("html[data-charts=drawn]")
        assert visited.overflow == 0
        visited.page.emulate_media(color_scheme="dark")
        assert visited.overflow == 0
        assert visited.strangers == []
        # The browser itself reports the page that is not there.
        assert [e for e in visited.errors if "404" not in e] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_paper(
    windows: Mapping[int, BrowserContext], console: Home, scheme: Literal["dark", "light"]
) -> None:
    with visit(windows[1280], console, "/") as visited:
        visited.page.emulate_media(color_scheme=scheme)
        contrasts = visited.page.evaluate(CONTRASTS)
    assert set(contrasts) == {"--ink", "--quiet", "--accent", "--alarm"}
    assert {name: ratio for name, ratio in contrasts.items() if ratio < 4.5} == {}


def test_script_turns_pictures_into_charts_that_follow_the_colour_scheme(
    windows: Mapping[int, BrowserContext], console: Home
) -> None:
    with visit(windows[1280], console, "/machines/Pump-07") as visited:
        page = visited.page
        page.wait_for_selector("html[data-charts=drawn]")
        assert page.locator("figure .js-plotly-plot").count() == 6
        assert page.locator("figure svg.picture").count() == 0
        line = page.locator("figure .scatterlayer .js-line").first
        light = line.evaluate("line => getComputedStyle(line).stroke")
        page.emulate_media(color_scheme="dark")
        expect(page.locator("figure .scatterlayer .js-line").first).not_to_have_css("stroke", light)


def test_without_script_the_pictures_stay_and_the_filters_work(browser: Browser, console: Home) -> None:
    with without_script(browser, console, "/machines/Pump-07", width=1280) as page:
        assert page.locator("figure svg.picture").count() == 6
        assert page.locator("figure svg.picture").first.bounding_box() is not None
        page.goto(f"{console.url}/")
        page.select_option("select[name=state]", "silent")
        page.click("form.filters button")
        assert "state=silent" in page.url
        assert page.locator("a.subject").all_inner_texts() == ["Pump-33 · bearing", "Pump-40 · filter"]


def test_on_a_phone_the_sentence_comes_first_and_the_filters_last(
    windows: Mapping[int, BrowserContext], console: Home
) -> None:
    with visit(windows[360], console, "/") as visited:
        places = [visited.page.locator(f).first.bounding_box() for f in (".lead", "a.subject", "td.chance", ".filters")]
    heights = [place["y"] for place in places if place is not None]
    assert len(heights) == 4
    assert heights == sorted(heights)


@pytest.mark.parametrize("path", ["/", "/machines/Pump-07", "/devices", "/quarantine"])
def test_what_stands_alone_on_a_phone_is_large_enough_to_touch(
    windows: Mapping[int, BrowserContext], console: Home, path: str
) -> None:
    with visit(windows[360], console, path) as visited:
        heights = visited.page.locator(ALONE).evaluate_all(
            "all => all.map((one) => [one.outerHTML, one.getBoundingClientRect().height])"
        )
    assert heights
    assert [html for html, height in heights if height < 44] == []


def test_today_renews_itself_and_says_when_it_cannot(browser: Browser) -> None:
    clock = ManualClock(NOW)
    app = create_app(replace(seeded_services(machines=7, days=1), clock=clock))
    server = ConsoleServer(app, "127.0.0.1", 0)
    server.start()
    with closing(browser.new_context()) as context:
        Home(app, server.url).let_in(context, ADMIN)
        page = context.new_page()
        page.clock.install()
        page.goto(f"{server.url}/", wait_until="load")
        expect(page.locator("h1")).to_contain_text("Monday")
        clock.set(NOW + DAY)
        page.clock.fast_forward(6_000)
        expect(page.locator("h1")).to_contain_text("Tuesday")
        expect(page.locator("main")).to_contain_text("The data is stale")
        server.stop()
        page.clock.fast_forward(6_000)
        expect(page.locator(".dateline")).to_contain_text("not renewed since")


@pytest.mark.parametrize("state", ["empty", "no model", "store away"])
def test_empty_and_broken_states_fit_too(windows: Mapping[int, BrowserContext], state: str) -> None:
    seeded = seeded_services(machines=7, days=2)
    services = {
        "empty": empty_services(),
        "no model": replace(seeded, models=StubModels(None)),
        "store away": with_store_away(seeded),
    }[state]
    paths = ("/", "/devices", "/orders", "/jobs", "/parts", "/cases", "/data", "/model")
    with running(services) as home:
        for path, (_, window) in product(paths, windows.items()):
            with visit(window, home, path) as visited:
                assert visited.overflow == 0
                assert visited.errors == []
