"""A `langgraph.json`: which graphs it names, what becomes importable, and the environment it asks for.

Paths in it are relative to the file. What does not concern running graphs is named in one warning and left alone.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from cantata.graphs.loading import load_object
from cantata.graphs.store_config import StoreConfig, store_config

logger = logging.getLogger(__name__)

_HONOURED = frozenset({"graphs", "dependencies", "env", "store", "$schema"})
# langgraph-cli 0.4.40
_KNOWN = frozenset(
    str.split(
        "python_version node_version api_version base_image image_distro pip_config_file pip_installer source"
        " dockerfile_lines checkpointer auth encryption priority http webhooks ui ui_config keep_pkg_tools"
    )
)


class ProjectError(ValueError):
    """The `langgraph.json` cannot be used; the message names the file and the key."""


@dataclass(frozen=True)
class GraphSpec:
    """One line of `graphs`: where a graph is, as written."""

    name: str
    target: str
    description: str | None


@dataclass(frozen=True)
class Project:
    """What a `langgraph.json` says, with its paths made absolute."""

    config_path: Path
    graphs: tuple[GraphSpec, ...]
    roots: tuple[Path, ...]
    """Folders to import from, the first wins."""
    environment: Mapping[str, str]
    store: StoreConfig

    def activate(self) -> None:
        """Make the roots importable, before everything installed, and set the environment where it is not set.

        Doing it twice changes nothing.
        """
        for name, value in self.environment.items():
            os.environ.setdefault(name, value)
        paths = [str(root) for root in self.roots]
        sys.path[:] = paths + [path for path in sys.path if path not in paths]

    def load(self, target: str) -> object:
        """Import what *target* names, beside the graphs; see `load_object`."""
        return load_object(target, self.config_path.parent, self.roots)[0]


def read_project(config_path: Path) -> Project:
    """Read and check a `langgraph.json`, changing nothing.

    Raises:
        ProjectError: It is missing, no JSON, or a key it needs has the wrong form.
    """
    config_path = config_path.expanduser().absolute()
    config = _json_object(config_path)
    _warn_of_unused_keys(config_path, config)
    folder = config_path.parent
    return Project(
        config_path=config_path,
        graphs=_graphs(config_path, config.get("graphs", {})),
        roots=_roots(config_path, config.get("dependencies", [])),
        environment=_environment(folder, config.get("env", {}), config_path),
        store=_store(config_path, config.get("store")),
    )


def _json_object(config_path: Path) -> dict[str, Any]:
    try:
        config = json.loads(config_path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{config_path} cannot be read: {error.strerror}."
        raise ProjectError(message) from error
    except ValueError as error:
        message = f"{config_path} is not JSON: {error}."
        raise ProjectError(message) from error
    if not isinstance(config, dict):
        message = f"{config_path} must hold a JSON object."
        raise ProjectError(message)
    return config


def _warn_of_unused_keys(config_path: Path, config: Mapping[str, Any]) -> None:
    unused = sorted(config.keys() & _KNOWN)
    unknown = sorted(config.keys() - _KNOWN - _HONOURED)
    parts = [f"not used by this server: {', '.join(unused)}"] if unused else []
    parts += [f"unknown: {', '.join(unknown)}"] if unknown else []
    if parts:
        logger.warning("%s: keys %s", config_path, "; ".join(parts))


def _graphs(config_path: Path, value: Any) -> tuple[GraphSpec, ...]:
    if not isinstance(value, dict):
        message = f'{config_path}: "graphs" must be an object of names and paths.'
        raise ProjectError(message)
    return tuple(_graph_spec(name, entry) for name, entry in value.items())


def _graph_spec(name: str, entry: Any) -> GraphSpec:
    # A value of the wrong form breaks this graph and no other: an empty target is refused on loading.
    path = entry.get("path") if isinstance(entry, dict) else entry
    description = entry.get("description") if isinstance(entry, dict) else None
    return GraphSpec(
        name,
        path if isinstance(path, str) else "",
        description if isinstance(description, str) else None,
    )


def _roots(config_path: Path, dependencies: Any) -> tuple[Path, ...]:
    if not isinstance(dependencies, list) or not all(isinstance(entry, str) for entry in dependencies):
        message = f'{config_path}: "dependencies" must be a list of strings.'
        raise ProjectError(message)
    roots: list[Path] = []
    for entry in dependencies:
        if entry.startswith((".", "/")):  # anything else is a package requirement, to be installed by its user
            roots += _roots_of(config_path, entry)
    # `langgraph dev` has the config's own folder importable too.
    return tuple(dict.fromkeys([*roots, config_path.parent.resolve()]))


def _roots_of(config_path: Path, entry: str) -> list[Path]:
    folder = (config_path.parent / entry).resolve()
    if not folder.is_dir():
        message = f'{config_path}: the dependency "{entry}" is not a folder.'
        raise ProjectError(message)
    # A dependency that is itself a package ("./my_agent") is imported by its own name, so from its parent.
    candidates = [folder / "src", folder]
    parent = [folder.parent] if (folder / "__init__.py").exists() else []
    return [path.resolve() for path in candidates if path.is_dir()] + parent


def _store(config_path: Path, value: Any) -> StoreConfig:
    try:
        return store_config(value)
    except ValueError as error:
        message = f"{config_path}: {error}."
        raise ProjectError(message) from error


def _environment(folder: Path, env: Any, config_path: Path) -> dict[str, str]:
    if isinstance(env, dict):
        return {str(name): str(value) for name, value in env.items()}
    if not isinstance(env, str):
        message = f'{config_path}: "env" must be a path or an object.'
        raise ProjectError(message)
    path = folder / env
    if not path.is_file():
        logger.debug("%s: the env file %s does not exist", config_path, env)  # usual: few need one
        return {}
    return {name: value for name, value in dotenv_values(path).items() if value is not None}
