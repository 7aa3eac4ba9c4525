"""A planner's, a technician's and a storekeeper's day in a real browser, wide and narrow, with and without script."""

from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from api.services import ConsoleServices
from foreworn.planning import WorkOrderState
from tests.integration.visiting import ALONE, Home, running, visit, without_script
from tests.unit.api.working_day import working_services

pytestmark = pytest.mark.browser

PAGES = (
    *(("paula", path) for path in ("/", "/orders?state=all", "/orders/WO-9", "/orders/WO-6", "/cases?state=all")),
    *(("paula", path) for path in ("/data", "/model", "/machines/Pump-07", "/jobs")),
    *(("theo", path) for path in ("/jobs", "/orders/WO-5")),
    *(("ines", path) for path in ("/parts", "/parts/6204", "/parts/S-40")),
    *(("vera", path) for path in ("/", "/account")),
)
TOUCHED = f"{ALONE}, .choice, .answers button, input:not([type=hidden], [type=radio], [type=checkbox])"


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """A working day that is only read."""
    with running(working_services()) as home:
        yield home


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[Mapping[int, BrowserContext]]:
    contexts = {width: browser.new_context(viewport={"width": width, "height": 800}) for width in (1280, 360)}
    yield contexts
    for context in contexts.values():
        context.close()


def state_of(home: Home, id: str) -> WorkOrderState:
    services: ConsoleServices = home.app.state.services
    with services.operations.reading() as tx:
        return tx.orders.get(id).state


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize(("user", "path"), PAGES)
def test_a_page_fits_its_window_with_every_question_open(
    windows: Mapping[int, BrowserContext], home: Home, user: str, path: str, width: int
) -> None:
    with visit(windows[width], home, path, user=user) as visited:
        assert visited.overflow == 0
        visited.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert visited.overflow == 0
        visited.page.emulate_media(color_scheme="dark")
        assert visited.overflow == 0
        assert (visited.strangers, visited.errors) == ([], [])


@pytest.mark.parametrize(
    ("user", "path"), [("theo", "/jobs"), ("paula", "/"), ("ines", "/parts"), ("paula", "/orders/WO-9")]
)
def test_what_a_thumb_touches_is_large_enough(
    windows: Mapping[int, BrowserContext], home: Home, user: str, path: str
) -> None:
    with visit(windows[360], home, path, user=user) as visited:
        visited.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        heights = visited.page.locator(TOUCHED).evaluate_all(
            "all => all.map((one) => [one.outerHTML, one.getBoundingClientRect().height])"
        )
    assert heights
    assert [html for html, height in heights if height < 44] == []


def test_a_technician_does_a_job_with_two_touches_and_no_script(browser: Browser) -> None:
    with running(working_services(machines=40, days=1)) as home:
        with without_script(browser, home, "/jobs", width=360, user="theo") as page:
            page.click("button[value='as_predicted:replaced']")
            expect(page.locator(".done")).to_contain_text("WO-5, Pump-19 bearing, is completed")
            page.click("button:has-text('Start')")
            expect(page.locator(".done")).to_contain_text("WO-6, Pump-03 filter, is in progress")
            expect(page.locator(".job.first h2")).to_contain_text("Pump-03")
        assert state_of(home, "WO-5") is WorkOrderState.COMPLETED
        assert state_of(home, "WO-6") is WorkOrderState.IN_PROGRESS


def test_of_two_planners_the_second_sees_what_the_first_did(browser: Browser) -> None:
    with (
        running(working_services(machines=40, days=1)) as home,
        without_script(browser, home, "/", width=1280, user="paula") as first,
        without_script(browser, home, "/", width=1280, user="ada") as second,
    ):
        second.click("#WO-12 summary")
        second.check("#WO-12 input[value=sensor]")
        second.fill("#WO-12 input[name=words]", "gauge was changed")
        first.click("#WO-12 button:has-text('Approve')")
        expect(first.locator(".done")).to_contain_text("WO-12, Pump-12 filter, is approved")
        second.click("#WO-12 .ask button")
        expect(second.locator("[role=alert]")).to_contain_text("It is approved now: paula did that")
        expect(second.locator("[role=alert]")).to_contain_text("gauge was changed")
        assert state_of(home, "WO-12") is WorkOrderState.APPROVED


def test_who_is_not_logged_in_comes_back_to_where_they_wanted_to_go(browser: Browser, home: Home) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(f"{home.url}/orders/WO-6")
        page.fill("input[name=name]", "paula")
        page.fill("input[name=password]", "password of paula")
        page.click("main button")
        expect(page.locator("h1")).to_contain_text("WO-6")
        page.click("button:has-text('Log out')")
        expect(page.locator("h1")).to_contain_text("Log in")


def test_today_does_not_renew_under_an_open_question(windows: Mapping[int, BrowserContext], home: Home) -> None:
    home.let_in(windows[1280], "paula")
    asked: list[str] = []
    with closing(windows[1280].new_page()) as page:
        page.clock.install()
        page.goto(f"{home.url}/", wait_until="load")
        page.on("request", lambda request: asked.append(request.url))
        for is_open in (True, False):
            page.click("#WO-12 summary")
            page.locator("h1").click()
            asked.clear()
            page.clock.fast_forward(6_000)
            page.evaluate("fetch('/v1/health')")
            assert (f"{home.url}/" in asked) is not is_open
