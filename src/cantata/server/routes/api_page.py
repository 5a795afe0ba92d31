"""/docs: the API to read and to try, drawn by Swagger UI.

Swagger UI is 1.9 MB and of use to developers alone, so it is not shipped: the browser gets one pinned version from a
public mirror of npm, and takes it only if it is what the hashes say. What the mirror serves can thus change nothing
here, and the page's policy lets nothing else run.
"""

import base64
import hashlib
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cantata.server.auth.policies import open_to_all

router = APIRouter(include_in_schema=False)

MIRROR = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5.34.0/"
SCRIPT_HASH = "sha384-9Td7MKiIr2S83E1kZyyVi8KdJw/S8CpAvu0llLyMeg0xq/hDGiZJfVn0fV4llCmK"  # of the npm package's files
STYLE_HASH = "sha384-4c3vsE5f+trhFyHrFrLM1fFGUn531NIaC7dcqEWIJdoRQJ5CkJbSuSCwXLpaS1KF"

_PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Cantata: the API</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="{MIRROR}swagger-ui.css" integrity="{STYLE_HASH}" crossorigin="anonymous">
<div id="swagger-ui"><p>The API is drawn by Swagger UI, which comes from {MIRROR}. Without it,
<a href="%(described)s">%(described)s</a> holds the same.</p></div>
<script src="{MIRROR}swagger-ui-bundle.js" integrity="{SCRIPT_HASH}" crossorigin="anonymous"></script>
<script>%(start)s</script></html>
"""
_START = "SwaggerUIBundle({url: '%s', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null})"


@router.get("/docs")
@open_to_all
async def api_page(request: Request) -> HTMLResponse:
    """Answer with the page and the policy under which it works."""
    described = f"{quote(request.scope.get('root_path', '').rstrip('/'))}/openapi.json"
    start = _START % described
    digest = base64.b64encode(hashlib.sha256(start.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src {MIRROR} 'sha256-{digest}'; style-src {MIRROR} 'unsafe-inline';"
        " img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(_PAGE % {"described": described, "start": start}, headers={"Content-Security-Policy": policy})
