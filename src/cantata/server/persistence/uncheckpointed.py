"""Subgraphs that keep no checkpoints, under a durability that waits for them: mends what LangGraph 1.2 forgets."""

from collections.abc import Iterator

from langgraph.pregel._loop import AsyncPregelLoop


class _Done:
    """An awaitable that is done, as often as it is awaited."""

    def __await__(self) -> Iterator[None]:
        return iter(())


def mend_subgraphs_without_checkpointer() -> None:
    """Let a subgraph compiled with `checkpointer=False` run under `durability="sync"`.

    Its loop never saves, yet LangGraph 1.2 awaits the future of its last save and fails with an AttributeError. A
    class default that is already done mends that; a loop that saves replaces it with its own.
    """
    if not hasattr(AsyncPregelLoop, "_put_checkpoint_fut"):
        AsyncPregelLoop._put_checkpoint_fut = _Done()  # type: ignore[assignment]  # awaited, nothing more
