"""/api/keys: API keys, for admins to make, list and revoke."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from cantata.server.auth.api_keys import key_scopes, shown_key
from cantata.server.auth.policies import needs
from cantata.server.auth.principal import ADMIN, Caller, Role
from cantata.server.errors import KeyNotFound
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import Body, NoQuery
from cantata.server.routes.documented import KEY_ANSWERS, KEY_LIST, NEW_KEY_ANSWERS
from cantata.server.routes.looks import note_look
from cantata.server.routes.requests import StrictJsonRoute
from cantata.server.runs.model import DEFAULT_WORKSPACE
from cantata.server.runs.ports.credentials import KeyStore

router = APIRouter(prefix="/api/keys", route_class=StrictJsonRoute, tags=["keys"])

DAY_SECONDS = 86_400
MAX_DAYS = 36_500


class KeyBody(Body):
    """A key that is to be made."""

    role: Role
    name: Annotated[str, Field(max_length=200)] = ""
    owner: Annotated[str, Field(min_length=1, max_length=600)] | None = Field(
        None, description="As whom the key acts; left out, as somebody of its own."
    )
    scopes: list[str] | None = Field(None, description="What it may do; left out, what its role may.")
    workspace: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = DEFAULT_WORKSPACE
    expires_days: Annotated[float, Field(gt=0, le=MAX_DAYS)] | None = Field(
        None, description="After so many days it is refused; left out, never."
    )


@router.post("", status_code=201, responses=NEW_KEY_ANSWERS)
@needs(ADMIN)
async def create(body: KeyBody, query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Make a key; only this answer ever shows it."""
    key, text = await request.app.state.access.keys.add(
        role=body.role,
        scopes=key_scopes(body.scopes, body.role, body.owner),
        name=body.name,
        owner=body.owner,
        workspace=body.workspace,
        seconds=None if body.expires_days is None else body.expires_days * DAY_SECONDS,
    )
    await note_look(caller, key.owner, key.id, request)  # a key that acts for somebody sees what is theirs
    return json_response({**shown_key(key), "key": text}, 201, {"Cache-Control": "no-store"})


@router.get("", responses=KEY_LIST)
@needs(ADMIN)
async def list_keys(query: NoQuery, request: Request, answers: Service) -> Response:
    """List the keys, without what is secret of them, newest first."""
    keys = await request.app.state.access.key_store.all()
    return json_response({"keys": [shown_key(key) for key in keys]})


@router.delete("/{key_id}", status_code=204, responses=KEY_ANSWERS)
@needs(ADMIN)
async def revoke(key_id: str, query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Revoke a key: from now on it is refused, and streams that were opened with it end soon."""
    keys: KeyStore = request.app.state.access.key_store
    key = await keys.get(key_id)
    if key is None:
        raise KeyNotFound
    await keys.revoke(key_id)
    await note_look(caller, key.owner, key_id, request)
    return Response(status_code=204)
