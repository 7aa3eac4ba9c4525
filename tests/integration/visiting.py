"""Visits to the console in a real browser, as somebody who is logged in."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page

from api.app import create_app
from api.server import ConsoleServer
from api.services import ConsoleServices
from tests.unit.api.browsing import ADMIN, Client

ALONE = "select, button, summary, .masthead .name, nav a, a.subject, .elsewhere a, .choices a, .more a, .switch a"
"""What is touched by itself; links within a sentence are as high as their line."""


@dataclass(frozen=True)
class Home:
    """A console that runs."""

    app: FastAPI
    url: str

    def let_in(self, window: BrowserContext, user: str) -> None:
        """Give a window the session of a user; cookies know no port, so the last one let in is who visits."""
        host = urlsplit(self.url).hostname or ""
        cookies = Client(self.app, user=user).cookies
        window.add_cookies([{"name": n, "value": v, "domain": host, "path": "/"} for n, v in cookies.items()])


@contextmanager
def running(services: ConsoleServices) -> Iterator[Home]:
    """Run a console over these services."""
    app = create_app(services)
    with ConsoleServer(app, "127.0.0.1", 0) as server:
        yield Home(app, server.url)


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


@contextmanager
def visit(window: BrowserContext, home: Home, path: str, *, user: str = ADMIN) -> Iterator[Visit]:
    """Open a page as a user."""
    home.let_in(window, user)
    with closing(window.new_page()) as page:
        visited = Visit(page, home.url)
        visited.open(path)
        yield visited


@contextmanager
def without_script(browser: Browser, home: Home, path: str, *, width: int, user: str = ADMIN) -> Iterator[Page]:
    """Open a page as a user whose browser runs no script."""
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=False)
    with closing(context):
        home.let_in(context, user)
        page = context.new_page()
        page.goto(home.url + path, wait_until="load")
        yield page
