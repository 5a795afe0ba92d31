"""The `cantata` command."""

import argparse
import sys
from collections.abc import Sequence

from dotenv import load_dotenv
from pydantic import ValidationError

from cantata.graphs.project import ProjectError
from cantata.server.commands import keys, serve, token
from cantata.server.errors import CantataError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with 2 when the configuration cannot be used."""
    options = parser().parse_args(arguments)
    load_dotenv(".env")
    try:
        options.run(options)
    except (ValidationError, CantataError, ProjectError) as error:
        print(f"cantata: {_explained(error)}", file=sys.stderr)
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """Describe the command line; each command says which function runs it."""
    described = argparse.ArgumentParser(prog="cantata", description="Runs agent workflows and streams what they do.")
    commands = described.add_subparsers(dest="command", required=True)
    serve.add_options(commands.add_parser("serve", help="run the server"))
    keys.add_commands(commands.add_parser("key", help="make, list and revoke API keys"))
    token.add_options(commands.add_parser("token", help="print a token for trying things out"))
    return described


def _explained(error: Exception) -> str:
    """Name the setting that is wrong, and how."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = [(".".join(map(str, e["loc"])).upper(), e["msg"].removeprefix("Value error, ")) for e in error.errors()]
    return "; ".join(f"{place}: {message}" if place else message for place, message in found)


if __name__ == "__main__":
    main()
