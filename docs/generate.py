"""Writes the pages that follow from the code, or with `--check` names those that no longer do.

What the code does not say itself stands in `words.toml`. A setting, error or event without a sentence stops both.
"""

import argparse
import logging
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from docs.pages.access import access_page
from docs.pages.agents import agents_table
from docs.pages.errors import errors_page
from docs.pages.events import events_page, events_table
from docs.pages.glossary import Glossary
from docs.pages.graphs import graphs_page
from docs.pages.markdown import as_json, undented, with_table
from docs.pages.metrics import metrics_page
from docs.pages.models import faults_table
from docs.pages.protocol import protocol_page
from docs.pages.settings import settings_page
from docs.pages.traces import trace_trees
from docs.pages.workflows import workflows_page

from cantata.callbacks import events
from cantata.server.app import create_app
from cantata.server.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write every page, or check it; exits with 1 when something is missing or stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; name what is stale")
    is_check = parser.parse_args().check
    logging.disable(logging.WARNING)  # what servers say of the runs that some pages show
    glossary = Glossary(tomllib.loads((ROOT / "docs/words.toml").read_text()))
    pages = generated(glossary)
    trouble = glossary.trouble() + (stale(pages) if is_check else [])
    if trouble:
        sys.exit("\n".join(trouble))
    for path, text in {} if is_check else pages:
        path.write_text(text)


def generated(glossary: Glossary) -> list[tuple[Path, str]]:
    """Make every generated page with its place."""
    docs, readme = ROOT / "docs", ROOT / "README.md"
    return [
        (docs / "settings.md", settings_page(glossary)),
        (docs / "access.md", access_page()),
        (docs / "errors.md", errors_page(glossary)),
        (docs / "metrics.md", metrics_page()),
        (docs / "events.md", events_page(glossary)),
        (docs / "graphs.md", graphs_page()),
        (docs / "workflows.md", workflows_page()),
        (docs / "protocol.md", protocol_page()),
        (docs / "agents.md", with_table((docs / "agents.md").read_text(), "agents", agents_table())),
        (
            docs / "observability.md",
            with_table((docs / "observability.md").read_text(), "traces", trace_trees()),
        ),
        (docs / "models.md", with_table((docs / "models.md").read_text(), "faults", faults_table(glossary))),
        (docs / "schemas/events.json", as_json(undented(events.json_schema()))),
        (docs / "schemas/openapi.json", as_json(create_app(Settings.model_construct()).openapi())),
        (readme, with_table(readme.read_text(), "events", events_table(glossary))),
    ]


def stale(pages: Iterable[tuple[Path, str]]) -> list[str]:
    """Name the pages whose file differs from what the code says now."""
    return [
        f"{path.relative_to(ROOT)} is stale: run `make docs`"
        for path, text in pages
        if not path.is_file() or path.read_text() != text
    ]


if __name__ == "__main__":
    main()
