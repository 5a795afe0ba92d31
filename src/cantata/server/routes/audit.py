"""/api/audit: which admin looked at what of other people."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from cantata.server.auth.policies import GuardedRoute, needs
from cantata.server.auth.principal import ADMIN
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import HistoryQuery
from cantata.server.routes.documented import AUDIT_ANSWERS

router = APIRouter(prefix="/api/audit", route_class=GuardedRoute, tags=["keys"])


@router.get("", responses=AUDIT_ANSWERS)
@needs(ADMIN)
async def list_looks(query: Annotated[HistoryQuery, Query()], request: Request, answers: Service) -> Response:
    """List the looks that admins took at what is another's, newest first."""
    looks = await request.app.state.resources.audit.looks(query.limit)
    return json_response({"looks": [asdict(look) for look in looks]})
