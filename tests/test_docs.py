"""The documentation is under test: what it names exists, what exists is in it, and its examples run."""

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.generate import REFERENCE, commands, pages, settings_page
from foreworn.settings import Settings

ROOT = Path(__file__).parents[1]
SKIPPED = {"var", "dist", "build"}
PAGES = sorted(
    page
    for page in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in SKIPPED for part in page.relative_to(ROOT).parts)
)
# Not settings of the product: where benchmarks find data sets.
OTHER_VARIABLES = {"FOREWORN_DATA"}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _fences(page: Path, *languages: str) -> Iterator[str]:
    for language, content in _FENCE.findall(page.read_text()):
        if language in languages:
            yield content


def _named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _variables(model: Any = Settings, prefix: str = "FOREWORN_") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from _variables(field.annotation, f"{prefix}{name}__")
        else:
            yield f"{prefix}{name}".upper()


def _commands() -> dict[str, Any]:
    import typer

    from foreworn.cli import app

    return dict(commands(typer.main.get_command(app), "foreworn"))


def test_every_setting_is_on_the_settings_page_with_its_meaning() -> None:
    page = settings_page()
    missing = [v for v in _variables() if not re.search(rf"^\| `{v}` \|.*\| [^|]*\w[^|]* \|$", page, re.MULTILINE)]
    assert missing == []


def test_every_command_is_on_the_commands_page() -> None:
    page = (REFERENCE / "cli.md").read_text()
    assert [path for path in _commands() if f"\n## {path}\n" not in page] == []


def test_every_command_and_every_parameter_says_what_it_is_for() -> None:
    found = _commands()
    silent = [path for path, command in found.items() if path != "foreworn" and not command.help]
    silent += [f"{path} {p.name}" for path, command in found.items() for p in command.params if not p.help]
    assert silent == []


def test_the_reference_is_what_the_code_says() -> None:
    committed = {page.name: page.read_text() for page in REFERENCE.glob("*.md")}
    assert committed == pages(), "write it again with: make reference"


def _headings(page: Path) -> set[str]:
    """The anchors GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text())):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if "://" in link or link.startswith("mailto:"):
            continue
        if not target.exists() or (anchor and anchor not in _headings(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_a_page_names_only_settings_that_exist(page: Path) -> None:
    named = set(re.findall(r"\bFOREWORN_[A-Z0-9_]*[A-Z0-9]", page.read_text()))
    known = {*_variables(), *OTHER_VARIABLES}
    assert [name for name in sorted(named) if not any(v == name or v.startswith(f"{name}__") for v in known)] == []


def _lines(page: Path) -> Iterator[list[str]]:
    """The words of every command a page tells the reader to type."""
    for block in _fences(page, "console"):
        for line in re.findall(r"^\$ (.+)$", block.replace("\\\n", " "), re.MULTILINE):
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_0-9]+=.*", words[0]):
                words.pop(0)
            yield words


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_a_page_tells_readers_only_what_make_can_do(page: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wanted = {word for words in _lines(page) if words[0] == "make" for word in words[1:] if "=" not in word}
    assert wanted <= targets


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_a_page_tells_readers_only_what_foreworn_can_do(page: Path) -> None:
    wrong = []
    for words in _lines(page):
        if Path(words[0]).name == "foreworn":
            wrong += _unknown(["foreworn", *words[1:]])
    assert wrong == []


def _unknown(words: list[str]) -> list[str]:
    """What of a command line the command does not know."""
    found, path = _commands(), words[0]
    rest = words[1:]
    while rest and f"{path} {rest[0]}" in found:
        path = f"{path} {rest.pop(0)}"
    known = {option for p in found[path].params for option in (*p.opts, *p.secondary_opts)} | {"--help"}
    wrong = [f"{path} {word}" for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
    if getattr(found[path], "commands", None) and rest and not rest[0].startswith("-"):
        wrong.append(f"{path} {rest[0]}")
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_the_python_of_a_page_runs(page: Path) -> None:
    for block in _fences(page, "python"):
        if ">>>" not in block:
            compile(block, str(page), "exec")
        example = doctest.DocTestParser().get_doctest(block, {}, _named(page), str(page), 0)
        results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
        assert results.failed == 0
