"""How a page is rendered: templates with their filters, and the page of a problem."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from api.console import assets, words
from api.console.forms import Typed
from api.console.reader import reader_of
from api.console.track_record import band
from api.instants import format_instant
from api.problems import Problem


def _segment(text: str) -> str:
    return quote(text, safe="")


def _moment(time: datetime | None, now: datetime, missing: str = "never") -> Markup:
    """Return a past time relative to now, with the exact time on hover and in print.

    A device's clock may run a little ahead of the platform's; what it stamps then is of just now.
    """
    if time is None:
        return Markup("{}").format(missing)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        format_instant(time), words.exact(time), words.relative(min(time, now), now)
    )


def address(path: str, **query: str | int | None) -> str:
    """Return a path with those query values that say something."""
    said = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(said)}" if said else path


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "segment": _segment,
        "moment": _moment,
        "date": words.date,
        "exact": words.exact,
        "instant": format_instant,
        "minute": lambda time: words.exact(time.replace(second=0, microsecond=0)),
        "when": words.when,
        "percent": words.percent,
        "money": words.money,
        "hours": words.hours,
        "within": words.within,
        "sentence": words.sentence,
        "band": band,
        "span": words.span,
        "number": words.number,
        "reading": words.reading,
    }
    environment.globals |= {
        "asset": assets.asset_url,
        "address": address,
        "plural": words.plural,
        "nothing_typed": Typed(),
    }
    return environment


_TEMPLATES = _environment()


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a template; `path` is where the reader is, `visitor` who they are."""
    html = _TEMPLATES.get_template(template).render(path=request.url.path, visitor=reader_of(request), **values)
    return HTMLResponse(html, status_code=status)


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """Render a problem for a person: what went wrong, what is still right, where to go on."""
    answer = page(request, "problem.html", status=problem.status, problem=problem, now=None)
    answer.headers.update(dict(problem.headers or {}))
    return answer
