"""/metrics and /api/metrics: the metrics in Prometheus' text format."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from cantata.server.auth.policies import GuardedRoute, needs
from cantata.server.auth.principal import METRICS
from cantata.server.routes.answers import Service
from cantata.server.routes.bodies import NoQuery
from cantata.server.routes.documented import METRICS_ANSWERS

router = APIRouter(tags=["metrics"], route_class=GuardedRoute)


@router.get("/metrics", response_class=Response, responses=METRICS_ANSWERS)
@router.get("/api/metrics", response_class=Response, responses=METRICS_ANSWERS)
@needs(METRICS)
async def metrics(query: NoQuery, request: Request, answers: Service) -> Response:
    """Tell how many, how long and how much, for a Prometheus to read."""
    measured = await request.app.state.cantata.measured()
    return Response(measured.scraped(), media_type=CONTENT_TYPE_LATEST)
