"""This module provides example tools for web searching."""

from typing import Any, Callable, List, Optional, cast

from langgraph.runtime import get_runtime

from react_agent.context import Context


async def search(query: str) -> Optional[dict[str, Any]]:
    """Search for general web results."""
    runtime = get_runtime(Context)
    found = [{"title": f"All about {query}"}, {"title": f"More about {query}"}]
    return cast(dict[str, Any], {"results": found[: runtime.context.max_search_results]})


TOOLS: List[Callable[..., Any]] = [search]
