"""The sentences that the code lacks, out of `words.toml`."""

from collections.abc import Collection, Mapping
from typing import Any


class Glossary:
    """The sentences that the code lacks; notes which are missing and which nobody asks for."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self._missing: list[str] = []
        self._unused = {(section, name) for section, names in told.items() for name in names}

    def of(self, section: str, *names: str) -> str:
        """Return what is told under the first known name."""
        for name in names:
            if name in self._told[section]:
                self._unused.discard((section, name))
                return str(self._told[section][name])
        self._missing.append(f"docs/words.toml: [{section}] says nothing of {names[0]}")
        return ""

    def example(self, name: str, members: Collection[str]) -> dict[str, object]:
        """Return the example of an event, completed with the common *members* that it has."""
        self.of("examples", name)
        self.of("examples", "common")
        examples: dict[str, dict[str, object]] = self._told["examples"]
        return {key: value for key, value in examples["common"].items() if key in members} | examples.get(name, {})

    def sentence(self, text: str | None, owner: str) -> str:
        """Return what the code says of *owner* on one line, and insist that it says something."""
        line = " ".join((text or "").split())
        if not line:
            self._missing.append(f"{owner} has no sentence: give it a docstring or a description")
        return line

    def trouble(self) -> list[str]:
        """List what is missing or superfluous."""
        return self._missing + [f"docs/words.toml: [{s}] {name} is of no use" for s, name in sorted(self._unused)]
