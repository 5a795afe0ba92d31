"""The page of who may do what, made from the policies that the routes declare."""

from collections.abc import Iterator

from docs.pages.markdown import Row, code, page, table

from cantata.server.app import create_app
from cantata.server.auth.policies import Declared, Policy, declared_routes
from cantata.server.auth.principal import ADMIN, METRICS, USER_SCOPES, WRITE
from cantata.server.settings import Settings

YES = "yes"
OWN = "their own"


def access_page() -> str:
    """Say for every route what it asks, and what four callers get."""
    declared = declared_routes(create_app(Settings.model_construct()))
    return page(
        "Who may do what",
        """
        Every route says what it asks of its caller, and this page is made from that; a test sends every request below
        to a server and compares. How to say who you are: [authentication.md](authentication.md). An open server, where
        nothing is configured, lets everybody on the machine do everything as one local admin.
        """,
        """
        *nobody* sends no credential. *owner* is who made what the address names, *another* any other user with the same
        scopes. *yes* is whatever the route answers to whom it lets in; *their own* means that everybody gets what is
        theirs: the same session, workflow name or Idempotency-Key of two users are two things.
        """,
        "## What is open",
        table(("method", "address"), sorted({_open(one) for one in declared if one.policy.scope is None})),
        "## What asks for a credential",
        table(("method", "address", "scope", "nobody", "owner", "another", "admin"), _rows(declared)),
        """
        In an admin's column *reads* means: an admin sees what is another's, and each look is written down before it is
        shown (`GET /api/audit`, and a line in the log). For sessions, lists and statistics an admin names the owner
        with `?owner=`. Nothing of another's can be changed that way: there an admin is another user and gets 404. What
        an admin may do to others is said in as many words: `?all=true` at `/api/streams`, `?owner=` at
        `/api/coordinator/stats/reset`, and keys. That is written down, too, and once an hour who watches
        `/api/operations`.
        """,
        "## Scopes and roles",
        f"""
        A credential has the scopes that it names, or else those of its role: `user` and `premium` have
        {", ".join(code(scope) for scope in sorted(USER_SCOPES))}; `admin` has {code(ADMIN)} besides. No credential
        has a scope that its role has not. {code(METRICS)} is that of `METRICS_TOKEN`, and of admins. A missing scope
        is 403 `missing_scope`. Roles pick limits and models: those in `PREMIUM_MODELS` are for `premium` and `admin`,
        else 403 `premium_only`.
        """,
        f"""
        The order is: who is it (401), may they (403), is what the address names theirs (404); only then is the request
        read (400, 413, 415, 422). With a browser's cookie whatever needs more than reading also has to come from the
        server's own page, else 403 `cross_site`: by GET that takes `Sec-Fetch-Site: same-origin`, as for
        `GET /api/stream/{{agent}}`, which needs {code(WRITE)}.
        """,
    )


def _open(one: Declared) -> tuple[str, str]:
    """Name an open route; the page's files have other names after each build."""
    return one.method, code("/assets/…" if one.path.startswith("/assets/") else one.path)


def _rows(declared: list[Declared]) -> Iterator[Row]:
    for one in declared:
        if one.policy.scope is not None:
            yield one.method, code(one.path), code(one.policy.scope), "401", *_outcomes(one.policy)


def _outcomes(policy: Policy) -> Row:
    """Say what the owner, another user and an admin get."""
    if policy.scope in (ADMIN, METRICS):
        return "403", "403", YES
    if policy.of is None:
        return OWN, OWN, OWN
    return YES, "404", "reads" if policy.lets_admins_look else "404"
