"""/auth: who is there, and logging in and out with a browser."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ConfigDict, Field

from cantata.server.auth.chain import Failures
from cantata.server.auth.cookies import BEGUN, LOGIN, Cookies
from cantata.server.auth.cross_site import check_same_origin
from cantata.server.auth.login import BEGUN_SECONDS, Finished, Logins
from cantata.server.auth.policies import GuardedRoute, open_to_all
from cantata.server.auth.principal import principal_in
from cantata.server.errors import NotFound, Unauthenticated
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import NoQuery
from cantata.server.routes.bodies import Query as Parameters
from cantata.server.routes.documented import CALLBACK_ANSWERS, LOGIN_ANSWERS, LOGOUT_ANSWERS, ME_ANSWERS
from cantata.server.runs.links import root

router = APIRouter(prefix="/auth", route_class=GuardedRoute, tags=["login"])

_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")  # no other host's, however a browser reads it


class LoginQuery(Parameters):
    """Where a login leads."""

    next: str = Field("", max_length=2_000, description="The path to come back to; left out, the page.")


class CallbackQuery(Parameters):
    """What the issuer sends the browser back with, of which more than we know may be there."""

    model_config = ConfigDict(extra="ignore")

    code: str = Field("", max_length=4_000)
    state: str = Field("", max_length=4_000)
    error: str = Field("", max_length=400)


@router.get("/me", responses=ME_ANSWERS)
@open_to_all
async def me(query: NoQuery, request: Request, answers: Service) -> Response:
    """Tell who you are, how you could say so, and how much a request may hold."""
    principal, access = principal_in(request.scope), request.app.state.access
    settings = request.app.state.settings
    content = {
        "principal": None if principal is None else principal.as_json(),
        "methods": list(access.methods),
        "is_open": access.is_open,
        "limits": {"body_bytes": settings.max_body_bytes, "message_chars": settings.max_message_chars},
    }
    return json_response(content, headers={"Cache-Control": "no-store"})


@router.get("/login", status_code=302, responses=LOGIN_ANSWERS)
@open_to_all
async def login(query: Annotated[LoginQuery, Query()], request: Request, answers: Service) -> Response:
    """Lead the browser to the issuer's page, and from there back here."""
    back_to = query.next if _LOCAL_PATH.fullmatch(query.next) else f"{root.get()}/"
    begun = await _logins(request).begin(_callback_address(request), back_to)
    answer = RedirectResponse(begun.address, 302, headers={"Cache-Control": "no-store"})
    _cookies(request).give(answer, BEGUN, begun.cookie, BEGUN_SECONDS, request.scope)
    return answer


@router.get("/callback", status_code=302, responses=CALLBACK_ANSWERS)
@open_to_all
async def callback(query: Annotated[CallbackQuery, Query()], request: Request, answers: Service) -> Response:
    """Take the browser back from the issuer's page, logged in."""
    logins, cookies = _logins(request), _cookies(request)
    if query.error:
        raise Unauthenticated("The issuer did not let you in: begin again at /auth/login.")
    cookie = request.cookies.get(cookies.name(BEGUN, request.scope), "")
    finished = await _finished(logins, query, cookie, request)
    answer = RedirectResponse(finished.back_to, 302, headers={"Cache-Control": "no-store"})
    cookies.give(answer, LOGIN, finished.cookie, logins.seconds, request.scope)
    cookies.take_back(answer, BEGUN, request.scope)
    return answer


@router.post("/logout", status_code=204, responses=LOGOUT_ANSWERS)
@open_to_all
async def logout(query: NoQuery, request: Request, answers: Service) -> Response:
    """Forget the login in this browser; the issuer's own goes on."""
    check_same_origin(request, is_read=False)
    answer = Response(status_code=204)
    _cookies(request).take_back(answer, LOGIN, request.scope)
    return answer


def _logins(request: Request) -> Logins:
    logins: Logins | None = request.app.state.access.logins
    if logins is None:
        raise NotFound("Nobody can log in here: OIDC_ISSUER and OIDC_CLIENT_ID are not set.")
    return logins


def _cookies(request: Request) -> Cookies:
    cookies: Cookies = request.app.state.access.cookies
    return cookies


async def _finished(logins: Logins, query: CallbackQuery, cookie: str, request: Request) -> Finished:
    """Have the issuer say who is there. Each try has it asked, so they are counted as other credentials are."""
    failed: Failures = request.app.state.failed_logins
    failed.check(request.scope)
    try:
        return await logins.finish(query.code, query.state, cookie, _callback_address(request))
    except Unauthenticated:
        await failed.note(request.scope)
        raise


def _callback_address(request: Request) -> str:
    told: str | None = request.app.state.settings.public_url
    base = told.rstrip("/") if told else f"{request.url.scheme}://{request.headers.get('host', '')}{root.get()}"
    return f"{base}/auth/callback"
