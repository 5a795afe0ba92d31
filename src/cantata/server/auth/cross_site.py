"""Keeps other sites' pages from using a visitor's login: a browser sends the cookie without asking its user."""

from fastapi import Request

from cantata.server.errors import CrossSite

SAFE_METHODS = frozenset({"GET", "HEAD"})


def check_same_origin(request: Request, *, is_read: bool) -> None:
    """Let a request with a cookie do what is not reading only when our own page made it.

    A page's form or script cannot leave out or forge these headers. A link or an image sends no `Origin`, so what
    starts something by GET must carry the browser's own word for where it comes from.

    Raises:
        CrossSite: it comes from elsewhere, or does not say where from.
    """
    if is_read and request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if request.method not in SAFE_METHODS and origin is not None:
        is_ours = origin == f"{request.url.scheme}://{request.headers.get('host', '')}"
    else:
        is_ours = site == "same-origin"
    if not is_ours:
        raise CrossSite("With a cookie only this server's own page may do this: send a token or a key instead.")
