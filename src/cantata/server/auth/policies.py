"""What each route asks of who calls it: declared in one line at the route, decided before the body is read.

    @router.get("/{workflow_id}", …)
    @needs(READ)
    async def show(…)

A route without such a line stops the start. The order is: who is it (401), may they (403), does what the address names
belong to them (404); what was sent comes after that.
"""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from cantata.server.auth.cross_site import check_same_origin
from cantata.server.auth.principal import EVENTS, READ, Principal, principal_in
from cantata.server.errors import MissingScope, Unauthenticated, UndeclaredRoute, WorkflowNotFound
from cantata.server.runs.ids import run_id_of

Owned = Literal["workflow", "session", "definition"]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

ADMINS_READ: frozenset[Owned] = frozenset({"workflow", "session"})
"""What of other people admins may look at; each look is written down."""


@dataclass(frozen=True)
class Policy:
    """What a route asks."""

    scope: str | None
    """None for a route that is open to everybody."""
    of: Owned | None = None
    """What its address names, which must be the caller's own."""
    takes_ticket: bool = False
    """A ticket of the run in the address will do."""

    @property
    def is_read(self) -> bool:
        """Tell whether the route changes nothing."""
        return self.scope in (READ, EVENTS)

    @property
    def lets_admins_look(self) -> bool:
        """Tell whether an admin gets what is another's."""
        return self.is_read and self.of in ADMINS_READ


def needs(scope: str, *, of: Owned | None = None, takes_ticket: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Declare that a route is for who has *scope*, and what its address names, if that belongs to somebody."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.policy = Policy(scope, of, takes_ticket)  # type: ignore[attr-defined]  # read by policy_of
        return endpoint

    return declare


def open_to_all(endpoint: Endpoint) -> Endpoint:
    """Declare that a route asks for no credential."""
    endpoint.policy = Policy(None)  # type: ignore[attr-defined]  # read by policy_of
    return endpoint


def policy_of(endpoint: object) -> Policy | None:
    """Return what was declared, if anything."""
    return getattr(endpoint, "policy", None)


class GuardedRoute(APIRoute):
    """A route that holds its policy against the caller before anything of the request is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle, policy = super().get_route_handler(), policy_of(self.endpoint)

        async def guarded(request: Request) -> Response:
            if policy is None:
                raise UndeclaredRoute
            if policy.scope is not None:
                await authorise(policy, policy.scope, request)
            return await handle(self.readable(request))

        return guarded

    def readable(self, request: Request) -> Request:
        """Return the request as FastAPI is to read it, once it may be read."""
        return request


async def authorise(policy: Policy, scope: str, request: Request) -> None:
    """Let the caller of a route through.

    Raises:
        Unauthenticated: nobody was told, or by a ticket for something else.
        Forbidden: the credential does not reach so far, or another site sent it.
        NotFound: what the address names is another's, or not there.
    """
    principal = principal_in(request.scope)
    if principal is None:  # which the middleware has refused already
        raise Unauthenticated
    if principal.method == "ticket":
        _check_ticket(policy, request)
    if principal.method == "cookie":
        check_same_origin(request, is_read=policy.is_read)
    if not principal.may(scope):
        raise MissingScope(f"This needs the scope {scope}, which the credential does not have.", scope=scope)
    if policy.of is not None and not policy.is_read:
        await _check_owner(policy.of, principal, request)


def _check_ticket(policy: Policy, request: Request) -> None:
    if not policy.takes_ticket:
        raise Unauthenticated
    if run_id_of(request.path_params["workflow_id"]) != request.scope["state"]["ticket_run"]:
        raise WorkflowNotFound


async def _check_owner(of: Owned, principal: Principal, request: Request) -> None:
    """Look for what is to be changed; reading looks for itself."""
    resources = request.app.state.resources
    if of == "session":
        await resources.sessions.get(principal.id, request.path_params["session_id"])
    elif of == "definition":
        await resources.definitions.versions(principal.id, request.path_params["name"])
    else:
        run_id = run_id_of(request.path_params["workflow_id"])
        if run_id is None or await resources.engine.store.get(principal.id, run_id) is None:
            raise WorkflowNotFound


class Declared(NamedTuple):
    """A route and its policy."""

    method: str
    path: str
    policy: Policy


def declared_routes(app: FastAPI) -> list[Declared]:
    """Return every route of *app* with its policy; FastAPI's own pages are open.

    Raises:
        UndeclaredRoute: one has none, or one that nobody would enforce.
    """
    return [declared for route in iter_route_contexts(app.routes) for declared in _declared(app, route)]


def _declared(app: FastAPI, route: RouteContext) -> Iterator[Declared]:
    policy = policy_of(route.endpoint)
    if policy is None and route.path in (app.openapi_url, app.docs_url):
        policy = Policy(None)
    if policy is None or (policy.scope is not None and not isinstance(route.original_route, GuardedRoute)):
        raise UndeclaredRoute(
            f"The route {route.path} does not say who may use it: mark it with `needs`, on a GuardedRoute."
        )
    for method in sorted((route.methods or set()) - {"HEAD"}):
        yield Declared(method, route.path or "", policy)
