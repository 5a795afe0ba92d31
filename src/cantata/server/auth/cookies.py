"""The cookies of a browser's login: what they are called, and how they are given and taken back.

Under https their names begin with a prefix by which a browser takes them from this very server alone: a neighbour under
the same domain could otherwise plant its own login, and have somebody work in an account that is not theirs.
"""

from http.cookies import CookieError, SimpleCookie

from starlette.responses import Response
from starlette.types import Scope

LOGIN, BEGUN = "cantata_login", "cantata_begun"


class Cookies:
    """Names, gives and takes back cookies, as the address asks by which browsers reach the server."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url

    def name(self, kind: str, scope: Scope) -> str:
        """Return what the cookie is called: `__Host-` is for the root of a host, `__Secure-` for what is mounted."""
        if not self._is_secure(scope):
            return kind
        return f"__Host-{kind}" if _path(scope) == "/" else f"__Secure-{kind}"

    def give(self, answer: Response, kind: str, value: str, seconds: float, scope: Scope) -> None:
        """Have the browser keep a cookie."""
        answer.set_cookie(
            self.name(kind, scope),
            value,
            max_age=int(seconds),
            path=_path(scope),
            secure=self._is_secure(scope),
            httponly=True,
            samesite="lax",  # strict would not come along when the issuer sends the browser back
        )

    def take_back(self, answer: Response, kind: str, scope: Scope) -> None:
        """Have the browser forget a cookie."""
        self.give(answer, kind, "", 0, scope)

    def _is_secure(self, scope: Scope) -> bool:
        return self._public_url.startswith("https:") if self._public_url else scope["scheme"] == "https"


def cookie_in(header: str, name: str) -> str | None:
    """Find a cookie in its header."""
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


def _path(scope: Scope) -> str:
    return scope.get("root_path", "").rstrip("/") or "/"
