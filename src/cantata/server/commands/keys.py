"""`cantata key`: makes, lists and revokes API keys, also beside a running server."""

import argparse
import asyncio
import sys

from cantata.server.auth.access import pepper_of
from cantata.server.auth.api_keys import ApiKeys, key_scopes
from cantata.server.bootstrap import visiting_keys
from cantata.server.commands.options import add_database, add_rights, settings_of
from cantata.server.errors import KeyNotFound
from cantata.server.runs.model import DEFAULT_WORKSPACE
from cantata.server.runs.ports.credentials import ApiKey
from cantata.server.settings import Settings


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands, and what each takes."""
    commands = parser.add_subparsers(dest="key_command", required=True)
    creating = commands.add_parser("create", help="make a key and print it, once")
    add_rights(creating, expires=None)
    creating.add_argument("--name", default="", help="what it is for")
    creating.add_argument("--owner", help="as whom it acts (default: somebody of its own)")
    creating.add_argument("--workspace", default=DEFAULT_WORKSPACE, help="of what it makes (default: %(default)s)")
    creating.set_defaults(run=create_key)
    commands.add_parser("list", help="list the keys").set_defaults(run=list_keys)
    revoking = commands.add_parser("revoke", help="let a key be refused from now on")
    revoking.add_argument("id", help="the part of the key between its underscores")
    revoking.set_defaults(run=revoke_key)
    for command in commands.choices.values():
        add_database(command, "the keys are")


def create_key(options: argparse.Namespace) -> None:
    """Make an API key and print it, once."""
    key, text = asyncio.run(_create_key(options, settings_of(options)))
    print(text)
    print(f"{key.id}: {key.role}, acts for {key.owner}, {_until(key.expires_at)}", file=sys.stderr)


async def _create_key(options: argparse.Namespace, settings: Settings) -> tuple[ApiKey, str]:
    scopes = key_scopes(options.scope or None, options.role, options.owner)
    with visiting_keys(settings) as store:
        keys = ApiKeys(store, await pepper_of(settings, store))
        return await keys.add(
            role=options.role,
            scopes=scopes,
            name=options.name,
            owner=options.owner,
            workspace=options.workspace,
            seconds=options.expires,
        )


def list_keys(options: argparse.Namespace) -> None:
    """Print the keys, without what is secret of them."""
    with visiting_keys(settings_of(options)) as store:
        for key in asyncio.run(store.all()):
            state = f"revoked {key.revoked_at}" if key.revoked_at else _until(key.expires_at)
            used = f"last used {key.last_used_at}" if key.last_used_at else "never used"
            print(f"{key.id}  {key.role:8} {key.owner}  {key.name or '-'}  {state}, {used}")


def revoke_key(options: argparse.Namespace) -> None:
    """Let a key be refused from now on."""
    with visiting_keys(settings_of(options)) as store:
        if not asyncio.run(store.revoke(options.id)):
            raise KeyNotFound(f"No API key has the id {options.id!r}: `cantata key list` lists them.")


def _until(at: str | None) -> str:
    return f"until {at}" if at else "for ever"
