"""A trace as text: what is under what, one line for each, in the order of their starts."""

from collections.abc import Callable, Sequence

from tests.support.trace_receiver import Seen


def tree(seen: Sequence[Seen], describe: Callable[[Seen], str] | None = None) -> list[str]:
    """Write the tree; what has no parent among *seen* stands at the left."""
    describe = describe or plain
    known = {thing.id for thing in seen}
    return [line for thing in seen if thing.parent not in known for line in _lines(thing, seen, 0, describe)]


def plain(thing: Seen) -> str:
    """Say name and kind, and whether it failed or never ended."""
    mark = "" if thing.ended is not None else " (open)"
    return f"{thing.name} [{thing.kind}]{mark}"


def _lines(thing: Seen, seen: Sequence[Seen], depth: int, describe: Callable[[Seen], str]) -> list[str]:
    below = [other for other in seen if other.parent == thing.id]
    own = f"{'  ' * depth}{describe(thing)}"
    return [own, *(line for other in below for line in _lines(other, seen, depth + 1, describe))]
