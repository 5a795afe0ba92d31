"""`cantata token`: a token for trying things out."""

import argparse
import time

from cantata.server.auth.tokens import development_token
from cantata.server.commands.options import add_rights
from cantata.server.errors import CantataError
from cantata.server.settings import Settings


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--email", required=True, help="whom it names, and by default its `sub`")
    parser.add_argument("--id", help="its `sub`")
    add_rights(parser, expires="1h")
    parser.set_defaults(run=print_token)


def print_token(options: argparse.Namespace) -> None:
    """Print a token; needs JWT_SECRET and no database."""
    secret = Settings().jwt_secret
    if secret is None:
        raise CantataError("Set JWT_SECRET: a token is signed with it.")
    claims = {"sub": options.id or options.email, "email": options.email, "role": options.role}
    if options.scope:
        claims["scope"] = " ".join(options.scope)
    print(development_token(secret.get_secret_value(), claims, seconds=options.expires, now=time.time()))
