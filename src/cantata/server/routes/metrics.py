"""/metrics and /api/metrics: the metrics in Prometheus' text format."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from cantata.server.routes.answers import Service
from cantata.server.routes.bodies import NoQuery

router = APIRouter(tags=["metrics"])


@router.get("/metrics")
@router.get("/api/metrics")
async def metrics(query: NoQuery, request: Request, answers: Service) -> Response:
    """Tell how many, how long and how much, for a Prometheus to read."""
    measured = await request.app.state.cantata.measured()
    return Response(measured.scraped(), media_type=CONTENT_TYPE_LATEST)
