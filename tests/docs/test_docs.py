"""What the pages say of themselves, of each other and of the Makefile is true."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = "docs.generate"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

CHAT = (
    "curl -N -H 'Accept: text/event-stream' -H 'Content-Type: application/json'"
    """ -d '{"message":"What is 17*23, and what time is it in Cairo?"}' localhost:8000/chat"""
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE = re.compile(r"\bmake ([a-z-]+)")


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the program that writes the pages."""
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module(GENERATOR)


def test_generated_pages_are_fresh() -> None:
    command = [sys.executable, "-m", GENERATOR, "--check"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_page_is_named_with_the_command_that_mends_it(generator: ModuleType) -> None:
    page = ROOT / "docs/events.md"

    assert generator.stale([(page, page.read_text())]) == []
    assert generator.stale([(page, "other")]) == ["docs/events.md is stale: run `make docs`"]


def test_what_lacks_a_sentence_is_named(generator: ModuleType) -> None:
    glossary = generator.Glossary({"fields": {"known": "A sentence.", "old": "A sentence."}})
    glossary.of("fields", "known")
    glossary.of("fields", "unknown")
    glossary.sentence(None, "the setting x")

    assert glossary.trouble() == [
        "docs/words.toml: [fields] says nothing of unknown",
        "the setting x has no sentence: give it a docstring or a description",
        "docs/words.toml: [fields] old is of no use",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    broken = [link for link in _links(page) if not _resolves(page, link)]

    assert broken == []


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in PAGES for part in _code(page) for target in _MAKE.findall(part)}

    assert named - targets == set()
    assert {"run", "test", "docs"} <= named


def test_readme_shows_the_command_that_acceptance_runs() -> None:
    assert CHAT in (ROOT / "README.md").read_text().splitlines()


def test_examples_can_be_read() -> None:
    for page in PAGES:
        for language, text in _FENCE.findall(page.read_text()):
            if language == "json":
                json.loads(text)
            elif language == "python":
                compile(text, str(page), "exec")


def _code(page: Path) -> Iterator[str]:
    """Yield what is marked as code: in prose "make" is also a verb."""
    text = page.read_text()
    yield from (block for _, block in _FENCE.findall(text))
    yield from re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))


def _links(page: Path) -> Iterator[str]:
    for link in _LINK.findall(_FENCE.sub("", page.read_text())):
        if not re.match(r"[a-z]+:", link):
            yield link


def _resolves(page: Path, link: str) -> bool:
    place, _, anchor = link.partition("#")
    target = (page.parent / place).resolve() if place else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
