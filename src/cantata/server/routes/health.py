"""Whether the process lives and can serve."""

from fastapi import APIRouter, Request, Response

from cantata.server.auth.policies import open_to_all
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.documented import READY_ANSWERS

router = APIRouter(tags=["health"])


@router.get("/health/live")
@open_to_all
async def live() -> Response:
    """Answer while the process can answer at all."""
    return json_response({"status": "ok"})


@router.get("/health/ready", responses=READY_ANSWERS)
@open_to_all
async def ready(request: Request, answers: Service) -> Response:
    """Answer 200 while new runs are taken; lists the graphs that could not be loaded."""
    resources = request.app.state.resources
    broken = {e.name: e.error for e in resources.engine.graphs.entries() if e.error}
    is_ready = not answers.service.is_draining
    told = {
        "status": "ok" if is_ready else "draining",
        "graphs": resources.engine.graphs.names(),
        "broken_graphs": broken,
    }
    return json_response(told, 200 if is_ready else 503)
