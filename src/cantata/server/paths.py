"""Which path a request asks for, wherever the application is mounted."""

from starlette._utils import get_route_path
from starlette.types import Scope


def path_of(scope: Scope) -> str:
    """Return the path beneath the mount, read as the router reads it: a layer in front must not read another one."""
    return get_route_path(scope) or "/"
