"""The agents that come with Cantata, by name. A file of theirs that fails to import leaves out that one only."""

import logging
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from cantata.graphs import agents
from cantata.graphs.agent import Agent

logger = logging.getLogger(__name__)


@cache
def built_in_agents() -> Mapping[str, Agent]:
    """Import the agents, once: every file in `agents/` that has an `agent`."""
    return MappingProxyType(agents_in(agents.__name__, agents.__path__))


def agents_in(package: str, folders: list[str]) -> dict[str, Agent]:
    """Import every module of a package and take the `agent` of those that have one."""
    found: dict[str, Agent] = {}
    for module in pkgutil.iter_modules(folders, f"{package}."):
        try:
            exported = getattr(import_module(module.name), "agent", None)
        # What is imported may be anybody's file, and raise anything.
        except Exception as error:
            logger.warning("agent file %s is left out", module.name, exc_info=error)
            continue
        if isinstance(exported, Agent):
            found[exported.name] = exported
    return found
