"""Whether the process lives and can serve, and the page at the root."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from cantata.server.routes.answers import Service, json_response

router = APIRouter(tags=["health"])

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Cantata</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
pre{background:#8881;padding:1rem;overflow:auto}</style>
<h1>Cantata</h1><p>Runs agent workflows and shows live what they think and do.</p>
<pre>curl -N -H 'Content-Type: application/json' \\
  -d '{"message":"What is 17*23, and what time is it in Cairo?"}' %(base)s/chat</pre>
<ul><li><a href="%(root)s/docs">The API, to read and to try</a></li><li><a href="%(root)s/openapi.json">OpenAPI</a></li>
<li><a href="%(root)s/api/workflows">Workflows</a></li><li><a href="%(root)s/health/ready">Health</a></li></ul></html>
"""


@router.get("/", include_in_schema=False)
async def index(request: Request) -> HTMLResponse:
    """Answer with a page that links to what there is."""
    root = request.scope.get("root_path", "").rstrip("/")  # `base_url` tells the outer application's
    return HTMLResponse(_PAGE % {"base": f"{request.url.scheme}://{request.url.netloc}{root}", "root": root})


@router.get("/health/live")
async def live() -> Response:
    """Answer while the process can answer at all."""
    return json_response({"status": "ok"})


@router.get("/health/ready")
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
